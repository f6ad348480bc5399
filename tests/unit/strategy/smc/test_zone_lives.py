"""Gaps and blocks from birth to end, and what they leave behind: a few hand-made candles each, everything known of them compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devtools.hand_made import Bar, steps
from devtools.playbook_scenes import (
    BLOCK_LIFE,
    BLOCK_LOST,
    BREAK_UP,
    GAP,
    GAP_LIFE,
    GAP_LOST,
    HILL,
    SWEPT_LEG,
    TWO_LAYERS,
)
from shared.models.events import Kind, object_id
from shared.models.smc import BreakLabel, Layer, OrderBlock, Side, Zone, ZoneKind
from shared.models.timeframe import Timeframe
from tests.unit.strategy.smc.drawings import QUIET, RULES, SMALL, Said, drawn, said, seen

LONG, SHORT = 1, -1
AWAY: list[Bar] = [(102.5, 102.75, 101.5, 102.5)]
"""A candle that comes down to the gap's edge and not into it."""


def mirrored(bars: tuple[Bar, ...]) -> list[Bar]:
    return [(200.0 - opened, 200.0 - low, 200.0 - high, 200.0 - closed) for opened, high, low, closed in bars]


def filled(bar: int, share: float, *quarters: int, side: int = LONG, origin: int = 1) -> list[Said]:
    """A touch and the quarters passed with it."""
    names = ("TOUCHED", *(f"FILLED_{quarter}" for quarter in quarters))
    return [Said(bar, name, side, origin, {"a": share}) for name in names]


GAP_FORMED = Said(2, "FORMED", LONG, 1, {"low": 100.5, "high": 101.5, "a": 1.0})


def test_a_gap_that_comes_back_quarter_by_quarter_is_filled_at_25_50_75_and_100_percent() -> None:
    assert said(list(GAP_LIFE), Kind.FAIR_VALUE_GAP) == [
        GAP_FORMED,
        *filled(3, 0.25, 25),
        *filled(4, 0.5, 50),
        *filled(5, 0.75, 75),
        *filled(6, 1.0, 100),
    ]


def test_a_candle_that_falls_through_passes_all_quarters_at_once() -> None:
    through = [*GAP, (102.5, 102.5, 100.0, 101.0)]
    assert said(through, Kind.FAIR_VALUE_GAP) == [GAP_FORMED, *filled(3, 1.0, 25, 50, 75, 100)]


def test_staying_in_a_gap_is_one_touch_and_coming_back_from_outside_is_another() -> None:
    inside_then_back = [
        *GAP,
        (102.5, 102.5, 101.25, 101.375),
        (101.375, 101.75, 101.25, 101.625),
        (101.625, 102.0, 101.25, 101.75),
    ]
    touches = [row.bar for row in said(inside_then_back, Kind.FAIR_VALUE_GAP) if row.event == "TOUCHED"]
    assert touches == [3, 5]


def test_a_bearish_gap_is_the_bullish_one_upside_down() -> None:
    down = said(mirrored(GAP_LIFE), Kind.FAIR_VALUE_GAP)
    assert down[0] == Said(2, "FORMED", SHORT, 1, {"low": 98.5, "high": 99.5, "a": 1.0})
    assert [(row.bar, row.event, -row.side, row.payload) for row in down[1:]] == [
        (row.bar, row.event, row.side, row.payload) for row in said(list(GAP_LIFE), Kind.FAIR_VALUE_GAP)[1:]
    ]


def test_a_gap_seen_by_a_trader_after_three_touches_is_known_whole() -> None:
    candles = drawn(list(GAP_LIFE[:6]))
    origin, known = int(candles.open_ms[QUIET + 1]), int(candles.close_ms[QUIET + 2])
    assert seen(candles).fair_value_gaps[0].zone == Zone(
        object_id("fair_value_gap", "", LONG, origin),
        ZoneKind.FAIR_VALUE_GAP,
        Timeframe.H1,
        Side.LONG,
        low=100.5,
        high=101.5,
        atr=1.0,
        origin_ms=origin,
        known_ms=known,
        age_bars=3,
        touches=3,
        fill=0.75,
        mitigated=True,
        freshness=2.0 ** (-3 / 25) * 0.6**3 * 0.25,
    )


def test_a_gap_nobody_comes_back_to_expires_after_500_bars() -> None:
    waiting = [*GAP, *AWAY * 501]
    assert said(waiting[:-1], Kind.FAIR_VALUE_GAP) == [GAP_FORMED]
    assert said(waiting, Kind.FAIR_VALUE_GAP) == [GAP_FORMED, Said(503, "EXPIRED", LONG, 1, {"a": 0.0})]
    assert seen(waiting).fair_value_gaps == ()


