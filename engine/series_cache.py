"""What was computed of a series, kept from one turn of ``watch`` to the next until the series has a newer candle.

A thing is found again by what it depends on: the function, the bits of every candle and everything else the function was given.
Another candle, a revised one, another option or another plugin is another thing, so what is kept can be old but never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar, TypeVarTuple

import numpy as np

from shared.models.computing import Compute, anew
from shared.models.data import Candles
from shared.models.smc import TimeframeStructure
from shared.models.timeframe import DAY_MS, Timeframe

Result = TypeVar("Result")
How = TypeVarTuple("How")

MOST_BYTES: Final = 128_000_000
"""Room for the results of one function: of structure some 3,600 series of a thousand candles, of our own indicators 700."""
LONGEST_MS: Final = DAY_MS
"""Nothing is kept longer, a week's candle neither."""
OBJECT_BYTES: Final = 400
"""What a zone, pool, swing or the like takes, with its id and its numbers; measured."""
UNKNOWN_BYTES: Final = 1_000_000
"""Taken for what cannot be weighed."""


@dataclass(slots=True)
class Shelf:
    """The results of one function, each with its bytes and the instant from which it is out of date."""

    kept: dict[Hashable, tuple[Any, int, int]] = field(default_factory=dict)
    size_bytes: int = 0

    def drop(self, now_ms: int) -> None:
        """Let go of what is out of date."""
        self.kept = {key: held for key, held in self.kept.items() if held[2] > now_ms}
        self.size_bytes = sum(size for _, size, _ in self.kept.values())


class SeriesCache:
    """A :class:`shared.models.computing.Compute` that remembers. Threads may share it; a worker process that is handed it computes anew.

    Kept is what the next turn can ask for again: series of which no candle closes until then. A shelf that is full keeps what it
    has: turns ask in the same order, and giving the oldest away would lose each thing just before it is asked for.
    """

    def __init__(self, trigger: Timeframe, most_bytes: int = MOST_BYTES) -> None:
        """Nothing is kept yet. Turns come at the closes of ``trigger``; each function has room for ``most_bytes``."""
        self._trigger = trigger
        self._most_bytes = most_bytes
        self._now_ms = 0
        self._shelves: dict[Callable[..., Any], Shelf] = {}
        self._lock = Lock()
        self.hits = 0
        self.misses = 0

    def open_turn(self, boundary_ms: int) -> None:
        """The turn of a close begins: what is out of date at it is let go."""
        with self._lock:
            self._now_ms = boundary_ms
            for shelf in self._shelves.values():
                shelf.drop(boundary_ms)

    @property
    def size_bytes(self) -> int:
        """What all that is kept takes, as weighed here."""
        with self._lock:
            return sum(shelf.size_bytes for shelf in self._shelves.values())

    def __call__(self, work: Callable[[Candles, *How], Result], candles: Candles, *how: *How) -> Result:
        """The result of ``work``, computed now or before."""
        if candles.timeframe.ms <= self._trigger.ms or not len(candles):
            return work(candles, *how)
        key = (candles.digest(), how)
        with self._lock:
            shelf = self._shelves.setdefault(work, Shelf())
            held = shelf.kept.get(key)
            self.hits, self.misses = self.hits + (held is not None), self.misses + (held is None)
        if held is not None:
            return held[0]  # type: ignore[no-any-return]
        result = work(candles, *how)
        self._keep(shelf, key, result, self._until(candles))
        return result

    def __reduce__(self) -> tuple[Callable[[], Compute], tuple[()]]:
        """Another process gets none of it."""
        return _without, ()

    def _until(self, candles: Candles) -> int:
        """When the series has a newer candle, at most :data:`LONGEST_MS` from now."""
        closes_ms = int(candles.open_ms[-1]) + 2 * candles.timeframe.ms
        return min(closes_ms, self._now_ms + LONGEST_MS)

    def _keep(self, shelf: Shelf, key: Hashable, result: object, until_ms: int) -> None:
        if until_ms <= self._now_ms + self._trigger.ms:
            return
        size = weigh(result)
        with self._lock:
            if key not in shelf.kept and shelf.size_bytes + size <= self._most_bytes:
                shelf.kept[key] = (result, size, until_ms)
                shelf.size_bytes += size


def _without() -> Compute:
    return anew


def weigh(result: object) -> int:
    """Bytes that a result takes, nearly."""
    if isinstance(result, TimeframeStructure):
        return OBJECT_BYTES * (1 + sum(map(len, _tuples(result))))
    if isinstance(result, Mapping) and all(isinstance(column, np.ndarray) for column in result.values()):
        return sum(int(column.nbytes) for column in result.values())
    return UNKNOWN_BYTES


def _tuples(structure: TimeframeStructure) -> tuple[tuple[object, ...], ...]:
    layers = ((layer.breaks, layer.swings) for layer in (structure.internal, structure.swing))
    return (
        *(part for layer in layers for part in layer),
        structure.order_blocks, structure.fair_value_gaps, structure.pools, structure.sweeps, structure.displacements,
        structure.inverse_gaps, structure.breakers, structure.mitigation_blocks, structure.sessions, structure.plugin_events,
    )  # fmt: skip
