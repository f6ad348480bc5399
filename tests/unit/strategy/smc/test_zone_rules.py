"""Which gaps and blocks there are, what counts as a touch, and what a trader sees of them: a few hand-made candles each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devtools.hand_made import Bar, steps
from devtools.playbook_scenes import BREAK_UP, GAP, GAP_LOST, HILL
from shared.models.events import Kind
from shared.models.smc import Layer, TimeframeStructure, Zone
from shared.models.timeframe import Timeframe
from strategy.smc.snapshot import overlay
from tests.unit.strategy.smc.drawings import QUIET, SMALL, drawn, said, seen

LONG, SHORT = 1, -1


def gaps(bars: list[Bar]) -> list[tuple[int, float, float]]:
    return [
        (row.bar, row.payload["low"], row.payload["high"])
        for row in said(bars, Kind.FAIR_VALUE_GAP)
        if row.event == "FORMED"
    ]


@pytest.mark.parametrize(("close", "there"), [(100.5, False), (100.625, True)])
def test_a_gap_needs_a_middle_candle_that_closes_beyond_the_first_ones_high(
    close: float, *, there: bool
) -> None:
    bars = [(100.0, 100.5, 99.5, 100.25), (100.25, 101.5, 100.25, close), (101.0, 101.75, 101.0, 101.5)]
    assert gaps(bars) == ([(2, 100.5, 101.0)] if there else [])


def test_a_gap_is_measured_by_the_atr_before_its_third_candle() -> None:
    """The first gap is a quarter of the ATR of 1 before a candle that raises it to 1.16; the second misses a quarter of the ATR of
    1.07 before a candle that lowers it to 1.01."""
    raised = [GAP[0], (100.5, 101.5, 100.5, 101.25), (101.25, 104.0, 100.75, 103.5)]
    lowered = [GAP[0], (100.5, 102.5, 100.5, 100.875), (100.875, 101.0, 100.765625, 100.9375)]
    assert [gaps(raised), gaps(lowered)] == [[(2, 100.5, 100.75)], []]
    assert [round(seen(bars).atr, 2) for bars in (raised, lowered)] == [1.16, 1.01]


def made(bars: list[Bar]) -> list[tuple[int, int]]:
    """Bar and first candle of every leg that was told of a gap."""
    return [(row.bar, row.origin) for row in said(bars, Kind.DISPLACEMENT) if row.event == "MADE_FVG"]


def test_a_gap_is_told_to_every_leg_that_holds_its_middle_candle_and_to_no_later_one() -> None:
    """The middle candle is bar 1. Legs of up to three candles end at bars 1, 2, 3 and 4; that of bar 4 begins at bar 2."""
    run: list[Bar] = [*GAP, (102.5, 103.5, 101.5, 103.5), (103.5, 104.5, 102.5, 104.5)]
    legs = [(row.bar, row.origin) for row in said(run, Kind.DISPLACEMENT) if row.event == "FORMED"]
    assert legs == [(1, 0), (2, 0), (3, 1), (4, 2)]
    assert gaps(run) == [(2, 100.5, 101.5)]
    assert made(run) == [(2, 0), (2, 0), (3, 1)]
    assert [leg.made_fvg for leg in seen(run).displacements] == [False, True, True, True]


def dojis_after_a_fall(count: int) -> list[Bar]:
    """Bar 0 falls from the high to break; so many candles without a body follow, lows all equal, then the break."""
    return [
        (100.5, 101.25, 99.75, 100.0),
        *[(100.0, 100.5, 99.5, 100.0)] * count,
        (100.0, 101.75, 99.75, 101.5),
    ]


def blocks(bars: list[Bar], rules: object = SMALL) -> list[tuple[int, float, float]]:
    return [
        (row.origin, row.payload["low"], row.payload["high"])
        for row in said(bars, Kind.ORDER_BLOCK, rules)  # type: ignore[arg-type]
        if row.event == "FORMED"
    ]


def test_the_blocks_candle_is_looked_for_up_to_three_bars_before_the_low_and_else_is_that_of_the_low() -> (
    None
):
    assert blocks(dojis_after_a_fall(3)) == [(0, 99.5, 101.25)]
    assert blocks(dojis_after_a_fall(4)) == [(4, 99.5, 100.5)]


def test_of_equal_lows_the_leg_begins_at_the_latest() -> None:
    assert blocks(dojis_after_a_fall(3), replace(SMALL, block_candle="extreme")) == [(3, 99.5, 100.5)]


def low_then(close: float) -> list[Bar]:
    """The low of bar 4 closes at a price, bar 5 dips to 100.5, bar 6 breaks; the block is 99.75 to 100.75."""
    return [
        *HILL[:4],
        (100.0, 101.0, 99.75, close),
        (close, 101.0, 100.5, 101.0),
        (101.0, 101.75, 100.75, 101.5),
    ]


@pytest.mark.parametrize(("close", "touches", "fill"), [(100.875, 1, 0.25), (100.625, 0, 0.0)])
def test_touches_of_a_block_count_once_a_close_lies_outside_that_of_the_low_itself_included(
    close: float, touches: int, fill: float
) -> None:
    (block,) = seen(low_then(close), SMALL).order_blocks
    assert (block.zone.low, block.zone.high) == (99.75, 100.75)
    assert (block.touches_before_known, block.zone.touches, block.zone.fill) == (touches, touches, fill)


def test_a_gap_whose_middle_candle_lies_before_the_leg_is_not_the_blocks() -> None:
    """Bar 1 is the high to break and the middle of a gap that is known at bar 2, where the leg begins."""
    before: list[Bar] = [
        (100.0, 100.5, 99.5, 100.25),
        (100.25, 102.25, 100.25, 101.75),
        (101.75, 102.0, 101.0, 101.5),
        (101.5, 102.0, 101.25, 101.75),
        (101.75, 102.75, 101.5, 102.5),
    ]
    assert gaps(before) == [(2, 100.5, 101.0)]
    (block,) = seen(before, SMALL).order_blocks
    assert (block.zone.low, block.has_fvg) == (101.0, False)


def test_a_gap_whose_middle_candle_is_the_low_itself_is_the_blocks() -> None:
    within: list[Bar] = [
        *HILL[:4],
        (100.0, 101.0, 99.625, 101.0),
        (101.125, 101.25, 101.125, 101.25),
        (101.25, 101.75, 101.0, 101.5),
    ]
    assert gaps(within) == [(5, 100.75, 101.125)]
    (block,) = seen(within, SMALL).order_blocks
    assert (block.zone.low, block.has_fvg) == (99.625, True)


def two_layers_apart(waiting: int) -> list[Bar]:
    """The internal high of 101.25 breaks at bar 16 out of the low of bar 14, the swing high of 102.75 out of the same low so many
    bars and three later."""
    first = (100.5, 101.0, 101.5, 102.0, 102.5, 102.0, 101.5, 101.0, 100.5, 100.25, 100.5, 101.0, 100.5)
    rise = (100.0, 100.5, 101.0, 101.5)
    flat = [(101.5, 101.75, 101.0, 101.5)] * waiting
    return [*steps(*first, *rise), *flat, *steps(102.0, 102.5, 103.0, start=101.5)]


def test_a_block_is_confirmed_at_the_bar_at_which_the_other_layer_breaks_out_of_the_same_candle() -> None:
    rows = [row for row in said(two_layers_apart(0), Kind.ORDER_BLOCK, SMALL) if row.side == LONG]
    assert [(row.bar, row.event, row.origin, row.layer) for row in rows] == [
        (16, "FORMED", 13, "internal"),
        (19, "CONFIRMED_BY", 13, "swing"),
    ]
    before, after = (seen(two_layers_apart(0)[:bars], SMALL).order_blocks[0] for bars in (19, 20))
    assert (before.layers, after.layers) == ((Layer.INTERNAL,), (Layer.INTERNAL, Layer.SWING))


def test_a_dead_block_is_confirmed_by_nothing_and_does_not_form_again() -> None:
    """Blocks live 50 bars here: the swing high breaks at the last of them, or one later."""
    short = replace(SMALL, zone_expiry_bars=50)
    lives = [
        [row.event for row in said(two_layers_apart(waiting), Kind.ORDER_BLOCK, short) if row.origin == 13]
        for waiting in (47, 48)
    ]
    assert lives == [["FORMED", "CONFIRMED_BY"], ["FORMED", "EXPIRED"]]


def later(structure: TimeframeStructure, low: float, high: float) -> TimeframeStructure:
    """What is seen of an hourly structure once a 15m candle with these extremes has closed after it."""
    bar = drawn([(low, high, low, low)], timeframe=Timeframe.M15, first_ms=structure.closed_ms)
    return overlay(structure, bar.rows(QUIET, QUIET + 1))


@pytest.mark.parametrize(
    ("low", "touches", "fill", "mitigated"),
    [(100.75, 0, 0.0, False), (100.5, 1, 0.25, False), (100.25, 1, 0.5, True), (99.0, 1, 1.0, True)],
)
def test_a_block_is_touched_and_filled_by_closed_trigger_candles_and_never_lost_by_them(
    low: float, touches: int, fill: float, *, mitigated: bool
) -> None:
    hourly = seen(list(BREAK_UP), SMALL)
    (block,) = later(hourly, low, 102.0).order_blocks
    assert (block.zone.touches, block.zone.fill, block.zone.mitigated) == (touches, fill, mitigated)
    assert block.zone.freshness == (0.6**touches) * (1 - fill)
    assert replace(block, zone=hourly.order_blocks[0].zone) == hourly.order_blocks[0]


@pytest.mark.parametrize(
    ("bars", "shelf", "low", "high"),
    [
        ((*GAP_LOST[:7], (101.0, 101.25, 100.0, 100.0)), "inverse_gaps", 99.0, 101.0),
        ((*BREAK_UP, (101.5, 101.5, 99.0, 99.25)), "mitigation_blocks", 98.0, 100.25),
        ((*HILL[:4], (100.0, 100.75, 99.25, 100.5), *BREAK_UP[5:], (101.5, 101.5, 98.5, 98.5)), "breakers", 98.0, 100.0),
    ],
    ids=["inverse gap", "mitigation block", "breaker"],
)  # fmt: skip
def test_what_a_lost_zone_left_behind_is_touched_by_trigger_candles_too(
    bars: tuple[Bar, ...], shelf: str, low: float, high: float
) -> None:
    hourly = seen(list(bars), SMALL)
    (fresh,) = zones(hourly, shelf)
    (reached,) = zones(later(hourly, low, high), shelf)
    assert (fresh.side, fresh.touches, fresh.fill) == (SHORT, 0, 0.0)
    assert (reached.touches, reached.fill, reached.mitigated) == (1, 0.5, True)


def zones(structure: TimeframeStructure, shelf: str) -> tuple[Zone, ...]:
    found: tuple[Zone, ...] = getattr(structure, shelf)
    return found


def test_trigger_candles_that_closed_with_the_structure_or_before_it_touch_nothing() -> None:
    hourly = seen(list(GAP))
    first_ms = hourly.closed_ms - Timeframe.M15.ms
    bar = drawn([(100.0, 102.5, 100.0, 102.5)], timeframe=Timeframe.M15, first_ms=first_ms)
    assert overlay(hourly, bar.rows(QUIET, QUIET + 1)) == hourly
    assert later(hourly, 101.0, 102.5).fair_value_gaps[0].zone.fill == 0.5


def test_a_block_has_lost_half_its_freshness_after_fifty_bars() -> None:
    shares = []
    for bars in (0, 25, 50, 100):
        (block,) = seen([*BREAK_UP, *[(101.5, 101.75, 101.0, 101.5)] * bars], SMALL).order_blocks
        shares.append((block.zone.age_bars, block.zone.freshness))
    assert shares == [(0, 1.0), (25, 2**-0.5), (50, 0.5), (100, 0.25)]
