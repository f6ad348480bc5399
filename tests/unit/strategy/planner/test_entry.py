"""Which zone, and how to get in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.errors import ContractError
from shared.models.planner import EntryKind
from shared.models.smc import DealingRange, Displacement, Layer, Side, Trend, ZoneKind
from strategy.planner.draft import Candidate, Reading, place_in
from strategy.planner.drawing import draw_best
from strategy.planner.entry import draw_entry, find_entries, first_touch_ms
from tests.unit.strategy.planner.hand_market import (
    AS_OF,
    H1,
    M15,
    PROFILE,
    anchor,
    block,
    broke,
    candles,
    data,
    gap,
    layer,
    leg,
    reading,
    snapshot,
    structure,
)

BARS = 48
TOUCH = 20
"""Trigger bars: the zone is known 48 bars ago, entered by the one that closes 20 bars ago."""


def entries(side: Side = Side.LONG, **changes: Any) -> tuple[Candidate, ...]:
    return find_entries(reading(snapshot(h1=anchor(**changes))), side)


def chosen(**changes: Any) -> Candidate:
    shot = reading(snapshot(h1=anchor(**changes)))
    return draw_best(shot, Side.LONG)[0][0].candidate


def test_an_untouched_block_below_price_offers_a_limit_at_its_middle() -> None:
    (entry,) = entries()
    assert (entry.kind, entry.zone_kind, entry.price) == (EntryKind.LIMIT, ZoneKind.ORDER_BLOCK, 97.0)
    assert (entry.near, entry.far, entry.guard) == (98.0, 96.0, 96.0)
    assert entry.reach_atr == 2.0


def test_a_short_mirrors_it() -> None:
    (entry,) = entries(Side.SHORT, order_blocks=(block(102.0, 104.0, Side.SHORT),))
    assert (entry.price, entry.near, entry.far, entry.guard) == (103.0, 102.0, 104.0, 104.0)
    assert entry.range_position == pytest.approx(0.5)


@pytest.mark.parametrize(
    "zone",
    [block(96.0, 98.0, Side.SHORT), block(99.0, 100.5), block(101.0, 102.0), block(96.0, 98.0, touches=1)],
    ids=["opposing", "price inside it", "price below it", "touched, and no trigger break since"],
)
def test_what_offers_no_entry(zone: Any) -> None:
    assert entries(order_blocks=(zone,)) == ()


def test_a_block_and_a_gap_that_overlap_make_their_common_part_the_entry_and_both_the_structure() -> None:
    entry = chosen(fair_value_gaps=(gap(97.0, 99.0),))
    assert entry.overlap
    assert (entry.low, entry.high) == (97.0, 98.0)
    assert (entry.guard_low, entry.guard_high) == (96.0, 99.0)
    assert entry.object_id == "order_block-96-98"


def test_an_overlap_of_less_than_three_ticks_is_none() -> None:
    assert not chosen(fair_value_gaps=(gap(97.98, 99.0),)).overlap


def test_a_gap_takes_the_displacement_its_middle_candle_is_part_of() -> None:
    middle = AS_OF - 12 * H1.ms
    inside = Displacement("in", Side.LONG, 2.2, 0.0, True, middle - H1.ms, middle + H1.ms, 11)
    before = Displacement("before", Side.LONG, 9.0, 0.0, True, middle - 4 * H1.ms, middle, 12)
    against = Displacement("against", Side.SHORT, 9.0, 0.0, True, middle, middle + H1.ms, 11)
    entry = chosen(
        order_blocks=(), fair_value_gaps=(gap(96.0, 98.0),), displacements=(inside, before, against)
    )
    assert entry.displacement_atr == 2.2
    assert (
        chosen(
            order_blocks=(), fair_value_gaps=(gap(96.0, 98.0),), displacements=(leg(age=40),)
        ).displacement_atr
        == 0
    )


def test_the_zone_that_keeps_most_of_the_profiles_limits_is_chosen_then_the_nearer() -> None:
    stale, far, near = block(98.0, 99.0, freshness=0.1), block(95.0, 96.0), block(96.5, 97.5)
    assert chosen(order_blocks=(stale, far, near)).object_id == "order_block-96.5-97.5"


def confirming(touch_bars: int = TOUCH, trigger_age: int = 2, settings: Any = PROFILE) -> Reading:
    """A block known long ago, entered once ``touch_bars`` trigger bars ago, then a trigger break."""
    closes = [100.0] * (300 - touch_bars) + [98.2, *[100.0] * (touch_bars - 1)]
    held = data({M15: candles(M15, closes)})
    zone = block(96.0, 98.0, touches=1, known_ms=AS_OF - 16 * H1.ms)
    event = broke(age=trigger_age, timeframe=M15)
    m15 = structure(M15, internal=layer(Layer.INTERNAL, Trend.UP, (event,)))
    return reading(snapshot(h1=anchor(order_blocks=(zone,)), m15=m15), settings, held)


def test_a_first_touch_then_a_trigger_break_confirms_an_entry_at_that_close() -> None:
    (entry,) = find_entries(confirming(), Side.LONG)
    assert (entry.kind, entry.price) == (EntryKind.CONFIRM, 100.0)
    assert entry.touched_ms == AS_OF - (TOUCH - 1) * M15.ms
    assert entry.trigger_ms == AS_OF - 2 * M15.ms
    assert entry.reach_atr == 0.0


@pytest.mark.parametrize(
    ("touch", "trigger", "found"),
    [(TOUCH, 8, True), (TOUCH, 9, False), (49, 2, True), (50, 2, False), (4, 3, False), (5, 3, True)],
    ids=[
        "break 8 old",
        "break 9 old",
        "touch 12 h old",
        "touch older",
        "break at the touch",
        "break after it",
    ],
)
def test_touch_and_break_must_be_recent_and_in_order(touch: int, trigger: int, found: bool) -> None:
    assert bool(find_entries(confirming(touch, trigger), Side.LONG)) is found


def test_a_profile_without_confirm_entries_takes_none() -> None:
    plain = replace(PROFILE, plan=replace(PROFILE.plan, entry_kinds=("limit",)))
    assert find_entries(confirming(settings=plain), Side.LONG) == ()


def test_a_touch_counts_only_after_price_closed_outside() -> None:
    still_inside = candles(M15, [97.0] * 10 + [99.0, 99.0, 98.2, 99.0])
    assert first_touch_ms(still_inside, Side.LONG, 98.0, AS_OF - 13 * M15.ms) == AS_OF - M15.ms
    never_out = candles(M15, [97.0] * 14)
    assert first_touch_ms(never_out, Side.LONG, 98.0, AS_OF - 13 * M15.ms) == 0


def test_the_drawn_zone_is_rounded_inward_and_the_order_away_from_profit() -> None:
    shot = reading(snapshot(h1=anchor(order_blocks=(block(96.004, 98.009),))))
    drawn = draw_entry(shot, find_entries(shot, Side.LONG)[0])
    assert (drawn.near, drawn.far, drawn.price) == (Decimal("98.00"), Decimal("96.01"), Decimal("97.01"))
    assert drawn.invalidation == Decimal("96.01")
    assert drawn.expires_ms == AS_OF + 24 * H1.ms
    assert "97.01" in drawn.why


def test_the_place_in_the_range_is_seen_from_the_side_and_worst_when_unknown() -> None:
    ranges = (DealingRange(90.0, 110.0, 0.5),)
    assert place_in(ranges, Side.LONG, 95.0) == 0.25
    assert place_in(ranges, Side.SHORT, 95.0) == 0.75
    assert place_in((), Side.LONG, 95.0) == 1.0


def test_structure_of_a_required_timeframe_that_is_not_there_is_a_fault() -> None:
    shot = snapshot()
    without = replace(
        shot, timeframes={name: held for name, held in shot.timeframes.items() if name is not H1}
    )
    with pytest.raises(ContractError, match="1h"):
        find_entries(reading(without), Side.LONG)
