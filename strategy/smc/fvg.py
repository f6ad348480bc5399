"""A fair value gap is three candles whose outer two leave a price gap that the middle one's close has passed.

Zone between the outer wicks; known at the third candle, drawn from the middle one. Neighbouring gaps are never merged.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import emit
from strategy.smc.zones import add_zone, live_zones

FAIR_VALUE_GAP = 1
DISPLACEMENT = 5
FORMED = 1
MADE_FVG = 5
MIN_TICKS = 3.0


def find_gaps(
    high: Floats,
    low: Floats,
    close: Floats,
    atr: Floats,
    whole: Ints,
    least_atr: float,
    tick: float,
    expiry: int,
    displaced: float,
    up: Floats,
    down: Floats,
    gaps_out: Ints,
    book_out: Floats,
    size_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Log every gap of at least ``least_atr`` ATR (of the bar before) and three ticks, and its life; ``gaps_out[t]`` is the side
    of the gap known at t, 0 for none. A displacement that ends in the middle candle is told that it made a gap."""
    size_out[0] = 0
    for t in range(len(close)):
        live_zones(
            t, high, low, close, FAIR_VALUE_GAP, expiry, book_out, size_out, ints_out, floats_out, rows_out
        )
        gaps_out[t] = 0
        if whole[t] < 3 or not atr[t - 1] > 0.0:
            continue
        least = max(least_atr * atr[t - 1], MIN_TICKS * tick)
        for side in (1, -1):
            near = low[t] if side > 0 else high[t]
            far = high[t - 2] if side > 0 else low[t - 2]
            height = side * (near - far)
            if height <= 0.0 or height < least or side * (close[t - 1] - far) <= 0.0:
                continue
            gaps_out[t] = side
            emit(
                ints_out, floats_out, rows_out, t, FAIR_VALUE_GAP, FORMED, side, -1, t, t - 1,
                min(near, far), max(near, far), atr[t], 0.0, 0.0, 0.0, 0.0, 0.0,
            )  # fmt: skip
            add_zone(book_out, size_out, side, near, far, t, t, t - 1, 0.0, 1.0)
            if (up if side > 0 else down)[t - 1] >= displaced:
                emit(
                    ints_out, floats_out, rows_out, t, DISPLACEMENT, MADE_FVG, side, -1, t - 1, t - 1,
                    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
                )  # fmt: skip
