"""What the detectors remember between calls, sized so that no book can overflow, and the options as the kernel reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shared.models.data import Floats, Ints
from shared.models.profile import SmcRules
from strategy.smc.bos_choch import new_structure
from strategy.smc.liquidity_sweeps import AWAY_BARS
from strategy.smc.liquidity_sweeps import FIELDS as POOL_FIELDS
from strategy.smc.liquidity_sweeps import HEAD as POOL_HEAD
from strategy.smc.sessions import MEMORY as PERIOD_MEMORY
from strategy.smc.sessions import new_periods
from strategy.smc.zones import FIELDS as ZONE_FIELDS
from strategy.smc.zones import HEAD as ZONE_HEAD

ZONES_A_BAR: Final = 3
"""Zones of one side that can form at one bar: a gap and a block of each layer."""
LEVELS_A_BAR: Final = 7
"""Pools of one side that can form at one bar: a pivot and six period ends."""
BOOKS: Final = ("zones", "heirs", "pools")

Memory = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Rooms:
    """Rows each half of a book may need: never more than can live at once, nor than the bars there are can make."""

    zones: int
    heirs: int
    pools: int

    @classmethod
    def of(cls, options: SmcRules, bars: int) -> Rooms:
        """For a series of up to ``bars``."""
        zones = ZONES_A_BAR * min(bars, options.zone_expiry_bars + 1)
        heirs = ZONES_A_BAR * min(bars, options.zone_expiry_bars + options.spawn_expiry_bars + 2)
        pools = LEVELS_A_BAR * min(bars, options.pool_expiry_bars + options.reclaim_bars + AWAY_BARS + 2)
        return cls(zones, heirs, pools)


def new_memory(rooms: Rooms) -> Memory:
    """What the detectors remember, before the first bar, in the order ``_detect_all`` takes it."""
    memory: Memory = {
        "internal_pivots": np.full(4, -1, np.int64),
        "swing_pivots": np.full(4, -1, np.int64),
        "periods": np.empty(PERIOD_MEMORY, np.int64),
        "internal": np.empty(7, np.int64),
        "swing": np.empty(7, np.int64),
        "internal_range": np.empty(2),
        "swing_range": np.empty(2),
        "zones": _new_book(ZONE_HEAD + ZONE_FIELDS * rooms.zones),
        "heirs": _new_book(ZONE_HEAD + ZONE_FIELDS * rooms.heirs),
        "pools": _new_book(POOL_HEAD + POOL_FIELDS * rooms.pools),
    }
    new_periods(memory["periods"])
    new_structure(memory["internal"], memory["internal_range"])
    new_structure(memory["swing"], memory["swing_range"])
    return memory


def _new_book(half: int) -> Floats:
    """An empty book of two halves: nothing in a half is read while it holds no rows."""
    book = np.empty(2 * half)
    book[0] = book[half] = 0.0
    return book


def moved(memory: Memory, rooms: Rooms) -> Memory:
    """The same memory with books of more room."""
    wider = new_memory(rooms)
    for name, cells in memory.items():
        halves = 2 if name in BOOKS else 1
        for old, new in zip(np.split(cells, halves), np.split(wider[name], halves), strict=True):
            new[: old.size] = old
    return wider


def memory_bars(options: SmcRules) -> int:
    """Bars after which nothing that formed is alive."""
    pools = options.pool_expiry_bars + options.reclaim_bars
    return max(options.zone_expiry_bars, options.spawn_expiry_bars, pools) + 1


def numbers_of(options: SmcRules) -> Floats:
    """Options that are distances, in the order the kernel reads them."""
    return np.array(
        [options.break_buffer_atr, options.min_gap_atr, options.displacement_atr, options.equal_atr]
    )


def switches_of(options: SmcRules, rooms: Rooms) -> Ints:
    """Options that are counts or choices, in the order the kernel reads them."""
    return np.array(
        [
            options.internal_reach, options.swing_reach, options.reclaim_bars, options.zone_expiry_bars,
            options.spawn_expiry_bars, options.pool_expiry_bars, options.zone_body_only, options.break_on == "wick",
            options.block_candle == "extreme", options.invalidate_on == "wick",
            rooms.zones, rooms.heirs, rooms.pools,
        ],
        np.int64,
    )  # fmt: skip
