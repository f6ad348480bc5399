"""Days, weeks and trading sessions: their extremes become levels once they have ended; Asia, London and New York in sequence
make the session model (accumulation, manipulation, distribution), three events at their own bars.

Days open 00:00 UTC, weeks Monday 00:00 UTC. Sessions run on the wall clock of New York, half-open, by the time a bar
opens, and only on timeframes of at most 15 minutes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from shared.errors import ConfigFault
from shared.models.data import Floats, Ints
from shared.models.timeframe import DAY_MS, MINUTE_MS, MONDAY_MS
from strategy.smc.emit import emit

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Clock = Literal["New York", "UTC"]

SESSION = 10
ACCUMULATED, MANIPULATED, DISTRIBUTED = 18, 19, 20
SESSION_LAYER = 4
ASIA, LONDON_OPEN, NY_AM, LONDON_CLOSE, NY_PM = 1, 2, 3, 4, 5
NAMES: Final = {ASIA: "Asia", LONDON_OPEN: "London open", NY_AM: "New York morning", LONDON_CLOSE: "London close", NY_PM: "New York afternoon"}  # fmt: skip
COARSEST_MS = 15 * MINUTE_MS
TRACKS = 3
DAY, WEEK, TRADING = 0, 1, 2
ENDS = 2
"""Periods of one track that can end at one bar: the one a hole cut off, and the bar's own."""
KEY, FIRST, HIGH_AT, LOW_AT, CELLS = 0, 1, 2, 3, 4
"""Memory of a track: the period collected (−1 none), its first bar (−1 if it began before the series), the bars of its extremes."""
PHASE, RANGE, RANGE_FIRST, RANGE_HIGH, RANGE_LOW, CHANGE = 12, 13, 14, 15, 16, 17
"""Memory of the session model: phase, bar at which its range was known, the range's first bar and the bars of its edges; then
which clock change is in force."""
MEMORY = 18
HOUR_MS = 60 * MINUTE_MS
WEEK_MS = 7 * DAY_MS


def clock_changes(first_ms: int, last_ms: int, clock: Clock, length_ms: int) -> tuple[Ints, Ints]:
    """When the wall clock changed, and its distance from UTC in ms from then on; the first row holds from the beginning. Bars of
    ``length_ms`` that have no sessions need no clock.

    Raises:
        ConfigFault: this machine has no time zone data.
    """
    if clock == "UTC" or length_ms > COARSEST_MS:
        return np.zeros(1, np.int64), np.zeros(1, np.int64)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError as error:
        raise ConfigFault(
            "no time zone data for America/New_York",
            "Run: pip install tzdata, or set profile.smc.sessions to UTC",
        ) from error
    times, shifts = [first_ms], [_shift(first_ms, zone)]
    for day in range(first_ms - first_ms % DAY_MS, last_ms + 1, DAY_MS):
        if _shift(day + DAY_MS, zone) != shifts[-1]:
            hours = range(max(day, first_ms - first_ms % HOUR_MS), day + DAY_MS + 1, HOUR_MS)
            times.append(next(hour for hour in hours if _shift(hour, zone) != shifts[-1]))
            shifts.append(_shift(day + DAY_MS, zone))
    return np.asarray(times, np.int64), np.asarray(shifts, np.int64)


