"""Every scenario's whole outcome is the one that is kept; ``make scenarios`` keeps what is decided now, on purpose only."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from devtools.scenarios.__main__ import changed_lines, kept_file, main, refresh
from devtools.scenarios.outcome import outcome_text
from devtools.scenarios.scenario import end_of, run
from devtools.scenarios.table import PARTS, SCENARIOS

FOLDER = Path(__file__).parent / "scenarios"
NOWHERE = Path("no recorded candles")
MADE = [name for name, scenario in SCENARIOS.items() if not scenario.is_recorded]
RECORDED = [name for name, scenario in SCENARIOS.items() if scenario.is_recorded]


def hold(name: str, market: Path) -> None:
    """The scenario ends as its table says, with the outcome that is kept."""
    scenario = SCENARIOS[name]
    ran = run(scenario, market)
    differences = changed_lines(kept_file(scenario, FOLDER).read_text("utf-8"), outcome_text(scenario, ran))
    if differences:
        pytest.fail(
            "\n".join([f"{name} is decided differently; if that is right: make scenarios", *differences])
        )
    assert end_of(scenario, ran.result) == scenario.ends


@pytest.mark.parametrize("name", MADE)
def test_a_drawn_situation_is_decided_as_ever(name: str) -> None:
    hold(name, NOWHERE)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_situation_is_decided_as_ever(name: str, market_dir: Path) -> None:
    hold(name, market_dir)


def test_every_scenario_has_a_name_of_its_own_and_a_kept_outcome_and_nothing_else_is_kept() -> None:
    assert len(SCENARIOS) == sum(len(part) for _, part in PARTS)
    assert {file.stem for file in FOLDER.iterdir()} == set(SCENARIOS)


def test_the_same_outcome_comes_without_the_compiler_and_under_another_hash_seed() -> None:
    names = ("sweep-reversal-long", "btc-crash", "six-plans-at-once")
    call = [sys.executable, "-m", "devtools.scenarios", *names]
    environ = os.environ | {"SNIPERSIGHT_NO_JIT": "1", "PYTHONHASHSEED": "7"}
    printed = subprocess.run(
        call, env=environ, capture_output=True, text=True, timeout=120, check=True
    ).stdout
    assert printed == "".join(kept_file(SCENARIOS[name], FOLDER).read_text("utf-8") for name in names)


def test_a_mirrored_market_gives_the_mirrored_plan() -> None:
    long, short = (
        run(SCENARIOS[f"sweep-reversal-{side}"], NOWHERE).result.setups[0].plan for side in ("long", "short")
    )
    assert long.entry.object_id != short.entry.object_id
    assert long.stop.distance_atr == pytest.approx(short.stop.distance_atr, abs=0.02)
    assert long.entry.price + short.entry.price == pytest.approx(
        long.stop.price + short.stop.price, abs=long.tick * 2
    )


def test_refreshing_keeps_a_new_outcome_and_says_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = SCENARIOS["kill-switch"]
    assert refresh([scenario], NOWHERE, tmp_path) == 0
    assert kept_file(scenario, tmp_path).read_text() == kept_file(scenario, FOLDER).read_text()
    capsys.readouterr()
    assert refresh([scenario], NOWHERE, tmp_path) == 0
    assert capsys.readouterr().out == ""
    richer = replace(scenario, account=replace(scenario.account, equity=scenario.account.equity * 2))
    assert refresh([richer], NOWHERE, tmp_path) == 0
    assert '+  "account": {"equity": "20000USDT"' in capsys.readouterr().out


def test_refreshing_does_not_keep_an_outcome_that_is_another_storys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = replace(SCENARIOS["kill-switch"], account=SCENARIOS["spot-only"].account)
    assert refresh([scenario], NOWHERE, tmp_path) == 1
    assert "NOT kept: it ends as 'long limit A', the table says 'risk.kill_switch'" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_recorded_outcomes_stay_as_they_are_where_nothing_is_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refresh([SCENARIOS["btc-itself"]], tmp_path / "absent", tmp_path) == 0
    assert "left as it is, there are no recorded candles" in capsys.readouterr().out


def test_scenarios_are_listed_with_their_ends(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert f"{'kill-switch':26}{'risk.kill_switch':22}The kill switch is set" in capsys.readouterr().out
