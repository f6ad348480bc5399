"""Closes that nobody decided, read from the slots that were: was nobody at it, and for how long?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from shared.models.timeframe import DAY_MS, Timeframe, iso

RECENT_MS: Final = DAY_MS
"""A gap that ended longer ago is told no more."""
WORDS: Final = 3
"""Exchange, profile and trigger: the words of a schedule that stay when a number of it is changed."""


@dataclass(frozen=True, slots=True)
class Gap:
    """``count`` closes in a row that nobody decided, from ``first_ms`` to ``last_ms`` (UTC); ``is_over`` where a later one was."""

    schedule: str
    first_ms: int
    last_ms: int
    count: int
    is_over: bool

    def __str__(self) -> str:
        """What to tell."""
        since = "" if self.is_over else ", and nobody is at it now"
        return (
            f"{self.schedule}: {self.count} closes were decided by nobody, {iso(self.first_ms)} to {iso(self.last_ms)}{since}. "
            "The machine was off, nothing was running, or the exchange did not answer"
        )


def gaps(decided: Iterable[tuple[str, int]], now_ms: int, least: int) -> tuple[Gap, ...]:
    """Every recent gap of at least ``least`` closes between decided slots (schedule and close), and from the last one to now. The newest
    close may still be being decided, and is not counted. A schedule whose numbers were changed is the same schedule."""
    named = sorted((" ".join(schedule.split(" ")[:WORDS]), boundary_ms) for schedule, boundary_ms in decided)
    found = (
        gap
        for schedule, rows in groupby(named, key=lambda row: row[0])
        for gap in _gaps(schedule, [boundary_ms for _, boundary_ms in rows], now_ms)
    )
    return tuple(gap for gap in found if gap.count >= least and now_ms - gap.last_ms <= RECENT_MS)


def _gaps(schedule: str, boundaries: list[int], now_ms: int) -> Iterator[Gap]:
    trigger = Timeframe(schedule.split(" ")[-1])
    step_ms = trigger.ms
    for one, other in pairwise(boundaries):
        yield _gap(schedule, one + step_ms, other - step_ms, step_ms, is_over=True)
    yield _gap(schedule, boundaries[-1] + step_ms, trigger.floor(now_ms) - step_ms, step_ms, is_over=False)


def _gap(schedule: str, first_ms: int, last_ms: int, step_ms: int, *, is_over: bool) -> Gap:
    return Gap(schedule, first_ms, last_ms, (last_ms - first_ms) // step_ms + 1, is_over)
