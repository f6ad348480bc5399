"""Laws over many cuts, over where a series starts, and over both directions; each law catches who breaks it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.parquet_import import read_candles
from shared.models.data import Candles
from shared.models.events import Event, EventLog, Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from strategy.smc.engine import detect
from strategy.smc.fold import read_structure
from tests.laws.likeness import mirrored_reading, read, scaled_reading
from tests.laws.markets import MOODS, STEP, market, mirrored, scaled
from tests.laws.tampering import kept
from tests.laws.test_detector_laws import is_causal, plainly, same

NIGHTLY = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
SERIES = 400 if NIGHTLY else 25
CUTS = 50
"""25 series times 50 cuts in the suite, 400 times 50 at night."""
BURN_IN = 1180
MARKETS = 6
FRAMES = (Timeframe.M15, Timeframe.H1, Timeframe.D1)
AROUND = 64.0


def cut_at_random(candles: Candles, seed: int) -> list[int]:
    draw = np.random.default_rng(seed)
    return sorted(draw.choice(np.arange(1, len(candles)), CUTS, replace=False).tolist())


@pytest.mark.parametrize("seed", range(SERIES))
def test_no_cut_of_any_market_shows_another_past(seed: int) -> None:
    power = (-20, 0, 13)[seed % 3]
    candles = scaled(market(seed, 700, MOODS[seed % 5], FRAMES[seed % 3]), 2.0**power)
    tick = STEP * 2.0**power
    whole = detect(candles, SmcRules(), tick)
    for cut in cut_at_random(candles, seed):
        prefix = detect(candles.head(cut), SmcRules(), tick)
        assert same(prefix, whole.until(cut - 1)), f"seed {seed}, cut {cut}"
        assert np.array_equal(prefix.formed, whole.formed[: len(prefix)])


@pytest.mark.parametrize("symbol", ["BTC", "PEPE", "ELF", "CVC"])
def test_no_cut_of_recorded_candles_shows_another_past(symbol: str, market_dir: Path) -> None:
    candles = read_candles(market_dir / f"binance__{symbol}-USDT__5m.parquet", Timeframe.M5).rows(
        20_000, 23_000
    )
    whole = detect(candles, SmcRules(), 1e-8)
    for cut in cut_at_random(candles, 1)[:: 1 if NIGHTLY else 5]:
        prefix = candles.head(cut)
        assert same(detect(prefix, SmcRules(), 1e-8), whole.until(cut - 1))
        assert read_structure(candles, whole, cut - 1) == read_structure(prefix, whole.until(cut - 1))


ORDER = {
    (Kind.POOL, None): 1,
    (Kind.INVERSE_GAP, Event.FORMED): 2,
    (Kind.BREAKER, Event.FORMED): 2,
    (Kind.MITIGATION_BLOCK, Event.FORMED): 2,
    (Kind.SWING, None): 3,
    (Kind.POOL, Event.FORMED): 4,
    (Kind.POOL, Event.JOINED): 4,
    (Kind.POOL, Event.LAYER_ADDED): 4,
    (Kind.DISPLACEMENT, Event.FORMED): 5,
    (Kind.POOL, Event.DISPLACED_AWAY): 6,
    (Kind.FAIR_VALUE_GAP, Event.FORMED): 7,
    (Kind.DISPLACEMENT, Event.MADE_FVG): 8,
    (Kind.BREAK, None): 9,
    (Kind.ORDER_BLOCK, Event.FORMED): 10,
    (Kind.ORDER_BLOCK, Event.CONFIRMED_BY): 10,
    (Kind.SESSION, None): 11,
}
"""Place of an event inside its bar; life events of zones come first, at 0."""


def place_of(kind: int, event: int) -> int:
    general = ORDER.get((Kind(kind), None), 0)
    return ORDER.get((Kind(kind), Event(event)), general)


@pytest.mark.parametrize("seed", range(10))
def test_rows_stand_by_bar_and_inside_a_bar_in_the_order_in_which_a_market_is_read(seed: int) -> None:
    log = plainly(market(seed, 700, MOODS[seed % 5], FRAMES[seed % 3]))
    places = [(row[0], place_of(row[1], row[2])) for row in log.ints.tolist()]
    assert len(places) > 500
    assert places == sorted(places)


@pytest.mark.parametrize("seed", range(5))
def test_every_row_names_the_row_at_which_its_object_formed(seed: int) -> None:
    log = plainly(market(seed, 700, MOODS[seed], Timeframe.M15))
    ints = log.ints
    assert np.array_equal(ints[log.formed][:, (1, 5)], ints[:, (1, 5)])
    assert set(ints[log.formed][:, 2].tolist()) <= {Event.FORMED, Event.ACCUMULATED}
    assert (log.formed <= np.arange(len(log))).all()


def events_after(log: EventLog, bar: int, shift: int) -> set[tuple[int, ...]]:
    """(known, kind, event, side, layer, origin), bars counted from the longer series' first."""
    rows = log.ints[log.ints[:, 0] + shift > bar].tolist()
    return {(row[0] + shift, row[1], row[2], row[3], row[4], row[6] + shift) for row in rows}


@pytest.mark.parametrize("seed", range(40 if NIGHTLY else 8))
def test_a_later_start_shows_the_same_events_once_structure_and_pools_agree(seed: int) -> None:
    start = 200 + 37 * seed
    candles = _long(seed)
    early, late = plainly(candles), plainly(candles.rows(start, len(candles)))
    agreed = next(
        bar
        for bar in range(BURN_IN, len(candles) - start)
        if _structure_at(early, start + bar) == _structure_at(late, bar)
        and _pools_at(early, start + bar, 0) == _pools_at(late, bar, start)
    )
    expected = events_after(early, start + agreed, 0)
    assert len(expected) > 100
    assert events_after(late, start + agreed, start) == expected


