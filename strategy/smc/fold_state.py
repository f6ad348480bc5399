"""The fold's arithmetic: one pass over the rows that still matter at a bar gives every living object's state."""

from __future__ import annotations

import numpy as np

from shared.models.data import Floats, Ints
from shared.models.events import INT_COLUMNS, EventLog
from shared.utils.kernels import kernel
from strategy.smc.emit import DETAILS

COLUMNS = len(INT_COLUMNS)
RECENT_BARS = 50
"""Sweeps and displacements of this many bars are shown."""
BREAKS, SWINGS = 8, 4
"""Newest breaks and swings of a layer that are shown."""
GAP, BLOCK, POOL, SWING, DISPLACEMENT, BREAK, INVERSE, BREAKER, MITIGATION, SESSION = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
)
FORMED, CONFIRMED_BY, JOINED, MADE_FVG, TOUCHED, FILLED_100, INVALIDATED, EXPIRED = 1, 2, 4, 5, 6, 10, 11, 12
LAYER_ADDED = 21
TAKEN, SWEPT_WICK, SWEPT_RECLAIM, BROKEN, AWAY, ACCUMULATED, DISTRIBUTED = 13, 14, 15, 16, 17, 18, 20
PICK_INTS = 10
KIND, EVENT, SIDE, LAYER, KNOWN, ORIGIN, TOUCHES, BITS, COUNT, MARK = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
"""Cells of a pick. ``BITS``: layers or sources; ``MARK``: a pool is taken, a displacement made a gap, a session's phase."""
PICK_FLOATS = 10
FILL, LEVEL = 8, 9
"""Cells behind the payload: deepest share filled (of a sweep: displacement away), newest level."""


def pick(log: EventLog, bar: int) -> tuple[Ints, Floats]:
    """Living objects and recent events as of ``bar``, newest first: shape (m, PICK_INTS) and (m, PICK_FLOATS). Reads only rows
    that can matter, whatever came before."""
    known = log.ints[:, 0]
    first = int(np.searchsorted(known, bar - max(log.memory_bars, RECENT_BARS)))
    stop = int(np.searchsorted(known, bar, "right"))
    rows = stop - first
    state = [np.empty(rows, np.int64) for _ in range(5)]
    values = [np.empty(rows) for _ in range(2)]
    ints, floats = np.empty(rows * PICK_INTS, np.int64), np.empty(rows * PICK_FLOATS)
    count = 0
    if rows:
        count = _pick(
            bar, first, log.ints[first:stop].reshape(-1), log.measures[first:stop], np.ascontiguousarray(log.detail[first:stop]),
            log.details.reshape(-1), np.ascontiguousarray(log.formed[first:stop]),
            *state, *values, ints, floats,
        )  # fmt: skip
    return (
        ints[: count * PICK_INTS].reshape(-1, PICK_INTS),
        floats[: count * PICK_FLOATS].reshape(-1, PICK_FLOATS),
    )


@kernel
def _pick(
    bar: int,
    first: int,
    ints: Ints,
    measures: Floats,
    detail: Ints,
    details: Floats,
    formed: Ints,
    alive_out: Ints,
    touches_out: Ints,
    bits_out: Ints,
    count_out: Ints,
    mark_out: Ints,
    fill_out: Floats,
    level_out: Floats,
    picks_out: Ints,
    payload_out: Floats,
) -> int:
    """Fold the rows, choose, and copy from the newest back; returns how many were picked."""
    _fold(
        first, ints, measures, detail, details, formed, alive_out, touches_out, bits_out, count_out, mark_out, fill_out, level_out
    )  # fmt: skip
    _choose(bar, ints, alive_out)
    picked = 0
    for back in range(len(formed)):
        row = len(formed) - 1 - back
        if alive_out[row] == 0:
            continue
        event = ints[row * COLUMNS + 2]
        at = picked * PICK_INTS
        picks_out[at] = ints[row * COLUMNS + 1]
        picks_out[at + 1] = event
        picks_out[at + 2] = ints[row * COLUMNS + 3]
        picks_out[at + 3] = ints[row * COLUMNS + 4]
        picks_out[at + 4] = ints[row * COLUMNS]
        picks_out[at + 5] = ints[row * COLUMNS + 6]
        picks_out[at + 6] = touches_out[row]
        picks_out[at + 7] = bits_out[row]
        picks_out[at + 8] = count_out[row]
        picks_out[at + 9] = mark_out[row]
        at = picked * PICK_FLOATS
        where = detail[row] * DETAILS
        payload_out[at] = details[where]
        payload_out[at + 1] = details[where + 1]
        payload_out[at + 2] = measures[row]
        for field in range(2, DETAILS):
            payload_out[at + field + 1] = details[where + field]
        swept = event == SWEPT_WICK or event == SWEPT_RECLAIM
        payload_out[at + 8] = fill_out[count_out[row]] if swept else fill_out[row]
        payload_out[at + 9] = level_out[row]
        picked += 1
    return picked


