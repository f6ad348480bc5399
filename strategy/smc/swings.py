"""A swing is a pivot: a high at or above the L highs before it and above the R after; known R bars later.

Lows are the mirror image: one code path, with the sign of the side.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import ITSELF, emit
from strategy.smc.marks import LAST, PIVOTS
from strategy.smc.options import EQUAL_ATR, TICK

SWING = 4
FORMED = 1
SUPERSEDED = 3
HIGH = 1
LOW = 2
SWINGS = 4
"""Memory of a layer: the bars of the last high and low (−1 before the first), and their rows."""


def is_pivot(values: Floats, sign: int, place: int, reach: int) -> bool:
    """Whether ``values[place]`` (times ``sign``) is the pivot of the ``reach`` bars, two at least, on either side. Most are refused by the
    nearest and the furthest, looked at together: six guesses that may be wrong would cost more."""
    top = sign * values[place]
    if (
        (sign * values[place + 1] >= top)
        | (sign * values[place - 1] > top)
        | (sign * values[place + 2] >= top)
        | (sign * values[place - 2] > top)
        | (sign * values[place + reach] >= top)
        | (sign * values[place - reach] > top)
    ):
        return False
    for away in range(3, reach):
        if sign * values[place + away] >= top or sign * values[place - away] > top:
            return False
    return True


def find_swings(
    t: int, high: Floats, low: Floats, atr: Floats, internal_reach: int, swing_reach: int, numbers: Floats, marks_out: Ints,
    memo_out: Ints, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> tuple[int, int]:  # fmt: skip
    """Log the internal and the swing pivots that ``t`` confirms, each ``reach`` bars before; 1 for a high, 2 for a low, 3 for both."""
    internal, swing = _find_pivots(t, high, low, atr, internal_reach, swing_reach, marks_out)
    for layer in range(2):
        found = internal if layer == 0 else swing
        if found == 0:
            continue
        p = t - (internal_reach if layer == 0 else swing_reach)
        memory = layer * SWINGS
        last_high, last_low = memo_out[memory], memo_out[memory + 1]
        if found & HIGH:
            _log_swing(
                t, p, 1, layer, high, last_high, low, last_low, atr, numbers, memory, memo_out,
                ints_out, measures_out, details_out, rows_out,
            )  # fmt: skip
        if found & LOW:
            _log_swing(
                t, p, -1, layer, low, last_low, high, last_high, atr, numbers, memory + 1, memo_out,
                ints_out, measures_out, details_out, rows_out,
            )  # fmt: skip
    return internal, swing


def _find_pivots(
    t: int, high: Floats, low: Floats, atr: Floats, internal_reach: int, swing_reach: int, marks_out: Ints
) -> tuple[int, int]:
    """A pivot of the longer reach is one of the shorter too, so that is what is looked at and marked first."""
    shorter, longer = min(internal_reach, swing_reach), max(internal_reach, swing_reach)
    near, far = 0, 0
    if t >= 2 * shorter and atr[t - shorter] > 0.0:
        near = HIGH if is_pivot(high, 1, t - shorter, shorter) else 0
        near += LOW if is_pivot(low, -1, t - shorter, shorter) else 0
        marks_out[(t - shorter) & LAST] |= near * PIVOTS
    if t >= 2 * longer:
        among = marks_out[(t - longer) & LAST] // PIVOTS
        if among > 0:
            far = HIGH if among & HIGH and is_pivot(high, 1, t - longer, longer) else 0
            far += LOW if among & LOW and is_pivot(low, -1, t - longer, longer) else 0
    return (near, far) if internal_reach <= swing_reach else (far, near)


def _log_swing(
    t: int, p: int, sign: int, layer: int, values: Floats, before: int, others: Floats, opposite: int, atr: Floats,
    numbers: Floats, cell: int, memo_out: Ints, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Label against the swing before on its side: 1 higher, −1 lower, 0 equal, 2 first. Of two in a row on one side the earlier is
    superseded."""
    label = _label(values, p, before, max(numbers[EQUAL_ATR] * atr[p], numbers[TICK]))
    prominence = abs(values[p] - others[opposite]) / atr[p] if opposite >= 0 else 0.0
    number = layer * 2 + (1 if sign > 0 else 0)
    if before > opposite:
        emit(
            ints_out, measures_out, details_out, rows_out, t, SWING, SUPERSEDED, -sign, layer, before * 4 + number, before,
            memo_out[cell + 2], values[before], 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        )  # fmt: skip
    memo_out[cell + 2] = emit(
        ints_out, measures_out, details_out, rows_out, t, SWING, FORMED, -sign, layer, p * 4 + number, p, ITSELF,
        values[p], 0.0, prominence, float(label), 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    memo_out[cell] = p


def _label(values: Floats, place: int, before: int, tolerance: float) -> int:
    if before < 0:
        return 2
    step = values[place] - values[before]
    if abs(step) <= tolerance:
        return 0
    return 1 if step > 0.0 else -1
