"""The workshop's tools work, and what they write is what the documentation says."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from devtools.codegen_tools import DOCS, PARTS, written
from devtools.debug_cli import events, main, stages
from devtools.profile_reasons import REASONS, differences
from shared.config.layers import leaves
from shared.config.profiles import DEFAULT, profile_names, profile_trees
from shared.models.profile import SmcRules


@pytest.mark.checkout
@pytest.mark.parametrize("page", PARTS)
def test_a_page_holds_its_tables_as_they_are(page: str) -> None:
    if page == "fills.md":
        pytest.importorskip("backtesting", reason="a table compares with it: make test installs it")
    assert written(page) == (DOCS / page).read_text("utf-8"), "run: make schema"


@pytest.mark.checkout
def test_the_playbook_states_every_option_with_its_default() -> None:
    prose = (DOCS / "smc_playbook.md").read_text("utf-8").partition("\n## Options\n")[0]
    stated = re.findall(r'`(\w+)` \("?([\w. ]+?)"?(?: ATR| bars)?[;,)]', prose)
    rules = SmcRules()
    options = {spec.name for spec in fields(SmcRules)}
    found = {(name, value) for name, value in stated if name in options}
    wanted = {(name, _shown(getattr(rules, name))) for name in options}
    assert found == wanted


def _shown(value: object) -> str:
    return "off" if value is False else value if isinstance(value, str) else f"{value:g}"


@pytest.mark.parametrize("name", [name for name in profile_names() if name != DEFAULT])
def test_every_setting_a_profile_changes_has_its_reason_and_no_other_has_one(name: str) -> None:
    changed = {".".join(path) for path, _ in leaves(profile_trees()[name])} - {"summary"}
    assert set(REASONS[name]) == changed == {key for key, *_ in differences(name)}
    assert set(REASONS) == set(profile_names()) - {DEFAULT}


def test_stages_are_timed_in_order() -> None:
    assert [line.split()[0] for line in stages()] == ["indicators", "smc", "regime", "confluence", "plan"]


def test_events_end_with_the_newest() -> None:
    times = [line.split()[0] for line in events("ETH/USDT", "4h", "12")]
    assert len(times) == 12
    assert times == sorted(times)


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 2
    assert "stages | events" in capsys.readouterr().err
