"""Counts of a check, a series at a time, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.models.verification import DetectorCheck, Lag

MIN_BARS: Final = 200
"""Candles a series must have: room for cuts after the ATR and the first swings."""
FEWEST: Final = 50
"""Candles of the shortest prefix."""


@dataclass(frozen=True, slots=True)
class Tally:
    """One detector on one series; ``lags`` in bars."""

    events: int
    cuts: int
    shown: int
    changed: int
    vanished: int
    backdated: int
    lags: tuple[int, ...]


def choose_cuts(bars: int, count: int, seed: int) -> tuple[int, ...]:
    """``count`` different prefix lengths below ``bars``, drawn at random and sorted; fewer where there are not as many."""
    lengths = np.arange(FEWEST, bars)
    chosen = np.random.default_rng(seed).choice(lengths, min(count, lengths.size), replace=False)
    return tuple(sorted(chosen.tolist()))


def summed(detector: str, tallies: Iterable[Tally]) -> DetectorCheck:
    """All series together."""
    parts = tuple(tallies)

    def total(name: str) -> int:
        return sum(getattr(part, name) for part in parts)

    counts = {name: total(name) for name in ("events", "cuts", "shown", "changed", "vanished", "backdated")}
    return DetectorCheck(detector, **counts, lag=lag_of([lag for part in parts for lag in part.lags]))


def lag_of(lags: list[int]) -> Lag | None:
    """Middle, 90th percentile and longest; None of nothing."""
    if not lags:
        return None
    median, p90 = np.quantile(lags, (0.5, 0.9))
    return Lag(round(float(median), 1), round(float(p90), 1), max(lags), len(lags))
