"""What is remembered of each of the last bars, in rings: marks as bits, the legs that end there, the pools they belong to."""

from __future__ import annotations

from shared.models.data import Floats, Ints

RING = 4096
"""Bars remembered, a power of two: more than a week of the finest candles, and than the bars from a break back to its sweep."""
LAST = RING - 1
LONGEST = 3
"""Candles of the longest leg."""
HIGHS_SWEPT, LOWS_SWEPT, GAP_UP, GAP_DOWN, BLOCKS_UP, BLOCKS_DOWN, PIVOTS = 1, 2, 4, 8, 16, 64, 256
"""A bar's marks: a pool of highs or lows was swept, a gap became known, its candle is a block (of the internal layer; of the swing
layer the bit above), it is a pivot of the shorter reach (a high; for a low the bit above)."""


def begin_bar(t: int, marks_out: Ints, members_out: Ints) -> None:
    """Forget the bar that ``t`` takes the place of."""
    marks_out[t & LAST] = 0
    members_out[2 * (t & LAST)] = -1
    members_out[2 * (t & LAST) + 1] = -1


def marked_within(marks: Ints, bit: int, first: int, last: int) -> bool:
    """Whether some bar inside [first, last] has a mark."""
    for j in range(max(0, first), last + 1):
        if marks[j & LAST] & bit:
            return True
    return False


def leg_ending(legs: Floats, t: int, most: int) -> float:
    """Largest leg of at most ``most`` candles, one at least, that ends at ``t``: in ATR, times its side; 0 for none."""
    return float(legs[LONGEST * (t & LAST) + min(most, LONGEST) - 1])


def largest_leg(legs: Floats, side: int, first: int, last: int) -> float:
    """Largest displacement to a side inside [first, last], neither begun before nor ended after, in ATR."""
    best = 0.0
    for j in range(first, last + 1):
        if side * legs[LONGEST * (j & LAST) + LONGEST - 1] > best:
            best = max(best, side * leg_ending(legs, j, j - first + 1))
    return best
