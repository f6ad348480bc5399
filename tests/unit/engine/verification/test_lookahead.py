"""Whoever knows the future is caught, each cheat by the law that is made for it; nothing of ours is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.adapters.demo import DemoFeed
from engine.gather import run_now
from engine.scan_decision import ScanDecision
from engine.verification.decision_laws import told_apart
from engine.verification.drift import relative
from engine.verification.futures import (
    blinded,
    closed_at,
    ended,
    is_running,
    poisoned,
    with_running_poisoned,
)
from engine.verification.lookahead import Effort, Evidence, verify_lookahead
from engine.verification.repaint import DETECTORS, Detect
from engine.verification.stock import Stock
from engine.verification.suspects import Decide, Decided, Measure, Suspects, own_columns
from indicators.registry import COLUMNS as INDICATORS
from shared.config.profiles import load_profile
from shared.errors import ContractError, StorageFault
from shared.models.data import COLUMNS, Candles, Floats, Market
from shared.models.events import EventLog
from shared.models.extensions import Column, Extensions, OfferedDetector, OfferedIndicator
from shared.models.lookahead import Law, LawCheck, Lookahead, SubjectKind
from shared.models.profile import SmcRules
from shared.models.risk import Account
from shared.models.smc import PluginEvent, Side
from shared.models.timeframe import DAY_MS, Timeframe
from shared.models.verification import Series
from strategy.smc.engine import detect
from tests.laws.markets import MOODS, STEP, market

BALANCED = load_profile("balanced")
RULES = BALANCED.smc
FRAMES = (Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1)
SERIES = (Series("A/USDT", market(3, 400, "jumps"), STEP), Series("B/USDT", market(4, 300, "walk"), STEP))
EFFORT = Effort(cuts=4, seed=1)


def rules_of(symbol: str) -> Market:
    base = symbol.partition("/")[0]
    return Market(
        "demo", symbol, symbol, base, "USDT", "spot", Decimal(STEP), Decimal(1), Decimal(0), True, "inferred"
    )  # fmt: skip


@cache
def whole_stock() -> Stock:
    """Two made-up symbols of every timeframe, all of which end together."""
    end_ms = 1_800_000_000_000 // Timeframe.W1.ms * Timeframe.W1.ms

    def ending(seed: int, timeframe: Timeframe) -> Candles:
        made = market(seed, 900, "walk", timeframe)
        opens = timeframe.floor(end_ms) - timeframe.ms * np.arange(900, 0, -1)
        return Candles(timeframe, opens, *(getattr(made, name) for name in COLUMNS))

    held = {
        symbol: {timeframe: ending(place, timeframe) for timeframe in FRAMES}
        for place, symbol in enumerate(("A/USDT", "B/USDT"))
    }
    return Stock("demo", {symbol: rules_of(symbol) for symbol in held}, held)


EVIDENCE = Evidence(SERIES, whole_stock(), ("A/USDT", "B/USDT"), 400)
NOTHING_DECIDED = replace(EVIDENCE, symbols=())
NO_SERIES = replace(EVIDENCE, series=())


def joined(stock: Stock, symbol: str, as_of_ms: int) -> Decided:
    """A small decision: the last close of every timeframe, a plan where the finest rises."""
    read = {frame: stock.read("demo", symbol, frame, 0, as_of_ms).close for frame in FRAMES}
    finest = read[Timeframe.M15]
    return said({frame.value: float(close[-1]) for frame, close in read.items()}, finest[-1] > finest[-2])


def said(facts: Mapping[str, object], is_plan: bool) -> Decided:
    return Decided(json.dumps(facts).encode(), bool(is_plan))


def checked(
    evidence: Evidence,
    *,
    decide: Decide = joined,
    measure: Measure = own_columns,
    find: Detect = detect,
    offered: Extensions | None = None,
) -> Lookahead:
    suspects = Suspects(RULES, decide, measure, find, offered or Extensions())
    return verify_lookahead(evidence, BALANCED, suspects, EFFORT)


def caught(found: Lookahead) -> dict[Law, set[str]]:
    """Who differs, by law."""
    laws: dict[Law, set[str]] = {}
    for check in found.checks:
        if check.differing:
            laws.setdefault(check.subject.law, set()).add(check.subject.name)
    return laws


def only(found: Lookahead, law: Law, name: str) -> LawCheck:
    (check,) = (check for check in found.checks if (check.subject.law, check.subject.name) == (law, name))
    return check


def test_nothing_of_ours_looks_ahead_on_any_kind_of_market() -> None:
    series = tuple(Series(f"{mood}/USDT", market(5, 320, mood), STEP) for mood in MOODS)
    found = checked(replace(EVIDENCE, series=series))
    assert caught(found) == {}
    cases = {(check.subject.law, check.subject.name): check.cases for check in found.checks}
    for law in (Law.PREFIX, Law.POISONED, Law.BLINDED):
        assert {cases[law, name] for name in (*INDICATORS, *DETECTORS)} == {len(MOODS) * found.cuts}
    assert (found.planned, found.unplanned) == (4, 4)
    for law in (Law.TRUNCATED, Law.POISONED, Law.RUNNING):
        assert 0 < cases[law, "with a plan"] <= 4
        assert 0 < cases[law, "without a plan"] <= 4


def centred(candles: Candles) -> Floats:
    """A moving average of five candles around each one."""
    return np.convolve(candles.close, np.ones(5) / 5, "same")


def of_all(candles: Candles) -> Floats:
    """Scaled by the highest of all the candles there are."""
    return candles.close / candles.high.max()


def counts(candles: Candles) -> Floats:
    """How many candles there are in all."""
    return np.full(len(candles), float(len(candles)))


def touches(candles: Candles) -> Floats:
    """Adds nothing of the next candle: as harmless as it looks, unless that one is not a number."""
    return candles.close + 0.0 * np.roll(candles.close, -1)


CHEATING_COLUMNS: list[tuple[Callable[[Candles], Floats], set[Law]]] = [
    (centred, {Law.PREFIX, Law.POISONED, Law.BLINDED}),
    (of_all, {Law.PREFIX, Law.POISONED, Law.BLINDED}),
    (counts, {Law.PREFIX}),
    (touches, {Law.BLINDED}),
]


@pytest.mark.parametrize(
    ("cheat", "laws"), CHEATING_COLUMNS, ids=[one[0].__name__ for one in CHEATING_COLUMNS]
)
def test_an_indicator_that_cheats_is_caught_and_alone(
    cheat: Callable[[Candles], Floats], laws: set[Law]
) -> None:
    found = checked(
        NOTHING_DECIDED, measure=lambda candles: {**own_columns(candles), "cheat": cheat(candles)}
    )
    assert caught(found) == {law: {"cheat"} for law in laws}


def test_the_first_difference_is_the_earliest_close_of_the_first_series() -> None:
    found = checked(NOTHING_DECIDED, measure=lambda candles: {"centred": centred(candles)})
    check = only(found, Law.PREFIX, "centred")
    assert check.differing == check.cases == len(SERIES) * found.cuts
    (seen,) = check.first
    candles = SERIES[0].candles
    bar = int(np.searchsorted(candles.close_ms, seen.at_ms))
    assert (seen.symbol, seen.timeframe) == ("A/USDT", Timeframe.H1)
    assert seen.what.endswith(f"later {centred(candles)[bar]:.10g}")
    assert bar < len(candles) - 3


def one_candle_early(candles: Candles) -> Mapping[str, Floats]:
    """Knows the next close, but of the last three candles only."""
    column = candles.close.copy()
    column[-4:-1] = candles.close[-3:]
    return {"late": column}


def test_the_last_candles_are_always_cut_at() -> None:
    found = checked(NOTHING_DECIDED, measure=one_candle_early)
    assert only(found, Law.POISONED, "late").differing >= 3 * len(SERIES)


def unconfirmed(candles: Candles, rules: SmcRules, tick: float) -> EventLog:
    """Pivots and all else known where they are drawn, without waiting for what confirms them."""
    log = detect(candles, rules, tick)
    ints = log.ints.copy()
    ints[:, 0] = np.minimum(ints[:, 0], ints[:, 6])
    order = np.argsort(ints[:, 0], kind="stable")
    return replace(log, ints=ints[order], measures=log.measures[order], detail=log.detail[order])


def measures_the_whole(candles: Candles, rules: SmcRules, tick: float) -> EventLog:
    """Writes sizes that depend on all the candles there are."""
    log = detect(candles, rules, tick)
    return replace(log, measures=log.measures / candles.high.max())


@pytest.mark.parametrize("law", [Law.PREFIX, Law.POISONED, Law.BLINDED])
@pytest.mark.parametrize("cheat", [unconfirmed, measures_the_whole])
def test_a_detector_that_cheats_is_caught(cheat: Detect, law: Law) -> None:
    found = checked(NOTHING_DECIDED, find=cheat)
    assert "swing" in caught(found)[law]
    (seen,) = only(found, law, "swing").first
    assert seen.what.startswith("formed ")


def by_open_time(stock: Stock, symbol: str, as_of_ms: int) -> Decided:
    """Joins the candles that are open at the instant as if they were closed."""
    later = {frame: as_of_ms + frame.ms - 1 for frame in FRAMES}
    read = {frame: stock.read("demo", symbol, frame, 0, later[frame]).close for frame in FRAMES}
    return said({frame.value: float(close[-1]) for frame, close in read.items()}, is_plan=False)


def of_running_hours(stock: Stock, symbol: str, as_of_ms: int) -> Decided:
    """Right in all but the 4h candle, of which it takes the one that is running."""
    honest = json.loads(joined(stock, symbol, as_of_ms).document)
    running = stock.read("demo", symbol, Timeframe.H4, 0, as_of_ms + Timeframe.H4.ms - 1).close
    return said({**honest, "4h": float(running[-1])}, is_plan=False)


def of_the_last_day(stock: Stock, symbol: str, as_of_ms: int) -> Decided:
    """Knows how many candles there will be."""
    honest = json.loads(joined(stock, symbol, as_of_ms).document)
    return said({**honest, "bars": len(stock.held[symbol][Timeframe.D1])}, is_plan=False)


def of_the_other(stock: Stock, symbol: str, as_of_ms: int) -> Decided:
    """Reads the benchmark's newest close, whatever the instant."""
    honest = json.loads(joined(stock, symbol, as_of_ms).document)
    return said({**honest, "market": float(stock.held["B/USDT"][Timeframe.H1].close[-1])}, is_plan=False)


