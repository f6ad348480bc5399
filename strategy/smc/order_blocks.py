"""An order block is the last opposing candle before the leg that broke structure; known at the break, never at the candle.

Its zone runs from that candle's near edge to the leg's extreme. One block candle is one object: a later break on the
other layer confirms it while it lives. A block lost beyond its far edge turns to the other side: a breaker if its leg had
swept a pool, else a mitigation block.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.bos_choch import CELLS, ORIGIN, STRUCTURE, SWEEP_REACH
from strategy.smc.emit import ITSELF, NOTHING, emit, write_row
from strategy.smc.marks import (
    BLOCKS_DOWN,
    BLOCKS_UP,
    GAP_DOWN,
    GAP_UP,
    HIGHS_SWEPT,
    LAST,
    LOWS_SWEPT,
    largest_leg,
    marked_within,
)
from strategy.smc.options import AT_EXTREME, BODY_ONLY, TICK
from strategy.smc.volume import relative_volume
from strategy.smc.zones import FORMED, ZONES_DOWN, ZONES_UP, add_zone, birth_of, share_of

ORDER_BLOCK = 2
CONFIRMED_BY = 2
MIN_TICKS = 3.0
LOOK_BACK = 3
LEFT_ZONE, HAS_GAP, SWEPT = 1, 2, 4


def find_blocks(
    t: int, inner: int, outer: int, open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats, atr: Floats,
    numbers: Floats, switches: Ints, legs: Floats, memo: Ints, marks_out: Ints, prices_out: Floats, facts_out: Ints,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Log the blocks of the breaks of both layers at ``t``, see ``find_break``."""
    for layer in range(2):
        broke = inner if layer == 0 else outer
        if broke != 0:
            _add_block(
                t, layer, broke, memo[STRUCTURE + layer * CELLS + ORIGIN], open_, high, low, close, volume, atr, numbers, switches,
                legs, marks_out, prices_out, facts_out, ints_out, measures_out, details_out, rows_out,
            )  # fmt: skip


def _add_block(
    t: int, layer: int, broke: int, origin: int, open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats,
    atr: Floats, numbers: Floats, switches: Ints, legs: Floats, marks_out: Ints, prices_out: Floats, facts_out: Ints,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Log the block of the break ``broke`` whose leg began at ``origin``. The marks of its candle tell which layers
    have confirmed it."""
    side = 1 if broke > 0 else -1
    candle = origin if switches[AT_EXTREME] > 0 else block_candle(open_, close, side, origin)
    thing = candle * 2 + (1 if side > 0 else 0)
    first_bit = BLOCKS_UP if side > 0 else BLOCKS_DOWN
    bit = first_bit << layer
    marks = marks_out[candle & LAST]
    if marks & (3 * first_bit):
        birth = birth_of(side, thing, ORDER_BLOCK, facts_out)
        if birth >= 0 and not marks & bit:
            marks_out[candle & LAST] |= bit
            write_row(
                ints_out, measures_out, rows_out, t, ORDER_BLOCK, CONFIRMED_BY, side, layer, thing, candle, birth, NOTHING, 0.0
            )  # fmt: skip
        return
    near, far = block_edges(open_, high, low, close, side, candle, origin, switches[BODY_ONLY])
    height = side * (near - far)
    if height <= 0.0 or height < MIN_TICKS * numbers[TICK]:
        return
    marks_out[candle & LAST] |= bit
    touches, deep, outside = early_life(high, low, close, side, near, origin, t)
    fill = share_of(side * near, side * far, deep)
    swept_leg = marked_within(marks_out, LOWS_SWEPT if side > 0 else HIGHS_SWEPT, origin - SWEEP_REACH, t)
    flags = LEFT_ZONE if side * (close[t] - near) > 0.0 else 0
    flags += HAS_GAP if marked_within(marks_out, GAP_UP if side > 0 else GAP_DOWN, origin + 1, t) else 0
    flags += SWEPT if swept_leg else 0
    label = 1 if abs(broke) == 1 else -1 if abs(broke) == 3 else 0
    birth = emit(
        ints_out, measures_out, details_out, rows_out, t, ORDER_BLOCK, FORMED, side, layer, thing, candle, ITSELF,
        min(near, far), max(near, far), atr[t], largest_leg(legs, side, origin, t),
        relative_volume(volume, candle), float(label), float(flags), touches + 0.5 * fill,
    )  # fmt: skip
    add_zone(
        ZONES_UP if side > 0 else ZONES_DOWN, side * near, side * far, t, thing, candle, deep, outside,
        -ORDER_BLOCK if swept_leg else ORDER_BLOCK, birth, prices_out, facts_out,
    )  # fmt: skip


def block_candle(open_: Floats, close: Floats, side: int, origin: int) -> int:
    """The last opposing candle among the origin of the leg and the three before it, else the origin itself."""
    for j in range(origin, max(-1, origin - LOOK_BACK - 1), -1):
        if side * (close[j] - open_[j]) < 0.0:
            return j
    return origin


def block_edges(
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    side: int,
    candle: int,
    origin: int,
    body_only: int,
) -> tuple[float, float]:
    """Near and far edge: the candle's, and the leg's extreme from the candle to the origin."""
    near = high[candle] if side > 0 else low[candle]
    if body_only > 0:
        near = max(open_[candle], close[candle]) if side > 0 else min(open_[candle], close[candle])
    extremes = low if side > 0 else high
    far = extremes[candle]
    for j in range(candle, origin + 1):
        edge = extremes[j]
        if body_only > 0:
            edge = min(open_[j], close[j]) if side > 0 else max(open_[j], close[j])
        if j == candle or side * (edge - far) < 0.0:
            far = edge
    return near, far


def early_life(
    high: Floats, low: Floats, close: Floats, side: int, near: float, origin: int, known: int
) -> tuple[float, float, bool]:
    """Entries and deepest price (in the block's direction, at first the near edge) from the first close outside the zone up to
    the break, and whether its close lies outside."""
    outside = side * (close[origin] - near) >= 0.0
    left = outside
    touches = 0.0
    deep = side * near
    for j in range(origin + 1, known + 1):
        if left:
            extreme = side * (low[j] if side > 0 else high[j])
            if extreme < side * near and outside:
                touches += 1.0
            deep = min(deep, extreme)
        outside = side * (close[j] - near) >= 0.0
        left = left or outside
    return touches, deep, outside
