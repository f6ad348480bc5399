"""A fair value gap is three candles whose outer two leave a price gap that the middle one's close has passed.

Zone between the outer wicks; known at the third candle, drawn from the middle one. Neighbouring gaps are never merged. A
gap lost by a close beyond its far edge becomes an inverse gap of the other side.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.displacement import DISPLACEMENT
from strategy.smc.emit import ITSELF, NOTHING, emit, write_row
from strategy.smc.marks import GAP_DOWN, GAP_UP, LAST, LONGEST, leg_ending, marked_within
from strategy.smc.options import GAP_ATR, TICK
from strategy.smc.zones import FAIR_VALUE_GAP, FORMED, ZONES_DOWN, ZONES_UP, add_zone

MADE_FVG = 5
MIN_TICKS = 3.0


def find_gap(
    t: int, high: Floats, low: Floats, close: Floats, atr: Floats, numbers: Floats, marks_out: Ints,
    prices_out: Floats, facts_out: Ints, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Log the gap known at ``t``, at least ``min_gap_atr`` ATR (of the bar before) and three ticks high, and mark the bar. The three
    bars are known to be whole."""
    side = 1 if low[t] > high[t - 2] else -1 if high[t] < low[t - 2] else 0
    if side == 0 or not atr[t - 1] > 0.0:
        return
    near = low[t] if side > 0 else high[t]
    far = high[t - 2] if side > 0 else low[t - 2]
    least = max(numbers[GAP_ATR] * atr[t - 1], MIN_TICKS * numbers[TICK])
    if side * (near - far) < least or side * (close[t - 1] - far) <= 0.0:
        return
    marks_out[t & LAST] |= GAP_UP if side > 0 else GAP_DOWN
    birth = emit(
        ints_out, measures_out, details_out, rows_out, t, FAIR_VALUE_GAP, FORMED, side, -1, t, t - 1, ITSELF,
        min(near, far), max(near, far), atr[t], 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    add_zone(
        ZONES_UP if side > 0 else ZONES_DOWN, side * near, side * far, t, t, t - 1, side * near, True, FAIR_VALUE_GAP, birth,
        prices_out, facts_out,
    )  # fmt: skip


def tell_legs(
    t: int, displaced: float, legs: Floats, before: int, newest: int, marks: Ints,
    ints_out: Ints, measures_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Tell displacements that they made a gap: the one that ended at the middle candle of a gap known at ``t``, whose row is
    ``before``, and the one that ends at ``t`` around the middle candle of a gap known by now, whose row is ``newest``."""
    for end in (t - 1, t):
        size = leg_ending(legs, end, LONGEST)
        if abs(size) < displaced:
            continue
        first, bit = _first_of(legs, end, size), GAP_UP if size > 0.0 else GAP_DOWN
        now = first < t and marks[t & LAST] & bit
        earlier = marked_within(marks, bit, first + 1, t - 1)
        if (now or earlier) if end == t else (now and not earlier):
            write_row(
                ints_out, measures_out, rows_out, t, DISPLACEMENT, MADE_FVG, 1 if size > 0.0 else -1, -1, end, first,
                newest if end == t else before, NOTHING, 0.0,
            )  # fmt: skip


def _first_of(legs: Floats, end: int, size: float) -> int:
    """The first candle of the leg of that size that ends at ``end``: of equals the shortest."""
    candles = 1
    while leg_ending(legs, end, candles) != size:
        candles += 1
    return end - candles + 1