@pytest.mark.parametrize(
    ("cheat", "laws"),
    [
        (by_open_time, {Law.TRUNCATED, Law.POISONED, Law.RUNNING}),
        (of_running_hours, {Law.TRUNCATED, Law.POISONED, Law.RUNNING}),
        (of_the_last_day, {Law.TRUNCATED}),
        (of_the_other, {Law.TRUNCATED, Law.POISONED}),
    ],
)
def test_a_decision_that_cheats_is_caught(cheat: Decide, laws: set[Law]) -> None:
    assert caught(checked(NO_SERIES, decide=cheat)) == {law: {"without a plan"} for law in laws}


def test_the_timeframe_whose_running_candle_is_read_is_named() -> None:
    (seen,) = only(checked(NO_SERIES, decide=of_running_hours), Law.RUNNING, "without a plan").first
    assert seen.timeframe is Timeframe.H4
    assert seen.what.startswith("4h: ")


def test_a_decision_that_fails_names_its_symbol() -> None:
    def breaks(stock: Stock, symbol: str, as_of_ms: int) -> Decided:
        raise KeyError("close")

    with pytest.raises(ContractError, match=r"the decision at \d{4}-.* failed for [AB]/USDT: KeyError"):
        checked(NO_SERIES, decide=breaks)


@cache
def demo_stock() -> Stock:
    """The made-up market's BTC and XRP."""
    feed = DemoFeed()
    end_ms, listed = run_now(feed.time_ms), run_now(feed.markets)
    held = {
        symbol: {
            frame: run_now(lambda symbol=symbol, frame=frame: feed.candles(symbol, frame, 0, end_ms))
            for frame in (*FRAMES, Timeframe.W1)
        }
        for symbol in ("BTC/USDT", "XRP/USDT")
    }
    return Stock("demo", {symbol: listed[symbol] for symbol in held}, held)


