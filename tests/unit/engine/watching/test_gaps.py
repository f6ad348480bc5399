"""Closes that nobody decided are found between those that somebody did."""

from __future__ import annotations

import pytest

from engine.watching.gaps import gaps
from shared.models.timeframe import DAY_MS, Timeframe

STEP = Timeframe.M15.ms
NOON = 1_722_600_000_000
NAME = "binance balanced 15m"


def decided(*places: int, digest: str = "0a1b2c3d") -> list[tuple[str, int]]:
    return [(f"{NAME} {digest}", NOON + place * STEP) for place in places]


@pytest.mark.parametrize(
    ("places", "now", "found"),
    [
        ((0, 1, 2), 2, []),
        ((0, 1, 2), 3, []),
        ((0, 1, 2), 5, []),
        ((0, 4), 4, [(1, 3, 3, True)]),
        ((0, 3), 3, []),
        ((0,), 4, [(1, 3, 3, False)]),
        ((0, 4), 8, [(1, 3, 3, True), (5, 7, 3, False)]),
        ((), 8, []),
    ],
)
def test_a_run_of_missed_closes_is_a_gap(
    places: tuple[int, ...], now: int, found: list[tuple[int, int, int, bool]]
) -> None:
    seen = gaps(decided(*places), NOON + now * STEP + 1000, 3)
    told = [
        ((gap.first_ms - NOON) // STEP, (gap.last_ms - NOON) // STEP, gap.count, gap.is_over) for gap in seen
    ]
    assert told == found


def test_the_close_that_is_being_decided_is_not_missed() -> None:
    assert gaps(decided(0), NOON + 3 * STEP, 3) == ()


def test_a_schedule_whose_numbers_changed_goes_on() -> None:
    both = [*decided(0, 1), *decided(2, 3, digest="ffffffff")]
    assert gaps(both, NOON + 4 * STEP, 3) == ()


def test_another_profile_is_another_schedule() -> None:
    other = [("binance trend 4h 0a1b2c3d", NOON)]
    (gap,) = gaps([*decided(0), *other], NOON + 5 * STEP, 3)
    assert gap.schedule == NAME


def test_what_ended_a_day_ago_is_told_no_more() -> None:
    rows = decided(0, 10)
    assert gaps(rows, NOON + 10 * STEP, 3)
    assert gaps(rows, NOON + 10 * STEP + DAY_MS, 200) == ()
