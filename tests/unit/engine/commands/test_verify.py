"""``verify`` at the command line: forms of output, exit codes, and one line for what cannot be checked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from bot.ui.verification import NULL_HEADINGS, REPAINT_HEADINGS
from data.cache import SqliteCandleStore
from engine.commands import verify
from engine.commands.app import run
from engine.commands.paths import candle_file
from engine.hooks import Hooks
from engine.verification.rates import MEASURES
from engine.verification.repaint import DETECTORS, verify_repaint
from shared.models.data import Candles, Market
from shared.models.events import EventLog
from shared.models.extensions import Extensions, OfferedDetector
from shared.models.profile import SmcRules
from shared.models.smc import PluginEvent, Side
from strategy.smc.engine import detect
from tests.fixtures.fake_library import fake_library
from tests.laws.markets import STEP, market

Run = Callable[..., tuple[int, str, str]]
DOCS = Path(__file__).parents[4] / "docs"
SMALL = ("-e", "demo", "-s", "BTC,ETH", "-t", "1h", "--bars", "400")


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def stored() -> None:
    """A store with three symbols of another exchange: one long, one with a hole, one short."""
    store = SqliteCandleStore(candle_file(os.environ))
    for symbol, candles in (
        ("BTC/USDT", market(1, 700, "walk")),
        ("ETH/USDT", market(2, 700, "holes")),
        ("NEW/USDT", market(3, 120, "walk")),
    ):
        store.write("elsewhere", symbol, candles)
        base = symbol.partition("/")[0]
        rules = Market(
            "elsewhere", symbol, symbol, base, "USDT", "spot", Decimal(STEP), Decimal(1), Decimal(0), True, "inferred"
        )  # fmt: skip
        store.save_markets({symbol: rules})
    store.close()


def document(text: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    schema = DOCS / "schema" / f"{name}.schema.json"
    Draft202012Validator(json.loads(schema.read_text("utf-8"))).validate(found)
    return found


@pytest.mark.checkout
def test_repaint_is_one_valid_document_without_a_rewrite(cli: Run) -> None:
    code, out, err = cli("verify", "repaint", *SMALL, "--json")
    found = document(out, "snipersight.verify-repaint-1")
    assert (code, found["rewrites"], found["cuts"]) == (0, 0, 20)
    assert [(one["symbol"], one["bars"]) for one in found["series"]] == [("BTC/USDT", 400), ("ETH/USDT", 400)]
    assert tuple(part["detector"] for part in found["detectors"]) == DETECTORS
    assert err == "demo · balanced · 2 series, 800 bars · 20 cuts each · seed 1\n"


@pytest.mark.checkout
def test_null_is_one_valid_document_that_says_insufficient_below_thirty(cli: Run) -> None:
    code, out, _ = cli("verify", "null", *SMALL, "--shuffles", "6", "--json")
    found = document(out, "snipersight.verify-null-1")
    assert (code, found["shuffles"]) == (0, 6)
    assert [part["measure"] for part in found["measures"]] == [measure.name for measure in MEASURES]
    few = [part for part in found["measures"] if part["trials"] < 30]
    assert few
    assert all(part["verdict"] == "insufficient" and "rate" not in part for part in few)


@pytest.mark.parametrize("command", [("repaint", "--cuts", "5"), ("null", "--shuffles", "5")])
def test_the_seed_decides_all_that_is_drawn(command: tuple[str, ...], cli: Run) -> None:
    first, again = (cli("verify", *command, *SMALL, "--seed", "9", "--json") for _ in range(2))
    assert first == again
    assert cli("verify", *command, *SMALL, "--seed", "10", "--json")[1] != first[1]


def test_a_pipe_gets_a_header_and_a_line_a_row(cli: Run) -> None:
    lines = cli("verify", "repaint", *SMALL)[1].splitlines()
    assert tuple(lines[0].split("\t")) == REPAINT_HEADINGS
    assert len(lines) == 1 + len(DETECTORS)
    lines = cli("verify", "null", *SMALL, "--shuffles", "5", "--plain")[1].splitlines()
    assert tuple(lines[0].split("\t")) == NULL_HEADINGS
    assert len(lines) == 1 + len(MEASURES)


def peeks(candles: Candles, rules: SmcRules, tick: float) -> EventLog:
    """A detector that claims to have known everything one bar early."""
    log = detect(candles, rules, tick)
    ints = log.ints.copy()
    ints[:, 0] = np.maximum(ints[:, 0] - 1, 0)
    return replace(log, ints=ints)


def test_a_detector_of_ours_that_repaints_is_30_and_called_a_defect(
    cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "verify_repaint", partial(verify_repaint, find=peeks))
    code, out, err = cli("verify", "repaint", *SMALL, "-q")
    assert code == 30
    assert "\nsnipersight\tswing\t" in out
    assert err.startswith("! snipersight: ")
    assert "backdated). This is a defect in SniperSight; please report it.\n" in err


def close_above(candles: Candles) -> tuple[PluginEvent, ...]:
    """A plugin's detector: closes above the one before."""
    rises = np.flatnonzero(np.diff(candles.close) > 0) + 1
    return tuple(
        PluginEvent(
            "rises",
            Side.LONG,
            float(candles.close[at]),
            1.0,
            int(candles.open_ms[at]),
            int(candles.close_ms[at]),
        )
        for at in rises
    )


