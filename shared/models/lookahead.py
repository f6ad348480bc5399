"""What a check for look-ahead finds: per law and subject how often the future changed the past, and how much a later start does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.models.timeframe import Timeframe


class Law(StrEnum):
    """What is done to the candles after an instant; nothing known at it may change."""

    PREFIX = "prefix"
    TRUNCATED = "truncated"
    POISONED = "poisoned"
    BLINDED = "nan"
    RUNNING = "running"


class SubjectKind(StrEnum):
    """What is held to a law."""

    INDICATOR = "indicator"
    DETECTOR = "detector"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing held to one law: an indicator's column, a detector, or decisions. ``is_ours`` is False of a plugin's."""

    law: Law
    kind: SubjectKind
    name: str
    is_ours: bool = True


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where the future was seen to change something: the series, the close at which it was known (of a decision its instant, UTC
    ms), and what it was."""

    symbol: str
    timeframe: Timeframe
    at_ms: int
    what: str


@dataclass(frozen=True, slots=True)
class LawCheck:
    """One subject over all its cases; ``first`` is where it differed first, nothing where it never did."""

    subject: Subject
    cases: int
    differing: int
    first: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """How the last bar of a series that starts ``bars`` candles back differs from that of the same series from its first candle.

    ``columns`` are each indicator column's largest relative difference over ``series`` series, 0 where every bit is the same and 1
    where one of them has no value. ``standing`` counts structure objects in either reading, ``agreeing`` those in both.
    ``is_profiles`` marks the profile's ``data.history_bars``.
    """

    bars: int
    is_profiles: bool
    series: int
    columns: tuple[tuple[str, float], ...]
    standing: int
    agreeing: int


@dataclass(frozen=True, slots=True)
class Lookahead:
    """Everything a check for look-ahead found. ``planned`` and ``unplanned`` count the instants decided at, with and without a plan;
    ``cuts`` are the lengths of each series, the last ones included."""

    cuts: int
    planned: int
    unplanned: int
    checks: tuple[LawCheck, ...]
    drift: tuple[Drift, ...]

    @property
    def differing(self) -> int:
        """Cases in which the future changed the past."""
        return sum(check.differing for check in self.checks)