SCAN = ScanDecision(BALANCED, Account(Decimal(10_000), "USDT"))


def a_candle_late(stock: Stock, symbol: str, as_of_ms: int) -> Decided:
    """The real scan, which takes the candle that opens at the instant for closed."""
    return SCAN(stock, symbol, as_of_ms + Timeframe.M15.ms)


def test_the_whole_scan_decides_the_same_whatever_comes_after() -> None:
    found = checked(Evidence((), demo_stock(), ("XRP/USDT",), 300), decide=SCAN)
    assert caught(found) == {}
    assert found.planned > 0
    assert found.unplanned == 4


def test_a_scan_that_joins_by_open_time_is_caught() -> None:
    found = checked(Evidence((), demo_stock(), ("XRP/USDT",), 300), decide=a_candle_late)
    assert {Law.TRUNCATED, Law.POISONED, Law.RUNNING} == set(caught(found))


def rises(candles: Candles) -> tuple[PluginEvent, ...]:
    """Closes above the one before, the last of them only."""
    at = np.flatnonzero(np.diff(candles.close) > 0)[-1:] + 1
    return tuple(
        PluginEvent(
            "rises", Side.LONG, float(candles.close[bar]), 1.0, int(candles.open_ms[bar]), int(candles.close_ms[bar])
        )
        for bar in at
    )  # fmt: skip


