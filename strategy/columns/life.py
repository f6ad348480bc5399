"""Zones and pools of several timeframes as of a bar, folded as bars pass: what the fold of a log gives, kept from one bar to the next.

Rows are those of the timeframes' logs that speak of zones and pools, one timeframe after the other, packed in ``rows`` and
``shapes``. What lives stands on four shelves a timeframe, oldest first: blocks, gaps, heirs, pools. ``life`` and ``depths`` hold the
state of an object at the row at which it formed.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.columns.moments import BAR, CLOSE, FIRST_FRAME, FRAME_CLOSE, FRAME_INTS, LATER, TRIGGER_BAR
from strategy.columns.numbers import MOMENT_FLOATS, MOMENT_INTS, ROOM, TOUCH_TABLE, WINDOW, power
from strategy.smc.fold_state import (
    BLOCK,
    BROKEN,
    EXPIRED,
    FILLED_100,
    FORMED,
    GAP,
    INVALIDATED,
    JOINED,
    LAYER_ADDED,
    POOL,
    SWEPT_RECLAIM,
    SWEPT_WICK,
    TAKEN,
    TOUCHED,
)
from strategy.smc.zones import depth_of

ROW_INTS = 11
KNOWN, KIND, EVENT, SIDE, BIRTH, EARLY, FLAGS, ORIGIN_MS, KNOWN_MS, NAME, TOUCH_FROM = (
    0,
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
"""Cells of a row: ``BIRTH`` is the row at which its object formed, ``EARLY`` the touches before a block was known, ``NAME`` its id as a
number, ``TOUCH_FROM`` the first trigger candle that may touch it."""
ROW_FLOATS = 7
LOW, HIGH, HEIGHT, LEG, VOLUME, EARLY_FILL, SHARE = 0, 1, 2, 3, 4, 5, 6
"""``LOW`` of a pool is its level; ``SHARE`` what an event filled."""
LIFE = 3
ALIVE, TOUCHES, NOW = 0, 1, 2
"""``NOW``: a zone's touches with those of trigger candles since; of a pool, whether it is taken."""
DEPTHS = 3
FILL, LEVEL, FRESH = 0, 1, 2
"""``FRESH``: a zone's freshness with what trigger candles since have filled."""
SHELVES = 4
BLOCKS, GAPS, HEIRS, POOLS = 0, 1, 2, 3
HEAD = 7
CURSOR, AS_OF, SEEN, SIZES = 0, 1, 2, 3
"""Head of a timeframe's shelves: the next row, the bar it is folded to, the instant it is overlaid for, how many stand on each."""
SPAN_CELLS = 3
LOWEST, HIGHEST, MOVED = 0, 1, 2
"""Of trigger candles since a timeframe's last close: their extremes, 1 if there are any."""


def shelf_of(frame: int, counts: Ints) -> int:
    """Where the shelves of a timeframe begin."""
    return frame * (HEAD + SHELVES * int(counts[ROOM]))


def fold_to(
    frame: int, bar: int, counts: Ints, starts: Ints, rows: Ints, shapes: Floats,
    life_out: Ints, depths_out: Floats, shelves_out: Ints,
) -> None:  # fmt: skip
    """Take a timeframe's shelves to the close of ``bar``, which is not before the last one asked for."""
    base = shelf_of(frame, counts)
    if shelves_out[base + AS_OF] == bar:
        return
    row = shelves_out[base + CURSOR]
    while row < starts[frame + 1] and rows[row * ROW_INTS + KNOWN] <= bar:
        event = rows[row * ROW_INTS + EVENT]
        if event == FORMED:
            kind = rows[row * ROW_INTS + KIND]
            shelf = BLOCKS if kind == BLOCK else GAPS if kind == GAP else POOLS if kind == POOL else HEIRS
            life_out[row * LIFE + ALIVE] = 1
            life_out[row * LIFE + TOUCHES] = 0
            life_out[row * LIFE + NOW] = 0
            depths_out[row * DEPTHS + FILL] = 0.0
            depths_out[row * DEPTHS + LEVEL] = shapes[row * ROW_FLOATS + LOW]
            size = shelves_out[base + SIZES + shelf]
            shelves_out[base + HEAD + shelf * counts[ROOM] + size] = row
            shelves_out[base + SIZES + shelf] = size + 1
        else:
            _happen(event, row, rows, shapes, life_out, depths_out)
        row += 1
    shelves_out[base + CURSOR] = row
    shelves_out[base + AS_OF] = bar
    shelves_out[base + SEEN] = -1
    _clear(base, bar - counts[WINDOW], counts, rows, life_out, shelves_out)


