"""Exactly rounded sums of many columns at once: to the bit what ``math.fsum`` gives of each.

Every column is summed with the rounding errors of its additions beside it (Ogita, Rump and Oishi, "Accurate sum and dot product", 2005).
The errors' own sum is known to within a bound; where no number inside that bound rounds to another sum, the sum is proven.
The others, ties above all, go through ``math.fsum`` itself.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

UNIT: Final = 2.0**-53
"""Relative rounding error of one addition."""


def column_sums(terms: Floats) -> Floats:
    """The exactly rounded sum of every column of finite ``terms``, shape (k, n); shape (n,)."""
    total, error, size = np.zeros((3, terms.shape[1]))
    for row in terms:
        total, lost = _added(total, row)
        error += lost
        size += np.abs(lost)
    found, rest = _added(total, error)
    for column in np.flatnonzero(~_proven(found, rest, 2 * len(terms) * UNIT * size)):
        found[column] = math.fsum(terms[:, column].tolist())
    return found


def _added(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The rounded sum, and what rounding took from it (Knuth's TwoSum)."""
    total = left + right
    part = total - left
    return total, (left - (total - part)) + (right - part)


def _proven(found: Floats, rest: Floats, bound: Floats) -> npt.NDArray[np.bool_]:
    """Whether ``found + rest``, give or take ``bound``, rounds to ``found``: it stays on this side of halfway to both neighbours."""
    above = (np.nextafter(found, np.inf) - found) / 2
    below = (found - np.nextafter(found, -np.inf)) / 2
    kept: npt.NDArray[np.bool_] = (rest + bound < above) & (bound - rest < below)
    return kept
