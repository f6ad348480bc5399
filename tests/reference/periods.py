"""Days, weeks and trading sessions: the levels they leave, and the model of a session's range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.models.timeframe import Timeframe
from tests.reference.bars import Bars
from tests.reference.log import (
    ACCUMULATED,
    DAY,
    DISTRIBUTED,
    MANIPULATED,
    SESSION,
    SESSION_LAYER,
    WEEK,
    Log,
    Options,
)

DAY_MS: Final = 86_400_000
THURSDAY: Final = 3
"""Weekday of the epoch, Monday being 0."""
ASIA, LONDON_OPEN, NY_AM, LONDON_CLOSE, NY_PM = 1, 2, 3, 4, 5
SESSIONS: Final = {
    ASIA: (20 * 60, 24 * 60),
    LONDON_OPEN: (2 * 60, 5 * 60),
    NY_AM: (7 * 60, 10 * 60),
    LONDON_CLOSE: (10 * 60, 12 * 60),
    NY_PM: (13 * 60 + 30, 16 * 60),
}
"""First minute and the minute after the last, on the wall clock."""
NEW_YORK: Final = ZoneInfo("America/New_York")
OUTSIDE: Final = -1


def day_key(instant_ms: int) -> int:
    """Number of the UTC day."""
    return instant_ms // DAY_MS


def week_key(instant_ms: int) -> int:
    """Number of the week, Monday to Sunday in UTC."""
    return (instant_ms // DAY_MS + THURSDAY) // 7


def session_key(instant_ms: int, clock: str) -> int:
    """The session that contains the instant, as local day · 8 + session; −1 between sessions."""
    zone = NEW_YORK if clock == "New York" else UTC
    local = datetime.fromtimestamp(instant_ms // 1000, zone)
    minute = local.hour * 60 + local.minute
    for session, (start, end) in SESSIONS.items():
        if start <= minute < end:
            return local.toordinal() * 8 + session
    return OUTSIDE


@dataclass
class Period:
    """A day, week or session as collected so far: its key, first bar and the earliest bars of its extremes."""

    key: int
    first: int
    high_at: int
    low_at: int
    usable: bool


@dataclass
class Track:
    """Periods of one sort as they pass. ``before`` is the key just before bar 0."""

    source: int
    key_of: Callable[[int], int]
    before: int
    current: Period | None = None


def tracks_of(bars: Bars, timeframe: Timeframe, options: Options) -> list[Track]:
    """The tracks that the timeframe is fine enough for."""
    sorts: list[tuple[bool, int, Callable[[int], int]]] = [
        (bars.step_ms < Timeframe.D1.ms, DAY, day_key),
        (bars.step_ms < Timeframe.W1.ms, WEEK, week_key),
        (
            bars.step_ms <= Timeframe.M15.ms,
            SESSION_LAYER,
            lambda instant: session_key(instant, options.sessions),
        ),
    ]
    if not len(bars):
        return []
    return [Track(source, key_of, key_of(bars.open_ms[0] - 1)) for fine, source, key_of in sorts if fine]


def ended_periods(track: Track, bars: Bars, t: int) -> list[Period]:
    """Read bar t: the periods that end at it, earliest first.

    A period ends with its last bar, when that bar closes outside it; or late, at the first bar that opens outside it.
    """
    opens_in = track.key_of(bars.open_ms[t])
    closes_in = track.key_of(bars.open_ms[t] + bars.step_ms)
    ended = []
    if track.current is not None and track.current.key != opens_in:
        ended.append(track.current)
        track.current = None
    if opens_in != OUTSIDE:
        collect(track, bars, t, opens_in)
    if track.current is not None and closes_in != opens_in:
        ended.append(track.current)
        track.current = None
    return ended


def collect(track: Track, bars: Bars, t: int, key: int) -> None:
    """Count bar t to its period, which it may begin; one that was under way before bar 0 is not usable."""
    period = track.current
    if period is None:
        track.current = Period(key, t, t, t, usable=key != track.before)
        return
    if bars.high[t] > bars.high[period.high_at]:
        period.high_at = t
    if bars.low[t] < bars.low[period.low_at]:
        period.low_at = t


@dataclass
class SessionModel:
    """The model of the day: phase 1 after Asia set a range, 2 after London took one side of it, 0 else."""

    phase: int = 0
    object: int = 0
    origin: int = 0
    low: float = 0.0
    high: float = 0.0
    side: int = 0
    day: int = 0

    def log(self, log: Log, t: int, event: int, size: float) -> None:
        """Write a row of the model with the range it is about."""
        log.add(
            t, SESSION, event, side=self.side, layer=SESSION_LAYER, object=self.object, origin=self.origin,
            low=self.low, high=self.high, a=size,
        )  # fmt: skip


def read_session(
    model: SessionModel, bars: Bars, t: int, opens_in: int, ended: list[Period], log: Log
) -> None:
    """One bar of the model: a new Asia resets it, London manipulates, a close beyond distributes, the end of New York
    resets it, the end of Asia starts it."""
    session = opens_in % 8 if opens_in != OUTSIDE else 0
    if session == ASIA:
        model.phase = 0
    if model.phase == 2:
        distribute(model, bars, t, log)
    elif model.phase == 1 and session == LONDON_OPEN and opens_in // 8 == model.day + 1:
        manipulate(model, bars, t, log)
    for period in ended:
        if period.key % 8 == NY_PM:
            model.phase = 0
        if period.key % 8 == ASIA and period.usable and bars.atr[t] > 0:
            accumulate(model, bars, t, period, log)


def accumulate(model: SessionModel, bars: Bars, t: int, period: Period, log: Log) -> None:
    """Asia's range stands."""
    model.phase, model.side, model.object, model.origin = 1, 0, period.first, period.first
    model.day = period.key // 8
    model.low, model.high = bars.low[period.low_at], bars.high[period.high_at]
    model.log(log, t, ACCUMULATED, (model.high - model.low) / bars.atr[t])


def manipulate(model: SessionModel, bars: Bars, t: int, log: Log) -> None:
    """A London bar goes beyond one edge of the range and closes back at it or inside; both edges at once say nothing."""
    upper = bars.high[t] > model.high and bars.close[t] <= model.high
    lower = bars.low[t] < model.low and bars.close[t] >= model.low
    if upper == lower:
        return
    model.phase, model.side = 2, (-1 if upper else +1)
    depth = bars.high[t] - model.high if upper else model.low - bars.low[t]
    model.log(log, t, MANIPULATED, depth / bars.atr[t - 1])


def distribute(model: SessionModel, bars: Bars, t: int, log: Log) -> None:
    """A close beyond the edge opposite to the one that was taken."""
    edge = model.high if model.side > 0 else model.low
    distance = model.side * (bars.close[t] - edge)
    if distance > 0:
        model.phase = 0
        model.log(log, t, DISTRIBUTED, distance / bars.atr[t - 1])
