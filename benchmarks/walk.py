"""Candles to measure on."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from shared.models.data import Candles
from shared.models.timeframe import Timeframe

END_MS = 1_722_816_000_000
"""Monday 2024-08-05 00:00 UTC."""


def walk(count: int, timeframe: Timeframe = Timeframe.M5, seed: int = 1) -> Candles:
    """A random walk of ``count`` candles that ends at ``END_MS``."""
    draw = np.random.default_rng(seed)
    close = np.round(100.0 * np.exp(np.cumsum(draw.normal(0, 0.004, count))), 4)
    open_ = np.r_[close[0], close[:-1]]
    high = np.round(np.maximum(open_, close) * (1 + np.abs(draw.normal(0, 0.002, count))), 4)
    low = np.round(np.minimum(open_, close) * (1 - np.abs(draw.normal(0, 0.002, count))), 4)
    high, low = np.maximum(high, np.maximum(open_, close)), np.minimum(low, np.minimum(open_, close))
    times = timeframe.floor(END_MS) - timeframe.ms * np.arange(count, 0, -1)
    return Candles(timeframe, times, open_, high, low, close, np.round(draw.exponential(5e5, count) + 1, 2))


def cpu_s(work: Callable[[], object], repeat: int = 1) -> float:
    """CPU seconds of the quickest of ``repeat`` runs."""
    best = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best
