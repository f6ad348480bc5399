"""What a set of finished trades is worth saying: an average with its interval, or that there are too few.

Trades of one UTC day are one bet (altcoins move together), so whole days are drawn again, with a fixed seed (block bootstrap:
B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.models.backtest import Trade
from shared.models.data import Floats
from shared.models.statistics import MIN_DAYS, MIN_TRADES, Expectancy, Insufficient
from shared.models.timeframe import DAY_MS

DRAWS: Final = 10_000
SEED: Final = 7
LEVEL: Final = 0.95
AT_ONCE: Final = 1_000_000
"""Days drawn at one time: a long history never fills the memory."""


@dataclass(frozen=True, slots=True)
class Result:
    """One finished trade: when it was decided (UTC ms), and what it won or lost in R, costs included, read for the worse and for
    the better where a candle could be read in two ways."""

    decided_ms: int
    r: float
    best_r: float


def results_of(trades: Iterable[Trade]) -> list[Result]:
    """The results of finished ``trades``."""
    return [Result(t.decided_ms, t.outcome.result_r, t.outcome.best_r) for t in trades]


def expectancy(results: Sequence[Result]) -> Expectancy | Insufficient:
    """The mean of finished trades with its interval; nothing below 30 trades or 20 days."""
    days = np.array([result.decided_ms // DAY_MS for result in results], np.int64)
    _, day = np.unique(days, return_inverse=True)
    count = int(day.max()) + 1 if len(day) else 0
    if len(results) < MIN_TRADES or count < MIN_DAYS:
        return Insufficient(len(results), count)
    values = np.array([result.r for result in results])
    sums, sizes = np.bincount(day, values, count), np.bincount(day, minlength=count)
    means = _drawn_means(sums.astype(np.float64), sizes.astype(np.float64))
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Expectancy(
        trades=len(results),
        days=count,
        mean=float(values.mean()),
        low=float(low),
        high=float(high),
        best=float(np.mean([result.best_r for result in results])),
        ambiguous=sum(result.best_r != result.r for result in results),
    )


def _drawn_means(sums: Floats, sizes: Floats) -> Floats:
    """Mean R of days drawn again with replacement, from every day's sum of R and number of trades; shape (DRAWS,)."""
    generator, days = np.random.default_rng(SEED), len(sums)
    rows = max(AT_ONCE // days, 1)
    means = []
    for first in range(0, DRAWS, rows):
        drawn = generator.integers(0, days, (min(rows, DRAWS - first), days))
        means.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    return np.concatenate(means)
