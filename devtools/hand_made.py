"""Hand-made candles: a quiet warm-up, so that there is an ATR of 1, then the bars somebody drew.

The tests that show a pattern and the pictures of the playbook are made of the same bars.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shared.models.data import Candles
from shared.models.timeframe import Timeframe

QUIET: Final = 60
"""Bars of warm-up: the ATR is there after 14, every detector long before the first drawn bar."""
FIRST_MS: Final = 1_700_222_400_000
"""Open of the first drawn bar unless another is asked for: Friday 2023-11-17 12:00 UTC."""
TICK: Final = 0.01
VOLUME: Final = 10.0

Bar = tuple[float, float, float, float]
"""Open, high, low, close."""


def quiet(count: int = QUIET) -> list[Bar]:
    """Bars of range 1 around 100 that go nowhere and make no gap: ATR 1."""
    return [(100.0, 100.5, 99.5, 100.0)] * count


def drawn(
    bars: list[Bar],
    *,
    timeframe: Timeframe = Timeframe.H1,
    first_ms: int = FIRST_MS,
    missing_after: int = -1,
    untraded: int = -1,
    volumes: tuple[float, ...] = (),
) -> Candles:
    """Quiet bars, then ``bars``, the first of which opens at ``first_ms``; one may be missing or untraded, counted from it.

    ``volumes`` are those of the first drawn bars; every other bar trades 10.
    """
    rows = np.asarray([*quiet(), *bars], float)
    times = first_ms + (np.arange(len(rows)) - QUIET) * timeframe.ms
    volume = np.full(len(rows), VOLUME)
    volume[QUIET : QUIET + len(volumes)] = volumes
    if missing_after >= 0:
        times[QUIET + missing_after + 1 :] += timeframe.ms
    if untraded >= 0:
        volume[QUIET + untraded] = 0.0
    return Candles(timeframe, times, rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], volume)


def steps(*closes: float, start: float = 100.0, wick: float = 0.25) -> list[Bar]:
    """Bars from close to close with equal wicks; the first opens at ``start``.

    Steps of 0.5 with wicks of 0.25 have a true range of 1 and leave no gap: the ATR stays 1.
    """
    opens = (start, *closes[:-1])
    pairs = zip(opens, closes, strict=True)
    return [(a, max(a, b) + wick, min(a, b) - wick, b) for a, b in pairs]
