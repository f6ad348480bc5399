"""The event log: what a series' structure did, append-only and columnar, readable as of any bar.

One row is one event, ordered by the bar at whose close it became known and, inside a bar, by the order in which the
market is read. Nothing is edited or removed; the state of an object at bar ``t`` is the fold of its rows with
``known`` ≤ t. ``PAYLOAD`` says what the payload columns of a row mean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Final

import numpy as np

from shared.models.data import AnyInts, Floats, Ints


class Kind(IntEnum):
    """What an event is about, in the order in which a bar is read."""

    FAIR_VALUE_GAP = 1
    ORDER_BLOCK = 2
    POOL = 3
    SWING = 4
    DISPLACEMENT = 5
    BREAK = 6
    INVERSE_GAP = 7
    BREAKER = 8
    MITIGATION_BLOCK = 9
    SESSION = 10


class Event(IntEnum):
    """What happened to it."""

    FORMED = 1
    CONFIRMED_BY = 2
    SUPERSEDED = 3
    JOINED = 4
    MADE_FVG = 5
    TOUCHED = 6
    FILLED_25 = 7
    FILLED_50 = 8
    FILLED_75 = 9
    FILLED_100 = 10
    INVALIDATED = 11
    EXPIRED = 12
    TAKEN = 13
    SWEPT_WICK = 14
    SWEPT_RECLAIM = 15
    BROKEN = 16
    DISPLACED_AWAY = 17
    ACCUMULATED = 18
    MANIPULATED = 19
    DISTRIBUTED = 20
    LAYER_ADDED = 21


INT_COLUMNS: Final = ("known", "kind", "event", "side", "layer", "object", "origin")
FLOAT_COLUMNS: Final = ("low", "high", "a", "b", "c", "d", "e", "f")

SWEPT: Final = {
    "low": "level", "a": "depth, ATR", "b": "bars from taken to back inside",
    "c": "wick share of the bar's range", "d": "relative volume of the bar",
}  # fmt: skip

PAYLOAD: Final[Mapping[tuple[Kind, Event], Mapping[str, str]]] = MappingProxyType(
    {
        (Kind.SWING, Event.FORMED): {
            "low": "price of the pivot", "a": "prominence, ATR at the pivot",
            "b": "1 higher, -1 lower than the swing before on its side, 0 equal, 2 first",
        },
        (Kind.BREAK, Event.FORMED): {
            "low": "level broken", "a": "margin, ATR", "b": "displacement of the leg, ATR",
            "c": "0 INIT, 1 BOS, -1 CHoCH", "d": "1 if the protected level broke",
            "e": "1 if a pool was swept before", "f": "bars from the pivot",
        },
        (Kind.DISPLACEMENT, Event.FORMED): {"a": "size, ATR", "b": "volume z-score", "c": "candles of the leg"},
        (Kind.FAIR_VALUE_GAP, Event.FORMED): {"low": "lower edge", "high": "upper edge", "a": "ATR frozen"},
        (Kind.ORDER_BLOCK, Event.FORMED): {
            "low": "lower edge", "high": "upper edge", "a": "ATR frozen", "b": "displacement, ATR",
            "c": "relative volume of the candle", "d": "0 INIT, 1 BOS, -1 CHoCH",
            "e": "flags: 1 left the zone, 2 gap in the leg, 4 sweep before", "f": "touches before known, plus half of the fill before",
        },
        (Kind.INVERSE_GAP, Event.FORMED): {"low": "lower edge", "high": "upper edge", "a": "ATR frozen"},
        (Kind.BREAKER, Event.FORMED): {"low": "lower edge", "high": "upper edge", "a": "ATR frozen"},
        (Kind.MITIGATION_BLOCK, Event.FORMED): {"low": "lower edge", "high": "upper edge", "a": "ATR frozen"},
        (Kind.POOL, Event.FORMED): {"low": "level", "a": "members"},
        (Kind.POOL, Event.JOINED): {"low": "level", "a": "members"},
        (Kind.POOL, Event.LAYER_ADDED): {"low": "level", "a": "members"},
        (Kind.POOL, Event.TAKEN): {"low": "level", "a": "depth, ATR"},
        (Kind.POOL, Event.SWEPT_WICK): SWEPT,
        (Kind.POOL, Event.SWEPT_RECLAIM): SWEPT,
        (Kind.POOL, Event.BROKEN): {"low": "level", "a": "depth, ATR", "b": "bars since taken"},
        (Kind.POOL, Event.DISPLACED_AWAY): {"low": "level", "a": "displacement, ATR", "b": "bars since swept"},
        (Kind.SESSION, Event.ACCUMULATED): {"low": "session low", "high": "session high", "a": "height, ATR"},
        (Kind.SESSION, Event.MANIPULATED): {"low": "session low", "high": "session high", "a": "depth beyond, ATR"},
        (Kind.SESSION, Event.DISTRIBUTED): {"low": "session low", "high": "session high", "a": "close beyond, ATR"},
    }
)  # fmt: skip
"""Meaning of the payload columns that an event uses; fills and touches carry the share filled in ``a``."""


@dataclass(frozen=True, slots=True, eq=False)
class EventLog:
    """Columns of equal length, one row an event.

    ``known`` and ``origin`` are bar indices, ``object`` numbers the objects of a kind in the order they formed, ``side`` is +1
    or −1 (the direction favoured; a swing or pool above price is −1), ``layer`` 0 internal, 1 swing, 2 day, 3 week, 4
    session, −1 none.
    ``trend``, ``range_low`` and ``range_high`` are state columns per layer, shape (n bars,): NaN range before the
    first pair of swings. ``formed`` is the row at which a row's object formed. ``measures`` is
    payload column ``a``; the other columns stand in ``details`` (m, 7) at row ``detail``, which is −1 where there are none. ``atr`` is the yardstick, NaN during its warm-up. No object lives
    longer than ``memory_bars`` after it formed.
    """

    ints: AnyInts
    measures: Floats
    detail: AnyInts
    details: Floats
    formed: AnyInts
    atr: Floats
    trend: tuple[Ints, Ints]
    range_low: tuple[Floats, Floats]
    range_high: tuple[Floats, Floats]
    memory_bars: int

    def __len__(self) -> int:
        """Number of events."""
        return int(self.ints.shape[0])

    @property
    def floats(self) -> Floats:
        """The whole payload, shape (rows, 8) in the order of :data:`FLOAT_COLUMNS`: made from the columns when asked for."""
        return self.payload(np.arange(len(self)))

    def payload(self, rows: AnyInts) -> Floats:
        """The payload of some rows, shape (m, 8). A zone's life rows have the edges of the row at which it formed."""
        table = np.zeros((rows.size, len(FLOAT_COLUMNS)))
        table[:, _MEASURE] = self.measures[rows]
        detail = self.detail[rows]
        table[np.ix_(detail >= 0, _DETAILS)] = self.details[detail[detail >= 0]]
        event = self.ints[rows, 2]
        lives = (detail < 0) & (event >= Event.TOUCHED) & (event <= Event.EXPIRED)
        table[lives, :2] = self.details[self.detail[self.formed[rows[lives]]], :2]
        return table

    def column(self, name: str) -> AnyInts | Floats:
        """One column by name."""
        if name in INT_COLUMNS:
            return self.ints[:, INT_COLUMNS.index(name)]
        return self.floats[:, FLOAT_COLUMNS.index(name)]

    def until(self, bar: int) -> EventLog:
        """The rows known at the close of ``bar``, and the state columns up to it: equals the log of the prefix."""
        rows = int(np.searchsorted(self.ints[:, 0], bar, "right"))
        bars = bar + 1
        return EventLog(
            self.ints[:rows],
            self.measures[:rows],
            self.detail[:rows],
            self.details,
            self.formed[:rows],
            self.atr[:bars],
            (self.trend[0][:bars], self.trend[1][:bars]),
            (self.range_low[0][:bars], self.range_low[1][:bars]),
            (self.range_high[0][:bars], self.range_high[1][:bars]),
            self.memory_bars,
        )


