"""A fair value gap is three candles whose outer two leave a price gap that the middle one's close has passed.

Zone between the outer wicks; known at the third candle, drawn from the middle one. Neighbouring gaps are never merged. A
gap lost by a close beyond its far edge becomes an inverse gap of the other side.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.displacement import LONGEST, leg_ending
from strategy.smc.emit import ITSELF, emit, emit_short
from strategy.smc.zones import FAIR_VALUE_GAP, FORMED, add_zone

DISPLACEMENT = 5
MADE_FVG = 5
MIN_TICKS = 3.0


def add_gap(
    t: int, high: Floats, low: Floats, close: Floats, atr: Floats, least_atr: float, tick: float, room: int, book_out: Floats,
    ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> int:  # fmt: skip
    """Log the gap known at ``t``, at least ``least_atr`` ATR (of the bar before) and three ticks high; its side, 0 for none. The
    three bars are known to be whole."""
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
    return side


def tell_legs(
    t: int, open_: Floats, high: Floats, low: Floats, close: Floats, atr: Floats, whole: Ints, displaced: float, up: Floats,
    down: Floats, legs: Ints, gaps: Ints, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Tell displacements that they made a gap: the one that ended at the middle candle of a gap known at ``t``, and the one that ends
    at ``t`` around the middle candle of a gap known by now."""
    for end in (t - 1, t):
        side = 1 if up[end] >= displaced else -1 if down[end] >= displaced else 0
        if side == 0:
            continue
        _, candles = leg_ending(end, LONGEST, open_, high, low, close, atr, whole)
        first = end - candles + 1
        before = False
        for known in range(first + 1, t):
            before = before or gaps[known] == side
        now = first < t and gaps[t] == side
        if (now or before) if end == t else (now and not before):
            emit_short(
                ints_out, floats_out, rows_out, t, DISPLACEMENT, MADE_FVG, side, -1, end, first, legs[end], 0.0,
            )  # fmt: skip
