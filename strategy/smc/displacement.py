"""Displacement is a leg of one to three same-colour closes that moves at least 1.5 ATR, measured by the ATR before it.

A leg does not span a missing bar nor hold an untraded one. A leg of one candle needs a body of at least half its range.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import ITSELF, emit
from strategy.smc.volume import volume_score

DISPLACEMENT = 5
FORMED = 1
LONGEST = 3
"""Candles of the longest leg."""


def find_displacements(
    start: int,
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    atr: Floats,
    whole: Ints,
    least: float,
    up_out: Floats,
    down_out: Floats,
    legs_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Log every leg of at least ``least`` ATR. ``up_out`` and ``down_out`` (n,) hold each close's largest leg in ATR, 0 for none;
    ``legs_out[t]`` the row of the leg logged at t.

    ``whole[t]`` is the number of traded bars without a hole that end at t.
    """
    for t in range(start, len(close)):
        up_out[t] = 0.0
        down_out[t] = 0.0
        sign = 1 if close[t] > open_[t] else -1
        best, candles = leg_ending(t, LONGEST, open_, high, low, close, atr, whole)
        if sign > 0:
            up_out[t] = best
        else:
            down_out[t] = best
        if best >= least:
            legs_out[t] = emit(
                ints_out, floats_out, rows_out, t, DISPLACEMENT, FORMED, sign, -1, t, t - candles + 1, ITSELF,
                0.0, 0.0, best, volume_score(volume, t), float(candles), 0.0, 0.0, 0.0,
            )  # fmt: skip


def leg_ending(
    t: int, most: int, open_: Floats, high: Floats, low: Floats, close: Floats, atr: Floats, whole: Ints
) -> tuple[float, int]:  # fmt: skip
    """The largest leg of at most ``most`` candles that ends at ``t``, in ATR, and its candles; 0 and 0 where there is none."""
    sign = 1 if close[t] > open_[t] else -1 if close[t] < open_[t] else 0
    best = 0.0
    candles = 0
    for k in range(1, most + 1):
        first = t - k + 1
        if sign == 0 or first < 1 or whole[t] < k or not atr[first - 1] > 0.0:
            break
        if sign * (close[first] - open_[first]) <= 0.0:
            break
        size = sign * (close[t] - open_[first]) / atr[first - 1]
        body_rules = k > 1 or sign * (close[t] - open_[t]) >= 0.5 * (high[t] - low[t])
        if body_rules and size > best:
            best = size
            candles = k
    return best, candles


def largest_leg(
    legs: Floats, first: int, last: int, open_: Floats, high: Floats, low: Floats, close: Floats, atr: Floats, whole: Ints
) -> float:  # fmt: skip
    """Largest displacement inside [first, last]: of the side whose ``legs`` are given, neither begun before nor ended after."""
    best = 0.0
    for j in range(first, last + 1):
        if legs[j] > best:
            begun = j - first + 1
            size = legs[j]
            if begun < LONGEST:
                size, _ = leg_ending(j, begun, open_, high, low, close, atr, whole)
            best = max(best, size)
    return best