def last_close_above(candles: Candles) -> tuple[PluginEvent, ...]:
    """One that forgets all but the last."""
    return close_above(candles)[-1:]


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make a detector one that an installed plugin offers."""

    def plug(find: Callable[[Candles], tuple[PluginEvent, ...]]) -> None:
        hooks = Hooks()
        hooks.extend(Extensions(detectors=(OfferedDetector("rises", find),)))
        monkeypatch.setattr(verify, "HOOKS", hooks)

    return plug


def test_a_plugins_detector_is_checked_after_ours(cli: Run, plugged: Callable[..., None]) -> None:
    plugged(close_above)
    code, out, _ = cli("verify", "repaint", *SMALL, "--json")
    last = json.loads(out)["detectors"][-1]
    assert (code, last["detector"], last["rewrites"]) == (0, "rises", 0)
    assert last["events"] > 100


def test_a_plugins_detector_that_repaints_is_30_and_its_plugins_defect(
    cli: Run, plugged: Callable[..., None]
) -> None:
    plugged(last_close_above)
    code, _, err = cli("verify", "repaint", *SMALL, "-q")
    assert code == 30
    assert err.startswith("! rises: ")
    assert "defect of its plugin" in err
    assert "SniperSight" not in err


@pytest.mark.checkout
def test_a_library_that_repaints_is_shown_and_is_no_failure(
    cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "smartmoneyconcepts", fake_library(repaints=True))
    code, out, err = cli("verify", "repaint", *SMALL, "--library", "smartmoneyconcepts", "--json")
    library = document(out, "snipersight.verify-repaint-1")["library"]
    assert (code, library["version"]) == (0, "9.9")
    assert library["rewrites"] > 0
    assert "Thank you" not in out + err


def test_stored_candles_of_any_exchange_are_checked_and_short_series_named(cli: Run, stored: None) -> None:
    code, out, err = cli("verify", "repaint", "-e", "elsewhere", "-t", "1h", "--json")
    assert code == 0
    assert [(one["symbol"], one["bars"]) for one in json.loads(out)["series"]] == [
        ("BTC/USDT", 700), ("ETH/USDT", 700),
    ]  # fmt: skip
    assert json.loads(out)["left_out"] == [
        {"symbol": "NEW/USDT", "timeframe": "1h", "bars": 120, "needed": 200}
    ]
    assert "- NEW/USDT 1h: 120 candles, a check needs 200; left out\n" in err


@pytest.mark.parametrize("symbol", ["BTC/USDT", "ETH/USDT"])
def test_the_newest_candles_are_read_across_holes(symbol: str, cli: Run, stored: None) -> None:
    whole = {"BTC/USDT": market(1, 700, "walk"), "ETH/USDT": market(2, 700, "holes")}[symbol]
    _, out, _ = cli(
        "verify", "repaint", "-e", "elsewhere", "-t", "1h", "-s", symbol, "--bars", "250", "--json"
    )
    (series,) = json.loads(out)["series"]
    assert series["digest"] == whole.rows(450, 700).digest()


def test_top_limits_the_symbols_and_ten_is_usual(cli: Run) -> None:
    usual = ("-e", "demo", "-t", "1h", "--bars", "200", "--cuts", "1", "--json")
    assert len({one["symbol"] for one in json.loads(cli("verify", "repaint", *usual)[1])["series"]}) == 10
    assert len(json.loads(cli("verify", "repaint", *usual, "-n", "2")[1])["series"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("-e", "demo", "-s", "BTCC"),
            2,
            "--symbols: no candles of BTCC/USDT on demo. Did you mean 'BTC/USDT'?",
        ),
        (("-e", "demo", "-t", "1hh"), 2, "--timeframes: unknown timeframe '1hh'. Did you mean '1h'?"),
        (("-e", "demo", "-t", ","), 2, "--timeframes names no timeframe. Write it like 15m,1h,4h."),
        (("-e", "dema"), 2, "--exchange: unknown exchange 'dema'. Did you mean 'demo'?"),
        (
            ("-e", "demo", "-p", "balancd"),
            2,
            "--profile: unknown profile 'balancd'. Did you mean 'balanced'?",
        ),
        ((), 30, "nothing of binance is stored. Import candles with 'data import PATH'"),
        (
            ("-e", "demo", "-s", "BTC", "-t", "1w"),
            30,
            "too few candles: a check needs 200, the longest series",
        ),
        (("-e", "demo", "--bars", "199"), 2, "Invalid value for '--bars'"),
        (("-e", "demo", "-s", "@gone"), 2, "--symbols: cannot read gone: No such file or directory."),
    ],
)
@pytest.mark.parametrize("command", ["repaint", "null", "lookahead"])
def test_what_cannot_be_checked_is_one_line(
    command: str, arguments: tuple[str, ...], code: int, message: str, cli: Run
) -> None:
    found, out, err = cli("verify", command, *arguments)
    assert (found, out) == (code, "")
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


def test_a_library_that_is_not_there_is_said_before_anything_is_read(
    cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "smartmoneyconcepts", None)
    assert cli("verify", "repaint", *SMALL, "--library", "smartmoneyconcepts") == (
        2,
        "",
        "error: --library: smartmoneyconcepts is not installed. Run: python -m pip install smartmoneyconcepts.\n",
    )


def test_options_are_the_profiles(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "snipersight.toml").write_text("profile.smc.min_gap_atr = 1.0")
    gaps = {part["detector"]: part["events"] for part in repainted(cli)["detectors"]}
    (tmp_path / "snipersight.toml").unlink()
    usual = {part["detector"]: part["events"] for part in repainted(cli)["detectors"]}
    assert gaps["fair_value_gap"] < usual["fair_value_gap"]
    assert gaps["swing"] == usual["swing"]


def repainted(cli: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cli("verify", "repaint", *SMALL, "--cuts", "1", "--json")[1])
    return found
