"""The log in words: rows as records with times and stable ids, by time span or by object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from shared.models.data import Candles, Ints
from shared.models.events import FLOAT_COLUMNS, PAYLOAD, Event, EventLog, Kind, StructureEvent, object_id

LAYERS: Final = {-1: "", 0: "internal", 1: "swing", 2: "day", 3: "week", 4: "session"}
BY_LAYER: Final = frozenset({Kind.SWING, Kind.BREAK})
"""Kinds of which each layer has objects of its own."""
ONCE: Final = frozenset({Kind.BREAK, Kind.DISPLACEMENT})
"""Kinds that happen once, and are named by when they became known."""
DETECTORS: Final = {kind: kind.name.lower() for kind in Kind}
SHARE: Final = {"a": "share of the height filled"}


def records(candles: Candles, log: EventLog, rows: Ints) -> Iterator[StructureEvent]:
    """The rows of ``log``, in the order given."""
    length_ms = candles.timeframe.ms
    formed = log.ints[log.formed[rows]]
    known_ms = (candles.open_ms[log.ints[rows, 0]] + length_ms).tolist()
    origin_ms = candles.open_ms[log.ints[rows, 6]].tolist()
    first_ms = (candles.open_ms[formed[:, 0]] + length_ms).tolist()
    columns = zip(
        log.ints[rows].tolist(),
        log.payload(rows).tolist(),
        formed.tolist(),
        known_ms,
        origin_ms,
        first_ms,
        strict=True,
    )
    for ints, floats, born, known, origin, first in columns:
        kind, event = Kind(ints[1]), Event(ints[2])
        layer = LAYERS[born[4]] if kind in BY_LAYER else ""
        named = object_id(DETECTORS[kind], layer, born[3], first if kind in ONCE else origin)
        yield StructureEvent(
            named, kind, event, ints[3], LAYERS[ints[4]], known, origin, _payload(kind, event, floats)
        )


def _payload(kind: Kind, event: Event, floats: list[float]) -> dict[str, float]:
    meant = PAYLOAD.get((kind, event), {})
    if Event.TOUCHED <= event <= Event.EXPIRED and kind is not Kind.POOL:
        meant = SHARE
    return {name: floats[FLOAT_COLUMNS.index(name)] for name in meant}


def known_between(candles: Candles, log: EventLog, since_ms: int, until_ms: int) -> Ints:
    """Rows known after ``since_ms`` and not after ``until_ms``."""
    closes = candles.close_ms
    first, last = np.searchsorted(closes, since_ms, "right"), np.searchsorted(closes, until_ms, "right")
    start, stop = np.searchsorted(log.ints[:, 0], (first, last))
    return np.arange(start, stop, dtype=np.int64)


def of_object(candles: Candles, log: EventLog, named: str) -> Ints:
    """Rows of one object: from where it formed to the last that speaks of it; none if the log has no such object."""
    births = np.unique(log.formed)
    for birth, event in zip(births.tolist(), records(candles, log, births), strict=True):
        if event.object_id == named:
            reach = int(np.searchsorted(log.ints[:, 0], log.ints[birth, 0] + log.memory_bars + 1, "right"))
            return np.asarray(np.flatnonzero(log.formed[birth:reach] == birth) + birth, np.int64)
    return np.empty(0, np.int64)