def test_what_a_plugin_offers_is_held_to_the_same_laws_and_told_apart_from_ours() -> None:
    offered = Extensions(
        indicators=(
            OfferedIndicator("centre", (Column("centre", 0),), lambda candles: {"centre": centred(candles)}),
        ),
        detectors=(OfferedDetector("rises", rises),),
    )
    found = checked(NOTHING_DECIDED, offered=offered)
    assert caught(found) == {Law.PREFIX: {"centre", "rises"}, Law.POISONED: {"centre", "rises"}}
    assert {check.subject.is_ours for check in found.checks if check.differing} == {False}


@given(seed=st.integers(0, 500), bars=st.integers(1, 60), mood=st.sampled_from(MOODS))
def test_a_future_leaves_the_past_as_it_is(seed: int, bars: int, mood: str) -> None:
    candles = market(seed, 60, mood)
    for future in (ended, poisoned, blinded):
        assert future(candles, bars).head(bars) == candles.head(bars)
    columns = (getattr(poisoned(candles, bars), name) for name in COLUMNS)
    assert len(Candles(candles.timeframe, candles.open_ms, *columns)) == 60


def test_only_the_candle_that_is_open_at_the_instant_runs() -> None:
    candles = market(1, 10, "walk")
    close_ms = int(candles.close_ms[4])
    assert not is_running(candles, close_ms)
    assert with_running_poisoned(candles, close_ms) == candles
    altered = with_running_poisoned(candles, close_ms + 1)
    assert (altered.close != candles.close).tolist() == [bar == 5 for bar in range(10)]
    assert (closed_at(candles, close_ms - 1), closed_at(candles, close_ms)) == (4, 5)


def test_instants_leave_a_day_of_candles_and_half_of_them_stand_at_closes() -> None:
    asked: list[int] = []

    def listens(stock: Stock, symbol: str, as_of_ms: int) -> Decided:
        asked.append(as_of_ms)
        return said({}, is_plan=False)

    checked(NO_SERIES, decide=listens)
    last_ms = int(whole_stock().held["A/USDT"][Timeframe.M15].close_ms[-1])
    assert max(asked) <= last_ms - DAY_MS
    at_closes = [time_ms % Timeframe.M15.ms == 0 for time_ms in asked]
    assert any(at_closes)
    assert not all(at_closes)


