"""Zones: gaps, order blocks, and what is left of them once price closed through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.reference.bars import Bars, largest_leg, relative_volume
from tests.reference.log import (
    BREAKER,
    CONFIRMED_BY,
    EXPIRED,
    FAIR_VALUE_GAP,
    FILLED,
    FORMED,
    INVALIDATED,
    INVERSE_GAP,
    MITIGATION_BLOCK,
    NO_LAYER,
    ORDER_BLOCK,
    TOUCHED,
    Log,
    Options,
)
from tests.reference.structure import Break

MIN_TICKS: Final = 3
"""A zone thinner than this many ticks is noise."""
BLOCK_SEARCH_BARS: Final = 3
"""How far before the leg's origin its last opposite candle is looked for."""
LEFT_ZONE, GAP_IN_LEG, SWEEP_BEFORE = 1, 2, 4


@dataclass
class Zone:
    """One zone: side +1 is entered from above (near is its top), −1 from below (near is its bottom)."""

    kind: int
    side: int
    object: int
    origin: int
    near: float
    far: float
    known: int
    expiry: int
    fill: float
    outside: bool
    alive: bool = True
    sweep_before: bool = False
    confirmed_by: tuple[int, ...] = ()

    def depth(self, price: float) -> float:
        """Share of the zone that the price has entered from its near edge."""
        if not self.side * (self.near - price) > 0:
            return 0.0
        return min(1.0, (self.near - price) / (self.near - self.far))

    def is_outside(self, close: float) -> bool:
        """The close stands on the near edge or before it."""
        return self.side * (close - self.near) >= 0

    def log(self, log: Log, t: int, event: int, **payload: float) -> None:
        """Write a row of this zone with its edges."""
        low, high = sorted((self.near, self.far))
        log.add(
            t, self.kind, event, side=self.side, layer=NO_LAYER, object=self.object, origin=self.origin,
            low=low, high=high, **payload,
        )  # fmt: skip


def live_zone(zone: Zone, bars: Bars, t: int, options: Options, log: Log) -> bool:
    """One bar of a zone's life: it expires, or is touched, filled to its marks and perhaps invalidated (then true)."""
    if t - zone.known > zone.expiry:
        zone.alive = False
        zone.log(log, t, EXPIRED, a=zone.fill)
        return False
    entering = bars.extreme(-zone.side, t)
    depth = zone.depth(entering)
    if depth > 0 and zone.outside:
        zone.log(log, t, TOUCHED, a=depth)
    for mark, event in FILLED.items():
        if zone.fill < mark <= depth:
            zone.log(log, t, event, a=depth)
    zone.fill = max(zone.fill, depth)
    zone.outside = zone.is_outside(bars.close[t])
    if is_invalid(zone, bars.close[t], entering, options):
        zone.alive = False
        zone.log(log, t, INVALIDATED, a=zone.fill)
    return not zone.alive


def is_invalid(zone: Zone, close: float, entering: float, options: Options) -> bool:
    """The close, or with wicks the entering extreme, lies beyond the far edge."""
    price = close if options.invalidate_on == "close" else entering
    return zone.side * (price - zone.far) < 0


def spawned_kind(zone: Zone) -> int | None:
    """What an invalidated zone turns into; None for one that was spawned itself."""
    if zone.kind == FAIR_VALUE_GAP:
        return INVERSE_GAP
    if zone.kind == ORDER_BLOCK:
        return BREAKER if zone.sweep_before else MITIGATION_BLOCK
    return None


def spawn(zone: Zone, bars: Bars, t: int, options: Options, log: Log) -> Zone | None:
    """The zone of the other side that an invalidated one leaves behind: same edges, roles exchanged."""
    kind = spawned_kind(zone)
    if kind is None:
        return None
    spawned = Zone(
        kind, -zone.side, zone.object, zone.origin, near=zone.far, far=zone.near, known=t,
        expiry=options.spawn_expiry_bars, fill=0.0, outside=False,
    )  # fmt: skip
    spawned.outside = spawned.is_outside(bars.close[t])
    spawned.log(log, t, FORMED, a=bars.atr[t])
    return spawned


