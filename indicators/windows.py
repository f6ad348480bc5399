"""Sums and moments over a sliding window in constant time a row, without a running sum that drifts.

Rows are cut into blocks of the window's length. A window that ends inside a block is the block's first rows up to its
end (a growing prefix) and the last rows of the block before (a suffix, summed once when the block begins). So every
result is a sum of the window's own values alone (van Herk, 1992, and Gil and Werman, 1993, for extremes).
"""

from __future__ import annotations

from math import sqrt

from shared.models.data import Floats

NAN = float("nan")
ROOM = 64
"""Cells a window function needs to keep suffixes in; the second of two stands ``HALF`` cells on."""
HALF = 32


def fill_moments(
    values: Floats, period: int, room_out: Floats, mean_out: Floats, deviation_out: Floats
) -> None:
    """Mean and population deviation of the last ``period`` rows, shape (n,); NaN for the first ``period`` − 1.

    Values are taken relative to the first of the block, which lies in the window: equal values have deviation exactly 0.
    """
    base = 0.0
    total = 0.0
    squares = 0.0
    for i in range(len(values)):
        place = i % period
        if place == 0:
            base = values[i]
            total = 0.0
            squares = 0.0
            for j in range(period - 1, 0, -1):
                apart = values[i - period + j] - base if i >= period else 0.0
                total += apart
                squares += apart * apart
                room_out[j] = total
                room_out[HALF + j] = squares
            total = 0.0
            squares = 0.0
        total += values[i] - base
        squares += (values[i] - base) * (values[i] - base)
        if i < period - 1:
            mean_out[i] = NAN
            deviation_out[i] = NAN
            continue
        first = total
        second = squares
        if place + 1 < period:
            first += room_out[place + 1]
            second += room_out[HALF + place + 1]
        mean_out[i] = base + first / period
        spread = (second - first * first / period) / period
        deviation_out[i] = sqrt(spread) if spread > 0.0 else 0.0


def fill_sums(values: Floats, period: int, room_out: Floats, sum_out: Floats) -> None:
    """Sum of the last ``period`` rows, shape (n,); of all rows so far where there are fewer."""
    total = 0.0
    for i in range(len(values)):
        place = i % period
        if place == 0:
            total = 0.0
            for j in range(period - 1, 0, -1):
                total += values[i - period + j] if i >= period else 0.0
                room_out[j] = total
            total = 0.0
        total += values[i]
        sum_out[i] = total + room_out[place + 1] if place + 1 < period else total
