"""An order block is the last opposing candle before the leg that broke structure; known at the break, never at the candle.

Its zone runs from that candle's near edge to the leg's extreme. One block candle is one object: a later break on the
other layer confirms it while it lives. A block lost beyond its far edge turns to the other side: a breaker if its leg had
swept a pool, else a mitigation block.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.bos_choch import SWEEP_REACH, swept_within
from strategy.smc.displacement import largest_leg
from strategy.smc.emit import ITSELF, emit, emit_short
from strategy.smc.volume import relative_volume
from strategy.smc.zones import FORMED, add_zone, birth_of, share_of

ORDER_BLOCK = 2
CONFIRMED_BY = 2
MIN_TICKS = 3.0
LOOK_BACK = 3
HIGH, LOW = 1, 2
LEFT_ZONE, HAS_GAP, SWEPT = 1, 2, 4


def add_block(
    t: int, layer: int, broke: int, origin: int, open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats,
    atr: Floats, whole: Ints, tick: float, body_only: int, at_extreme: int, up: Floats, down: Floats, gaps: Ints, swept: Ints,
    layers_out: Ints, room: int, book_out: Floats, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Log the block of the break ``broke`` (see ``find_breaks``) whose leg began at ``origin``. ``layers_out`` (2n,) holds per side and
    candle the layers that confirmed its block, as bits."""
    side = 1 if broke > 0 else -1
    candle = origin if at_extreme > 0 else block_candle(open_, close, side, origin)
    thing = candle * 2 + (1 if side > 0 else 0)
    bit = 1 << layer
    if layers_out[thing] > 0:
        birth = birth_of(side, thing, ORDER_BLOCK, room, book_out)
        if birth >= 0 and not layers_out[thing] & bit:
            layers_out[thing] |= bit
            emit_short(
                ints_out, floats_out, rows_out, t, ORDER_BLOCK, CONFIRMED_BY, side, layer, thing, candle, birth, 0.0,
            )  # fmt: skip
        return
    near, far = block_edges(open_, high, low, close, side, candle, origin, body_only)
    if side * (near - far) < MIN_TICKS * tick:
        return
    layers_out[thing] = bit
    touches, deep, outside = early_life(high, low, close, side, near, origin, t)
    fill = share_of(side * near, side * far, deep)
    swept_leg = swept_within(swept, LOW if side > 0 else HIGH, origin - SWEEP_REACH, t)
    flags = LEFT_ZONE if side * (close[t] - near) > 0.0 else 0
    flags += HAS_GAP if has_gap(gaps, side, origin + 1, t) else 0
    flags += SWEPT if swept_leg else 0
    label = 1 if abs(broke) == 1 else -1 if abs(broke) == 3 else 0
    birth = emit(
        ints_out, floats_out, rows_out, t, ORDER_BLOCK, FORMED, side, layer, thing, candle, ITSELF,
        min(near, far), max(near, far), atr[t],
        largest_leg(up if side > 0 else down, origin, t, open_, high, low, close, atr, whole),
        relative_volume(volume, candle), float(label), float(flags), touches + 0.5 * fill,
    )  # fmt: skip
    kind = -ORDER_BLOCK if swept_leg else ORDER_BLOCK
    add_zone(side, side * near, side * far, t, thing, candle, deep, outside, kind, birth, room, book_out)


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
) -> tuple[float, float, float]:
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
    return touches, deep, 1.0 if outside else 0.0


def has_gap(gaps: Ints, side: int, first: int, last: int) -> bool:
    """Whether a gap of the side became known inside [first, last]."""
    for j in range(first, last + 1):
        if gaps[j] == side:
            return True
    return False