def find_gap(bars: Bars, t: int, options: Options, tick: float, log: Log) -> Zone | None:
    """A fair value gap: bar t and bar t−2 leave a space that the bar between them closed beyond."""
    if bars.whole[t] < 3 or not bars.atr[t - 1] > 0:
        return None
    for side in (+1, -1):
        near, far = bars.extreme(-side, t), bars.extreme(side, t - 2)
        height = side * (near - far)
        high_enough = height > 0 and height >= max(options.min_gap_atr * bars.atr[t - 1], MIN_TICKS * tick)
        if high_enough and side * (bars.close[t - 1] - far) > 0:
            gap = Zone(
                FAIR_VALUE_GAP, side, object=t, origin=t - 1, near=near, far=far, known=t,
                expiry=options.zone_expiry_bars, fill=0.0, outside=True,
            )  # fmt: skip
            gap.log(log, t, FORMED, a=bars.atr[t])
            return gap
    return None


def block_candle(bars: Bars, side: int, origin: int, options: Options) -> int:
    """The last candle against the side at the leg's origin or up to three bars before it; else the origin itself."""
    if options.block_candle == "extreme":
        return origin
    for j in range(origin, max(0, origin - BLOCK_SEARCH_BARS) - 1, -1):
        if side * (bars.close[j] - bars.open[j]) < 0:
            return j
    return origin


def block_edges(bars: Bars, side: int, j: int, origin: int, options: Options) -> tuple[float, float]:
    """Near edge of the block candle and the far edge of the bars from it to the leg's origin: wicks, or bodies only."""
    end = bars.body_end if options.zone_body_only else bars.extreme
    farthest = min if side > 0 else max
    return end(side, j), farthest(end(-side, i) for i in range(j, origin + 1))


def early_life(zone: Zone, bars: Bars, origin: int, t: int) -> tuple[int, float]:
    """Touches and fill between the leg's origin and the bar at which the block became known, once price had left it."""
    touches, fill, left = 0, 0.0, zone.is_outside(bars.close[origin])
    for i in range(origin + 1, t + 1):
        if left:
            depth = zone.depth(bars.extreme(-zone.side, i))
            if depth > 0 and zone.is_outside(bars.close[i - 1]):
                touches += 1
            fill = max(fill, depth)
        left = left or zone.is_outside(bars.close[i])
    return touches, fill


def find_block(
    bars: Bars, found: Break, t: int, blocks: dict[int, Zone], gaps: list[Zone],
    options: Options, tick: float, log: Log,
) -> Zone | None:  # fmt: skip
    """The order block behind a break: a new one, or a second layer's confirmation of one that is there.

    ``blocks`` are all order blocks so far by number and ``gaps`` all gaps so far, dead ones included.
    """
    side, origin = found.side, found.origin
    j = block_candle(bars, side, origin, options)
    number = j * 2 + (1 if side > 0 else 0)
    if number in blocks:
        confirm_block(blocks[number], found.layer, t, log)
        return None
    near, far = block_edges(bars, side, j, origin, options)
    height = side * (near - far)
    if height <= 0 or height < MIN_TICKS * tick:
        return None
    block = Zone(
        ORDER_BLOCK, side, number, origin=j, near=near, far=far, known=t, expiry=options.zone_expiry_bars,
        fill=0.0, outside=False, sweep_before=found.sweep_before, confirmed_by=(found.layer,),
    )  # fmt: skip
    touches, block.fill = early_life(block, bars, origin, t)
    block.outside = block.is_outside(bars.close[t])
    gap_in_leg = any(gap.side == side and origin <= gap.origin < t for gap in gaps)
    flags = (
        LEFT_ZONE * (side * (bars.close[t] - near) > 0)
        + GAP_IN_LEG * gap_in_leg
        + SWEEP_BEFORE * found.sweep_before
    )
    low, high = sorted((near, far))
    log.add(
        t, ORDER_BLOCK, FORMED, side=side, layer=found.layer, object=number, origin=j, low=low, high=high,
        a=bars.atr[t], b=largest_leg(bars, side, origin, t), c=relative_volume(bars, j), d=found.label, e=flags,
        f=touches + 0.5 * block.fill,
    )  # fmt: skip
    return block


def confirm_block(block: Zone, layer: int, t: int, log: Log) -> None:
    """A block that is alive is confirmed once by each further layer."""
    if block.alive and layer not in block.confirmed_by:
        block.confirmed_by += (layer,)
        log.add(
            t, ORDER_BLOCK, CONFIRMED_BY, side=block.side, layer=layer, object=block.object, origin=block.origin
        )  # fmt: skip