def _happen(event: int, row: int, rows: Ints, shapes: Floats, life_out: Ints, depths_out: Floats) -> None:
    """What a row says of an object that formed before."""
    at = rows[row * ROW_INTS + BIRTH]
    if event == JOINED or event == LAYER_ADDED:
        depths_out[at * DEPTHS + LEVEL] = shapes[row * ROW_FLOATS + LOW]
    elif TOUCHED <= event <= FILLED_100:
        life_out[at * LIFE + TOUCHES] += 1 if event == TOUCHED else 0
        depths_out[at * DEPTHS + FILL] = max(depths_out[at * DEPTHS + FILL], shapes[row * ROW_FLOATS + SHARE])
    elif event == TAKEN:
        life_out[at * LIFE + NOW] = 1
    elif (
        event == INVALIDATED
        or event == EXPIRED
        or event == BROKEN
        or event == SWEPT_WICK
        or event == SWEPT_RECLAIM
    ):
        life_out[at * LIFE + ALIVE] = 0


def _clear(base: int, oldest: int, counts: Ints, rows: Ints, life: Ints, shelves_out: Ints) -> None:
    """Take the dead off the shelves, and what formed before the bar ``oldest``."""
    for shelf in range(SHELVES):
        first = base + HEAD + shelf * counts[ROOM]
        to = first
        for at in range(first, first + shelves_out[base + SIZES + shelf]):
            row = shelves_out[at]
            if life[row * LIFE + ALIVE] == 1 and rows[row * ROW_INTS + KNOWN] >= oldest:
                shelves_out[to] = row
                to += 1
        shelves_out[base + SIZES + shelf] = to - first


def overlay(
    i: int, frame: int, counts: Ints, tables: Floats, rows: Ints, shapes: Floats, moments: Ints, states: Floats,
    high: Floats, low: Floats, life_out: Ints, depths_out: Floats, shelves_out: Ints, spans_out: Floats,
) -> None:  # fmt: skip
    """Touches and freshness of a timeframe's blocks and gaps at instant ``i``, with the trigger candles since its last close."""
    base = shelf_of(frame, counts)
    if shelves_out[base + SEEN] == i:
        return
    shelves_out[base + SEEN] = i
    here = i * counts[MOMENT_INTS] + FIRST_FRAME + frame * FRAME_INTS
    bar, later, last = (
        moments[here + BAR],
        moments[here + LATER],
        moments[i * counts[MOMENT_INTS] + TRIGGER_BAR],
    )
    close = states[i * counts[MOMENT_FLOATS] + FRAME_CLOSE + frame]
    moved = later <= last
    lowest = low[later] if moved else states[i * counts[MOMENT_FLOATS] + CLOSE]
    highest = high[later] if moved else lowest
    for j in range(later + 1, last + 1):
        lowest, highest = min(lowest, low[j]), max(highest, high[j])
    spans_out[frame * SPAN_CELLS + LOWEST] = lowest
    spans_out[frame * SPAN_CELLS + HIGHEST] = highest
    spans_out[frame * SPAN_CELLS + MOVED] = 1.0 if moved else 0.0
    for shelf in range(GAPS + 1):
        first = base + HEAD + shelf * counts[ROOM]
        for at in range(first, first + shelves_out[base + SIZES + shelf]):
            row = shelves_out[at]
            side = rows[row * ROW_INTS + SIDE]
            touches = life_out[row * LIFE + TOUCHES] + rows[row * ROW_INTS + EARLY]
            fill = max(depths_out[row * DEPTHS + FILL], shapes[row * ROW_FLOATS + EARLY_FILL])
            if moved:
                edge, other = shapes[row * ROW_FLOATS + HIGH], shapes[row * ROW_FLOATS + LOW]
                near, far = (edge, other) if side > 0 else (other, edge)
                depth = depth_of(side, near, far, lowest if side > 0 else highest)
                if depth > 0.0:
                    touches += 1 if side * (close - near) >= 0 else 0
                    fill = max(fill, depth)
            life_out[row * LIFE + NOW] = touches
            aged = power(shelf, bar - rows[row * ROW_INTS + KNOWN], counts, tables)
            worn = power(TOUCH_TABLE, touches, counts, tables)
            depths_out[row * DEPTHS + FRESH] = aged * worn * (1.0 - fill)
