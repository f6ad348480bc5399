"""The fold's arithmetic: one pass over the rows known at a bar gives every object's state at the row where it formed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.models.data import Floats, Ints
from shared.models.events import EventLog
from shared.utils.kernels import kernel

KINDS = 4
"""Kinds that live on: 1 gaps, 2 order blocks, 3 pools."""
FORMED, CONFIRMED_BY, JOINED, TOUCHED, FILLED_100, INVALIDATED, EXPIRED, TAKEN = 1, 2, 4, 6, 10, 11, 12, 13
POOL = 3


@dataclass(frozen=True, slots=True)
class FoldState:
    """Per row of the log, meaningful where an object formed: whether it lives, entries after it was known, deepest share
    filled since, newest level and member count of a pool, and its layers as bits (1 internal, 2 swing)."""

    alive: Ints
    touches: Ints
    fill: Floats
    level: Floats
    count: Ints
    layers: Ints


def fold_state(log: EventLog, bars: int) -> FoldState:
    """Fold every row of ``log``, which covers ``bars`` bars."""
    rows = len(log)
    counts = [np.empty(rows, np.int64) for _ in range(4)]
    state = FoldState(counts[0], counts[1], np.empty(rows), np.empty(rows), counts[2], counts[3])
    columns = (np.ascontiguousarray(log.ints[:, place]) for place in (1, 2, 4, 5))
    payload = (np.ascontiguousarray(log.floats[:, place]) for place in (0, 2))
    where = np.empty(KINDS * 2 * bars + 2, np.int64)
    if rows:
        _fold(
            *columns, *payload, bars, where,
            state.alive, state.touches, state.fill, state.level, state.count, state.layers,
        )  # fmt: skip
    return state


@kernel
def _fold(
    kinds: Ints,
    events: Ints,
    layers: Ints,
    things: Ints,
    levels: Floats,
    shares: Floats,
    bars: int,
    where_out: Ints,
    alive_out: Ints,
    touches_out: Ints,
    fill_out: Floats,
    level_out: Floats,
    count_out: Ints,
    layers_out: Ints,
) -> None:
    """``where_out`` finds the row at which a kind's thing formed; things are numbered below 2·bars."""
    for row in range(len(kinds)):
        alive_out[row] = 0
        kind = kinds[row]
        if kind > POOL:
            continue
        place = kind * 2 * bars + things[row]
        event = events[row]
        if event == FORMED:
            where_out[place] = row
            alive_out[row] = 1
            touches_out[row] = 0
            fill_out[row] = 0.0
            level_out[row] = levels[row]
            count_out[row] = 1
            layers_out[row] = 2 if layers[row] == 1 else 1
            continue
        formed = where_out[place]
        if event == CONFIRMED_BY:
            layers_out[formed] |= 2 if layers[row] == 1 else 1
        elif event == JOINED:
            level_out[formed] = levels[row]
            count_out[formed] = int(shares[row])
        elif TOUCHED <= event <= FILLED_100:
            touches_out[formed] += 1 if event == TOUCHED else 0
            fill_out[formed] = max(fill_out[formed], shares[row])
        elif event == INVALIDATED or event == EXPIRED or event > TAKEN:
            alive_out[formed] = 0
