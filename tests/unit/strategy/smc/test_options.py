"""Every option of the rules on candles where it makes the difference, and the defaults that are documented."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import pytest

from devtools.hand_made import Bar, steps
from devtools.playbook_scenes import (
    BREAK_UP,
    CLOSE_OVER_AND_BACK,
    CLOSE_OVER_AND_STAY,
    GAP,
    HILL,
    LONDON_TRAP,
    TWIN_TOPS,
    TWO_LAYERS,
)
from shared.models.events import Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from tests.unit.strategy.smc.drawings import RULES, SMALL, drawn, said

LONG, SHORT = 1, -1
Row = tuple[Any, ...]


def option(**changed: Any) -> SmcRules:
    return replace(SMALL, **changed)


def breaks(bars: list[Bar], rules: SmcRules) -> list[Row]:
    return [
        (row.bar, row.side, row.payload["low"], row.payload["a"])
        for row in said(bars, Kind.BREAK, rules)
        if row.layer == "internal"
    ]


def fates(bars: list[Bar] | tuple[Bar, ...], rules: SmcRules) -> list[Row]:
    """What became of the high of bar 2."""
    return [
        (row.bar, row.event)
        for row in said(list(bars), Kind.POOL, rules)
        if row.origin == 2 and row.side == SHORT and row.layer == "internal"
    ]


WICK_BREAK: list[Bar] = [*BREAK_UP[:6], (101.0, 101.75, 100.75, 101.0)]


def test_break_on_a_wick_takes_the_extreme_instead_of_the_close() -> None:
    assert breaks(WICK_BREAK, option(break_on="close")) == []
    assert breaks(WICK_BREAK, option(break_on="wick")) == [(6, LONG, 101.25, 0.5)]


def test_a_break_buffer_asks_for_a_close_that_far_beyond() -> None:
    """The close is a quarter of the ATR beyond, and a quarter is not more than a quarter."""
    assert breaks(list(BREAK_UP), option(break_buffer_atr=0.125)) == [(6, LONG, 101.25, 0.25)]
    assert breaks(list(BREAK_UP), option(break_buffer_atr=0.25)) == []


BLOCK: list[Bar] = [*HILL[:3], (100.5, 100.625, 99.75, 100.0), (100.0, 100.75, 99.625, 100.5), *BREAK_UP[5:]]
"""The last falling candle is bar 3; the lowest low is that of bar 4, which rises."""


def edges(rules: SmcRules) -> list[Row]:
    return [
        (row.origin, row.payload["low"], row.payload["high"])
        for row in said(BLOCK, Kind.ORDER_BLOCK, rules)
        if row.event == "FORMED"
    ]


def test_the_blocks_candle_is_the_last_opposite_one_or_the_one_at_the_extreme() -> None:
    assert edges(option(block_candle="last_opposite")) == [(3, 99.625, 100.625)]
    assert edges(option(block_candle="extreme")) == [(4, 99.625, 100.75)]


def test_a_block_of_bodies_leaves_the_wicks_out() -> None:
    assert edges(option(zone_body_only=True)) == [(3, 100.0, 100.5)]
    assert edges(option(zone_body_only=True, block_candle="extreme")) == [(4, 100.0, 100.5)]


def test_invalidation_by_a_wick_ends_a_zone_that_a_close_would_have_kept() -> None:
    wick = [*GAP, (102.5, 102.5, 100.25, 101.0)]
    ends = [
        [
            row.event
            for row in said(wick, Kind.FAIR_VALUE_GAP, option(invalidate_on=by))
            if row.event == "INVALIDATED"
        ]
        for by in ("close", "wick")
    ]
    heirs = [len(said(wick, Kind.INVERSE_GAP, option(invalidate_on=by))) for by in ("close", "wick")]
    assert (ends, heirs) == ([[], ["INVALIDATED"]], [0, 1])


def gap_of(height: float) -> list[Bar]:
    return [GAP[0], (100.5, 101.5, 100.5, 101.25), (101.25, 101.75, 100.5 + height, 101.5)]


@pytest.mark.parametrize(
    ("smallest", "heights"), [(0.25, [0.25, 0.5]), (0.0, [0.125, 0.25, 0.5]), (0.5, [0.5])]
)
def test_the_smallest_gap_is_a_quarter_nothing_or_half_of_the_atr(
    smallest: float, heights: list[float]
) -> None:
    rules = option(min_gap_atr=smallest)
    assert [
        height for height in (0.0, 0.125, 0.25, 0.5) if said(gap_of(height), Kind.FAIR_VALUE_GAP, rules)
    ] == heights


@pytest.mark.parametrize(("tolerance", "events"), [(0.1, 1), (0.25, 2)])
def test_equality_of_a_tenth_or_a_quarter_of_the_atr(tolerance: float, events: int) -> None:
    twin = [*TWIN_TOPS[:5], *steps(100.5, 100.8125, 100.5, 100.0, 100.25, start=99.75)]
    assert len(fates(twin, option(equal_atr=tolerance))) == events


@pytest.mark.parametrize(
    ("bars", "back", "stay"),
    [
        (3, (8, "SWEPT_RECLAIM"), (9, "BROKEN")),
        (1, (7, "BROKEN"), (7, "BROKEN")),
        (5, (8, "SWEPT_RECLAIM"), (6, "TAKEN")),
    ],
)
def test_a_reclaim_has_one_three_or_five_bars(bars: int, back: Row, stay: Row) -> None:
    rules = option(reclaim_bars=bars)
    assert fates(CLOSE_OVER_AND_BACK, rules)[-1] == back
    assert fates(CLOSE_OVER_AND_STAY, rules)[-1] == stay


def test_a_displacement_of_two_atr_is_asked_for() -> None:
    sizes = [
        row.payload["a"]
        for row in said(list(GAP), Kind.DISPLACEMENT, option(displacement_atr=2.0))
        if row.payload
    ]
    assert sizes == [2.5]


@pytest.mark.parametrize(("reach", "known"), [(5, 10), (10, 15)])
def test_a_swing_is_known_after_its_reach(reach: int, known: int) -> None:
    bars = [*TWO_LAYERS[:12], *[(101.0, 101.5, 100.5, 101.0)] * 6]
    rows = said(bars, Kind.SWING, replace(SMALL, swing_reach=reach))
    assert [row.bar for row in rows if row.origin == 5 and row.layer == "swing"] == [known]


@pytest.mark.parametrize(("reach", "known"), [(2, 4), (3, 5)])
def test_an_internal_swing_is_known_after_its_reach(reach: int, known: int) -> None:
    bars = [*HILL, (100.5, 100.75, 100.0, 100.5)]
    rows = said(bars, Kind.SWING, option(internal_reach=reach))
    assert [row.bar for row in rows if row.origin == 2 and row.layer == "internal"] == [known]


@pytest.mark.parametrize(
    ("changed", "kind", "ends"),
    [
        ({"zone_expiry_bars": 50}, Kind.FAIR_VALUE_GAP, 53),
        ({"pool_expiry_bars": 50}, Kind.POOL, 55),
    ],
)
def test_zones_and_pools_expire_after_their_bars(changed: dict[str, int], kind: Kind, ends: int) -> None:
    bars: dict[Kind, list[Bar]] = {
        Kind.FAIR_VALUE_GAP: [*GAP, *[(102.5, 102.75, 101.5, 102.5)] * 51],
        Kind.POOL: [*HILL, *[(100.5, 101.0, 100.0, 100.5)] * 51],
    }
    expired = [row for row in said(bars[kind], kind, option(**changed)) if row.event == "EXPIRED"]
    assert [(row.bar, row.origin) for row in expired if row.origin in (1, 2)] == [
        (ends, {Kind.FAIR_VALUE_GAP: 1, Kind.POOL: 2}[kind])
    ]


def test_an_heir_expires_after_its_own_bars() -> None:
    lost: list[Bar] = [*GAP, (102.5, 102.5, 100.25, 100.25), *[(100.0, 100.375, 99.5, 100.0)] * 21]
    rows = said(lost, Kind.INVERSE_GAP, option(spawn_expiry_bars=20))
    assert [(row.bar, row.event) for row in rows] == [(3, "FORMED"), (24, "EXPIRED")]


def test_sessions_follow_the_clock_that_is_asked_for() -> None:
    """From 20:00 to 24:00 UTC the sixteen candles are Asia by the UTC clock and nothing by that of New York."""
    candles = drawn(list(LONDON_TRAP[:16]), timeframe=Timeframe.M15, first_ms=1_706_040_000_000)
    by_clock = [
        [
            (row.bar, row.event)
            for row in said(candles, Kind.SESSION, replace(RULES, sessions=clock))
            if row.bar > 0
        ]  # type: ignore[arg-type]
        for clock in ("UTC", "New York")
    ]
    assert by_clock == [[(15, "ACCUMULATED")], []]


def test_the_defaults_are_the_documented_ones() -> None:
    assert dataclasses.asdict(SmcRules()) == {
        "internal_reach": 5,
        "swing_reach": 20,
        "break_buffer_atr": 0.0,
        "min_gap_atr": 0.25,
        "displacement_atr": 1.5,
        "reclaim_bars": 3,
        "equal_atr": 0.1,
        "zone_expiry_bars": 500,
        "spawn_expiry_bars": 200,
        "pool_expiry_bars": 1000,
        "zone_body_only": False,
        "break_on": "close",
        "block_candle": "last_opposite",
        "invalidate_on": "close",
        "sessions": "New York",
    }