def test_a_symbol_without_every_timeframe_is_not_decided_on() -> None:
    held = {"A/USDT": {Timeframe.M15: whole_stock().held["A/USDT"][Timeframe.M15]}}
    found = checked(replace(NO_SERIES, stock=replace(whole_stock(), held=held), symbols=("A/USDT",)))
    assert (found.planned, found.unplanned) == (0, 0)
    assert {check.cases for check in found.checks if check.subject.kind is SubjectKind.DECISION} == {0}


def test_a_later_start_moves_what_remembers_and_leaves_what_looks_back_so_far_alone() -> None:
    series = (Series("A/USDT", market(3, 900, "walk"), STEP),)
    found = checked(replace(NOTHING_DECIDED, series=series))
    by_bars = {one.bars: one for one in found.drift}
    assert sorted(by_bars) == [300, 600, 1180, 2000]
    assert [one.bars for one in found.drift if one.is_profiles] == [BALANCED.data.history_bars]
    short, longer, beyond = (by_bars[bars] for bars in (300, 600, 1180))
    drift, less = dict(short.columns), dict(longer.columns)
    assert drift["efficiency"] == 0.0
    assert drift["ema200"] > less["ema200"] > 0.0
    assert short.agreeing / short.standing < longer.agreeing / longer.standing <= 1.0
    assert (beyond.series, beyond.columns, beyond.standing) == (0, (), 0)


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        (2.0, 1.0, 0.5),
        (-1.0, 1.0, 2.0),
        (0.0, 0.0, 0.0),
        (np.nan, np.nan, 0.0),
        (np.nan, 1.0, 1.0),
        (1.0, np.nan, 1.0),
    ],
)
def test_drift_is_a_share_of_the_larger_value(one: float, other: float, far: float) -> None:
    assert relative(one, other) == far


@pytest.mark.parametrize(
    ("whole", "found", "what"),
    [
        (
            {"run_id": "a", "plans": [{"score": 1}]},
            {"data_digest": "b", "plans": [{"score": 2}]},
            "plans[0].score: 1, else 2",
        ),
        ({"scan": {"run_id": "a", "x": 1}}, {"scan": {"run_id": "b", "x": 1}}, 'scan.run_id: "a", else "b"'),
        ({"plans": []}, {"plans": [1, 2]}, "plans: 0 entries, else 2 entries"),
        ({"x": 1}, {}, "x: 1, else null"),
        ({"x": 1}, {"x": 1.0}, "the bytes"),
    ],
)
def test_two_documents_are_told_apart_by_the_first_field_that_says_something(
    whole: object, found: object, what: str
) -> None:
    assert told_apart(json.dumps(whole).encode(), json.dumps(found).encode()) == what


def test_a_stock_reads_what_is_closed_and_takes_nothing() -> None:
    stock = whole_stock()
    candles = stock.held["A/USDT"][Timeframe.H1]
    until_ms = int(candles.close_ms[7]) + 1
    assert stock.read("demo", "A/USDT", Timeframe.H1, 0, until_ms) == candles.head(8)
    assert not len(stock.read("other", "A/USDT", Timeframe.H1, 0, until_ms))
    assert not len(stock.read("demo", "C/USDT", Timeframe.H1, 0, until_ms))
    assert [info.symbol for info in stock.series("demo")] == ["A/USDT"] * 4 + ["B/USDT"] * 4
    assert (stock.series("other"), dict(stock.markets("other"))) == ((), {})
    for refuses in (stock.write, stock.write_many, stock.save_markets):
        with pytest.raises(StorageFault, match="only read"):
            refuses("demo", "A/USDT", candles)


def test_the_same_seed_gives_the_same_result() -> None:
    assert checked(EVIDENCE) == checked(EVIDENCE)
