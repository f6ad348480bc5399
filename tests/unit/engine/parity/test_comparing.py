"""The words and numbers of a comparison: which difference comes first, what has moved by how much, what a scan had said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from bot.ui.documents import plan_document, rejection_part
from bot.ui.look import Look
from bot.ui.parity import TSV_HEADINGS, parity_lines, parity_tsv
from contracts.data_contract import Revision
from engine.parity.candles import series_moved
from engine.parity.comparing import effect_of, first_cause, gate_now, prices_moved, said_of, settings_moved
from engine.parity.outcomes import fills_moved
from engine.recording import SHORT
from risk.audit_pipeline import chain
from shared.config.profiles import load_profile
from shared.models.data import Candles
from shared.models.fills import Ending, Fill
from shared.models.journal import START, Batch, Entry, Record, RecordKind
from shared.models.parity import (
    Cause,
    Course,
    Decided,
    Ended,
    FillMoved,
    GateMoved,
    LiveSetup,
    Measure,
    Miss,
    Missed,
    OutcomeCheck,
    Parity,
)
from shared.models.replay import Difference, Part
from shared.models.scan import SymbolFault
from shared.models.smc import Side
from shared.models.statistics import Unsaid
from shared.models.timeframe import Timeframe
from tests.fixtures.hand_scan import AS_OF_MS, BTC, POOR, SHIB, WEAK

HOUR = Timeframe.H1.ms
PLAN = plan_document(BTC)


def difference(part: Part, symbol: str = "", timeframe: str = "") -> Difference:
    return Difference("what", "then", "now", part, symbol, timeframe)


OWN, OTHER = difference(Part.CANDLES, "BTC/USDT", "1h"), difference(Part.CANDLES, "ETH/USDT", "1h")
TREND, CODE = difference(Part.TREND, "SOL/USDT"), difference(Part.CODE)
READ = difference(Part.SETTINGS)


@pytest.mark.parametrize(
    ("differences", "cause", "named"),
    [
        ((CODE, TREND, OTHER, OWN), Cause.CANDLES, (OWN,)),
        ((CODE, READ, OTHER, TREND), Cause.MARKET, (TREND,)),
        ((READ, CODE, OTHER), Cause.CANDLES, (OTHER,)),
        ((READ, CODE), Cause.CODE, (CODE,)),
        ((READ,), Cause.SETTINGS, (READ,)),
        ((), Cause.DEFECT, ()),
    ],
)
def test_the_first_kind_of_difference_explains(
    differences: tuple[Difference, ...], cause: Cause, named: tuple[Difference, ...]
) -> None:
    assert first_cause("BTC/USDT", differences) == (cause, named)


def test_prices_are_compared_in_ticks_of_the_published_plan() -> None:
    plan = BTC.plan
    lower = replace(plan, stop=replace(plan.stop, price=plan.stop.price - Decimal("0.3")))
    (moved,) = prices_moved(PLAN, lower)
    assert (moved.what, moved.then, moved.now, moved.ticks) == (
        "stop", Decimal("66540.0"), Decimal("66539.7"), -3.0,
    )  # fmt: skip
    assert prices_moved(PLAN, plan) == ()


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (WEAK, "no plan now: confluence.score, scored 61, needs 65"),
        (SHIB.plan, "another setup now: "),
        (BTC.plan, "the same prices and score, other figures beside them"),
        (replace(BTC.plan, score=80.0), "the same prices, score 87.4 then, 80 now"),
        (Unsaid("3 candles missing"), "no decision now: 3 candles missing"),
    ],
)
def test_what_became_of_a_plan_in_words(end: Any, words: str) -> None:
    assert effect_of(PLAN, end).startswith(words)


def test_a_gate_is_held_against_what_the_plan_said_of_it() -> None:
    gate = gate_now(PLAN, WEAK)
    assert (gate.then, gate.now) == (Measure(87.4, 65.0), Measure(61.0, 65.0))
    assert isinstance(gate_now(PLAN, replace(WEAK, code="smc.zone")).then, Unsaid)


def test_settings_are_named_by_their_path() -> None:
    then = load_profile("balanced")
    assert settings_moved(then, then) == ()
    now = load_profile("balanced", {"gates": {"min_score": 70}, "plan": {"max_targets": 1}})
    assert [(one.what, one.found) for one in settings_moved(then, now)] == [
        ("profile.gates.min_score", "70.0"), ("profile.plan.max_targets", "1"),
    ]  # fmt: skip


def records(kind: RecordKind, content: Mapping[str, Any]) -> tuple[Record, ...]:
    return chain(Batch("r-0123456789ab", "d", "c", "k", (Entry(kind, content),)), START, AS_OF_MS)


FAULT = {"symbol": "BTC/USDT", "problem": "3 candles missing"}
ROW = ["BTC/USDT", "confluence", "confluence.score", 61.0, ">=", 65.0, "points"]
COLUMNS = ["symbol", "stage", "code", "measured", "comparison", "threshold", "unit"]


@pytest.mark.parametrize(
    ("kind", "content", "why", "words"),
    [
        (RecordKind.REJECTION, {"columns": COLUMNS, "rows": [ROW], "faults": []}, Miss.GATE, "confluence.score: 61, needs >= 65 points"),
        (RecordKind.UNIVERSE, {"drops": [rejection_part(replace(POOR, symbol="BTC/USDT"))], "faults": []}, Miss.GATE, "plan.net_rr_last: 1.8, needs >= 2 R"),
        (RecordKind.UNIVERSE, {"drops": [], "faults": [FAULT]}, Miss.UNREAD, "3 candles missing"),
        (RecordKind.PLAN, {"symbol": "BTC/USDT", "side": "short", "entry": {"price_text": "68000.0"}}, Miss.OTHER_PLAN, "the scan approved another setup: short at 68000.0"),
        (RecordKind.REJECTION, {"columns": COLUMNS, "rows": [], "faults": []}, Miss.NOT_ASKED, "the scan did not look at it"),
    ],
)  # fmt: skip
def test_what_a_scan_had_said_of_a_symbol(
    kind: RecordKind, content: Mapping[str, Any], why: Miss, words: str
) -> None:
    said = said_of(records(kind, content), BTC.plan)
    assert (said.why, said.words) == (why, words)


def hours(*closes: float) -> Candles:
    prices = np.asarray(closes)
    opens = AS_OF_MS - HOUR * np.arange(len(closes), 0, -1, dtype=np.int64)
    return Candles(Timeframe.H1, opens, prices, prices, prices, prices, np.ones(len(closes)))


def told(candles: Candles) -> str:
    return f"{len(candles)}:{candles.digest()[:SHORT]}"


def test_a_candle_revised_twice_is_told_as_the_decision_read_it() -> None:
    then, between, now = hours(1, 2, 3), hours(1, 5, 3), hours(1, 7, 3)
    former = [
        Revision(AS_OF_MS - 1, hours(1, 9, 3).rows(1, 2)),
        Revision(AS_OF_MS + 1, then.rows(1, 2)),
        Revision(AS_OF_MS + 2, between.rows(1, 2)),
    ]
    what = Difference("candles", told(then), told(now), Part.CANDLES, "BTC/USDT", "1h")
    series = series_moved(what, now, former, AS_OF_MS)
    (candle,) = series.candles
    assert (candle.then[0], candle.now[0] if isinstance(candle.now, tuple) else 0) == (2, 7)
    assert (candle.seen_ms, series.proven) == (AS_OF_MS + 1, True)


def test_a_late_candle_leaves_no_former_value_and_proves_nothing() -> None:
    held = hours(1, 2, 3)
    what = Difference("candles", told(held.rows(0, 2)), told(held), Part.CANDLES, "BTC/USDT", "1h")
    series = series_moved(what, held, (), AS_OF_MS)
    assert (series.candles, series.proven) == ((), False)


def fill(leg: str, price: float) -> Fill:
    return Fill(leg, AS_OF_MS, price, Decimal("0.5"), "maker", 0.1)


def test_only_legs_that_were_filled_otherwise_are_told() -> None:
    entry, stop, lower = fill("entry", 100.0), fill("stop", 95.0), fill("stop", 94.0)
    assert fills_moved((entry, stop), (entry, stop)) == ()
    assert fills_moved((entry, stop), (entry, lower)) == (FillMoved("stop", stop, lower),)
    (gone,) = fills_moved((entry, stop), (entry,))
    assert (gone.leg, gone.then, isinstance(gone.now, Unsaid)) == ("stop", stop, True)


GATE = GateMoved(
    "confluence", "confluence.score", "score", "points", ">=", Measure(66.0, 65.0), Measure(61.0, 65.0)
)
OUTCOME = OutcomeCheck(
    Ended(Ending.STOP, -1.0, AS_OF_MS, AS_OF_MS),
    Ended(Ending.TARGET, 2.0, AS_OF_MS, AS_OF_MS),
    (FillMoved("stop", fill("stop", 95.0), Unsaid("not filled")),),
)
PARITY = Parity(
    since_ms=AS_OF_MS,
    courses=(
        Course("binance", "balanced", (), 0, AS_OF_MS, AS_OF_MS, 3, "b-0123456789ab", 1,
               (SymbolFault("XTZ/USDT", "data", "DataFault", "3 candles missing", "Import them"),)),
    ),
    setups=(
        LiveSetup("id-btc", "r-0123456789ab", "binance", "balanced", "BTC/USDT", Side.LONG, AS_OF_MS, 66.0,
                  Decided(Cause.CANDLES, "late or revised candle; no plan now", GATE, (), (), (OWN,)), OUTCOME),
    ),
    missed=(
        Missed("id-eth", "binance", "balanced", "ETH/USDT", Side.SHORT, AS_OF_MS, 70.0, Miss.NO_SCAN,
               "no scan ran at that close", Unsaid("no scan"), "", AS_OF_MS + HOUR, Ending.STOP, -1.0),
    ),
)  # fmt: skip


def test_a_person_reads_what_differs_below_the_table() -> None:
    text = "\n".join(parity_lines(PARITY, Look(100)))
    assert "XTZ/USDT: 3 candles missing" in text
    assert "2026-11-22 08:00 UTC  BTC/USDT  long   id-btc  candles   stop → target  -1.00 → +2.00" in text
    assert "- confluence.score: 66 then (at least 65), 61 now (at least 65) points" in text
    assert "- stop: 0.5 at 95 in the candle of 2026-11-22 08:00 UTC on record, not filled now" in text
    assert "the backtest takes it, no scan ran at that close; approved at 2026-11-22 09:00 UTC" in text
    assert "1 setup approved live · 0 the same · 1 not · 1 missed" in text
    assert "what was really bought and sold is not recorded" in text


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    assert max(map(len, parity_lines(PARITY, Look(columns)))) <= columns


def test_every_row_for_machines_has_every_column() -> None:
    rows = [line.split("\t") for line in parity_tsv(PARITY)]
    assert {len(row) for row in rows} == {len(TSV_HEADINGS)}
    assert [row[0] for row in rows] == ["kind", "live", "late"]


def test_a_symbol_that_could_not_be_read_is_not_called_the_same() -> None:
    assert replace(PARITY, setups=(), missed=()).exit_code == 10
    assert Parity(AS_OF_MS, (), (), ()).exit_code == 0
