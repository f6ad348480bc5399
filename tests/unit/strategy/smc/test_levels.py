"""Pools of resting orders, what price does at them, and the levels of days and weeks, on hand-made candles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devtools.hand_made import Bar, quiet, steps
from devtools.playbook_scenes import (
    CLOSE_OVER_AND_BACK,
    CLOSE_OVER_AND_STAY,
    DAY_LEVELS,
    DAY_MS,
    HILL,
    TO_THE_HIGH,
    TWIN_TOPS,
    TWO_LAYERS,
    WICK_OVER,
)
from shared.models.events import Kind, object_id
from shared.models.smc import Pool, PoolSource, Side, Sweep, SweepKind
from shared.models.timeframe import Timeframe
from strategy.smc.engine import SmcSeries
from tests.unit.strategy.smc.drawings import QUIET, RULES, SMALL, TICK, Said, drawn, said, seen

LONG, SHORT = 1, -1
MONDAY_MS = 1_705_881_600_000
"""2024-01-22 00:00 UTC."""
DAY_LENGTH_MS = 86_400_000


def at_the_high(bars: tuple[Bar, ...] | list[Bar], origin: int = 2, **rules: object) -> list[Said]:
    """What is said of the pool drawn from a bar."""
    found = said(list(bars), Kind.POOL, replace(SMALL, **rules))  # type: ignore[arg-type]
    return [row for row in found if row.origin == origin and row.side == SHORT]


def test_a_swing_high_is_a_pool_of_one_from_the_bar_at_which_the_swing_is_known() -> None:
    candles = drawn(list(HILL))
    origin = int(candles.open_ms[QUIET + 2])
    assert [pool for pool in seen(candles, SMALL).pools if pool.side is Side.SHORT] == [
        Pool(
            object_id("pool", "", SHORT, origin),
            Side.SHORT,
            (PoolSource.INTERNAL,),
            level=101.25,
            count=1,
            taken=False,
            freshness=1.0,
            origin_ms=origin,
            known_ms=int(candles.close_ms[QUIET + 4]),
            age_bars=0,
        )
    ]


def test_two_highs_five_bars_apart_and_a_tenth_of_the_atr_at_most_are_equal_highs() -> None:
    assert at_the_high(TWIN_TOPS) == [
        Said(4, "FORMED", SHORT, 2, {"low": 101.25, "a": 1.0}, "internal"),
        Said(9, "JOINED", SHORT, 2, {"low": 101.25, "a": 2.0}, "internal"),
    ]


def test_a_lower_twin_joins_and_the_level_stays_the_extreme() -> None:
    twin = [*TWIN_TOPS[:5], *steps(100.5, 100.9375, 100.5, 100.0, 100.25, start=99.75)]
    assert at_the_high(twin)[-1].payload == {"low": 101.25, "a": 2.0}
    further = [*TWIN_TOPS[:5], *steps(100.5, 100.875, 100.5, 100.0, 100.25, start=99.75)]
    assert "JOINED" not in [row.event for row in at_the_high(further)]


def test_highs_closer_than_five_bars_are_one_pool_but_not_equal_highs() -> None:
    close = steps(100.5, 101.0, 100.5, 100.0, 100.5, 101.0, 100.5, 100.0, 99.75)
    rows = [(row.bar, row.event, row.payload["a"]) for row in at_the_high(close) if row.layer == "internal"]
    assert rows == [(4, "FORMED", 1.0), (8, "JOINED", 1.0)]


def test_one_bar_that_is_a_swing_of_both_layers_counts_once() -> None:
    rows = [row for row in at_the_high(TWO_LAYERS, origin=5) if row.layer != "day"][:2]
    assert rows == [
        Said(7, "FORMED", SHORT, 5, {"low": 102.75, "a": 1.0}, "internal"),
        Said(10, "LAYER_ADDED", SHORT, 5, {"low": 102.75, "a": 1.0}, "swing"),
    ]
    (pool,) = (pool for pool in seen(list(TWO_LAYERS[:11]), SMALL).pools if pool.side is Side.SHORT)
    assert (pool.count, pool.sources) == (1, (PoolSource.INTERNAL, PoolSource.SWING))


def test_two_prices_a_tick_apart_are_equal_however_small_the_atr() -> None:
    twin = [*TWIN_TOPS[:5], *steps(100.5, 100.75, 100.5, 100.0, 100.25, start=99.75)]
    coarse = [
        row.event
        for row in said(twin, Kind.POOL, SMALL, tick=0.25)
        if row.origin == 2 and row.layer == "internal"
    ]
    fine = [
        row.event
        for row in said(twin, Kind.POOL, SMALL, tick=0.01)
        if row.origin == 2 and row.layer == "internal"
    ]
    assert (coarse, fine) == (["FORMED", "JOINED"], ["FORMED"])


def test_a_wick_over_a_pool_that_closes_back_sweeps_it_and_the_fall_after_it_is_a_further_event() -> None:
    assert at_the_high(WICK_OVER)[1:] == [
        Said(6, "TAKEN", SHORT, 2, {"low": 101.25, "a": 0.5}, "internal"),
        Said(6, "SWEPT_WICK", SHORT, 2, {"low": 101.25, "a": 0.5, "b": 0.0, "c": 0.75, "d": 1.0}, "internal"),
        Said(8, "DISPLACED_AWAY", SHORT, 2, {"low": 101.25, "a": 2.0, "b": 2.0}, "internal"),
    ]


def test_a_sweep_seen_by_a_trader_favours_the_side_it_came_from() -> None:
    candles = drawn(list(WICK_OVER), volumes=(10.0,) * 6 + (30.0,))
    origin, known = int(candles.open_ms[QUIET + 2]), int(candles.close_ms[QUIET + 6])
    assert next(sweep for sweep in seen(candles, SMALL).sweeps if sweep.level == 101.25) == Sweep(
        object_id("pool", "", SHORT, origin),
        SweepKind.WICK,
        Side.SHORT,
        level=101.25,
        depth_atr=0.5,
        bars=0,
        wick_share=0.75,
        relative_volume=30 / 11,
        displaced_atr=2.0,
        origin_ms=origin,
        known_ms=known,
        age_bars=2,
    )


def test_a_fall_that_comes_later_than_three_bars_is_not_the_sweeps() -> None:
    pause = [(101.0, 101.25, 100.75, 101.0)]
    late = [*WICK_OVER[:7], *pause * 2, *WICK_OVER[7:]]
    assert [row.event for row in at_the_high(late)] == ["FORMED", "TAKEN", "SWEPT_WICK"]
    in_time = [*WICK_OVER[:7], *pause, *WICK_OVER[7:]]
    atr = (13 * 1.0 + 0.5) / 14
    assert at_the_high(in_time)[-1] == Said(
        9, "DISPLACED_AWAY", SHORT, 2, {"low": 101.25, "a": round(2.0 / atr, 4), "b": 3.0}, "internal"
    )


def test_a_close_over_a_pool_that_comes_back_within_three_bars_is_a_reclaim_and_told_only_then() -> None:
    assert [row.event for row in at_the_high(CLOSE_OVER_AND_BACK[:8])] == ["FORMED", "TAKEN"]
    (reclaim,) = (row for row in at_the_high(CLOSE_OVER_AND_BACK) if row.event == "SWEPT_RECLAIM")
    assert reclaim.bar == 8
    assert reclaim.payload == {
        "low": 101.25,
        "a": round(0.75 / ((13 + 0.875) / 14), 4),
        "b": 2.0,
        "c": 0.0,
        "d": 1.0,
    }


def test_a_pool_that_stays_passed_for_three_bars_is_broken() -> None:
    rows = at_the_high(CLOSE_OVER_AND_STAY)
    assert [(row.bar, row.event) for row in rows] == [(4, "FORMED"), (6, "TAKEN"), (9, "BROKEN")]
    assert rows[-1].payload["b"] == 3.0
    assert [pool.level for pool in seen(list(CLOSE_OVER_AND_STAY), SMALL).pools if pool.level == 101.25] == []


def test_touching_a_pool_takes_nothing() -> None:
    assert [row.event for row in at_the_high([*TO_THE_HIGH, (101.0, 101.25, 100.75, 101.0)])] == ["FORMED"]


def test_a_taken_pool_is_joined_by_nothing() -> None:
    """The high that passed it is a swing two bars later, a sixteenth above: it begins a pool of its own."""
    passed: list[Bar] = [
        *TO_THE_HIGH,
        (101.0, 101.3125, 100.75, 101.28125),
        (101.28125, 101.296875, 100.75, 101.28125),
        (101.28125, 101.296875, 100.75, 101.28125),
    ]
    assert [(row.bar, row.event) for row in at_the_high(passed)] == [(4, "FORMED"), (6, "TAKEN")]
    assert at_the_high(passed, origin=6) == [
        Said(8, "FORMED", SHORT, 6, {"low": 101.3125, "a": 1.0}, "internal")
    ]


def test_a_pool_expires_1000_bars_after_it_formed() -> None:
    waiting = [*HILL, *[(100.5, 101.0, 100.0, 100.5)] * 1001]
    assert [row.event for row in at_the_high(waiting[:-1])][-1] != "EXPIRED"
    last = at_the_high(waiting)[-1]
    assert (last.bar, last.event) == (1005, "EXPIRED")


def test_the_high_and_low_of_a_day_are_levels_when_it_has_closed_and_the_next_day_sweeps_them() -> None:
    day = [row for row in said(DAY_LEVELS.candles, Kind.POOL) if row.layer == "day" or row.origin in (2, 4)]
    assert day == [
        Said(5, "FORMED", SHORT, 2, {"low": 101.5, "a": 1.0}, "day"),
        Said(5, "FORMED", LONG, 4, {"low": 98.75, "a": 1.0}, "day"),
        Said(7, "LAYER_ADDED", SHORT, 2, {"low": 101.5, "a": 1.0}, "internal"),
        Said(8, "TAKEN", LONG, 4, {"low": 98.75, "a": 0.2509}, "internal"),
        Said(
            8, "SWEPT_WICK", LONG, 4, {"low": 98.75, "a": 0.2509, "b": 0.0, "c": 0.75, "d": 1.0}, "internal"
        ),
        Said(9, "DISPLACED_AWAY", LONG, 4, {"low": 98.75, "a": 1.505, "b": 1.0}, "internal"),
    ]
    (pool,) = (pool for pool in seen(DAY_LEVELS.candles).pools if pool.level == 101.5)
    assert pool.sources == (PoolSource.INTERNAL, PoolSource.DAY)


def test_a_day_whose_beginning_is_not_in_the_series_gives_no_level() -> None:
    quiet_hours = drawn([], first_ms=DAY_MS)
    from_midnight, from_one = quiet_hours.rows(12, 60), quiet_hours.rows(13, 60)
    ends = []
    for candles in (from_midnight, from_one):
        events = SmcSeries(candles, SMALL, TICK).events(0, DAY_MS)
        ends.append(sorted({DAY_MS - event.known_ms for event in events if event.layer == "day"}))
    assert ends == [[0, DAY_LENGTH_MS], [0]]


def test_the_high_and_low_of_a_week_are_levels_from_its_last_close_on() -> None:
    week = [*quiet(2), (100.0, 101.5, 100.0, 100.5), (100.5, 100.75, 98.5, 99.5), *quiet(3)]
    rows = [
        row
        for row in said(drawn(week, timeframe=Timeframe.D1, first_ms=MONDAY_MS), Kind.POOL)
        if row.layer == "week"
    ]
    assert rows == [
        Said(6, "FORMED", SHORT, 2, {"low": 101.5, "a": 1.0}, "week"),
        Said(6, "FORMED", LONG, 3, {"low": 98.5, "a": 1.0}, "week"),
    ]


@pytest.mark.parametrize("timeframe", [Timeframe.D1, Timeframe.W1])
def test_a_timeframe_gives_no_level_of_its_own_length(timeframe: Timeframe) -> None:
    bars = [(100.0, 101.5, 98.5, 100.0)] * 9
    candles = drawn(bars, timeframe=timeframe, first_ms=MONDAY_MS)
    own = {Timeframe.D1: {"day"}, Timeframe.W1: {"day", "week"}}[timeframe]
    assert {row.layer for row in said(candles, Kind.POOL)} & own == set()


def test_the_default_tolerance_and_expiry_are_those_of_the_rules() -> None:
    assert (RULES.equal_atr, RULES.pool_expiry_bars, RULES.reclaim_bars) == (0.1, 1000, 3)
