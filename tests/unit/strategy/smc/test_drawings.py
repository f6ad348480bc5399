"""Each pattern as a trader would draw it: three to twenty hand-made candles, and what the log says of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.models.events import Event, Kind
from shared.models.smc import BreakLabel, Layer, Side, SweepKind, Trend, ZoneKind
from shared.models.timeframe import Timeframe
from strategy.smc.alignment import align
from strategy.smc.engine import detect
from strategy.smc.fold import freshness_of, read_structure
from strategy.smc.snapshot import overlay
from tests.unit.strategy.smc.drawings import QUIET, RULES, TICK, drawn, look, steps, story

GAP_UP = [(100.0, 100.5, 99.5, 100.4), (100.4, 102.4, 100.3, 102.2), (102.2, 103.0, 101.5, 102.8)]
"""Zone 100.5 to 101.5: the third candle's low above the first one's high."""
PEAK = steps(101.0, 102.0, 103.0, 104.0, 105.0, 104.0, 103.0, 102.0, 101.0, 100.0)
"""High of 105.25 at bars 4 and 5; the later one is the pivot, confirmed five bars after."""


def internal_breaks(closes: list[float]) -> list[tuple[int, BreakLabel, Side]]:
    candles = drawn(steps(*closes))
    state = read_structure(candles, detect(candles, RULES, TICK)).internal
    return [
        (len(candles) - 1 - QUIET - found.age_bars, found.label, found.side)
        for found in reversed(state.breaks)
    ]


def test_a_swing_high_is_known_five_bars_after_its_top() -> None:
    shown = [*PEAK, *steps(99.5)]
    swings = [row for row in story(look(shown), Kind.SWING, Event.FORMED) if row[0] >= 6]
    assert swings[0] == (10, "FORMED", Side.SHORT)
    candles = drawn(shown)
    top = read_structure(candles, detect(candles, RULES, TICK)).internal.swings[0]
    assert (top.price, top.layer) == (105.25, Layer.INTERNAL)
    assert top.known_ms - top.origin_ms == 6 * Timeframe.H1.ms


def test_a_high_that_is_equalled_within_five_bars_is_no_swing() -> None:
    twice = steps(101.0, 102.0, 103.0, 104.0, 105.0, 104.0, 105.0, 102.0, 101.0, 100.0)
    assert (10, "FORMED", Side.SHORT) not in story(look(twice), Kind.SWING, Event.FORMED)


UP_DOWN_UP = [
    101.0,
    102.0,
    103.0,
    104.0,
    105.0,
    104.0,
    103.0,
    102.0,
    101.0,
    100.5,
    101.5,
    102.5,
    103.5,
    104.5,
    105.5,
    106.5,
]


def test_a_close_beyond_the_swing_breaks_structure_and_a_wick_does_not() -> None:
    breaks = internal_breaks(UP_DOWN_UP)
    assert breaks[-1][0] == 14
    assert breaks[-1][2] is Side.LONG
    wick_only = [*steps(*UP_DOWN_UP[:14]), (104.5, 105.9, 104.4, 105.0)]
    known = [row for row in story(look(wick_only), Kind.BREAK) if row[0] >= 10]
    assert known == []


def test_breaks_are_init_then_bos_then_choch() -> None:
    down_again = [105.0, 104.0, 103.0, 102.0, 101.0, 100.0, 99.0, 98.0, 97.0]
    labels = [label for _, label, _ in internal_breaks([*UP_DOWN_UP, *down_again])]
    assert labels[0] is BreakLabel.INIT
    assert labels[-1] is BreakLabel.CHOCH


def test_a_gap_is_known_at_its_third_candle_and_drawn_from_the_second() -> None:
    candles = drawn(GAP_UP)
    (gap,) = read_structure(candles, detect(candles, RULES, TICK)).fair_value_gaps
    zone = gap.zone
    assert (zone.kind, zone.side, zone.low, zone.high) == (ZoneKind.FAIR_VALUE_GAP, Side.LONG, 100.5, 101.5)
    assert zone.origin_ms == int(candles.open_ms[QUIET + 1])
    assert zone.known_ms == int(candles.close_ms[QUIET + 2])
    assert (zone.touches, zone.fill, zone.mitigated, zone.freshness) == (0, 0.0, False, 1.0)


def test_a_gap_is_touched_filled_by_quarters_and_invalidated_by_a_close_beyond() -> None:
    later = [(102.8, 103.0, 101.2, 102.5), (102.5, 102.6, 100.7, 102.0), (102.0, 102.1, 99.9, 100.2)]
    assert story(look(GAP_UP + later), Kind.FAIR_VALUE_GAP)[:7] == [
        (2, "FORMED", 1),
        (3, "TOUCHED", 1),
        (3, "FILLED_25", 1),
        (4, "TOUCHED", 1),
        (4, "FILLED_50", 1),
        (4, "FILLED_75", 1),
        (5, "TOUCHED", 1),
    ]
    assert story(look(GAP_UP + later), Kind.FAIR_VALUE_GAP, Event.INVALIDATED)[0] == (5, "INVALIDATED", 1)


def test_a_wick_through_a_gap_fills_it_but_does_not_end_it() -> None:
    through = [*GAP_UP, (102.8, 103.0, 100.2, 102.5)]
    candles = drawn(through)
    (gap,) = read_structure(candles, detect(candles, RULES, TICK)).fair_value_gaps
    assert (gap.zone.fill, gap.zone.touches, gap.zone.mitigated, gap.zone.freshness) == (1.0, 1, True, 0.0)


@pytest.mark.parametrize(
    "hole", [{"missing_after": 0}, {"missing_after": 1}, {"untraded": 0}, {"untraded": 1}, {"untraded": 2}]
)
def test_a_missing_or_untraded_bar_makes_no_gap(hole: dict[str, int]) -> None:
    assert story(look(GAP_UP, **hole), Kind.FAIR_VALUE_GAP) == []


def test_a_gap_lower_than_a_quarter_of_the_atr_is_left_out() -> None:
    low_gap = [GAP_UP[0], GAP_UP[1], (102.2, 103.0, 100.7, 102.8)]
    assert story(look(low_gap), Kind.FAIR_VALUE_GAP) == []
    assert story(look(low_gap, replace(RULES, min_gap_atr=0.0)), Kind.FAIR_VALUE_GAP) == [(2, "FORMED", 1)]


def test_a_zone_expires_after_its_bars() -> None:
    rules = replace(RULES, zone_expiry_bars=50)
    waiting = [*GAP_UP, *[(102.8, 103.0, 102.6, 102.8)] * 52]
    assert story(look(waiting, rules), Kind.FAIR_VALUE_GAP, Event.EXPIRED) == [(53, "EXPIRED", 1)]


def test_displacement_is_measured_by_the_atr_before_it_and_told_that_it_made_a_gap() -> None:
    found = story(look(GAP_UP), Kind.DISPLACEMENT)
    assert (1, "FORMED", 1) in found
    assert (2, "MADE_FVG", 1) in found
    candles = drawn(GAP_UP)
    leg = read_structure(candles, detect(candles, RULES, TICK)).displacements[-1]
    assert leg.side is Side.LONG
    assert leg.size_atr == pytest.approx(2.2, abs=0.3)


def test_an_order_block_is_known_at_the_break_not_at_its_candle() -> None:
    candles = drawn(steps(*UP_DOWN_UP))
    blocks = [
        b
        for b in read_structure(candles, detect(candles, RULES, TICK)).order_blocks
        if b.zone.side is Side.LONG
    ]
    block = blocks[0]
    assert block.zone.origin_ms == int(candles.open_ms[QUIET + 9])
    assert block.zone.known_ms == int(candles.close_ms[QUIET + 14])
    assert (block.zone.low, block.zone.high) == (100.25, 101.25)
    assert block.left_zone
    assert block.layers[0] is Layer.INTERNAL


def test_an_order_block_lives_like_a_zone() -> None:
    back = [105.5, 104.0, 102.5, 101.0, 102.0, 103.0]
    log = look(steps(*UP_DOWN_UP, *back))
    formed = next(row for row in log.ints.tolist() if row[1] == Kind.ORDER_BLOCK and row[0] == QUIET + 14)
    life = [
        Event(row[2]).name for row in log.ints.tolist() if row[1] == Kind.ORDER_BLOCK and row[5] == formed[5]
    ]
    assert life[:4] == ["FORMED", "TOUCHED", "FILLED_25", "FILLED_50"]


def swept_at(
    bar: tuple[float, float, float, float], *after: tuple[float, float, float, float]
) -> list[tuple[int, str]]:
    """What becomes of the pool at 105.25 when ``bar`` comes at it."""
    log = look([*PEAK, (100.0, 104.0, 99.9, 103.9), bar, *after])
    taken = [row for row in log.ints.tolist() if row[1] == Kind.POOL and row[6] == QUIET + 5]
    return [(row[0] - QUIET, Event(row[2]).name) for row in taken if row[2] > Event.EXPIRED]


def test_a_wick_over_a_high_that_closes_back_is_a_sweep() -> None:
    assert swept_at((103.9, 105.6, 103.8, 104.0)) == [(11, "TAKEN"), (11, "SWEPT_WICK")]


def test_a_close_beyond_that_comes_back_within_three_bars_is_a_reclaim() -> None:
    back = swept_at((103.9, 105.9, 103.8, 105.6), (105.6, 106.2, 105.5, 106.0), (106.0, 106.1, 104.5, 104.9))
    assert back == [(11, "TAKEN"), (13, "SWEPT_RECLAIM")]


def test_a_high_that_stays_passed_is_broken() -> None:
    gone = swept_at((103.9, 105.9, 103.8, 105.6), *[(105.6, 106.4, 105.5, 106.0)] * 3)
    assert gone == [(11, "TAKEN"), (14, "BROKEN")]


def test_a_swept_high_favours_shorts() -> None:
    candles = drawn([*PEAK, (100.0, 104.0, 99.9, 103.9), (103.9, 105.6, 103.8, 104.0)])
    sweep = next(s for s in read_structure(candles, detect(candles, RULES, TICK)).sweeps if s.level == 105.25)
    assert (sweep.kind, sweep.side, sweep.bars) == (SweepKind.WICK, Side.SHORT, 0)
    assert sweep.depth_atr > 0


def test_equal_highs_are_one_pool_of_two() -> None:
    again = [101.0, 102.0, 103.0, 104.0, 104.98, 104.0, 103.0, 102.0, 101.0, 100.0, 99.5]
    candles = drawn([*PEAK, *[(a, b, c, d) for a, b, c, d in steps(*again)]])
    pools = read_structure(candles, detect(candles, RULES, TICK)).pools
    assert [(pool.level, pool.count) for pool in pools if pool.level > 105] == [(105.25, 2)]


def test_the_dealing_range_runs_from_the_protected_low_to_the_high_since() -> None:
    candles = drawn(steps(*UP_DOWN_UP))
    state = read_structure(candles, detect(candles, RULES, TICK)).internal
    assert state.trend is Trend.UP
    (dealing,) = state.ranges
    assert (dealing.low, dealing.high) == (100.25, 106.75)
    assert dealing.position == pytest.approx((106.5 - 100.25) / 6.5)


def test_alignment_weighs_the_trends_there_are() -> None:
    candles = drawn(steps(*UP_DOWN_UP))
    base = read_structure(candles, detect(candles, RULES, TICK))
    up, none, down = (
        replace(base, swing=replace(base.swing, trend=trend), internal=replace(base.internal, trend=trend))
        for trend in (Trend.UP, Trend.NONE, Trend.DOWN)
    )
    weights = {"1d": 0.4, "4h": 0.4, "1h": 0.2}
    mixed = align({Timeframe.D1: up, Timeframe.H4: none, Timeframe.H1: down}, weights)
    assert mixed.score == pytest.approx((0.4 - 0.2) / 0.6)
    assert mixed.weight == pytest.approx(0.6)
    assert mixed.along(Side.SHORT) == -mixed.score
    assert align({Timeframe.D1: none}, weights).score == 0.0


def test_between_its_own_closes_a_zone_follows_the_trigger_candles() -> None:
    hourly = drawn(GAP_UP)
    seen = read_structure(hourly, detect(hourly, RULES, TICK))
    opens = int(hourly.close_ms[-1])
    quarter = replace_times(opens, [(102.8, 102.9, 101.0, 102.0)])
    touched = overlay(seen, quarter).fair_value_gaps[0].zone
    assert (touched.touches, touched.fill, touched.mitigated) == (1, 0.5, True)
    assert overlay(seen, replace_times(opens, [(102.8, 102.9, 101.6, 102.0)])) == seen


def replace_times(first_ms: int, bars: list[tuple[float, float, float, float]]):  # type: ignore[no-untyped-def]
    import numpy as np

    from shared.models.data import Candles

    rows = np.asarray(bars)
    times = first_ms + np.arange(len(rows)) * Timeframe.M15.ms
    return Candles(Timeframe.M15, times, *rows.T, np.ones(len(rows)))


def test_freshness_only_falls() -> None:
    assert freshness_of(0, 0, 0.0, 50) == 1.0
    assert freshness_of(50, 1, 0.5, 50) == pytest.approx(0.5 * 0.6 * 0.5)
