"""Every kind of notice is what the published schema says, and its key tells it from every other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from bot.notifications.life import Stage, life_notice
from bot.notifications.lines import line_parcel
from bot.notifications.markup import plain
from bot.notifications.noise import Noise, digest, levelled
from bot.notifications.notices import setup_notice
from bot.notifications.signs import Pulse, alarm_notice, gap_notice, heartbeat_notice
from bot.notifications.telegram_parcels import parcels_for
from bot.ui.documents import plan_document
from shared.config.settings import setting_keys
from shared.models.journal import START, Head
from shared.models.notifications import Kind, Level, Notice, SetupState
from shared.models.outbox import Fate
from shared.models.timeframe import from_iso
from tests.fixtures.hand_scan import AS_OF_MS, BTC, SHIB

SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "snipersight.notice-1.schema.json"
NOON = from_iso("2026-11-22T12:00:00Z")
HOUR = 3_600_000
PULSE = Pulse(NOON, "ok", 3, {Fate.DONE: 9, Fate.DEAD: 1, Fate.PENDING: 2}, Head(812, bytes(range(32))))
NEW = [setup_notice(one, plan_document(one), AS_OF_MS) for one in (BTC, SHIB)]
KINDS = [
    NEW[0],
    life_notice(
        plan_document(BTC), Stage(SetupState.ENTERED, NOON, "entered", "entered"), NOON, pictured=True
    ),
    digest(NEW, Noise({}, 1, 0.0), "r-0123456789ab", ""),
    heartbeat_notice(PULSE, NOON, 6.0),
    alarm_notice("the disk is full", NOON),
    gap_notice("binance balanced 15m", NOON, "nobody was there", NOON),
]


@pytest.mark.checkout
@pytest.mark.parametrize("notice", KINDS, ids=lambda notice: notice.key.partition(":")[0])
def test_every_kind_is_what_its_schema_says(notice: Notice) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator(schema).validate(json.loads(notice.document))
    assert json.loads(notice.document)["key"] == notice.key


@pytest.mark.checkout
def test_a_heartbeat_without_a_witness_is_none() -> None:
    document = json.loads(heartbeat_notice(PULSE, NOON, 6.0).document)
    del document["witness"]
    assert not Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).is_valid(document)


def test_a_sign_of_life_says_how_things_stand_and_ends_with_its_stretch() -> None:
    notice = heartbeat_notice(PULSE, NOON + 5 * HOUR, 6.0)
    assert json.loads(notice.document)["text"].splitlines() == [
        "alive: last scan 2026-11-22T12:00:00Z, ok; 3 setups open",
        "alerts: 2 waiting, 1 dead, 0 held",
        "journal 812 0001020304050607",
    ]
    assert notice.key == heartbeat_notice(Pulse(0, "", 0, {}, START), NOON, 6.0).key
    assert notice.key != heartbeat_notice(PULSE, NOON + 6 * HOUR, 6.0).key
    assert notice.expires_ms == NOON + 6 * HOUR


@pytest.mark.checkout
def test_the_page_names_every_setting_kind_and_state() -> None:
    page = (SCHEMA.parents[1] / "notification_spec.md").read_text("utf-8")
    keys = [key for key in setting_keys(()) if re.match(r"(notify|telegram|levels)\.[a-z_]+$", key)]
    assert len(keys) > 20
    assert [key for key in keys if f"`{key}`" not in page] == []
    assert [kind for kind in get_args(Kind) if f"| `{kind}` |" not in page] == []


@pytest.mark.checkout
def test_the_page_shows_what_a_chat_is_sent() -> None:
    page = (SCHEMA.parents[1] / "notification_spec.md").read_text("utf-8")
    (parcel,) = parcels_for("77", NEW[0], {}, "secret")
    text = plain(json.loads(parcel.body)["html"])
    shown = re.sub(r"#[a-z2-7]{4} · not advice", "#7if2 · not advice", text)
    assert f"```\n{shown}\n```" in page


def test_an_alarm_is_the_same_within_its_hour_and_another_after_it() -> None:
    one = alarm_notice("the disk is full", NOON)
    assert one.key == alarm_notice("the disk is full", NOON + HOUR - 1).key
    assert one.key != alarm_notice("the disk is full", NOON + HOUR).key
    assert one.key != alarm_notice("the disk is gone", NOON).key


def test_signs_are_told_as_loudly_as_is_set() -> None:
    noise = Noise({"heartbeat": Level.SILENT, "alarm": Level.OFF}, 5, 0.0)
    assert levelled(heartbeat_notice(PULSE, NOON, 6.0), noise).level is Level.SILENT
    assert levelled(alarm_notice("x", NOON), noise).level is Level.OFF


def test_a_sign_of_life_that_may_have_arrived_is_given_up_and_news_are_not() -> None:
    beat, alarm = heartbeat_notice(PULSE, NOON, 6.0), alarm_notice("disk full", NOON)
    assert [line_parcel("file", "a", notice)[0].low_value for notice in (beat, alarm)] == [True, False]
    told = [parcels_for("77", notice, {}, "secret", "")[0].low_value for notice in (beat, alarm)]
    assert told == [True, False]
