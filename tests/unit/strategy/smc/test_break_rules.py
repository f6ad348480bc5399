"""What breaks structure, what the dealing range does then, and how far back either looks: a few hand-made candles each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devtools.hand_made import Bar, quiet, steps
from devtools.playbook_scenes import BREAK_UP, FAR_LOW, HILL, LATE_LOW, TREND
from shared.models.events import Kind
from shared.models.smc import DealingRange
from tests.unit.strategy.smc.drawings import RULES, SMALL, Said, drawn, said, seen

LONG, SHORT = 1, -1
INIT, BOS, CHOCH = 0.0, 1.0, -1.0
WICK = replace(SMALL, break_on="wick")


def breaks(bars: list[Bar], rules: object = SMALL) -> list[tuple[int, int, float, float]]:
    """Bar, side, label and level of every internal break."""
    return [
        (row.bar, row.side, row.payload["c"], row.payload["low"])
        for row in said(bars, Kind.BREAK, rules)  # type: ignore[arg-type]
        if row.layer == "internal"
    ]


def upside_down(bars: list[Bar]) -> list[Bar]:
    return [(200.0 - opened, 200.0 - low, 200.0 - high, 200.0 - closed) for opened, high, low, closed in bars]


def test_a_close_under_the_protected_low_alone_leaves_the_swing_low_below_it_to_be_broken_later() -> None:
    """Bar 6 closes between the protected 99.625 and the swing low of 99.5, bar 7 below both."""
    assert breaks(list(FAR_LOW)) == [
        (5, LONG, INIT, 101.25),
        (6, SHORT, CHOCH, 99.625),
        (7, SHORT, BOS, 99.5),
    ]


def test_one_close_under_both_breaks_the_swing_low_once() -> None:
    through = [*LATE_LOW[:6], (101.5, 101.5, 99.0, 99.25), (99.25, 99.5, 98.75, 99.0)]
    assert breaks(through) == [(5, LONG, INIT, 101.25), (6, SHORT, CHOCH, 99.5)]


UNDER_THE_LOW: list[Bar] = [*BREAK_UP, (101.5, 101.5, 99.25, 100.75)]
"""A wick goes under the protected low of 99.75 and comes back."""


def test_in_a_trend_a_wick_through_the_protected_end_does_not_move_the_range() -> None:
    rise, fall = UNDER_THE_LOW, upside_down(UNDER_THE_LOW)
    assert seen(rise, SMALL).internal.ranges == (DealingRange(99.75, 101.75, 0.5),)
    assert seen(fall, SMALL).internal.ranges == (DealingRange(98.25, 100.25, 0.5),)


TWO_HILLS: list[Bar] = steps(100.5, 101.0, 100.5, 100.0, 100.5, 100.75, 100.5, 100.25, 100.0)
"""A high of 101.25 at bar 2, a low of 99.75 at bar 4, a lower high of 101 at bar 6; nothing is broken."""


@pytest.mark.parametrize(
    ("bars", "low", "high"), [(5, 99.5, 101.25), (7, 99.75, 101.25), (8, 99.75, 101.25), (9, 99.75, 101.0)]
)
def test_without_a_trend_the_range_is_that_of_the_last_pair_of_swings_from_the_bar_at_which_it_is_known(
    bars: int, low: float, high: float
) -> None:
    structure = seen(TWO_HILLS[:bars], SMALL)
    assert [(dealing.low, dealing.high) for dealing in structure.internal.ranges] == [(low, high)]
    assert structure.internal.breaks == ()


def over_the_hill_after(bars: int) -> list[Bar]:
    """A close over the high of bar 2 so many bars after it, nothing between that could be a swing."""
    return [*HILL, *[(100.5, 101.0, 100.0, 100.5)] * (bars - 3), (100.5, 101.75, 100.25, 101.5)]


def test_a_swing_high_is_broken_up_to_1000_bars_after_it_and_no_later() -> None:
    assert breaks(over_the_hill_after(1000)) == [(1002, LONG, INIT, 101.25)]
    assert breaks(over_the_hill_after(1001)) == []


def under_the_origin_after(bars: int) -> list[Bar]:
    """The up-break of bar 3 begins at bar 1, which is no swing low since bar 0 lies lower; a close between the two comes so many
    bars after bar 1."""
    start: list[Bar] = [
        (100.0, 101.5, 99.0, 100.5),
        (100.5, 101.0, 99.75, 100.25),
        (100.25, 101.0, 100.0, 100.75),
        (100.75, 102.0, 100.5, 101.75),
    ]
    return [*start, *[(101.75, 102.0, 101.25, 101.75)] * (bars - 3), (101.75, 101.75, 99.25, 99.5)]


def test_a_protected_low_turns_the_trend_up_to_1000_bars_after_it_and_no_later() -> None:
    first = (3, LONG, INIT, 101.5)
    assert breaks(under_the_origin_after(1000)) == [first, (1001, SHORT, CHOCH, 99.75)]
    assert breaks(under_the_origin_after(1001)) == [first]


@pytest.mark.parametrize("reach", [20, 50])
def test_a_swing_of_the_large_layer_is_known_twenty_bars_after_its_top_or_fifty_when_asked(
    reach: int,
) -> None:
    top: list[Bar] = [(100.0, 101.5, 99.5, 100.0), *quiet(reach)]
    rules = RULES if reach == 20 else replace(RULES, swing_reach=reach)
    assert [row for row in said(top, Kind.SWING, rules) if row.layer == "swing" and row.side == SHORT] == [
        Said(reach, "FORMED", SHORT, 0, {"low": 101.5, "a": 0.0, "b": 2.0}, "swing")
    ]
    assert [row for row in said(top[:-1], Kind.SWING, rules) if row.layer == "swing"] == []


@pytest.mark.parametrize(("apart", "swings"), [(20, [0]), (21, [0, 21])])
def test_a_swing_of_the_large_layer_stands_above_the_twenty_bars_before_it(
    apart: int, swings: list[int]
) -> None:
    """A lower top follows a higher one, the bars between and after lower than both."""
    tops = [(100.0, 102.0, 99.5, 100.0), *quiet(apart - 1), (100.0, 101.5, 99.5, 100.0), *quiet(20)]
    rows = [row for row in said(tops, Kind.SWING) if row.layer == "swing" and row.event == "FORMED"]
    assert [row.origin for row in rows if row.side == SHORT] == swings


def leg_begins_after_a_sweep(bars: int) -> list[Bar]:
    """Bar 0 dips under yesterday's low and closes back; a leg that begins so many bars later breaks up."""
    return [
        (100.0, 100.5, 99.0, 100.0),
        *quiet(bars - 2),
        (100.0, 101.25, 99.5, 100.0),
        (100.0, 100.5, 99.25, 100.25),
        (100.25, 100.75, 99.5, 100.5),
        (100.5, 101.75, 100.25, 101.5),
    ]