def test_a_gap_is_at_least_three_ticks_high() -> None:
    assert said(list(GAP), Kind.FAIR_VALUE_GAP, tick=1 / 4)[0] == GAP_FORMED
    assert said(list(GAP), Kind.FAIR_VALUE_GAP, tick=1 / 2) == []


def test_a_close_below_a_gap_ends_it_and_leaves_an_inverse_gap_for_shorts_that_is_tested_from_the_next_candle() -> (
    None
):
    assert said(list(GAP_LOST), Kind.FAIR_VALUE_GAP)[-1] == Said(7, "INVALIDATED", LONG, 1, {"a": 1.0})
    assert said(list(GAP_LOST), Kind.INVERSE_GAP) == [
        Said(7, "FORMED", SHORT, 1, {"low": 100.5, "high": 101.5, "a": 1.0596}),
        *filled(8, 0.5, 25, 50, side=SHORT),
    ]
    (heir,) = seen(list(GAP_LOST)).inverse_gaps
    assert (heir.kind, heir.side, heir.touches, heir.fill, heir.mitigated) == (
        ZoneKind.INVERSE_GAP,
        Side.SHORT,
        1,
        0.5,
        True,
    )


def test_an_inverse_gap_closed_beyond_is_over_and_leaves_nothing_behind() -> None:
    over = [*GAP_LOST[:8], (100.25, 101.75, 100.25, 101.75)]
    rows = said(over, Kind.INVERSE_GAP)
    assert rows[-1] == Said(8, "INVALIDATED", SHORT, 1, {"a": 1.0})
    assert [row.event for row in rows].count("FORMED") == 1


def test_an_inverse_gap_expires_after_200_bars_of_its_own() -> None:
    waiting = [*GAP_LOST[:8], *[(100.0, 100.375, 99.5, 100.0)] * 201]
    assert [row.event for row in said(waiting[:-1], Kind.INVERSE_GAP)] == ["FORMED"]
    assert said(waiting, Kind.INVERSE_GAP)[-1] == Said(208, "EXPIRED", SHORT, 1, {"a": 0.0})


BLOCK_FORMED = Said(
    6,
    "FORMED",
    LONG,
    3,
    {"low": 99.75, "high": 100.75, "a": 1.0, "b": 1.5, "c": 1.0, "d": 0.0, "e": 1.0, "f": 0.0},
    "internal",
)


def test_a_block_is_touched_by_a_wick_and_mitigated_at_half_its_height() -> None:
    assert said(list(BLOCK_LIFE), Kind.ORDER_BLOCK, SMALL) == [
        BLOCK_FORMED,
        *filled(7, 0.25, 25, origin=3),
        *filled(8, 0.5, 50, origin=3),
    ]
    quarter, half = seen(list(BLOCK_LIFE[:8]), SMALL), seen(list(BLOCK_LIFE), SMALL)
    assert [block.zone.mitigated for block in (quarter.order_blocks[0], half.order_blocks[0])] == [
        False,
        True,
    ]


def test_a_block_seen_by_a_trader_carries_all_that_made_it() -> None:
    candles = drawn(list(BREAK_UP), volumes=(10.0, 10.0, 10.0, 30.0))
    origin, known = int(candles.open_ms[QUIET + 3]), int(candles.close_ms[QUIET + 6])
    zone = Zone(
        object_id("order_block", "", LONG, origin),
        ZoneKind.ORDER_BLOCK,
        Timeframe.H1,
        Side.LONG,
        low=99.75,
        high=100.75,
        atr=1.0,
        origin_ms=origin,
        known_ms=known,
        age_bars=0,
        touches=0,
        fill=0.0,
        mitigated=False,
        freshness=1.0,
    )
    assert seen(candles, SMALL).order_blocks == (
        OrderBlock(
            zone,
            (Layer.INTERNAL,),
            BreakLabel.INIT,
            displacement_atr=1.5,
            relative_volume=30 / 11,
            left_zone=True,
            has_fvg=False,
            sweep_before=False,
            touches_before_known=0,
        ),
    )


def test_a_block_reentered_before_its_break_says_so() -> None:
    reentered = [
        *HILL,
        *steps(101.0, start=100.5),
        (101.0, 101.25, 100.5, 101.0),
        (101.0, 101.75, 100.75, 101.5),
    ]
    (block,) = seen(reentered, SMALL).order_blocks
    assert (block.touches_before_known, block.zone.touches, block.zone.fill) == (1, 1, 0.25)
    assert said(reentered, Kind.ORDER_BLOCK, SMALL)[0].payload["f"] == 1 + 0.25 / 2


