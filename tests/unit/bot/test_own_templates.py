"""A user's own templates stand for ours, and what is wrong with one is said before anything is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.notifications.markup import TEMPLATES, plain
from bot.notifications.notices import setup_notice, with_record
from bot.notifications.own_templates import check_templates
from bot.notifications.telegram_parcels import parcels_for
from bot.ui.documents import plan_document
from engine.commands.notify import telling_of
from shared.config.layers import Leaf
from shared.config.settings import build_settings
from shared.errors import ConfigFault
from tests.fixtures.hand_scan import AS_OF_MS, BTC
from tests.fixtures.hand_track import ALIKE

NOTICE = setup_notice(BTC, plan_document(BTC), AS_OF_MS)


def test_a_template_stands_for_ours_and_values_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "setup.html.j2").write_text(
        "<b>{{ plan.symbol }}</b> {{ plan.entry.price_text | thin }} & more"
    )
    check_templates(tmp_path)
    (parcel,) = parcels_for("77", NOTICE, {}, "secret", str(tmp_path))
    assert json.loads(parcel.body)["html"] == "<b>BTC/USDT</b> 67,300.0 & more"
    (ours,) = parcels_for("77", NOTICE, {}, "secret")
    assert plain(json.loads(ours.body)["html"]).startswith("🟢 BTC/USDT")


def test_a_template_may_ask_for_the_track_record_which_is_empty_where_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "setup.html.j2").write_text("{{ plan.symbol }}{% if record %}: {{ record }}{% endif %}")
    check_templates(tmp_path)
    heads = [
        json.loads(parcels_for("77", notice, {}, "secret", str(tmp_path))[0].body)["html"]
        for notice in (with_record(NOTICE, ALIKE), NOTICE)
    ]
    assert [plain(head) for head in heads] == [f"BTC/USDT: {ALIKE}", "BTC/USDT"]


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("setup.html.j2", "one\n{% if %}", "setup.html.j2, line 2: "),
        ("setup.html.j2", "{{ plan.sybmol }}", "sybmol"),
        ("setup.html.j2", "{% if status %}{{ nothing }}{% endif %}", "nothing"),
        ("setup.html.j2", "{{ plan.symbol.__class__.__mro__ }}", "unsafe"),
        ("news.html.j2", "<b>{{ text }}", "<b> is not closed"),
        ("news.html.j2", "</i>{{ text }}", "</i> closes what is not open"),
        ("news.html.j2", "<div>{{ text }}</div>", "<div> is no tag"),
        ("news.html.j2", "{% if false %}{{ text }}{% endif %}\n", "comes out empty"),
        ("setpu.html.j2", "x", "Did you mean 'setup.html.j2'?"),
    ],
)
def test_what_is_wrong_is_said_at_the_start(tmp_path: Path, name: str, body: str, problem: str) -> None:
    (tmp_path / name).write_text(body)
    told = {"templates": Leaf(str(tmp_path), "test")}
    settings = build_settings(({"notify": told, "telegram": {"chats": Leaf(["77"], "test")}},), ("binance",))
    with pytest.raises(ConfigFault) as caught:
        telling_of(settings, "balanced", {"TELEGRAM_BOT_TOKEN": "4821:x"})
    assert problem in str(caught.value)


def test_a_folder_that_is_not_there_is_refused_and_ours_pass(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="is no folder"):
        check_templates(tmp_path / "nowhere")
    check_templates(TEMPLATES)


def test_the_sample_is_a_plan_as_it_is_published() -> None:
    assert json.loads((TEMPLATES / "sample.json").read_text("utf-8")) == json.loads(NOTICE.document)["plan"]
