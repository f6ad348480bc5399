"""Displacement is a leg of one to three same-colour closes that moves at least 1.5 ATR, measured by the ATR before it.

A leg does not span a missing bar nor hold an untraded one. A leg of one candle needs a body of at least half its range.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import ITSELF, emit
from strategy.smc.marks import LAST, LONGEST
from strategy.smc.volume import volume_score

DISPLACEMENT = 5
FORMED = 1
WHOLE, LEG = 8, 9
"""Cells of the memory: how many traded bars without a hole end at the newest, and the row of the newest displacement."""


def count_whole(t: int, open_ms: Ints, length_ms: int, volume: Floats, memo_out: Ints) -> int:
    """How many traded bars without a hole end at t; 0 at an untraded one."""
    whole = 1
    if not volume[t] > 0.0:
        whole = 0
    elif t > 0 and open_ms[t] - open_ms[t - 1] == length_ms:
        whole = memo_out[WHOLE] + 1
    memo_out[WHOLE] = whole
    return int(whole)


def find_displacement(
    t: int, open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats, atr: Floats, whole: int, least: float,
    legs_out: Floats, memo_out: Ints, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Log the leg that ends at ``t`` if it has at least ``least`` ATR. ``legs_out`` holds each close's largest legs of one, of at most two
    and of at most three candles, in ATR times their side, 0 for none."""
    sign = 1 if close[t] > open_[t] else -1 if close[t] < open_[t] else 0
    best = 0.0
    candles = 0
    unbroken = sign != 0
    for k in range(1, LONGEST + 1):
        first = t - k + 1
        unbroken = unbroken and first >= 1 and whole >= k and atr[first - 1] > 0.0
        unbroken = unbroken and sign * (close[first] - open_[first]) > 0.0
        if unbroken:
            size = sign * (close[t] - open_[first]) / atr[first - 1]
            body_rules = k > 1 or sign * (close[t] - open_[t]) >= 0.5 * (high[t] - low[t])
            if body_rules and size > best:
                best = size
                candles = k
        legs_out[LONGEST * (t & LAST) + k - 1] = sign * best
    if best >= least:
        memo_out[LEG] = emit(
            ints_out, measures_out, details_out, rows_out, t, DISPLACEMENT, FORMED, sign, -1, t, t - candles + 1, ITSELF,
            0.0, 0.0, best, volume_score(volume, t), float(candles), 0.0, 0.0, 0.0,
        )  # fmt: skip