def test_a_block_whose_leg_left_a_gap_says_so() -> None:
    with_gap = [*HILL, (100.5, 101.5, 100.375, 101.25), (101.5, 102.0, 101.125, 101.75)]
    (block,) = seen(with_gap, SMALL).order_blocks
    assert (block.has_fvg, block.left_zone, block.sweep_before) == (True, True, False)


def test_a_block_expires_after_500_bars() -> None:
    waiting = [*BREAK_UP, *[(101.5, 101.75, 100.875, 101.5)] * 501]
    life = [row for row in said(waiting, Kind.ORDER_BLOCK, SMALL) if row.origin == 3]
    assert life == [BLOCK_FORMED, Said(507, "EXPIRED", LONG, 3, {"a": 0.0})]


def test_a_block_lower_than_three_ticks_is_left_out() -> None:
    assert said(list(BREAK_UP), Kind.ORDER_BLOCK, SMALL, tick=1 / 4) == [BLOCK_FORMED]
    assert said(list(BREAK_UP), Kind.ORDER_BLOCK, SMALL, tick=1 / 2) == []


def test_one_candle_is_one_block_and_a_break_of_the_other_layer_confirms_it() -> None:
    rows = said(list(TWO_LAYERS), Kind.ORDER_BLOCK, SMALL)
    assert [(row.bar, row.event, row.origin, row.layer) for row in rows] == [
        (15, "FORMED", 9, "internal"),
        (15, "CONFIRMED_BY", 9, "swing"),
    ]
    (block,) = seen(list(TWO_LAYERS), SMALL).order_blocks
    assert block.layers == (Layer.INTERNAL, Layer.SWING)


def test_a_lost_block_whose_leg_had_swept_nothing_becomes_a_mitigation_block() -> None:
    assert said(list(BLOCK_LOST), Kind.ORDER_BLOCK, SMALL)[6] == Said(7, "INVALIDATED", LONG, 3, {"a": 1.0})
    assert said(list(BLOCK_LOST), Kind.MITIGATION_BLOCK, SMALL) == [
        Said(7, "FORMED", SHORT, 3, {"low": 99.75, "high": 100.75, "a": 1.0714}),
        *filled(8, 0.5, 25, 50, side=SHORT, origin=3),
        *filled(9, 0.125, side=SHORT, origin=3),
    ]
    assert said(list(BLOCK_LOST), Kind.BREAKER, SMALL) == []


def test_a_lost_block_whose_leg_had_swept_a_pool_becomes_a_breaker() -> None:
    assert said(list(SWEPT_LEG), Kind.BREAKER, SMALL) == [
        Said(7, "FORMED", SHORT, 3, {"low": 99.25, "high": 100.75, "a": 1.1357}),
        *filled(8, 0.3333, 25, side=SHORT, origin=3),
    ]
    assert said(list(SWEPT_LEG), Kind.MITIGATION_BLOCK, SMALL) == []


@pytest.mark.parametrize(
    ("bars", "kind"),
    [(BLOCK_LOST, Kind.MITIGATION_BLOCK), (SWEPT_LEG, Kind.BREAKER)],
    ids=["mitigation", "breaker"],
)
def test_what_a_block_leaves_behind_expires_after_200_bars_of_its_own(
    bars: tuple[Bar, ...], kind: Kind
) -> None:
    waiting = [*bars[:8], *[(99.0, 99.125, 98.0, 99.0)] * 201]
    assert [row.event for row in said(waiting[:-1], kind, SMALL)] == ["FORMED"]
    assert said(waiting, kind, SMALL)[-1] == Said(208, "EXPIRED", SHORT, 3, {"a": 0.0})


def test_a_breaker_closed_beyond_is_over() -> None:
    over = [*SWEPT_LEG[:8], (99.125, 101.25, 99.0, 101.0)]
    assert said(over, Kind.BREAKER, SMALL)[-1] == Said(8, "INVALIDATED", SHORT, 3, {"a": 1.0})


def test_a_zone_that_ages_is_touched_and_filled_only_loses_freshness() -> None:
    shares = [seen(list(GAP_LIFE[:stop])).fair_value_gaps[0].zone.freshness for stop in range(3, 8)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0
    assert shares[-1] == 0.0


def test_the_ends_of_zones_follow_the_expiry_options() -> None:
    rules = replace(RULES, zone_expiry_bars=50, spawn_expiry_bars=20)
    early = said([*GAP, *AWAY * 51], Kind.FAIR_VALUE_GAP, rules)
    heir = said([*GAP_LOST[:8], *[(100.0, 100.375, 99.5, 100.0)] * 21], Kind.INVERSE_GAP, rules)
    assert [early[-1], heir[-1]] == [
        Said(53, "EXPIRED", LONG, 1, {"a": 0.0}),
        Said(28, "EXPIRED", SHORT, 1, {"a": 0.0}),
    ]
