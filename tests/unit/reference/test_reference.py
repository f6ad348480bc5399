"""Drawings whose log can be read off by eye, against the reference."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from shared.models.data import Candles
from shared.models.timeframe import Timeframe
from tests.reference import log as names
from tests.reference.log import Options, Row
from tests.reference.smc import reference_log

Bar = tuple[float, float, float, float]
QUIET: Bar = (100.0, 100.5, 99.5, 100.0)
"""Twenty of these make an ATR of 1 and no pivot, as their highs and lows are equal."""
TICK = 0.01
MONDAY = "2018-01-01T00:00"


def drawn(bars: list[Bar], timeframe: Timeframe = Timeframe.H1, start: str = "2024-01-16T00:00") -> Candles:
    first = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp() * 1000)
    times = [first + i * timeframe.ms for i in range(len(bars))]
    columns = [[bar[i] for bar in bars] for i in range(4)]
    return Candles(timeframe, times, *columns, [10.0] * len(bars))  # type: ignore[arg-type, call-arg]


def walk(closes: list[float]) -> list[Bar]:
    """Bars from close to close without wicks beyond a tenth."""
    return [(one, max(one, two) + 0.1, min(one, two) - 0.1, two) for one, two in itertools.pairwise(closes)]


def rows(candles: Candles, kind: int, options: Options | None = None) -> list[Row]:
    log = reference_log(candles, options or Options(), TICK)
    return [row for row in log.rows if row[1] == kind]


def events(found: list[Row]) -> list[tuple[int, str]]:
    return [(row[0], names.EVENTS[row[2]]) for row in found]


GAP = [
    *[QUIET] * 20,
    (100.0, 103.0, 100.0, 103.0),
    (103.0, 104.0, 102.0, 103.5),
    (103.5, 103.6, 101.25, 103.0),
    (103.0, 103.0, 100.0, 102.5),
    (102.5, 102.5, 100.0, 100.2),
    (100.2, 101.25, 100.0, 100.3),
]


def test_a_gap_forms_fills_and_turns_into_an_inverse_gap() -> None:
    gap = rows(drawn(GAP), names.FAIR_VALUE_GAP)
    assert events(gap) == [
        (21, "FORMED"),
        (22, "TOUCHED"), (22, "FILLED_25"), (22, "FILLED_50"),
        (23, "TOUCHED"), (23, "FILLED_75"), (23, "FILLED_100"),
        (24, "TOUCHED"), (24, "INVALIDATED"),
    ]  # fmt: skip
    assert {row[3:9] for row in gap} == {(1, -1, 21, 20, 100.5, 102.0)}
    assert gap[1][9] == pytest.approx(0.5)
    inverse = rows(drawn(GAP), names.INVERSE_GAP)
    assert events(inverse)[:2] == [(24, "FORMED"), (25, "TOUCHED")]
    assert inverse[1][3:10] == (-1, -1, 21, 20, 100.5, 102.0, 0.5)


def test_the_displacement_that_made_the_gap_says_so() -> None:
    found = rows(drawn(GAP), names.DISPLACEMENT)
    assert found[0][:7] == (20, 5, 1, 1, -1, 20, 20)
    assert found[0][9:12] == (3.0, 0.0, 1.0)
    assert (21, 5, 5, 1, -1, 20, 20) in [row[:7] for row in found]


def test_a_wick_through_the_gap_invalidates_it_only_where_wicks_do() -> None:
    by_wick = rows(drawn(GAP), names.FAIR_VALUE_GAP, Options(invalidate_on="wick"))
    assert events(by_wick)[-1] == (23, "INVALIDATED")


def test_an_old_gap_expires_with_the_fill_it_had() -> None:
    still = [(103.5, 103.6, 103.4, 103.5)] * 60
    found = rows(drawn(GAP[:23] + still), names.FAIR_VALUE_GAP, Options(zone_expiry_bars=50))
    assert events(found)[-1] == (72, "EXPIRED")
    assert found[-1][9] == pytest.approx(0.5)


STAIRS = [
    *[QUIET] * 20,
    *walk([100, 101, 102, 103, 104, 105, 106]),
    *walk([106, 105, 104, 103, 102, 101]),
    *walk([101, 102, 103, 104, 105, 106.5, 108]),
    *walk([108, 107, 106, 105, 104, 103.5]),
    *walk([103.5, 104, 105, 106, 107, 109]),
    *walk([109, 107, 105, 103, 101, 99]),
]


def test_stairs_up_break_twice_and_a_fall_through_the_last_low_turns_them() -> None:
    found = [row for row in rows(drawn(STAIRS), names.BREAK) if row[4] == names.INTERNAL]
    labels = [(row[0], row[3], row[7], row[11]) for row in found]
    assert labels == [(35, 1, 106.1, 0.0), (46, 1, 108.1, 1.0), (49, -1, 103.4, -1.0)]
    assert [row[12] for row in found] == [0.0, 0.0, 1.0]
    assert [row[6] for row in found] == [26, 37, 42]


def test_the_range_after_a_break_runs_from_the_legs_origin() -> None:
    log = reference_log(drawn(STAIRS), Options(), TICK)
    assert (log.trend[0][34], log.trend[0][35], log.trend[0][-1]) == (0, 1, -1)
    assert (log.range_low[0][34], log.range_high[0][34]) == (99.5, 106.1)
    assert (log.range_low[0][35], log.range_high[0][35]) == (100.9, 106.6)


def test_each_break_leaves_its_order_block() -> None:
    formed = [row for row in rows(drawn(STAIRS), names.ORDER_BLOCK) if row[2] == names.FORMED]
    assert [(row[0], row[3], row[6], row[7], row[8]) for row in formed] == [
        (35, 1, 30, 100.9, 102.1),
        (46, 1, 41, 103.4, 104.1),
        (49, -1, 46, 106.9, 109.1),
    ]


PEAK = [*[QUIET] * 20, *walk([100, 101, 102, 101, 100, 99.5, 99.2, 99, 99, 99])]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([(99.0, 102.6, 98.9, 101.0)], ["TAKEN", "SWEPT_WICK"]),
        ([(99.0, 103.0, 98.9, 102.5), (102.5, 102.6, 101, 101)], ["TAKEN", "SWEPT_RECLAIM"]),
        ([(99.0, 103.0, 98.9, 102.5), *[(102.5, 103.0, 102.4, 102.5)] * 3], ["TAKEN", "BROKEN"]),
    ],
)
def test_a_pool_is_swept_by_a_wick_by_a_reclaim_or_broken(after: list[Bar], expected: list[str]) -> None:
    found = rows(drawn(PEAK + after, start="2024-01-16T12:00"), names.POOL)
    highs = [row for row in found if row[3] == -1]
    assert [name for _, name in events(highs)] == ["FORMED", *expected]
    assert {row[4:8] for row in highs} == {(0, 45, 22, 102.1)}
    if expected[-1] == "SWEPT_WICK":
        assert highs[-1][11] == pytest.approx(1.6 / 3.7)
    if expected[-1] == "BROKEN":
        assert highs[-1][10] == 3.0


def day_with_a_late_high() -> list[Bar]:
    """Highest at bar 21."""
    return [*[QUIET] * 21, (100.0, 102.0, 99.5, 100.0), *[QUIET] * 8]


def test_the_high_of_a_day_is_a_pool_when_the_day_is_over() -> None:
    found = [row for row in rows(drawn(day_with_a_late_high()), names.POOL) if row[3] == -1]
    assert [(*row[:3], *row[4:8]) for row in found] == [
        (23, 3, names.FORMED, names.DAY, 43, 21, 102.0),
        (26, 3, names.LAYER_ADDED, names.INTERNAL, 43, 21, 102.0),
    ]


def test_a_day_that_had_begun_before_the_series_gives_no_level() -> None:
    found = rows(drawn(day_with_a_late_high()[1:], start="2024-01-16T01:00"), names.POOL)
    assert {row[4] for row in found} == {names.INTERNAL}


def one_day_of_sessions() -> list[Bar]:
    """From 15:00 on the wall clock in quarters: Asia between 99 and 101, London's wick to 101.5, then down to 98."""
    asia = [QUIET, (100.0, 101.0, 100.0, 100.0), (100.0, 100.0, 99.0, 100.0), *[QUIET] * 13]
    london = [QUIET, (100.0, 101.5, 99.5, 100.0), QUIET, (100.0, 100.0, 97.9, 98.0)]
    return [*[QUIET] * 20, *asia, *[QUIET] * 8, *london, QUIET]


