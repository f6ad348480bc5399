"""``verify lookahead`` from the command line, on the made-up market and on a store: forms of output, exit codes, who is blamed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from bot.ui.lookahead import LOOKAHEAD_HEADINGS
from engine.commands import lookahead
from engine.commands.app import run
from engine.hooks import Hooks
from engine.verification.repaint import DETECTORS
from engine.verification.stock import Stock
from engine.verification.suspects import Decided, Suspects, own_columns
from indicators.registry import COLUMNS
from shared.models.data import Candles, Floats
from shared.models.extensions import Column, Extensions, OfferedIndicator
from shared.models.timeframe import Timeframe

Run = Callable[..., tuple[int, str, str]]
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "snipersight.verify-lookahead-1.schema.json"
SMALL = ("-e", "demo", "-s", "BTC,XRP", "-t", "1h", "--bars", "300", "--cuts", "2")
SERIES_LAWS, DECISION_LAWS = 3, 3
ROWS = SERIES_LAWS * (len(COLUMNS) + len(DETECTORS)) + DECISION_LAWS * 2


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(["verify", "lookahead", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.mark.checkout
def test_the_demo_does_not_look_ahead_and_the_document_is_valid(cli: Run) -> None:
    code, out, err = cli(*SMALL, "--json")
    found: dict[str, Any] = json.loads(out)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(found)
    assert (code, found["differing"], found["cuts"]) == (0, 0, 5)
    assert len(found["checks"]) == ROWS
    assert found["decisions"]["without_plan"] == 2
    assert [one["bars"] for one in found["drift"] if one["profiles"]] == [1180]
    planned = found["decisions"]["with_plan"]
    assert err == (
        f"demo · balanced · 2 series, 600 bars · 5 cuts each, {planned + 2} decisions ({planned} with a plan) · seed 1\n"
    )


def test_the_same_seed_gives_the_same_bytes_and_a_pipe_a_line_a_subject(cli: Run) -> None:
    first, again = (cli(*SMALL, "-q") for _ in range(2))
    assert first == again
    lines = first[1].splitlines()
    assert tuple(lines[0].split("\t")) == LOOKAHEAD_HEADINGS
    assert (len(lines), first[2]) == (1 + ROWS, "")


def centred(candles: Candles) -> Mapping[str, Floats]:
    """A moving average that looks two candles ahead."""
    return {"centred": np.convolve(candles.close, np.ones(5) / 5, "same")}


def test_a_column_of_ours_that_looks_ahead_is_30_and_called_a_defect(
    cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheating = partial(Suspects, measure=lambda candles: {**own_columns(candles), **centred(candles)})
    monkeypatch.setattr(lookahead, "Suspects", cheating)
    code, out, err = cli(*SMALL, "-q")
    assert code == 30
    assert "\nprefix\tindicator\tcentred\tsnipersight\t10\t10\tBTC/USDT\t1h\t" in out
    assert err.startswith("! snipersight: 30 of ")
    assert err.endswith("cases look ahead. This is a defect in SniperSight; please report it.\n")


def test_a_plugins_column_that_looks_ahead_is_30_and_its_plugins_defect(
    cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = Hooks()
    hooks.extend(Extensions(indicators=(OfferedIndicator("centred", (Column("centred", 0),), centred),)))
    monkeypatch.setattr(lookahead, "HOOKS", hooks)
    code, out, err = cli(*SMALL, "-q")
    assert code == 30
    assert "\nprefix\tindicator\tcentred\tplugin\t10\t10\t" in out
    assert err == "! centred: 20 of 20 cases look ahead. This is a defect of its plugin.\n"


@pytest.mark.parametrize(
    ("owners", "blamed"),
    [
        ((), "This is a defect in SniperSight; please"),
        (("other 1.0",), "in SniperSight or of a plugin; please"),
    ],
)
def test_a_decision_that_knows_the_future_is_30_and_may_be_a_plugins_fault_where_one_is_installed(
    owners: tuple[str, ...], blamed: str, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def knows(stock: Stock, symbol: str, as_of_ms: int) -> Decided:
        newest = float(stock.held[symbol][Timeframe.M15].close[-1])
        return Decided(json.dumps({"at": as_of_ms, "newest": newest}).encode(), is_plan=False)

    hooks = Hooks()
    hooks.extend(Extensions(owners=owners))
    monkeypatch.setattr(lookahead, "HOOKS", hooks)
    monkeypatch.setattr(lookahead, "ScanDecision", lambda *_: knows)
    code, out, err = cli(*SMALL, "-q")
    assert code == 30
    assert "\ntruncated\tdecision\twithout a plan\tsnipersight\t2\t2\t" in out
    assert "newest: " in out
    assert blamed in err


def test_where_no_symbol_can_be_decided_on_that_is_said(cli: Run, tmp_path: Path) -> None:
    rows = ["open_time,open,high,low,close,volume"]
    rows += [f"{1_700_006_400_000 + bar * 3_600_000},10,11,9,{10 + bar % 2 / 2},5" for bar in range(260)]
    (tmp_path / "elsewhere__AAA-USDT__1h.csv").write_text("\n".join(rows))
    assert run(["data", "import", "elsewhere__AAA-USDT__1h.csv", "-q"]) == 0
    code, out, err = cli("-e", "elsewhere", "-t", "1h", "--cuts", "2", "--json")
    assert (code, json.loads(out)["decisions"]) == (0, {"with_plan": 0, "without_plan": 0})
    assert "- no decision was checked: no symbol has candles of every timeframe" in err
