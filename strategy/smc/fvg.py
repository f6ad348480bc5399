"""A fair value gap is three candles whose outer two leave a price gap that the middle one's close has passed.

Zone between the outer wicks; known at the third candle, drawn from the middle one. Neighbouring gaps are never merged. A
gap lost by a close beyond its far edge becomes an inverse gap of the other side.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import ITSELF, emit, emit_short
from strategy.smc.zones import FAIR_VALUE_GAP, FORMED, add_zone

DISPLACEMENT = 5
MADE_FVG = 5
MIN_TICKS = 3.0


def add_gap(
    t: int, high: Floats, low: Floats, close: Floats, atr: Floats, least_atr: float, tick: float,
    displaced: float, up: Floats, down: Floats, legs: Ints, room: int, book_out: Floats,
    ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> int:  # fmt: skip
    """Log the gap known at ``t``, at least ``least_atr`` ATR (of the bar before) and three ticks high; its side, 0 for none. A
    displacement that ends in the middle candle is told that it made a gap. The three bars are known to be whole."""
    if not atr[t - 1] > 0.0:
        return 0
    side = 1 if low[t] > high[t - 2] else -1 if high[t] < low[t - 2] else 0
    if side == 0:
        return 0
    near = low[t] if side > 0 else high[t]
    far = high[t - 2] if side > 0 else low[t - 2]
    if (
        side * (near - far) < max(least_atr * atr[t - 1], MIN_TICKS * tick)
        or side * (close[t - 1] - far) <= 0.0
    ):
        return 0
    birth = emit(
        ints_out, floats_out, rows_out, t, FAIR_VALUE_GAP, FORMED, side, -1, t, t - 1, ITSELF,
        min(near, far), max(near, far), atr[t], 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    add_zone(
        side, side * near, side * far, t, t, t - 1, side * near, 1.0, FAIR_VALUE_GAP, birth, room, book_out
    )
    if (up if side > 0 else down)[t - 1] >= displaced:
        emit_short(
            ints_out, floats_out, rows_out, t, DISPLACEMENT, MADE_FVG, side, -1, t - 1, t - 1, legs[t - 1], 0.0,
        )  # fmt: skip
    return side