def _shift(time_ms: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(time_ms // 1000, UTC).astimezone(zone).utcoffset()
    return int((offset or timedelta()).total_seconds()) * 1000


def new_periods(memo_out: Ints) -> None:
    """Memory before the first bar."""
    for cell in range(MEMORY):
        memo_out[cell] = 0
    for track in range(TRACKS):
        memo_out[track * CELLS + KEY] = -1


def find_periods(
    start: int,
    open_ms: Ints,
    length_ms: int,
    high: Floats,
    low: Floats,
    close: Floats,
    atr: Floats,
    change_ms: Ints,
    shift_ms: Ints,
    level_highs_out: Ints,
    level_lows_out: Ints,
    memo_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Note, at the bar where a period ends, the bars of its extremes (``level_highs_out``, ``level_lows_out``, (6n,): two cells a track,
    −1 for none), and log the session model."""
    tracks = 0 if length_ms >= WEEK_MS else 1
    for t in range(start, len(close)):
        for cell in range(TRACKS * ENDS):
            level_highs_out[TRACKS * ENDS * t + cell] = -1
            level_lows_out[TRACKS * ENDS * t + cell] = -1
        if tracks == 0:
            continue
        for track in range(TRACKS):
            if (track == DAY and length_ms >= DAY_MS) or (track == TRADING and length_ms > COARSEST_MS):
                continue
            key = _key(track, open_ms[t], change_ms, shift_ms, memo_out)
            if track == TRADING:
                _walk(
                    t,
                    key % 8 if key >= 0 else 0,
                    high,
                    low,
                    close,
                    atr,
                    memo_out,
                    ints_out,
                    floats_out,
                    rows_out,
                )
            at = track * CELLS
            if memo_out[at + KEY] >= 0 and memo_out[at + KEY] != key:
                _end(
                    t,
                    track,
                    0,
                    high,
                    low,
                    atr,
                    level_highs_out,
                    level_lows_out,
                    memo_out,
                    ints_out,
                    floats_out,
                    rows_out,
                )
            if key < 0:
                continue
            _collect(t, at, key, high, low, memo_out)
            if t == 0 and _key(track, open_ms[t] - 1, change_ms, shift_ms, memo_out) == key:
                memo_out[at + FIRST] = -1
            if _key(track, open_ms[t] + length_ms, change_ms, shift_ms, memo_out) != key:
                _end(
                    t,
                    track,
                    1,
                    high,
                    low,
                    atr,
                    level_highs_out,
                    level_lows_out,
                    memo_out,
                    ints_out,
                    floats_out,
                    rows_out,
                )


def _key(track: int, time_ms: int, change_ms: Ints, shift_ms: Ints, memo_out: Ints) -> int:
    """Which day, week or trading session an instant lies in: equal for equal ones, −1 outside any session."""
    if track == DAY:
        return time_ms // DAY_MS
    if track == WEEK:
        return (time_ms - MONDAY_MS) // WEEK_MS
    while memo_out[CHANGE] + 1 < len(change_ms) and time_ms >= change_ms[memo_out[CHANGE] + 1]:
        memo_out[CHANGE] += 1
    local = time_ms + shift_ms[memo_out[CHANGE]]
    minute = local // MINUTE_MS % 1440
    session = 0
    if minute >= 1200:
        session = ASIA
    elif 120 <= minute < 300:
        session = LONDON_OPEN
    elif 420 <= minute < 600:
        session = NY_AM
    elif 600 <= minute < 720:
        session = LONDON_CLOSE
    elif 810 <= minute < 960:
        session = NY_PM
    return local // DAY_MS * 8 + session if session > 0 else -1


def _collect(t: int, at: int, key: int, high: Floats, low: Floats, memo_out: Ints) -> None:
    if memo_out[at + KEY] != key:
        memo_out[at + KEY] = key
        memo_out[at + FIRST] = t
        memo_out[at + HIGH_AT] = t
        memo_out[at + LOW_AT] = t
        return
    if high[t] > high[memo_out[at + HIGH_AT]]:
        memo_out[at + HIGH_AT] = t
    if low[t] < low[memo_out[at + LOW_AT]]:
        memo_out[at + LOW_AT] = t


def _end(
    t: int, track: int, which: int, high: Floats, low: Floats, atr: Floats, level_highs_out: Ints, level_lows_out: Ints,
    memo_out: Ints, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """A period is over: its extremes become levels; Asia's range begins the session model, the afternoon's end closes it."""
    at = track * CELLS
    session = memo_out[at + KEY] % 8 if track == TRADING else 0
    memo_out[at + KEY] = -1
    if session == NY_PM:
        memo_out[PHASE] = 0
    if memo_out[at + FIRST] < 0:
        return
    cell = TRACKS * ENDS * t + track * ENDS + which
    level_highs_out[cell] = memo_out[at + HIGH_AT]
    level_lows_out[cell] = memo_out[at + LOW_AT]
    if session == ASIA and atr[t] > 0.0:
        memo_out[PHASE] = 1
        memo_out[RANGE] = t
        memo_out[RANGE_FIRST] = memo_out[at + FIRST]
        memo_out[RANGE_HIGH] = memo_out[at + HIGH_AT]
        memo_out[RANGE_LOW] = memo_out[at + LOW_AT]
        height = high[memo_out[RANGE_HIGH]] - low[memo_out[RANGE_LOW]]
        _log(t, ACCUMULATED, 0, height / atr[t], high, low, memo_out, ints_out, floats_out, rows_out)


def _walk(
    t: int, session: int, high: Floats, low: Floats, close: Floats, atr: Floats, memo_out: Ints,
    ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Take the session model through a bar that opens in ``session`` (0: none). The phase is its state: 1 accumulated, 2 and 3
    manipulated below and above."""
    if session == ASIA:
        memo_out[PHASE] = 0
    phase = memo_out[PHASE]
    if phase == 0:
        return
    upper, lower = high[memo_out[RANGE_HIGH]], low[memo_out[RANGE_LOW]]
    if phase == 1 and session == LONDON_OPEN:
        above = high[t] > upper and close[t] <= upper
        below = low[t] < lower and close[t] >= lower
        if above != below:
            side = 1 if below else -1
            depth = lower - low[t] if below else high[t] - upper
            _log(
                t, MANIPULATED, side, depth / atr[t - 1], high, low, memo_out, ints_out, floats_out, rows_out
            )
            memo_out[PHASE] = 2 if below else 3
    elif phase > 1:
        side = 1 if phase == 2 else -1
        away = side * (close[t] - (upper if side > 0 else lower))
        if away > 0.0:
            _log(t, DISTRIBUTED, side, away / atr[t - 1], high, low, memo_out, ints_out, floats_out, rows_out)
            memo_out[PHASE] = 0


def _log(
    t: int, event: int, side: int, measure: float, high: Floats, low: Floats, memo: Ints,
    ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    emit(
        ints_out, floats_out, rows_out, t, SESSION, event, side, SESSION_LAYER, memo[RANGE], memo[RANGE_FIRST],
        low[memo[RANGE_LOW]], high[memo[RANGE_HIGH]], measure, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
