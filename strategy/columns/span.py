"""A span of closes at which every timeframe is read from the same first candle, and what is told of each close in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from shared.models.data import AnyInts, Candles, Floats, Ints, Market
from shared.models.events import EventLog
from shared.models.timeframe import Timeframe

Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One timeframe from its window's start to the end of the span: candles, every indicator column, the log of its structure."""

    candles: Candles
    columns: Mapping[str, Floats]
    log: EventLog

    def last_bars(self, as_of_ms: Ints) -> Ints:
        """Index of the last candle closed at each instant, −1 before the first; shape as given."""
        return np.searchsorted(self.candles.close_ms, as_of_ms, "right") - 1


def at_bars(column: npt.NDArray[Value], bars: Ints, absent: Value | float | bool) -> npt.NDArray[Value]:
    """A column's values at ``bars``, ``absent`` where that is −1: no candle is closed yet."""
    return np.append(column, np.array([absent], column.dtype))[bars]


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """One symbol over a span: its frames, finest first, and the instants to decide at, ascending, shape (n,)."""

    market: Market
    frames: Mapping[Timeframe, Frame]
    as_of_ms: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Climate:
    """The regime at each instant, shape (n,) each. ``state`` and ``market`` (the benchmark's) are places in ``tuple(RegimeState)``;
    ``appetite`` is 1 on, 0 neutral, −1 off; ``veto_long`` and ``veto_short`` count the benchmark's vetoes against a side."""

    state: AnyInts
    efficiency: Floats
    percentile: Floats
    beta: Floats
    market: AnyInts
    appetite: AnyInts
    veto_long: AnyInts
    veto_short: AnyInts


TOLD: Final = (
    *("as_of_ms", "place", "measured", "side", "long_tenths", "short_tenths", "zone_ms", "zone_kind"),
)
"""What stands in :class:`Decisions` for each instant."""


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What was decided at each instant, shape (n,) each.

    ``place`` is the row in ``strategy.gates.GATES`` of the gate that turned it down, −1 where there is a plan; ``measured`` what that gate
    measured (0 where there is a plan). ``side`` is the plan's or the rejection's, 0 where data stopped it before a direction was
    chosen; ``long_tenths`` and ``short_tenths`` the two scores, −1 where none was taken. ``zone_ms`` is the origin of the zone that is
    traded and ``zone_kind`` its place in ``tuple(ZoneKind)`` (0 and −1 without a plan): with the side they name the setup.
    Where both directions pass with one score there is no side either. ``doubtful`` are the rows that only objects can decide: what
    stands there means nothing.
    """

    as_of_ms: Ints
    place: AnyInts
    measured: Floats
    side: AnyInts
    long_tenths: AnyInts
    short_tenths: AnyInts
    zone_ms: Ints
    zone_kind: AnyInts
    doubtful: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def planned(self) -> Ints:
        """Rows that have a plan."""
        return np.flatnonzero(self.place < 0)

    def at(self, rows: Ints) -> Decisions:
        """Some of the rows; none of them in doubt."""
        return Decisions(**{name: getattr(self, name)[rows] for name in TOLD})

    @classmethod
    def joined(cls, parts: Sequence[Decisions]) -> Decisions:
        """The decisions of spans that follow one another, as one; none of them in doubt."""
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in TOLD})