@pytest.mark.parametrize(("bars", "swept"), [(10, 1.0), (11, 0.0)])
def test_a_sweep_counts_for_a_break_up_to_ten_bars_before_its_leg_began(bars: int, swept: float) -> None:
    drawing = leg_begins_after_a_sweep(bars)
    assert [
        row.bar for row in said(drawing, Kind.POOL, SMALL) if row.event == "SWEPT_WICK" and row.side == LONG
    ] == [0]
    (broken,) = said(drawing, Kind.BREAK, SMALL)
    assert (broken.bar, broken.payload["e"]) == (bars + 2, swept)
    (block,) = seen(drawing, SMALL).order_blocks
    assert block.sweep_before is bool(swept)


FAR_BEYOND: list[Bar] = [*BREAK_UP[:6], (101.0, 104.0, 100.5, 102.25)]
"""A close one ATR beyond the high, by a candle of three and a half that raises the ATR to 1.18."""


def test_margin_and_buffer_of_a_break_are_measured_by_the_atr_before_its_candle() -> None:
    (row,) = said(FAR_BEYOND, Kind.BREAK, SMALL)
    assert row.payload["a"] == 1.0
    assert [len(breaks(FAR_BEYOND, replace(SMALL, break_buffer_atr=asked))) for asked in (0.9375, 1.0)] == [
        1,
        0,
    ]


HIGH_AND_LOW: list[Bar] = [*HILL, (100.5, 101.5, 99.25, 100.5)]
"""Wicks over the high of 101.25 and under the low of 99.5."""


def test_a_candle_whose_wicks_break_both_sides_breaks_nothing_without_a_trend_and_the_next_one_decides() -> (
    None
):
    assert breaks(HIGH_AND_LOW, WICK) == []
    assert breaks([*HIGH_AND_LOW, (100.5, 101.375, 100.0, 100.5)], WICK) == [(6, LONG, INIT, 101.25)]
    assert breaks([*HIGH_AND_LOW, (100.5, 101.0, 99.375, 100.5)], WICK) == [(6, SHORT, INIT, 99.5)]


def test_a_candle_whose_wicks_break_both_sides_in_a_trend_goes_on_with_it() -> None:
    both = [*TREND[:11], (101.0, 102.5, 99.5, 101.0)]
    assert breaks(both, WICK)[-1] == (11, LONG, BOS, 102.25)
    assert breaks(upside_down(both), WICK)[-1] == (11, SHORT, BOS, 97.75)
    assert [bar for bar, *_ in breaks(both, WICK)].count(11) == 1


GREEN_BEFORE_THE_LOW: list[Bar] = [
    *HILL[:4],
    (100.0, 100.75, 99.75, 100.5),
    (100.5, 101.0, 99.625, 101.0),
    (101.0, 101.75, 100.75, 101.5),
]
"""Three rising candles in a row; the lowest low is that of the second, the third breaks the high."""


def test_the_displacement_of_a_break_and_its_block_lies_wholly_in_the_leg() -> None:
    (longest,) = said(GREEN_BEFORE_THE_LOW, Kind.DISPLACEMENT, SMALL)
    assert (longest.bar, longest.origin, longest.payload["a"]) == (6, 4, 1.5)
    (broken,) = said(GREEN_BEFORE_THE_LOW, Kind.BREAK, SMALL)
    (block,) = said(GREEN_BEFORE_THE_LOW, Kind.ORDER_BLOCK, SMALL)
    assert (broken.payload["b"], block.payload["b"]) == (1.0, 1.0)


def test_of_four_candles_of_one_colour_a_displacement_takes_three() -> None:
    four = steps(100.5, 101.0, 101.5, 102.0)
    assert said(drawn(four), Kind.DISPLACEMENT) == [
        Said(2, "FORMED", LONG, 0, {"a": 1.5, "b": 0.0, "c": 3.0}),
        Said(3, "FORMED", LONG, 1, {"a": 1.5, "b": 0.0, "c": 3.0}),
    ]
