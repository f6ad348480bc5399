"""Laws over the structure log: nothing repaints, no unit and no direction is special, compiled or not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.aggregation import aggregate
from data.parquet_import import read_candles
from shared.config.profiles import load_profile
from shared.models.data import Candles, Market, MultiTimeframeData
from shared.models.events import EventLog, Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from shared.utils import kernels
from strategy.smc import engine, memory
from strategy.smc.engine import SmcSeries, detect
from strategy.smc.fold import read_structure
from strategy.smc.snapshot import find_structure
from tests.laws.likeness import mirrored_reading, read, scaled_reading
from tests.laws.markets import MOODS, STEP, cuts, market, markets, mirrored, scaled
from tests.laws.tampering import kept

RULES = SmcRules()
Detector = Callable[[Candles], EventLog]


def plainly(candles: Candles) -> EventLog:
    return detect(candles, RULES, STEP)


def same(one: EventLog, other: EventLog) -> bool:
    states = zip(
        (*one.trend, *one.range_low, *one.range_high, one.atr, one.floats),
        (*other.trend, *other.range_low, *other.range_high, other.atr, other.floats),
        strict=True,
    )
    return np.array_equal(one.ints, other.ints) and all(
        np.array_equal(a, b, equal_nan=True) for a, b in states
    )


def is_causal(find: Detector, candles: Candles, cut: int) -> bool:
    """The law: the log of the prefix is the log until its last bar, bit for bit."""
    return same(find(candles.head(cut)), find(candles).until(cut - 1))


@given(candles=markets, cut=cuts)
def test_causal(candles: Candles, cut: int) -> None:
    assert is_causal(plainly, candles, cut)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_markets_of_these_laws_make_every_kind_of_event(kind: Kind) -> None:
    logs = [plainly(market(seed, 700, mood, Timeframe.M15)) for seed in range(2) for mood in MOODS]
    assert all((log.column("kind") == kind).any() for log in logs)


def peeks(candles: Candles) -> EventLog:
    """Sabotage: looks one bar ahead."""
    log = plainly(candles)
    ints = log.ints.copy()
    ints[:, 0] = np.maximum(ints[:, 0] - 1, 0)
    return replace(log, ints=ints)


def stamps_at_origin(candles: Candles) -> EventLog:
    """Sabotage: claims to have known a pattern where it is drawn."""
    log = plainly(candles)
    ints = log.ints.copy()
    ints[:, 0] = ints[:, 6]
    order = np.argsort(ints[:, 0], kind="stable")
    return replace(kept(log, order), ints=ints[order])


def forgets_the_dead(candles: Candles) -> EventLog:
    """Sabotage: erases what was invalidated later."""
    log = plainly(candles)
    dead = set(log.ints[log.ints[:, 2] == 11][:, 5].tolist())
    keep = np.array([row[5] not in dead for row in log.ints.tolist()], bool)
    return kept(log, np.flatnonzero(keep))


def measures_the_whole(candles: Candles) -> EventLog:
    """Sabotage: a tolerance taken from the range of all the data."""
    rules = SmcRules(equal_atr=min(1.0, float(candles.high.max() - candles.low.min()) / 3))
    return detect(candles, rules, STEP)


@pytest.mark.parametrize("sabotage", [peeks, stamps_at_origin, forgets_the_dead, measures_the_whole])
def test_the_law_catches_a_detector_that_cheats(sabotage: Detector) -> None:
    tried = [
        is_causal(sabotage, market(seed, 700, "jumps"), cut) for seed in range(3) for cut in (200, 333, 512)
    ]
    assert not all(tried)


@given(candles=markets, cut=cuts)
def test_a_snapshot_of_the_past_is_what_was_seen_then(candles: Candles, cut: int) -> None:
    then = candles.head(cut)
    assert read_structure(candles, plainly(candles), cut - 1) == read_structure(then, plainly(then))


@given(candles=markets, cuts=st.lists(cuts, min_size=1, max_size=6, unique=True))
def test_a_series_fed_in_pieces_has_the_log_of_one_fed_at_once(candles: Candles, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(candles)]
    series = SmcSeries(candles.head(0), RULES, STEP)
    for start, stop in itertools.pairwise(places):
        series.extend(candles.rows(start, stop))
    assert same(series.log, plainly(candles))
    assert np.array_equal(series.log.formed, plainly(candles).formed)


@pytest.mark.parametrize("zones", [3, 4, 30])
@pytest.mark.parametrize("rows", [1, 4000])
def test_making_room_for_zones_pools_and_rows_leaves_no_trace(
    zones: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    candles = market(1018, 700, "coarse", Timeframe.M15)
    whole = plainly(candles)
    monkeypatch.setattr(memory, "FIRST_ROOM", zones)
    monkeypatch.setattr(engine, "CHUNK", rows)
    tight = plainly(candles)
    assert same(tight, whole)
    assert np.array_equal(tight.formed, whole.formed)


def test_a_series_fed_bar_by_bar_has_the_log_of_one_fed_at_once() -> None:
    candles = market(3, 400, "jumps", Timeframe.M15)
    series = SmcSeries(candles.head(0), RULES, STEP)
    for bar in range(len(candles)):
        series.extend(candles.rows(bar, bar + 1))
    assert same(series.log, plainly(candles))


def test_a_log_handed_out_is_not_changed_by_later_candles() -> None:
    candles = market(5, 700, "walk")
    series = SmcSeries(candles.head(300), RULES, STEP)
    early = series.log
    series.extend(candles.rows(300, 700))
    assert same(early, plainly(candles.head(300)))


@given(candles=markets, power=st.sampled_from([-24, -3, 5, 20]))
def test_the_unit_of_price_changes_no_event(candles: Candles, power: int) -> None:
    factor = 2.0**power
    one, other = plainly(candles), detect(scaled(candles, factor), RULES, STEP * factor)
    assert np.array_equal(one.ints, other.ints)
    assert read(other) == scaled_reading(one, factor)


@given(candles=markets)
def test_the_mirrored_market_has_the_mirrored_log(candles: Candles) -> None:
    assert read(plainly(mirrored(candles, 64.0))) == mirrored_reading(plainly(candles), 64.0)


@given(candles=markets)
def test_compiled_and_plain_give_the_same_bits(candles: Candles) -> None:
    compiled = plainly(candles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernels.NO_JIT_VARIABLE, "1")
        kernels.jit_available.cache_clear()
        plain = plainly(candles)
    kernels.jit_available.cache_clear()
    assert same(compiled, plain)


RULES_OF = Market(
    "x",
    "BTC/USDT",
    "BTCUSDT",
    "BTC",
    "USDT",
    "spot",
    Decimal("0.0009765625"),
    Decimal(1),
    Decimal(0),
    True,
    "inferred",
)


@given(seed=st.integers(0, 500), cut=st.integers(120, 690))
def test_joined_timeframes_see_only_what_had_closed(seed: int, cut: int) -> None:
    base = market(seed, 700, "jumps", Timeframe.M15)
    as_of = int(base.close_ms[cut])
    profile = load_profile("balanced")

    def seen(candles: Candles) -> object:
        frames = {
            frame: aggregate(candles, frame).between(0, as_of)
            for frame in (Timeframe.M15, Timeframe.H1, Timeframe.H4)
        }
        return find_structure(MultiTimeframeData(RULES_OF, as_of, frames), profile)

    assert seen(base) == seen(base.head(cut + 1))


@pytest.mark.parametrize("symbol", ["BTC", "SOL", "PEPE", "ELF"])
def test_causal_on_recorded_candles(symbol: str, market_dir: Path) -> None:
    whole = read_candles(market_dir / "native" / f"binance__{symbol}-USDT__1h.parquet", Timeframe.H1).head(
        2500
    )
    log = detect(whole, RULES, 1e-8)
    for cut in range(60, 2500, 97):
        assert same(detect(whole.head(cut), RULES, 1e-8), log.until(cut - 1))