def _structure_at(log: EventLog, bar: int) -> str:
    columns = (*log.trend, *log.range_low, *log.range_high)
    return repr([float(column[bar]) for column in columns])


def _pools_at(log: EventLog, bar: int, shift: int) -> set[tuple[float, ...]]:
    """(side, origin, level, last event) of the pools that may still act. A pool that formed before the later start takes in levels
    that there make pools of their own, which in turn live on: agreement of trends alone does not show that these are gone."""
    known = log.until(bar)
    last: dict[int, tuple[float, ...]] = {}
    levels = known.floats[:, 0]
    for row in np.flatnonzero((known.ints[:, 1] == Kind.POOL) & (known.ints[:, 0] > bar - log.memory_bars)):
        _, _, event, side, _, thing, origin = known.ints[row].tolist()
        last[thing] = (side, origin + shift, float(levels[row]), event)
    ended = {Event.EXPIRED, Event.BROKEN, Event.DISPLACED_AWAY}
    return {state for state in last.values() if state[3] not in ended}


def _long(seed: int) -> Candles:
    """Markets in a row, so that there is something left once the pools of the first have made way."""
    parts = [market(seed + 1000 * place, 1000, "jumps", Timeframe.M15) for place in range(MARKETS)]
    columns = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("open", "high", "low", "close", "volume")
    ]
    times = parts[0].open_ms[0] + np.arange(1000 * MARKETS) * Timeframe.M15.ms
    return Candles(Timeframe.M15, times, *columns)


Find = Callable[[Candles], EventLog]


def is_mirrored(find: Find, candles: Candles) -> bool:
    """The law: the market C − p has the mirrored log, payloads, trends and ranges included."""
    return read(find(mirrored(candles, AROUND))) == mirrored_reading(find(candles), AROUND)


OPTIONS = (
    {"break_on": "wick"},
    {"invalidate_on": "wick"},
    {"zone_body_only": True, "block_candle": "extreme"},
    {"break_buffer_atr": 0.25, "min_gap_atr": 0.0, "displacement_atr": 0.5},
    {"internal_reach": 2, "swing_reach": 5, "equal_atr": 0.5, "break_on": "wick", "sessions": "UTC"},
)


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options))
def test_neither_unit_nor_direction_is_special_under_any_option(options: Any, mood: str) -> None:
    rules = SmcRules(**options)

    def find(candles: Candles) -> EventLog:
        return detect(candles, rules, STEP)

    candles = market(11, 700, mood, Timeframe.M15)
    assert is_mirrored(find, candles)
    assert read(detect(scaled(candles, 32.0), rules, 32.0 * STEP)) == scaled_reading(find(candles), 32.0)


def merges_neighbouring_gaps(candles: Candles) -> EventLog:
    """Sabotage: a gap that a second one follows at once is taken back, and the second stands for both."""
    log = plainly(candles)
    gaps = log.ints[(log.ints[:, 1] == Kind.FAIR_VALUE_GAP) & (log.ints[:, 2] == 1)]
    known = {(int(row[0]), int(row[3])) for row in gaps}
    followed = {int(row[5]) for row in gaps if (int(row[0]) + 1, int(row[3])) in known}
    return kept(log, np.flatnonzero([not (row[1] == 1 and row[5] in followed) for row in log.ints.tolist()]))


def sees_shorts_with_another_eye(candles: Candles) -> EventLog:
    """Sabotage: of gaps below price only the large ones count."""
    log = plainly(candles)
    small = log.floats[:, 1] - log.floats[:, 0] < 0.5 * log.floats[:, 2]
    return kept(
        log, np.flatnonzero(~((log.ints[:, 1] == Kind.FAIR_VALUE_GAP) & (log.ints[:, 3] < 0) & small))
    )


def test_the_prefix_law_catches_gaps_merged_in_hindsight() -> None:
    assert any(
        not is_causal(merges_neighbouring_gaps, market(seed, 700, "jumps"), cut)
        for seed in range(4)
        for cut in range(60, 700)
    )


def measures_shorts_a_hair_longer(candles: Candles) -> EventLog:
    """Sabotage: the same events, with another number on one side."""
    log = plainly(candles)
    shorts = (log.ints[:, 1] == Kind.DISPLACEMENT) & (log.ints[:, 3] < 0)
    return replace(log, measures=np.where(shorts, log.measures * (1.0 + 1e-12), log.measures))


def turns_the_trend_of_one_layer_late(candles: Candles) -> EventLog:
    """Sabotage: the swing trend turns down a bar after its break."""
    log = plainly(candles)
    late = np.where(log.trend[1] < 0, np.r_[0, log.trend[1][:-1]], log.trend[1])
    return replace(log, trend=(log.trend[0], late))


def widens_the_range_upwards(candles: Candles) -> EventLog:
    """Sabotage: the internal range reaches a step higher than it is."""
    log = plainly(candles)
    return replace(log, range_high=(log.range_high[0] + STEP, log.range_high[1]))


@pytest.mark.parametrize(
    "sabotage",
    [
        sees_shorts_with_another_eye,
        measures_shorts_a_hair_longer,
        turns_the_trend_of_one_layer_late,
        widens_the_range_upwards,
    ],
)
def test_the_mirror_law_catches_a_wrong_mirror(sabotage: Find) -> None:
    assert all(is_mirrored(plainly, market(seed, 700, "jumps")) for seed in range(4))
    assert not all(is_mirrored(sabotage, market(seed, 700, "jumps")) for seed in range(4))