def _fold(
    first: int,
    ints: Ints,
    measures: Floats,
    detail: Ints,
    details: Floats,
    formed: Ints,
    alive_out: Ints,
    touches_out: Ints,
    bits_out: Ints,
    count_out: Ints,
    mark_out: Ints,
    fill_out: Floats,
    level_out: Floats,
) -> None:
    """State of every object at the row where it formed; a sweep is an object of its own, whose ``count`` is its pool's row."""
    for row in range(len(formed)):
        alive_out[row] = 0
        kind, event = ints[row * COLUMNS + 1], ints[row * COLUMNS + 2]
        layer, measure = ints[row * COLUMNS + 4], measures[row]
        if event == FORMED or event == ACCUMULATED:
            alive_out[row] = 1
            touches_out[row] = 0
            bits_out[row] = 1 << layer if layer >= 0 else 0
            count_out[row] = 1
            mark_out[row] = 0
            fill_out[row] = 0.0
            level_out[row] = details[detail[row] * DETAILS]
            continue
        at = formed[row] - first
        if at < 0:
            continue
        if event == CONFIRMED_BY:
            bits_out[at] |= 1 << layer
        elif event == JOINED or event == LAYER_ADDED:
            bits_out[at] |= 1 << layer
            level_out[at] = details[detail[row] * DETAILS]
            count_out[at] = int(measure)
        elif TOUCHED <= event <= FILLED_100:
            touches_out[at] += 1 if event == TOUCHED else 0
            fill_out[at] = max(fill_out[at], measure)
        elif event == TAKEN or event == MADE_FVG:
            mark_out[at] = 1
        elif event == AWAY:
            fill_out[at] = measure
        elif kind == SESSION:
            mark_out[at] = event - ACCUMULATED
            touches_out[at] = ints[row * COLUMNS + 3]
        elif event == INVALIDATED or event == EXPIRED or event == BROKEN:
            alive_out[at] = 0
        elif event == SWEPT_WICK or event == SWEPT_RECLAIM:
            alive_out[at] = 0
            alive_out[row] = 1
            touches_out[row] = 0
            bits_out[row] = 0
            count_out[row] = at
            mark_out[row] = 0
            fill_out[row] = 0.0
            level_out[row] = 0.0


def _choose(bar: int, ints: Ints, alive_out: Ints) -> None:
    """Leave what is shown: of sweeps and displacements the recent, of a layer the newest breaks and swings, one session."""
    sessions, inner_breaks, outer_breaks, inner_swings, outer_swings = 0, 0, 0, 0, 0
    for back in range(len(alive_out)):
        row = len(alive_out) - 1 - back
        if alive_out[row] == 0:
            continue
        kind, event, layer = ints[row * COLUMNS + 1], ints[row * COLUMNS + 2], ints[row * COLUMNS + 4]
        passing = kind == DISPLACEMENT or event == SWEPT_WICK or event == SWEPT_RECLAIM
        shown = not passing or bar - ints[row * COLUMNS] <= RECENT_BARS
        if kind == SESSION:
            sessions += 1
            shown = sessions == 1
        elif kind == BREAK:
            inner_breaks += 1 - layer
            outer_breaks += layer
            shown = (outer_breaks if layer > 0 else inner_breaks) <= BREAKS
        elif kind == SWING:
            inner_swings += 1 - layer
            outer_swings += layer
            shown = (outer_swings if layer > 0 else inner_swings) <= SWINGS
        alive_out[row] = 1 if shown else 0
