"""Logs and candles made by hand: rows as tuples, candles as closes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.models.data import Candles
from shared.models.events import Event, EventLog, Kind
from shared.models.timeframe import Timeframe

START_MS = 1_700_006_400_000

Row = tuple[int, Kind, Event, int, int, int, int, Sequence[float]]
"""Known, kind, event, side, layer, object, origin, payload."""


def log_of(bars: int, *rows: Row, atr: float = 1.0) -> EventLog:
    """A log over ``bars`` bars, its state columns flat."""
    ints = np.array([row[:7] for row in rows], np.int64).reshape(-1, 7)
    floats = np.array([[*row[7], *[0.0] * (8 - len(row[7]))] for row in rows], float).reshape(-1, 8)
    firsts: dict[tuple[int, int], int] = {}
    formed = [firsts.setdefault((int(row[1]), row[5]), place) for place, row in enumerate(rows)]
    flat, level = np.zeros(bars, np.int64), np.full(bars, atr)
    return EventLog(
        ints,
        floats[:, 2],
        np.arange(len(rows)),
        np.delete(floats, 2, axis=1),
        np.array(formed, np.int64),
        level,
        (flat, flat),
        (level, level),
        (level, level),
        1000,
    )


def candles_of(closes: Sequence[float], wick: float = 0.0) -> Candles:
    """Candles that open at the close before them and reach ``wick`` beyond their body."""
    close = np.array(closes, float)
    open_ = np.r_[close[:1], close[:-1]]
    times = START_MS + np.arange(len(close)) * Timeframe.H1.ms
    high, low = np.maximum(open_, close) + wick, np.minimum(open_, close) - wick
    return Candles(Timeframe.H1, times, open_, high, low, close, np.ones(len(close)))
