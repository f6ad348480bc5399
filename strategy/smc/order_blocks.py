"""An order block is the last opposing candle before the leg that broke structure; known at the break, never at the candle.

Its zone runs from that candle's near edge to the leg's extreme. One block candle is one object: a later break on the
other layer confirms it.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.bos_choch import SWEEP_REACH, swept_within
from strategy.smc.displacement import largest_leg
from strategy.smc.emit import emit
from strategy.smc.zones import add_zone, depth_of, live_zones

ORDER_BLOCK = 2
FORMED = 1
CONFIRMED_BY = 2
MIN_TICKS = 3.0
LOOK_BACK = 3
VOLUME_BARS = 20
HIGH, LOW = 1, 2
LEFT_ZONE, HAS_GAP, SWEPT = 1, 2, 4


def find_blocks(
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    atr: Floats,
    tick: float,
    expiry: int,
    body_only: int,
    up: Floats,
    down: Floats,
    gaps: Ints,
    swept: Ints,
    internal: Ints,
    internal_origins: Ints,
    swing: Ints,
    swing_origins: Ints,
    known_out: Ints,
    book_out: Floats,
    size_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Log the block of every break of either layer, and its life. ``internal`` and ``swing`` hold the breaks of ``find_breaks``;
    ``known_out`` (2n,) marks block candles per side that have made a block already."""
    size_out[0] = 0
    for i in range(len(known_out)):
        known_out[i] = 0
    for t in range(len(close)):
        live_zones(
            t, high, low, close, ORDER_BLOCK, expiry, book_out, size_out, ints_out, floats_out, rows_out
        )
        for layer in range(2):
            broke = internal[t] if layer == 0 else swing[t]
            if broke == 0:
                continue
            side = 1 if broke > 0 else -1
            origin = internal_origins[t] if layer == 0 else swing_origins[t]
            candle = block_candle(open_, close, side, origin)
            thing = candle * 2 + (1 if side > 0 else 0)
            if known_out[thing] > 0:
                emit(
                    ints_out, floats_out, rows_out, t, ORDER_BLOCK, CONFIRMED_BY, side, layer, thing, candle,
                    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
                )  # fmt: skip
                continue
            near, far = block_edges(open_, high, low, close, side, candle, origin, body_only)
            if side * (near - far) < MIN_TICKS * tick:
                continue
            known_out[thing] = 1
            touches, fill, outside = early_life(high, low, close, side, near, far, origin, t)
            flags = LEFT_ZONE if side * (close[t] - near) > 0.0 else 0
            flags += HAS_GAP if has_gap(gaps, side, origin, t) else 0
            flags += SWEPT if swept_within(swept, LOW if side > 0 else HIGH, origin - SWEEP_REACH, t) else 0
            label = 1 if abs(broke) == 1 else -1 if abs(broke) == 3 else 0
            emit(
                ints_out, floats_out, rows_out, t, ORDER_BLOCK, FORMED, side, layer, thing, candle,
                min(near, far), max(near, far), atr[t], largest_leg(up if side > 0 else down, origin, t),
                relative_volume(volume, candle), float(label), float(flags), touches + 0.5 * fill,
            )  # fmt: skip
            add_zone(book_out, size_out, side, near, far, t, thing, candle, fill, outside)


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
    high: Floats, low: Floats, close: Floats, side: int, near: float, far: float, origin: int, known: int
) -> tuple[float, float, float]:
    """Touches and fill from the first close outside the zone up to the break, and whether its close lies outside."""
    left = False
    outside = False
    touches = 0.0
    fill = 0.0
    for j in range(origin + 1, known + 1):
        if left:
            depth = depth_of(side, near, far, low[j] if side > 0 else high[j])
            if depth > 0.0 and outside:
                touches += 1.0
            fill = max(fill, depth)
        outside = side * (close[j] - near) >= 0.0
        left = left or outside
    return touches, fill, 1.0 if outside else 0.0


def has_gap(gaps: Ints, side: int, first: int, last: int) -> bool:
    """Whether a gap of the side became known inside [first, last]."""
    for j in range(first, last + 1):
        if gaps[j] == side:
            return True
    return False


def relative_volume(volume: Floats, place: int) -> float:
    """Volume over the mean of the 20 bars that end there, fewer at the start; 0 where none traded."""
    first = max(0, place - VOLUME_BARS + 1)
    total = 0.0
    for j in range(first, place + 1):
        total += volume[j]
    return volume[place] * (place - first + 1) / total if total > 0.0 else 0.0
