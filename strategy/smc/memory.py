"""What the detectors remember between calls, and the room their books and the log need."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.models.data import Floats, Ints
from shared.models.profile import SmcRules
from strategy.smc.bos_choch import CELLS, SPANS, STRUCTURE, new_structure
from strategy.smc.emit import DETAILED, DETAILS, MADE
from strategy.smc.liquidity_sweeps import FIELDS as POOL_FIELDS
from strategy.smc.liquidity_sweeps import HEAD as POOL_HEAD
from strategy.smc.liquidity_sweeps import half_of, new_pools
from strategy.smc.marks import LONGEST, RING
from strategy.smc.sessions import ENDS_A_BAR, LEVEL_CELLS, new_periods
from strategy.smc.sessions import MEMORY as PERIOD_MEMORY
from strategy.smc.zones import FIELDS as ZONE_FIELDS
from strategy.smc.zones import HEAD as ZONE_HEAD
from strategy.smc.zones import SHELVES, SIZE, room_of

FIRST_ROOM = 64
"""Zones of a shelf and pools of a side that there is room for at first."""
ZONES_A_BAR = 3
"""Zones of one side that can form at one bar: a gap and a block of each layer."""
LEVELS_A_BAR = 8
"""Pools of one side that can form at one bar: of two pivots and six periods."""
ROWS_AN_OBJECT = 7
"""More rows than one object can make at one bar: touched, four fills, invalidated, its heir."""
ROWS_BESIDE = 64
"""More rows than a bar can make beside: swings, new pools, a leg, a gap, breaks, blocks, sessions."""

Memory = dict[str, np.ndarray[Any, Any]]


def new_memory() -> Memory:
    """What the detectors remember, before the first bar, in the order ``detect_all`` takes it."""
    memory: Memory = {
        "memo": np.full(STRUCTURE + 2 * CELLS, -1, np.int64),
        "spans": np.empty(2 * SPANS),
        "marks": np.empty(RING, np.int64),
        "legs": np.empty(LONGEST * RING),
        "members": np.empty(2 * RING, np.int64),
        "periods": np.empty(PERIOD_MEMORY, np.int64),
        "levels": np.empty(1 + ENDS_A_BAR * LEVEL_CELLS, np.int64),
        "prices": np.zeros(ZONE_HEAD + SHELVES * FIRST_ROOM * ZONE_FIELDS),
        "facts": np.zeros(ZONE_HEAD + SHELVES * FIRST_ROOM * ZONE_FIELDS, np.int64),
        "pools": np.zeros(2 * (POOL_HEAD + FIRST_ROOM * POOL_FIELDS)),
    }
    new_periods(memory["periods"])
    new_pools(memory["pools"])
    for layer in range(2):
        new_structure(layer, memory["memo"], memory["spans"])
    return memory


def lacks_zones(facts: Ints) -> bool:
    """Whether a shelf may overflow at one bar: every zone may leave an heir."""
    return alive_on(facts) + ZONES_A_BAR > room_of(facts)


def lacks_pools(pools: Floats) -> bool:
    """Whether a side's book may overflow at one bar."""
    size = max(pools[0], pools[half_of(-1, pools)])
    return bool(POOL_HEAD + (size + LEVELS_A_BAR) * POOL_FIELDS > len(pools) // 2)


def alive_on(facts: Ints) -> int:
    """Zones on all shelves."""
    return int(facts[SIZE] + facts[SIZE + 1] + facts[SIZE + 2] + facts[SIZE + 3])


def most_rows(facts: Ints, pools: Floats) -> int:
    """More rows than one bar can make."""
    alive = alive_on(facts) + int(pools[0] + pools[half_of(-1, pools)])
    return ROWS_AN_OBJECT * alive + ROWS_BESIDE


def lacks_room(facts: Ints, pools: Floats, measures: Floats, details: Floats, rows: Ints) -> bool:
    """Whether a book or a table of the log may overflow at one bar."""
    least = most_rows(facts, pools)
    return (
        lacks_zones(facts)
        or lacks_pools(pools)
        or rows[MADE] + least > len(measures)
        or (rows[DETAILED] + least) * DETAILS > len(details)
    )


def widen_books(memory: Memory) -> None:
    """Give the books that may overflow twice the room."""
    if lacks_zones(memory["facts"]):
        for name in ("prices", "facts"):
            memory[name] = _widened(memory[name], ZONE_HEAD, SHELVES, 0)
    if lacks_pools(memory["pools"]):
        memory["pools"] = _widened(memory["pools"], 0, 2, POOL_HEAD)


def _widened(book: np.ndarray[Any, Any], head: int, parts: int, part_head: int) -> np.ndarray[Any, Any]:
    """The same book with twice the rows in every part."""
    old = book[head:].reshape(parts, -1)
    new = np.zeros((parts, 2 * old.shape[1] - part_head), book.dtype)
    new[:, : old.shape[1]] = old
    return np.concatenate([book[:head], new.ravel()])


def memory_bars(options: SmcRules) -> int:
    """Bars after which nothing that formed is alive."""
    pools = options.pool_expiry_bars + options.reclaim_bars
    return max(options.zone_expiry_bars, options.spawn_expiry_bars, pools) + 1
