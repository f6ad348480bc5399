"""Days, weeks and trading sessions: their extremes become levels once they have ended; Asia, London and New York in sequence
make the session model (accumulation, manipulation, distribution), three events at their own bars.

Days open 00:00 UTC, weeks Monday 00:00 UTC. Sessions run on the wall clock of New York, half-open, by the time a bar
opens, and only on timeframes of at most 15 minutes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from shared.errors import ConfigFault
from shared.models.data import Floats, Ints
from shared.models.timeframe import DAY_MS, MINUTE_MS, MONDAY_MS, Timeframe
from strategy.smc.emit import ITSELF, emit

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Clock = Literal["New York", "UTC", "off"]

SESSION = 10
ACCUMULATED, MANIPULATED, DISTRIBUTED = 18, 19, 20
SESSION_LAYER = 4
ASIA, LONDON_OPEN, NY_AM, LONDON_CLOSE, NY_PM = 1, 2, 3, 4, 5
NAMES: Final = {ASIA: "Asia", LONDON_OPEN: "London open", NY_AM: "New York morning", LONDON_CLOSE: "London close", NY_PM: "New York afternoon"}  # fmt: skip
COARSEST_MS = 15 * MINUTE_MS
TRACKS = 3
DAY, WEEK, TRADING = 0, 1, 2
ACCUMULATION, BELOW, ABOVE = 1, 2, 3
"""Phases of the session model: Asia's range stands, one of its edges was swept."""
ENDS_A_BAR = 6
"""Periods that can end at one bar: of each track the one a hole cut off, and the bar's own."""
LEVEL_CELLS = 5
TRACK, HIGH_AT, LOW_AT, ENDED_KEY, PERIOD_FIRST = 0, 1, 2, 3, 4
"""A period that ended at a bar: its track, the bars of its high and low, which it was, its first bar (−1 if it began before the
series: then it has no level)."""
KEY, FIRST, NOW, UNTIL, CELLS = 0, 1, 2, 3, 4
"""Memory of a track: the period under way (−1 none) and its first bar (−1 if it began before the series); the period of the
newest instant looked at, and the instant up to which no other can begin."""
PHASE, RANGE_FIRST, RANGE_HIGH, RANGE_LOW, RANGE_DAY, BIRTH, CHANGE, QUIET, OPEN = (
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    20,
)
"""Memory of the session model: phase, first bar of its range, the bars of the range's edges, its local day and its row; then
which clock change is in force, the instant up to which no period begins or ends, and the trading session the bar opens in."""
MEMORY = 21
SATURDAY = 5
HOUR_MS = 60 * MINUTE_MS
HALF_HOUR_MS = 30 * MINUTE_MS
WEEK_MS = 7 * DAY_MS


def clock_changes(first_ms: int, last_ms: int, clock: Clock, length_ms: int) -> tuple[Ints, Ints]:
    """When the wall clock changed, and its distance from UTC in ms from then on; the first row holds from the beginning. Both are empty
    where there are no sessions.

    Raises:
        ConfigFault: this machine has no time zone data.
    """
    if clock == "off" or length_ms > COARSEST_MS:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if clock == "UTC":
        return np.zeros(1, np.int64), np.zeros(1, np.int64)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError as error:
        raise ConfigFault(
            "no time zone data for America/New_York",
            "Run: pip install tzdata, or set profile.smc.sessions to UTC",
        ) from error
    years = range(_year(first_ms), _year(last_ms) + 1)
    changes = [
        change
        for year in years
        for change in _changes_in(year, zone)
        if first_ms < change[0] <= last_ms + DAY_MS
    ]
    times, shifts = zip((first_ms, _shift(first_ms, zone)), *changes, strict=True)
    return np.asarray(times, np.int64), np.asarray(shifts, np.int64)


