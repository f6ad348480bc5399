"""When two candles of one time are the same: to a billionth, which is how far a sum of volumes depends on its order."""

from __future__ import annotations

from typing import Final

import numpy as np

from shared.models.data import COLUMNS, Candles, Ints

SAME: Final = 1e-9
"""Relative difference up to which a price or volume is the same."""


def news(held: Candles, fresh: Candles) -> tuple[Candles, int]:
    """Of ``fresh`` what is not held yet or differs from it, and how many differ."""
    if not len(held) or not len(fresh) or held.open_ms[-1] < fresh.open_ms[0]:
        return fresh, 0
    _, ours, theirs = np.intersect1d(held.open_ms, fresh.open_ms, assume_unique=True, return_indices=True)
    differs = _differing(held, ours, fresh, theirs)
    wanted = np.ones(len(fresh), bool)
    wanted[theirs[~differs]] = False
    if wanted.all():
        return fresh, int(differs.sum())
    columns = [getattr(fresh, name)[wanted] for name in ("open_ms", *COLUMNS)]
    return Candles.known(fresh.timeframe, columns), int(differs.sum())


def _differing(
    held: Candles, ours: Ints, fresh: Candles, theirs: Ints
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    differs = np.zeros(len(ours), bool)
    for name in COLUMNS:
        one, other = getattr(held, name)[ours], getattr(fresh, name)[theirs]
        differs |= np.abs(one - other) > SAME * np.maximum(np.abs(one), np.abs(other))
    return differs