_MEASURE: Final = FLOAT_COLUMNS.index("a")
_DETAILS: Final = np.delete(np.arange(len(FLOAT_COLUMNS)), _MEASURE)


@dataclass(frozen=True, slots=True)
class StructureEvent:
    """One row of a log in words: what happened to which object, when it became known (the close) and where it is drawn (the open).

    ``side`` 1 favours longs, −1 shorts, 0 neither; ``payload`` has the columns :data:`PAYLOAD` names for this event, with what they
    mean left to it.
    """

    object_id: str
    kind: Kind
    event: Event
    side: int
    layer: str
    known_ms: int
    origin_ms: int
    payload: Mapping[str, float]


def object_id(detector: str, layer: str, side: int, origin_ms: int) -> str:
    """A stable id: 12 hex digits of a hash over detector, defining layer, side and origin (of what happens once: the time it
    became known). It does not depend on where the window starts. An heir shares its parent's origin, so its kind names both.
    """
    mixed = (_seed(detector, layer, side) ^ origin_ms) * _FIRST & _MASK
    mixed = (mixed ^ mixed >> 29) * _SECOND & _MASK
    return f"{mixed >> 16:012x}"


def object_numbers(detector: str, side: int, origin_ms: Ints) -> Ints:
    """The ids of objects without a layer as numbers, which compare as the ids do; shape as given."""
    with np.errstate(over="ignore"):
        mixed = (np.uint64(_seed(detector, "", side)) ^ origin_ms.astype(np.uint64)) * np.uint64(_FIRST)
        mixed = (mixed ^ mixed >> np.uint64(29)) * np.uint64(_SECOND)
    return (mixed >> np.uint64(16)).astype(np.int64)


_MASK: Final = (1 << 64) - 1
_FIRST: Final = 0x9E3779B97F4A7C15
_SECOND: Final = 0xBF58476D1CE4E5B9


@cache
def _seed(detector: str, layer: str, side: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{detector}|{layer}|{side}".encode()).digest()[:8], "big")