@pytest.mark.parametrize(
    ("clock", "start"),
    [
        ("UTC", "2024-01-16T15:00"),
        ("New York", "2024-01-16T20:00"),
        ("New York", "2024-07-16T19:00"),
        ("New York", "2024-03-09T20:00"),
    ],
)
def test_asia_accumulates_london_manipulates_and_price_is_distributed(clock: str, start: str) -> None:
    bars = one_day_of_sessions()
    if start.startswith("2024-03-09"):
        # New York skips 02:00 to 03:00 this night: the bars after 24:00 are an hour later on its clock
        bars = bars[:36] + [QUIET] * 4 + bars[40:]
    options = Options(sessions=clock)  # type: ignore[arg-type]
    found = rows(drawn(bars, Timeframe.M15, start), names.SESSION, options)
    assert [(row[0], names.EVENTS[row[2]], row[3]) for row in found] == [
        (35, "ACCUMULATED", 0), (45, "MANIPULATED", -1), (47, "DISTRIBUTED", -1),
    ]  # fmt: skip
    assert {row[4:9] for row in found} == {(names.SESSION_LAYER, 20, 20, 99.0, 101.0)}


def test_the_range_of_asia_leaves_pools() -> None:
    candles = drawn(one_day_of_sessions(), Timeframe.M15, "2024-01-16T15:00")
    found = rows(candles, names.POOL, Options(sessions="UTC"))
    at_the_end = [(row[3], names.EVENTS[row[2]], row[4], row[6], row[7]) for row in found if row[0] == 35]
    assert at_the_end == [
        (-1, "LAYER_ADDED", names.SESSION_LAYER, 21, 101.0),
        (1, "LAYER_ADDED", names.SESSION_LAYER, 22, 99.0),
    ]


def test_coarse_timeframes_have_no_sessions_and_a_week_of_days_gives_one_level() -> None:
    monday = drawn([*[QUIET] * 25, (100.0, 102.0, 99.5, 100.0), QUIET, QUIET], Timeframe.D1, MONDAY)
    found = rows(monday, names.POOL)
    assert {row[4] for row in found} <= {names.WEEK, names.INTERNAL}
    assert [(row[0], row[6]) for row in found if row[3] == -1 and row[2] == names.FORMED] == [
        (20, 14),
        (27, 25),
    ]
