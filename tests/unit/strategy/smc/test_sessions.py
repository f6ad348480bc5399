"""Trading sessions by the wall clock of New York: their extremes as levels, the change of the clock, and the session model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from devtools.hand_made import Bar, quiet
from devtools.playbook_scenes import ASIA_MS, LONDON_TRAP, SESSION_MODEL
from shared.models.data import Candles
from shared.models.events import Event, Kind, object_id
from shared.models.profile import SmcRules
from shared.models.smc import PoolSource, SessionPhase, SessionRange, Side
from shared.models.timeframe import Timeframe
from strategy.smc.engine import SmcSeries
from tests.unit.strategy.smc.drawings import QUIET, RULES, TICK, Said, drawn, said, seen

LONG, SHORT = 1, -1
UTC_CLOCK = replace(RULES, sessions="UTC")


def at(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()) * 1000


def from_asia(bars: list[Bar] | tuple[Bar, ...]) -> Candles:
    return drawn(list(bars), timeframe=Timeframe.M15, first_ms=ASIA_MS)


def day_of(first: str, timeframe: Timeframe = Timeframe.M15) -> Candles:
    """Two quiet days."""
    return drawn(quiet(2 * 86_400_000 // timeframe.ms), timeframe=timeframe, first_ms=at(first))


def session_ends(candles: Candles, rules: SmcRules = RULES) -> list[str]:
    """When session extremes became levels, on the first drawn day."""
    first = int(candles.open_ms[QUIET])
    events = SmcSeries(candles, rules, TICK).events(first, first + 86_400_000)
    times = sorted(
        {event.known_ms for event in events if event.kind is Kind.POOL and event.layer == "session"}
    )
    return [datetime.fromtimestamp(ms // 1000, UTC).strftime("%d %H:%M") for ms in times]


def asia_ranges(candles: Candles, rules: SmcRules = RULES) -> list[tuple[str, str]]:
    """Of every Asian range: open of its first candle and close of its last."""
    events = SmcSeries(candles, rules, TICK).events(int(candles.open_ms[QUIET]), int(candles.close_ms[-1]))
    return [
        tuple(
            datetime.fromtimestamp(ms // 1000, UTC).strftime("%d %H:%M")
            for ms in (event.origin_ms, event.known_ms)
        )
        for event in events
        if event.event is Event.ACCUMULATED
    ]  # type: ignore[misc]


def test_five_sessions_end_on_the_clock_of_new_york() -> None:
    assert session_ends(day_of("2024-01-23 00:00")) == [
        "23 05:00",
        "23 10:00",
        "23 15:00",
        "23 17:00",
        "23 21:00",
    ]


def test_in_summer_they_end_an_hour_earlier_in_utc() -> None:
    assert session_ends(day_of("2024-07-23 00:00")) == [
        "23 04:00",
        "23 09:00",
        "23 14:00",
        "23 16:00",
        "23 20:00",
    ]


def test_on_the_day_the_clock_goes_forward_asia_ends_by_the_old_time_and_london_by_the_new() -> None:
    assert session_ends(day_of("2024-03-10 00:00")) == [
        "10 05:00",
        "10 09:00",
        "10 14:00",
        "10 16:00",
        "10 20:00",
    ]
    assert asia_ranges(day_of("2024-03-10 00:00")) == [("10 01:00", "10 05:00"), ("11 00:00", "11 04:00")]


def test_on_the_day_the_clock_goes_back_asia_begins_an_hour_later_the_next_evening() -> None:
    assert session_ends(day_of("2024-11-03 00:00")) == [
        "03 04:00",
        "03 10:00",
        "03 15:00",
        "03 17:00",
        "03 21:00",
    ]
    assert asia_ranges(day_of("2024-11-03 00:00")) == [("03 00:00", "03 04:00"), ("04 01:00", "04 05:00")]


def test_with_the_utc_option_the_same_hours_are_read_off_the_utc_clock() -> None:
    ends = ["10 05:00", "10 10:00", "10 12:00", "10 16:00", "11 00:00"]
    assert session_ends(day_of("2024-03-10 00:00"), UTC_CLOCK) == ends
    assert asia_ranges(day_of("2024-03-10 00:00"), UTC_CLOCK) == [
        ("10 20:00", "11 00:00"),
        ("11 20:00", "12 00:00"),
    ]


def test_sessions_that_are_off_leave_no_level_and_no_model() -> None:
    off = replace(RULES, sessions="off")
    assert session_ends(day_of("2024-01-23 00:00"), off) == []
    assert said(SESSION_MODEL.candles, Kind.SESSION, off) == []


@pytest.mark.parametrize(
    ("timeframe", "there"), [(Timeframe.M5, True), (Timeframe.M15, True), (Timeframe.H1, False)]
)
def test_only_candles_of_at_most_fifteen_minutes_have_sessions(timeframe: Timeframe, *, there: bool) -> None:
    assert bool(session_ends(day_of("2024-01-23 00:00", timeframe))) is there


def test_the_extremes_of_a_session_are_levels_once_it_has_ended_not_before() -> None:
    levels = [
        row
        for row in said(from_asia(LONDON_TRAP[:16]), Kind.POOL)
        if row.layer == "session" and row.event == "FORMED"
    ]
    assert levels == [
        Said(15, "FORMED", SHORT, 12, {"low": 100.75, "a": 1.0}, "session"),
        Said(15, "FORMED", LONG, 14, {"low": 99.25, "a": 1.0}, "session"),
    ]
    assert [row for row in said(from_asia(LONDON_TRAP[:15]), Kind.POOL) if row.layer == "session"] == []
    sources = {pool.level: pool.sources for pool in seen(from_asia(LONDON_TRAP[:16])).pools}
    assert sources[100.75] == (PoolSource.SESSION,)


RANGE = {"low": 99.25, "high": 100.75}
ASIA = Said(15, "ACCUMULATED", 0, 0, RANGE | {"a": 1.5}, "session")
TRAP = Said(24, "MANIPULATED", SHORT, 0, RANGE | {"a": 0.5}, "session")


def test_asia_accumulates_london_looks_over_one_edge_and_price_leaves_by_the_other() -> None:
    atr_before = (13 * (13 * 1.0 + 1.25) / 14 + 1.0) / 14
    assert said(SESSION_MODEL.candles, Kind.SESSION) == [
        ASIA,
        TRAP,
        Said(26, "DISTRIBUTED", SHORT, 0, RANGE | {"a": round(0.25 / atr_before, 4)}, "session"),
    ]


def test_the_newest_session_range_is_seen_whole() -> None:
    candles = from_asia(LONDON_TRAP[:25])
    origin = int(candles.open_ms[QUIET])
    assert seen(candles).sessions == (
        SessionRange(
            object_id("session", "", 0, origin),
            SessionPhase.MANIPULATED,
            (Side.SHORT,),
            low=99.25,
            high=100.75,
            origin_ms=origin,
            known_ms=int(candles.close_ms[QUIET + 15]),
            age_bars=9,
        ),
    )


def test_a_candle_that_passes_both_edges_is_no_manipulation() -> None:
    assert said(from_asia([*LONDON_TRAP[:24], (100.0, 101.0, 99.0, 100.0)]), Kind.SESSION) == [ASIA]


def test_a_look_outside_before_london_is_no_manipulation() -> None:
    early = [*LONDON_TRAP[:20], (100.0, 101.25, 100.0, 100.5), *quiet(4)]
    assert said(from_asia(early), Kind.SESSION) == [ASIA]


def test_a_close_outside_is_no_manipulation() -> None:
    gone = [*LONDON_TRAP[:24], (100.0, 101.25, 100.0, 101.0)]
    assert said(from_asia(gone), Kind.SESSION) == [ASIA]


def test_what_has_not_left_by_the_end_of_new_yorks_afternoon_is_no_distribution() -> None:
    """The afternoon ends twenty hours after Asia began: with the close of bar 79."""
    left: Bar = (99.75, 99.75, 98.75, 99.0)
    in_time = [*LONDON_TRAP[:25], *quiet(54), left]
    late = [*LONDON_TRAP[:25], *quiet(55), left]
    ends = [said(from_asia(bars), Kind.SESSION)[-1] for bars in (in_time, late)]
    assert (ends[0].bar, ends[0].event) == (79, "DISTRIBUTED")
    assert ends[1] == TRAP
