"""Swings, breaks, displacement and the dealing range on a few hand-made candles, everything known of them compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devtools.hand_made import Bar, steps
from devtools.playbook_scenes import (
    BREAK_UP,
    GAP,
    HILL,
    LATE_LOW,
    LAYERS,
    SHIFT,
    SWEPT_LEG,
    TREND,
    TWO_LAYERS,
)
from shared.models.events import Kind, object_id
from shared.models.smc import BreakLabel, DealingRange, Layer, RangeSide, Side, StructureBreak, Swing, Trend
from tests.unit.strategy.smc.drawings import QUIET, SMALL, Said, drawn, said, seen

LONG, SHORT = 1, -1


def test_a_swing_is_known_when_its_last_bar_on_the_right_closes_with_its_distance_to_the_swing_before() -> (
    None
):
    candles = drawn(list(HILL))
    top, *_ = seen(candles, SMALL).internal.swings
    origin = int(candles.open_ms[QUIET + 2])
    assert top == Swing(
        object_id("swing", "internal", SHORT, origin),
        Side.SHORT,
        Layer.INTERNAL,
        "first",
        price=101.25,
        prominence_atr=101.25 - 99.5,
        origin_ms=origin,
        known_ms=int(candles.close_ms[QUIET + 4]),
    )


def test_swings_are_labelled_against_the_one_before_on_their_side() -> None:
    rows = [row for row in said(list(TREND), Kind.SWING, SMALL) if row.layer == "internal"]
    assert [(row.bar, row.side, row.origin, row.payload["low"], row.payload["b"]) for row in rows] == [
        (1, LONG, -1, 99.5, 2.0),
        (4, SHORT, 2, 101.25, 2.0),
        (6, LONG, 4, 99.75, 1.0),
        (10, SHORT, 8, 102.25, 1.0),
        (12, LONG, 10, 100.75, 1.0),
        (15, SHORT, 13, 102.75, 1.0),
    ]
    assert [swing.label for swing in seen(list(TREND), SMALL).internal.swings[:3]] == ["HH", "HL", "HH"]


def test_a_lower_high_is_lh_and_a_high_within_a_tenth_of_the_atr_is_equal() -> None:
    again = [*HILL, *steps(101.0, 100.5, 100.0, 99.75, start=100.5, wick=0.1875)]
    lower = [*HILL, *steps(100.75, 100.25, 99.75, 99.5, start=100.5)]
    tops = [
        next(swing for swing in seen(bars, SMALL).internal.swings if swing.side is Side.SHORT)
        for bars in (again, lower)
    ]
    assert [(top.price, top.label) for top in tops] == [(101.1875, "EQ"), (101.0, "LH")]


def test_a_second_high_in_a_row_supersedes_the_first_which_stays_in_the_log() -> None:
    """Bars 3 and 4 hold the same low as bars 6 and 7, so that no low is confirmed between the two highs."""
    two_highs: list[Bar] = [
        (100.0, 101.0, 99.75, 100.5),
        (100.5, 100.75, 99.75, 100.25),
        (100.25, 100.75, 99.75, 100.5),
        (100.5, 101.5, 99.75, 100.5),
        (100.5, 100.75, 99.75, 100.25),
        (100.25, 100.5, 99.75, 100.0),
    ]
    rows = [
        row for row in said(two_highs, Kind.SWING, SMALL) if row.layer == "internal" and row.side == SHORT
    ]
    assert [(row.bar, row.event, row.origin) for row in rows] == [
        (2, "FORMED", 0),
        (5, "SUPERSEDED", 0),
        (5, "FORMED", 3),
    ]


def test_breaks_are_init_then_bos_with_the_trend_then_choch_against_it() -> None:
    candles = drawn(list(TREND))
    close_ms, open_ms = candles.close_ms, candles.open_ms

    def broken(
        bar: int, side: Side, label: BreakLabel, level: float, pivot: int, **more: bool
    ) -> StructureBreak:
        known = int(close_ms[QUIET + bar])
        return StructureBreak(
            object_id("break", "internal", side, known),
            side,
            Layer.INTERNAL,
            label,
            level,
            margin_atr=0.25,
            displacement_atr=1.5,
            protected_break=more.get("protected", False),
            sweep_before=more.get("swept", False),
            bars_from_pivot=bar - pivot,
            origin_ms=int(open_ms[QUIET + pivot]),
            known_ms=known,
            age_bars=16 - bar,
        )

    assert seen(candles, SMALL).internal.breaks == (
        broken(16, Side.SHORT, BreakLabel.CHOCH, 100.75, 10, protected=True, swept=True),
        broken(12, Side.LONG, BreakLabel.BOS, 102.25, 8),
        broken(6, Side.LONG, BreakLabel.INIT, 101.25, 2),
    )
    assert seen(candles, SMALL).internal.trend is Trend.DOWN


def test_a_break_out_of_a_leg_that_swept_the_lows_says_so() -> None:
    assert [row.payload["e"] for row in said(list(BREAK_UP), Kind.BREAK, SMALL)] == [0.0]
    assert next(row.payload["e"] for row in said(list(SWEPT_LEG), Kind.BREAK, SMALL)) == 1.0


def test_a_wick_over_a_high_breaks_nothing_nor_does_a_close_on_it() -> None:
    wick = [*BREAK_UP[:6], (101.0, 102.0, 100.75, 101.0)]
    touch = [*BREAK_UP[:6], (101.0, 101.5, 100.75, 101.25)]
    assert [said(bars, Kind.BREAK, SMALL) for bars in (wick, touch)] == [[], []]


def test_one_close_can_break_both_layers() -> None:
    rows = said(list(TWO_LAYERS), Kind.BREAK, SMALL)
    assert [(row.bar, row.layer, row.origin) for row in rows] == [(15, "internal", 5), (15, "swing", 5)]


def test_each_layer_breaks_its_own_high() -> None:
    rows = said(list(LAYERS), Kind.BREAK, SMALL)
    assert [(row.bar, row.layer, row.origin, row.payload["low"]) for row in rows] == [
        (16, "internal", 12, 101.25),
        (19, "swing", 5, 102.75),
    ]


def test_of_a_run_of_highs_the_most_extreme_is_the_one_to_break() -> None:
    """A lower high follows without a low between: a close over it alone is no break."""
    run: list[Bar] = [
        (100.0, 101.5, 99.75, 100.5),
        (100.5, 100.75, 99.75, 100.25),
        (100.25, 100.75, 99.75, 100.5),
        (100.5, 101.0, 99.75, 100.5),
        (100.5, 100.75, 99.75, 100.25),
        (100.25, 100.5, 99.75, 100.0),
        (100.0, 101.25, 99.75, 101.25),
        (101.25, 101.75, 101.0, 101.75),
    ]
    breaks = [row for row in said(run, Kind.BREAK, SMALL) if row.layer == "internal"]
    assert [(row.bar, row.origin, row.payload["low"]) for row in breaks] == [(7, 0, 101.5)]


def test_a_change_of_character_by_a_displaced_leg_is_a_market_structure_shift() -> None:
    *_, shift = reversed(seen(list(SHIFT), SMALL).internal.breaks)
    assert (shift.label, shift.side, shift.displacement_atr) == (BreakLabel.CHOCH, Side.SHORT, 2.25)
    assert shift.structure_shift
    weak = replace(shift, displacement_atr=1.4375)
    onward = replace(shift, label=BreakLabel.BOS)
    assert (weak.structure_shift, onward.structure_shift) == (False, False)


def test_a_close_under_the_low_that_made_the_break_turns_the_trend_though_no_swing_is_there_yet() -> None:
    turned = list(LATE_LOW)
    first, second = said(turned, Kind.BREAK, SMALL)
    assert (first.bar, first.side, first.payload["c"]) == (5, LONG, 0.0)
    assert (second.bar, second.side, second.origin, second.payload["low"]) == (6, SHORT, 5, 99.625)
    assert (second.payload["c"], second.payload["d"]) == (-1.0, 1.0)
    assert {row.origin for row in said(turned, Kind.SWING, SMALL) if row.side == LONG} == {-1}
    assert said([*LATE_LOW[:6], (101.5, 101.5, 99.5, 99.625)], Kind.BREAK, SMALL) == [first]


def test_the_range_restarts_from_the_leg_that_turned_the_trend() -> None:
    turned = list(LATE_LOW)
    assert seen(turned, SMALL).internal.ranges == (DealingRange(99.5, 101.5, 0.0625 / 2.0),)


def test_the_range_in_an_uptrend_runs_from_the_protected_low_to_the_highest_high_since() -> None:
    assert seen(list(BREAK_UP), SMALL).internal.ranges == (DealingRange(99.75, 101.75, 1.75 / 2.0),)
    higher = [*BREAK_UP, (101.5, 102.75, 101.0, 101.25)]
    assert seen(higher, SMALL).internal.ranges == (DealingRange(99.75, 102.75, 0.5),)


def test_without_a_trend_the_range_is_the_last_pair_of_swings_widened_by_what_price_does() -> None:
    assert seen(list(HILL), SMALL).internal.ranges == (DealingRange(99.5, 101.25, 1.0 / 1.75),)
    lower = [*HILL, (100.5, 100.75, 99.25, 100.25)]
    assert seen(lower, SMALL).internal.ranges == (DealingRange(99.25, 101.25, 0.5),)


@pytest.mark.parametrize(
    ("position", "side"),
    [
        (0.4499, RangeSide.DISCOUNT),
        (0.45, RangeSide.EQUILIBRIUM),
        (0.55, RangeSide.EQUILIBRIUM),
        (0.5501, RangeSide.PREMIUM),
        (-0.2, RangeSide.DISCOUNT),
        (1.3, RangeSide.PREMIUM),
    ],
)
def test_under_45_percent_of_the_range_is_discount_over_55_percent_premium(
    position: float, side: RangeSide
) -> None:
    assert DealingRange(100.0, 200.0, position).side is side


def test_the_optimal_entry_is_62_to_79_percent_back_with_70_and_a_half_the_sweet_spot() -> None:
    dealing = DealingRange(100.0, 200.0, 0.38)
    assert dealing.ote(Side.LONG) == pytest.approx((138.0, 129.5, 121.0))
    assert dealing.ote(Side.SHORT) == pytest.approx((162.0, 170.5, 179.0))
    assert dealing.retracement(Side.LONG) == pytest.approx(0.62)
    assert dealing.retracement(Side.SHORT) == pytest.approx(0.38)


def test_displacement_is_the_largest_leg_of_up_to_three_candles_of_one_colour_in_atr_before_it() -> None:
    assert said(list(GAP), Kind.DISPLACEMENT) == [
        Said(1, "FORMED", LONG, 0, {"a": 1.5, "b": 0.0, "c": 2.0}),
        Said(2, "FORMED", LONG, 0, {"a": 2.5, "b": 0.0, "c": 3.0}),
        Said(2, "MADE_FVG", LONG, 0, {}),
        Said(2, "MADE_FVG", LONG, 0, {}),
    ]
    assert [leg.made_fvg for leg in seen(list(GAP)).displacements] == [True, True]


def test_a_leg_is_cut_by_a_candle_of_the_other_colour_and_by_a_candle_without_one() -> None:
    cut = [*steps(101.0, wick=0.0), (101.0, 101.25, 100.5, 101.0), *steps(102.0, start=101.0, wick=0.0)]
    down = [*steps(101.0, wick=0.0), (101.0, 101.25, 100.5, 100.875), *steps(102.0, start=100.875, wick=0.0)]
    assert [said(bars, Kind.DISPLACEMENT) for bars in (cut, down)] == [[], []]


def test_a_single_candle_displaces_only_with_a_body_of_half_its_range() -> None:
    full, thin = (100.0, 102.5, 99.5, 101.5), (100.0, 102.75, 99.5, 101.5)
    assert said([full], Kind.DISPLACEMENT) == [Said(0, "FORMED", LONG, 0, {"a": 1.5, "b": 0.0, "c": 1.0})]
    assert said([thin], Kind.DISPLACEMENT) == []


def test_a_displacement_tells_how_unusual_its_volume_was_among_twenty_candles() -> None:
    (row,) = said([(100.0, 101.75, 99.75, 101.5)], Kind.DISPLACEMENT, volumes=(30.0,))
    mean, deviation = 11.0, (19 * 1.0 + 19.0**2) ** 0.5 / 20**0.5
    assert row.payload == {"a": 1.5, "b": round((30.0 - mean) / deviation, 4), "c": 1.0}


@pytest.mark.parametrize("hole", [{"missing_after": 0}, {"untraded": 0}])
def test_no_leg_spans_a_missing_or_untraded_bar(hole: dict[str, int]) -> None:
    assert [row.bar for row in said(steps(100.75, 101.5), Kind.DISPLACEMENT)] == [1]
    assert said(steps(100.75, 101.5), Kind.DISPLACEMENT, **hole) == []


def test_before_the_atr_there_are_no_events() -> None:
    from strategy.smc.engine import SmcSeries

    assert len(SmcSeries(drawn([]).head(14), SMALL, 0.01).log) == 0
