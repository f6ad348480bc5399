"""Timeframes with their UTC anchors: days open 00:00 UTC, weeks Monday 00:00 UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

MINUTE_MS = 60_000
DAY_MS = 86_400_000
MONDAY_MS = 4 * DAY_MS
"""Monday 1970-01-05 00:00 UTC: the epoch fell on a Thursday."""


class Timeframe(StrEnum):
    """A candle length the scanner keeps, from the finest to the coarsest."""

    M5 = "5m"
    M15 = "15m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"
    W1 = "1w"

    @property
    def ms(self) -> int:
        """Length of one candle in milliseconds."""
        return _LENGTH_MS[self]

    @property
    def anchor_ms(self) -> int:
        """A time at which some candle of this length opens."""
        return MONDAY_MS if self is Timeframe.W1 else 0

    def floor(self, time_ms: int) -> int:
        """Open time of the candle that contains ``time_ms``."""
        return time_ms - (time_ms - self.anchor_ms) % self.ms

    def last_closed_open(self, as_of_ms: int) -> int:
        """Open time of the newest candle that is closed at ``as_of_ms``."""
        return self.floor(as_of_ms) - self.ms

    def window_start(self, as_of_ms: int, bars: int) -> int:
        """Where a decision at ``as_of_ms`` starts to read: ``bars`` closed candles back, rounded down to a calendar
        boundary (5m week, 15m month, 1h quarter, 4h year); 1d and 1w read all there is, from the epoch.

        Scan, replay and backtest share this rule, so that they read identical numbers.
        """
        return _boundary(self, self.floor(as_of_ms) - bars * self.ms)


_LENGTH_MS = {
    Timeframe.M5: 5 * MINUTE_MS,
    Timeframe.M15: 15 * MINUTE_MS,
    Timeframe.H1: 60 * MINUTE_MS,
    Timeframe.H4: 240 * MINUTE_MS,
    Timeframe.D1: DAY_MS,
    Timeframe.W1: 7 * DAY_MS,
}


@lru_cache(maxsize=64)
def _boundary(timeframe: Timeframe, time_ms: int) -> int:
    if time_ms <= 0 or timeframe in (Timeframe.D1, Timeframe.W1):
        return 0
    if timeframe is Timeframe.M5:
        return Timeframe.W1.floor(time_ms)
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    month = {
        Timeframe.M15: moment.month,
        Timeframe.H1: moment.month - (moment.month - 1) % 3,
        Timeframe.H4: 1,
    }[timeframe]
    return int(datetime(moment.year, month, 1, tzinfo=UTC).timestamp()) * 1000


def iso(time_ms: int) -> str:
    """RFC 3339 UTC text of a time, to the second: ``2024-08-05T12:00:00Z``."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> int:
    """UTC milliseconds of what :func:`iso` wrote.

    Raises:
        ValueError: it is no such time.
    """
    return int(datetime.fromisoformat(text).timestamp()) * 1000
