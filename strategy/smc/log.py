"""The log's order: rows by the bar they became known at, and inside a bar in the order in which a market is read.

Lives of zones, pools taken, spawned zones, pivots and their pools, displacement, new gaps, breaks, their order blocks,
sessions. What is made at a bar is first tested on the next.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shared.models.data import Floats, Ints
from shared.models.events import INT_COLUMNS, Event, Kind
from shared.utils.kernels import kernel
from strategy.smc.emit import INTS

RANKS: Final[dict[tuple[Kind, Event | None], int]] = {
    (Kind.POOL, None): 1,
    (Kind.INVERSE_GAP, Event.FORMED): 2,
    (Kind.BREAKER, Event.FORMED): 2,
    (Kind.MITIGATION_BLOCK, Event.FORMED): 2,
    (Kind.SWING, None): 3,
    (Kind.POOL, Event.FORMED): 4,
    (Kind.POOL, Event.JOINED): 4,
    (Kind.POOL, Event.LAYER_ADDED): 4,
    (Kind.DISPLACEMENT, Event.FORMED): 5,
    (Kind.POOL, Event.DISPLACED_AWAY): 6,
    (Kind.FAIR_VALUE_GAP, Event.FORMED): 7,
    (Kind.DISPLACEMENT, Event.MADE_FVG): 8,
    (Kind.BREAK, None): 9,
    (Kind.ORDER_BLOCK, Event.FORMED): 10,
    (Kind.ORDER_BLOCK, Event.CONFIRMED_BY): 10,
    (Kind.SESSION, None): 11,
}
"""Place of an event inside its bar; life events of zones come first, at 0."""

COLUMNS: Final = len(INT_COLUMNS)


def _rank_table() -> Ints:
    table = np.zeros((max(Kind) + 1, max(Event) + 1), np.int64)
    for general in (True, False):
        for (kind, event), rank in RANKS.items():
            if (event is None) is general:
                table[kind, slice(None) if event is None else event] = rank
    return table


RANK_TABLE: Final = _rank_table()
_EVENTS: Final = max(Event) + 1
_RANK_COUNT: Final = int(RANK_TABLE.max()) + 1


@kernel
def merge_rows(
    start: int,
    made: int,
    before: int,
    raw_ints: Ints,
    raw_measures: Floats,
    ranks: Ints,
    places_out: Ints,
    order_out: Ints,
    ints_out: Ints,
    measures_out: Floats,
    formed_out: Ints,
    detail_out: Ints,
) -> None:
    """Append ``made`` raw rows to the ``before`` rows of the log, stably sorted by bar and rank (a counting sort). ``order_out`` keeps
    where every raw row went, ``formed_out`` the row at which each row's object formed, ``detail_out`` the row of its details."""
    for cell in range(len(places_out)):
        places_out[cell] = 0
    for row in range(made):
        at = row * INTS
        rank = ranks[raw_ints[at + 1] * _EVENTS + raw_ints[at + 2]]
        places_out[(raw_ints[at] - start) * _RANK_COUNT + rank + 1] += 1
    for cell in range(1, len(places_out)):
        places_out[cell] += places_out[cell - 1]
    for row in range(made):
        at = row * INTS
        rank = ranks[raw_ints[at + 1] * _EVENTS + raw_ints[at + 2]]
        cell = (raw_ints[at] - start) * _RANK_COUNT + rank
        order_out[before + row] = before + places_out[cell]
        places_out[cell] += 1
    for row in range(made):
        to = order_out[before + row]
        birth = raw_ints[row * INTS + COLUMNS]
        formed_out[to] = to if birth < 0 else order_out[birth]
        detail_out[to] = raw_ints[row * INTS + COLUMNS + 1]
        measures_out[to] = raw_measures[row]
        for field in range(COLUMNS):
            ints_out[to * COLUMNS + field] = raw_ints[row * INTS + field]
