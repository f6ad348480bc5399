"""What a series' indicators and structure are remembered by: the same answers with the memory as without, and no more kept than can
be asked for again."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.edges import silent
from engine.hooks import Hooks
from engine.pipeline import Pipeline
from engine.series_cache import OBJECT_BYTES, SeriesCache, weigh
from engine.symbols import decide_all
from indicators.registry import COLUMNS, measure
from shared.config.profiles import load_profile
from shared.models.computing import Compute, anew
from shared.models.context import SniperContext
from shared.models.data import Candles, Floats, Market, MultiTimeframeData
from shared.models.extensions import NOTHING, Column, Extensions, OfferedDetector, OfferedIndicator
from shared.models.profile import Profile
from shared.models.smc import PluginEvent, Side
from shared.models.timeframe import DAY_MS, Timeframe
from strategy.smc.snapshot import structure_of
from tests.servers.market import ServedMarket
from tests.unit.strategy.planner.hand_market import context

M15, H1, H4, D1, W1 = Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1
QUARTER = M15.ms
START: Final = 1_722_600_000_000
"""12:00 UTC on a Friday: a close of the hour and of the four hours."""
BARS: Final = {M15: 260, H1: 240, H4: 230, D1: 220}
SYMBOLS: Final = ("BTC/USDT", "ETH/USDT")
USUAL: Final = load_profile("balanced")
BALANCED: Final = replace(USUAL, data=replace(USUAL.data, history_bars=200))
OTHER: Final = replace(BALANCED, smc=replace(BALANCED.smc, min_gap_atr=0.0, break_on="wick"))


def doubled(candles: Candles) -> Mapping[str, Floats]:
    return {"tape": candles.close * 2}


def halved(candles: Candles) -> Mapping[str, Floats]:
    return {"tape": candles.close / 2}


def each_tenth(candles: Candles) -> tuple[PluginEvent, ...]:
    opens = candles.open_ms[::10].tolist()
    return tuple(PluginEvent("tape", Side.LONG, 1.0, 0.5, at, at + candles.timeframe.ms) for at in opens)


def none(candles: Candles) -> tuple[PluginEvent, ...]:
    return ()


def offering(indicator: bool, other: bool) -> Extensions:
    compute, find = (halved, none) if other else (doubled, each_tenth)
    return Extensions(
        (OfferedIndicator("tape", (Column("tape", 0),), compute),) if indicator else (),
        (OfferedDetector("tape", find),),
    )


OFFERS: Final = (NOTHING, offering(True, False), offering(True, True), offering(False, True))


@cache
def market() -> ServedMarket:
    return ServedMarket.synthetic(list(SYMBOLS), START - 230 * DAY_MS, START + 3 * DAY_MS)


@cache
def candles(symbol: str, timeframe: Timeframe, closed_ms: int) -> Candles:
    last = timeframe.floor(closed_ms)
    rows = market().candles(symbol, timeframe.value, last - BARS[timeframe] * timeframe.ms, last)
    return Candles(timeframe, *rows.T)


def revised(series: Candles, age: int) -> Candles:
    """The same with another volume and a lower low, so many bars ago."""
    low, volume = series.low.copy(), series.volume.copy()
    low[-1 - age] *= 0.999
    volume[-1 - age] += 1.0
    return replace(series, low=low, volume=volume)


@dataclass(frozen=True)
class Asked:
    """One turn: how many closes on, and what is another than usual in it."""

    steps: int = 1
    tick: str = "0.01"
    profile: Profile = BALANCED
    offers: Extensions = NOTHING
    revise: tuple[Timeframe, int] | None = None


def contexts(asked: Asked, closed_ms: int) -> list[SniperContext]:
    return [one_context(symbol, asked, closed_ms) for symbol in SYMBOLS]


def one_context(symbol: str, asked: Asked, closed_ms: int) -> SniperContext:
    series = {timeframe: candles(symbol, timeframe, closed_ms) for timeframe in BARS}
    if asked.revise:
        timeframe, age = asked.revise
        series[timeframe] = revised(series[timeframe], age)
    base, quote = symbol.split("/")
    steps = Decimal(asked.tick), Decimal("0.0001"), Decimal(5)
    rules = Market("binance", symbol, base + quote, base, quote, "spot", *steps, True, "exchange")
    as_of_ms = closed_ms + 6_000
    data = MultiTimeframeData(rules, as_of_ms, series)
    return SniperContext(symbol, "balanced", asked.profile, "r-1", as_of_ms, context(), data)


def pipeline(asked: Asked, compute: Compute) -> Pipeline:
    hooks = Hooks()
    hooks.extend(asked.offers)
    return Pipeline.of(hooks, compute=compute)


def told(decided: SniperContext) -> tuple[object, ...]:
    """All of a decision, down to the bits of every column."""
    sets = decided.multi_tf_indicators or {}
    columns = {
        (timeframe, name): column.tobytes()
        for timeframe, one in sets.items()
        for name, column in one.columns.items()
    }
    later = (decided.smc_snapshot, decided.regime, decided.confluence_breakdown, decided.plan)
    return (columns, *map(repr, later))


def turn(asked: Asked, closed_ms: int, compute: Compute) -> list[tuple[object, ...]]:
    ends, faults = decide_all(pipeline(asked, compute), contexts(asked, closed_ms), None, silent)
    assert not faults
    return [told(end) for end in ends]


ASKED = st.builds(
    Asked,
    steps=st.sampled_from([0, 1, 1, 1, 2, 5]),
    tick=st.sampled_from(["0.01", "0.01", "0.5"]),
    profile=st.sampled_from([BALANCED, BALANCED, OTHER]),
    offers=st.sampled_from(OFFERS),
    revise=st.none() | st.tuples(st.sampled_from(list(BARS)), st.integers(0, 150)),
)


@given(st.lists(ASKED, min_size=2, max_size=5))
def test_any_sequence_of_turns_decides_the_same_with_the_cache_as_without(turns: list[Asked]) -> None:
    kept = SeriesCache(M15)
    closed_ms = START
    for asked in turns:
        closed_ms += asked.steps * QUARTER
        kept.open_turn(closed_ms)
        assert turn(asked, closed_ms, kept) == turn(asked, closed_ms, anew)


@dataclass
class Counted:
    """A detector that counts how often it is asked about each timeframe."""

    asked: list[Timeframe] = field(default_factory=list)

    def __call__(self, candles: Candles) -> tuple[PluginEvent, ...]:
        self.asked.append(candles.timeframe)
        return ()

    __hash__ = object.__hash__


def test_a_series_is_computed_once_until_a_candle_of_it_closes() -> None:
    counted = Counted()
    asked = Asked(offers=Extensions(detectors=(OfferedDetector("counted", counted),)))
    kept = SeriesCache(M15)
    for quarter in range(5):
        kept.open_turn(START + quarter * QUARTER)
        turn(asked, START + quarter * QUARTER, kept)
    per_symbol = {one: counted.asked.count(one) / len(SYMBOLS) for one in BARS}
    assert per_symbol == {M15: 5, H1: 2, H4: 1, D1: 1}
    assert (kept.hits, kept.misses) == (2 * 2 * (3 + 4 + 4), 2 * 2 * (2 + 1 + 1))


def daily(count: int, last_close_ms: int, timeframe: Timeframe = D1) -> Candles:
    times = timeframe.floor(last_close_ms) - timeframe.ms * np.arange(count, 0, -1)
    price = np.full(count, 100.0) + np.arange(count) % 7
    return Candles(timeframe, times, price, price + 1, price - 1, price, price)


def test_what_is_kept_goes_when_a_newer_candle_closes_and_after_a_day_at_the_latest() -> None:
    kept = SeriesCache(M15)
    kept.open_turn(START)
    sizes = []
    for series in (daily(50, START, H4), daily(50, START, D1), daily(50, START, W1)):
        kept(measure, series, ())
        sizes.append(kept.size_bytes)
    one = 50 * 8 * len(COLUMNS)
    assert sizes == [one, 2 * one, 3 * one]
    for passed_ms, left in ((H4.ms - QUARTER, 3), (H4.ms, 2), (D1.ms // 2, 1), (D1.ms, 0)):
        kept.open_turn(START + passed_ms)
        assert kept.size_bytes == left * one


def test_a_full_shelf_keeps_what_it_has_and_computes_the_rest() -> None:
    kept = SeriesCache(M15, most_bytes=3 * 60 * 8 * len(COLUMNS))
    kept.open_turn(START)
    given_out = [daily(bars, START) for bars in (60, 60, 50, 55, 58)]
    for _ in range(2):
        for series in given_out:
            found = kept(measure, series, ())
            assert {name: column.tobytes() for name, column in found.items()} == {
                name: column.tobytes() for name, column in measure(series, ()).items()
            }
    assert (kept.hits, kept.misses) == (1 + 4, 4 + 1)
    assert kept.size_bytes == (60 + 50 + 55) * 8 * len(COLUMNS)


def test_what_a_hook_does_to_a_decision_stays_in_it() -> None:
    def spoil(found: SniperContext) -> SniperContext:
        assert found.multi_tf_indicators is not None
        columns = found.multi_tf_indicators[D1].columns
        columns["rsi"] = np.zeros(1)  # type: ignore[index]
        with pytest.raises(ValueError, match="read-only"):
            columns["adx"][0] = 1.0
        return found

    kept = SeriesCache(M15)
    kept.open_turn(START)
    first, second = (pipeline(Asked(), kept) for _ in range(2))
    first.hooks.register("after_indicators", spoil)
    first.decide(one_context("BTC/USDT", Asked(), START))
    clean = second.decide(one_context("BTC/USDT", Asked(), START))
    assert kept.hits > 0
    assert told(clean) == told(pipeline(Asked(), anew).decide(one_context("BTC/USDT", Asked(), START)))


def test_threads_share_it_and_a_worker_process_computes_anew() -> None:
    kept = SeriesCache(M15)
    kept.open_turn(START)
    expected = turn(Asked(), START, anew)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            ends, faults = decide_all(pipeline(Asked(), kept), contexts(Asked(), START) * 8, pool, silent)
            assert not faults
            assert [told(end) for end in ends] == expected * 8
    assert kept.hits > kept.misses > 0
    assert pickle.loads(pickle.dumps(pipeline(Asked(), kept))).compute is anew


def test_a_structure_weighs_what_its_objects_take() -> None:
    series = candles("BTC/USDT", H1, START)
    structure = structure_of(series, BALANCED.smc, 0.01, ())
    parts = (structure.order_blocks, structure.fair_value_gaps, structure.pools)
    assert weigh(structure) > OBJECT_BYTES * sum(map(len, parts)) > 0
    assert weigh(structure) < len(pickle.dumps(structure)) * 10
    assert weigh("something else") > weigh(structure)
