"""Breadth at every instant: whose 4h swing trends are up, and the appetite for risk that follows."""

from __future__ import annotations

import numpy as np

from shared.models.data import AnyInts, Bools, Ints
from strategy.columns.span import Frame, at_bars
from strategy.confluence.breadth import MIN_SYMBOLS, OFF_PCT, ON_PCT

UNTOLD = 2
"""In place of a trend where the newest candle is not fresh: the symbol does not count."""


def fresh_at(frame: Frame, as_of_ms: Ints) -> Bools:
    """Whether the newest candle closed at most one bar before each instant, shape as given."""
    closes = at_bars(frame.candles.close_ms, frame.last_bars(as_of_ms), -(2**62))
    return as_of_ms - closes <= frame.candles.timeframe.ms


def trends_at(frame: Frame, as_of_ms: Ints) -> AnyInts:
    """The swing trend of a symbol's 4h candles at each instant, +1, 0 or −1, ``UNTOLD`` where they are not fresh; shape as given.

    The trend knows neither sessions nor price steps, so any log of these candles will do whose other options are the profile's.
    """
    trends = at_bars(frame.log.trend[1], frame.last_bars(as_of_ms), 0)
    return np.where(fresh_at(frame, as_of_ms), trends, UNTOLD).astype(np.int8)


def count_trends(trends: AnyInts, members: Bools) -> tuple[Ints, Ints]:
    """How many of the universe's trends are up, and how many are known, at each instant; shape (n,) each. ``trends`` and ``members``
    (who is in the universe) have shape (symbols, n).
    """
    counted = members & (trends != UNTOLD)
    return np.sum(counted & (trends > 0), axis=0), np.sum(counted, axis=0)


def appetites(rising: Ints, counted: Ints, own: AnyInts, falling: Bools) -> AnyInts:
    """``strategy.confluence.breadth.read_appetite`` at each instant: 1 on, 0 neutral, −1 off; shape (n,) as given. ``own`` is the
    benchmark's trend, ``falling`` whether it is in an impulse down.
    """
    wide = 100 * rising >= ON_PCT * counted
    shared = np.where(100 * rising <= OFF_PCT * counted, -1, np.where(wide & (own >= 0), 1, 0))
    found = np.where(counted < MIN_SYMBOLS, own, shared)
    return np.where(falling, -1, found).astype(np.int8)