def _year(time_ms: int) -> int:
    return datetime.fromtimestamp(time_ms // 1000, UTC).year


@cache
def _changes_in(year: int, zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """Hours at which the clock of a zone changes in a year, and its distance from UTC in ms from then on: no month has two."""
    months = [
        int(datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp()) * 1000
        for month in range(13)
    ]
    changes = []
    for first, after in pairwise(months):
        shift = _shift(after, zone)
        if shift != _shift(first, zone):
            hour = bisect_left(
                range(first, after, HOUR_MS), True, key=lambda time_ms: _shift(time_ms, zone) == shift
            )
            changes.append((first + hour * HOUR_MS, shift))
    return tuple(changes)


def has_sessions(timeframes: Iterable[Timeframe]) -> bool:
    """Whether any of them is fine enough for sessions; without one no time zone is needed."""
    return any(timeframe.ms <= COARSEST_MS for timeframe in timeframes)


def is_weekend(time_ms: int, clock: Clock) -> bool:
    """Whether an instant is a Saturday or Sunday on the sessions' clock; by UTC where there are no sessions.

    Raises:
        ConfigFault: this machine has no time zone data.
    """
    _, shifts = clock_changes(time_ms, time_ms, clock, COARSEST_MS)
    local_ms = time_ms + (int(shifts[0]) if len(shifts) else 0)
    return bool((local_ms - MONDAY_MS) // DAY_MS % 7 >= SATURDAY)


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
    t: int, open_ms: int, length_ms: int, high: Floats, low: Floats, change_ms: Ints, shift_ms: Ints,
    levels_out: Ints, memo_out: Ints,
) -> None:  # fmt: skip
    """Note the periods that end at ``t``, a bar that opens at ``open_ms``: ``levels_out[0]`` counts them, ``LEVEL_CELLS`` cells each
    follow."""
    levels_out[0] = 0
    if open_ms + length_ms < memo_out[QUIET]:
        memo_out[OPEN] = memo_out[TRADING * CELLS + NOW]
        return
    if length_ms >= WEEK_MS:
        return
    quiet = open_ms + WEEK_MS
    for track in range(WEEK if length_ms >= DAY_MS else DAY, TRACKS if len(change_ms) > 0 else TRADING):
        _step(t, track, open_ms, length_ms, high, low, change_ms, shift_ms, levels_out, memo_out)
        at = track * CELLS
        quiet = min(quiet, memo_out[at + UNTIL] if memo_out[at + KEY] == memo_out[at + NOW] else 0)
    memo_out[QUIET] = quiet


def walk_sessions(
    t: int, high: Floats, low: Floats, close: Floats, atr: Floats, levels: Ints, memo_out: Ints,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Log the session model at ``t``, after ``find_periods``: first what the bar does to a range that stands, then what has ended."""
    phase = memo_out[PHASE]
    if phase > 0:
        key = memo_out[OPEN]
        session = key % 8 if key >= 0 else 0
        if (
            session == ASIA
            or (phase == ACCUMULATION and session == LONDON_OPEN)
            or (phase == BELOW and close[t] > high[memo_out[RANGE_HIGH]])
            or (phase == ABOVE and close[t] < low[memo_out[RANGE_LOW]])
        ):
            _walk(t, key, high, low, close, atr, memo_out, ints_out, measures_out, details_out, rows_out)
    for ended in range(levels[0]):
        at = 1 + ended * LEVEL_CELLS
        session = levels[at + ENDED_KEY] % 8 if levels[at + TRACK] == TRADING else 0
        if session == NY_PM:
            memo_out[PHASE] = 0
        if session == ASIA and levels[at + PERIOD_FIRST] >= 0 and atr[t] > 0.0:
            memo_out[PHASE] = ACCUMULATION
            memo_out[RANGE_DAY] = levels[at + ENDED_KEY] // 8
            memo_out[RANGE_FIRST] = levels[at + PERIOD_FIRST]
            memo_out[RANGE_HIGH] = levels[at + HIGH_AT]
            memo_out[RANGE_LOW] = levels[at + LOW_AT]
            memo_out[BIRTH] = ITSELF
            height = high[levels[at + HIGH_AT]] - low[levels[at + LOW_AT]]
            memo_out[BIRTH] = _log(
                t, ACCUMULATED, 0, height / atr[t], high, low, memo_out, ints_out, measures_out, details_out, rows_out
            )  # fmt: skip


def _step(
    t: int, track: int, open_ms: int, length_ms: int, high: Floats, low: Floats, change_ms: Ints, shift_ms: Ints,
    levels_out: Ints, memo_out: Ints,
) -> None:  # fmt: skip
    """Take a track through bar ``t``: the period that a hole cut off ends, the bar's own begins, and ends with the bar if the next
    instant lies in another."""
    at = track * CELLS
    key = _key(track, open_ms, change_ms, shift_ms, memo_out)
    if track == TRADING:
        memo_out[OPEN] = key
    if memo_out[at + KEY] >= 0 and memo_out[at + KEY] != key:
        _end(t - 1, track, high, low, levels_out, memo_out)
    if key < 0:
        return
    if memo_out[at + KEY] != key:
        under_way = t == 0 and _key_of(track, open_ms - 1, change_ms, shift_ms, 0) == key
        memo_out[at + KEY] = key
        memo_out[at + FIRST] = -1 if under_way else t
    if _key(track, open_ms + length_ms, change_ms, shift_ms, memo_out) != key:
        _end(t, track, high, low, levels_out, memo_out)


def _key(track: int, time_ms: int, change_ms: Ints, shift_ms: Ints, memo_out: Ints) -> int:
    """Which day, week or trading session an instant lies in: equal for equal ones, −1 outside any session. Instants come in order."""
    at = track * CELLS
    if time_ms < memo_out[at + UNTIL]:
        return int(memo_out[at + NOW])
    if track == TRADING:
        while memo_out[CHANGE] + 1 < len(change_ms) and time_ms >= change_ms[memo_out[CHANGE] + 1]:
            memo_out[CHANGE] += 1
    key = _key_of(track, time_ms, change_ms, shift_ms, memo_out[CHANGE])
    memo_out[at + NOW] = key
    memo_out[at + UNTIL] = _next_boundary(track, time_ms)
    return key


def _next_boundary(track: int, time_ms: int) -> int:
    """The next instant at which another period may begin: sessions begin and end, and clocks change, on half hours."""
    if track == DAY:
        return (time_ms // DAY_MS + 1) * DAY_MS
    if track == WEEK:
        return ((time_ms - MONDAY_MS) // WEEK_MS + 1) * WEEK_MS + MONDAY_MS
    return (time_ms // HALF_HOUR_MS + 1) * HALF_HOUR_MS


def _key_of(track: int, time_ms: int, change_ms: Ints, shift_ms: Ints, change: int) -> int:
    if track == DAY:
        return time_ms // DAY_MS
    if track == WEEK:
        return (time_ms - MONDAY_MS) // WEEK_MS
    local = time_ms + shift_ms[change]
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


def _end(last: int, track: int, high: Floats, low: Floats, levels_out: Ints, memo_out: Ints) -> None:
    """A period is over, its last bar ``last``."""
    at = track * CELLS
    first = memo_out[at + FIRST]
    cell = 1 + levels_out[0] * LEVEL_CELLS
    levels_out[0] += 1
    levels_out[cell + TRACK] = track
    levels_out[cell + ENDED_KEY] = memo_out[at + KEY]
    levels_out[cell + PERIOD_FIRST] = first
    memo_out[at + KEY] = -1
    if first < 0:
        return
    high_at, low_at, top, bottom = first, first, high[first], low[first]
    for j in range(first, last + 1):
        if high[j] > top:
            high_at, top = j, high[j]
        if low[j] < bottom:
            low_at, bottom = j, low[j]
    levels_out[cell + HIGH_AT] = high_at
    levels_out[cell + LOW_AT] = low_at


def _walk(t: int, key: int, high: Floats, low: Floats, close: Floats, atr: Floats, memo_out: Ints,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Take the session model through a bar whose session key is ``key`` (−1: none)."""
    session = key % 8 if key >= 0 else 0
    if session == ASIA:
        memo_out[PHASE] = 0
    phase = memo_out[PHASE]
    if phase == 0:
        return
    upper, lower = high[memo_out[RANGE_HIGH]], low[memo_out[RANGE_LOW]]
    if phase == ACCUMULATION and session == LONDON_OPEN and key // 8 == memo_out[RANGE_DAY] + 1:
        above = high[t] > upper and close[t] <= upper
        below = low[t] < lower and close[t] >= lower
        if above != below:
            side = 1 if below else -1
            depth = lower - low[t] if below else high[t] - upper
            _log(
                t,
                MANIPULATED,
                side,
                depth / atr[t - 1],
                high,
                low,
                memo_out,
                ints_out,
                measures_out,
                details_out,
                rows_out,
            )
            memo_out[PHASE] = BELOW if below else ABOVE
    elif phase > ACCUMULATION:
        side = 1 if phase == BELOW else -1
        away = side * (close[t] - (upper if side > 0 else lower))
        if away > 0.0:
            _log(
                t,
                DISTRIBUTED,
                side,
                away / atr[t - 1],
                high,
                low,
                memo_out,
                ints_out,
                measures_out,
                details_out,
                rows_out,
            )
            memo_out[PHASE] = 0


def _log(
    t: int, event: int, side: int, measure: float, high: Floats, low: Floats, memo: Ints,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> int:  # fmt: skip
    return emit(
        ints_out, measures_out, details_out, rows_out, t, SESSION, event, side, SESSION_LAYER, memo[RANGE_FIRST], memo[RANGE_FIRST],
        memo[BIRTH],
        low[memo[RANGE_LOW]], high[memo[RANGE_HIGH]], measure, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
