"""A fair value gap is three candles whose outer two leave a price gap that the middle one's close has passed.

Zone between the outer wicks; known at the third candle, drawn from the middle one. Neighbouring gaps are never merged. A
gap lost by a close beyond its far edge becomes an inverse gap of the other side.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.displacement import DISPLACEMENT
from strategy.smc.emit import ITSELF, NOTHING, emit, write_row
from strategy.smc.marks import GAP_DOWN, GAP_UP, LAST
from strategy.smc.options import DISPLACED_ATR, GAP_ATR, TICK
from strategy.smc.zones import FAIR_VALUE_GAP, FORMED, ZONES_DOWN, ZONES_UP, add_zone

MADE_FVG = 5
MIN_TICKS = 3.0


def find_gap(
    t: int, high: Floats, low: Floats, close: Floats, atr: Floats, numbers: Floats, legs: Floats, leg: int, marks_out: Ints,
    prices_out: Floats, facts_out: Ints, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Log the gap known at ``t``, at least ``min_gap_atr`` ATR (of the bar before) and three ticks high, and mark the bar. A displacement
    that ends in the middle candle is told that it made a gap; ``leg`` is its row. The three bars are known to be whole."""
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
    if side * legs[(t - 1) & LAST] >= numbers[DISPLACED_ATR]:
        write_row(
            ints_out,
            measures_out,
            rows_out,
            t,
            DISPLACEMENT,
            MADE_FVG,
            side,
            -1,
            t - 1,
            t - 1,
            leg,
            NOTHING,
            0.0,
        )
