"""A swing is a pivot: a high at or above the L highs before it and above the R after; known R bars later.

Lows are the mirror image: one code path, with the sign of the side.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import ITSELF, emit

SWING = 4
FORMED = 1
SUPERSEDED = 3
HIGH = 1
LOW = 2


def is_pivot(values: Floats, sign: int, place: int, reach: int) -> bool:
    """Whether ``values[place]`` (times ``sign``) is the pivot of the ``reach`` bars on either side."""
    top = sign * values[place]
    for j in range(place - reach, place):
        if sign * values[j] > top:
            return False
    for j in range(place + 1, place + reach + 1):
        if sign * values[j] >= top:
            return False
    return True


def find_swings(
    start: int,
    high: Floats,
    low: Floats,
    atr: Floats,
    reach: int,
    layer: int,
    equal_atr: float,
    tick: float,
    pivots_out: Ints,
    memo_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Log every pivot at the bar that confirms it; ``pivots_out[t]`` is 1 for a high, 2 for a low, 3 for both, at ``t − reach``.

    Label against the swing before on its side: 1 higher, −1 lower, 0 equal, 2 first. Of two in a row on one side the
    earlier is superseded. ``memo_out`` keeps the last high and low (−1 before the first) and their rows.
    """
    last_high = memo_out[0]
    last_low = memo_out[1]
    for t in range(start, len(high)):
        pivots_out[t] = 0
        p = t - reach
        if p < reach or not atr[p] > 0.0:
            continue
        high_before = last_high
        low_before = last_low
        for sign in (1, -1):
            values = high if sign > 0 else low
            if not is_pivot(values, sign, p, reach):
                continue
            before = high_before if sign > 0 else low_before
            opposite = low_before if sign > 0 else high_before
            label = _label(values, p, before, max(equal_atr * atr[p], tick))
            prominence = 0.0
            if opposite >= 0:
                prominence = abs(values[p] - (low if sign > 0 else high)[opposite]) / atr[p]
            thing = p * 4 + layer * 2 + (1 if sign > 0 else 0)
            if before > opposite:
                earlier = before * 4 + layer * 2 + (1 if sign > 0 else 0)
                emit(
                    ints_out, floats_out, rows_out, t, SWING, SUPERSEDED, -sign, layer, earlier, before,
                    memo_out[2] if sign > 0 else memo_out[3],
                    values[before], 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
                )  # fmt: skip
            memo_out[2 if sign > 0 else 3] = emit(
                ints_out, floats_out, rows_out, t, SWING, FORMED, -sign, layer, thing, p, ITSELF,
                values[p], 0.0, prominence, float(label), 0.0, 0.0, 0.0, 0.0,
            )  # fmt: skip
            pivots_out[t] += HIGH if sign > 0 else LOW
            if sign > 0:
                last_high = p
            else:
                last_low = p
    memo_out[0] = last_high
    memo_out[1] = last_low


def _label(values: Floats, place: int, before: int, tolerance: float) -> int:
    if before < 0:
        return 2
    step = values[place] - values[before]
    if abs(step) <= tolerance:
        return 0
    return 1 if step > 0.0 else -1
