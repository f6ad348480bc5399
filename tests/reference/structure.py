"""Swings and breaks of one layer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from tests.reference.bars import Bars, largest_leg
from tests.reference.log import BREAK, FORMED, SUPERSEDED, SWING, Log, Options

MEMORY_BARS: Final = 1000
"""A reference this much older than the bar can no longer be broken."""
SWEEP_BARS: Final = 10
"""A sweep up to this many bars before the leg counts as before the break."""


@dataclass
class Layer:
    """State of one layer after the last bar read. Tables by sign: +1 highs, −1 lows; a bar of −1 is none."""

    number: int
    reach: int
    last_pivot: dict[int, int] = field(default_factory=lambda: {+1: -1, -1: -1})
    reference: dict[int, int] = field(default_factory=lambda: {+1: -1, -1: -1})
    broken: dict[int, bool] = field(default_factory=lambda: {+1: True, -1: True})
    newer: int = 0
    trend: int = 0
    protected_at: int = -1
    range_low: float = math.nan
    range_high: float = math.nan


@dataclass(frozen=True)
class Break:
    """A break as an order block reads it; ``origin`` is the bar its leg started from."""

    layer: int
    side: int
    origin: int
    label: int
    sweep_before: bool


def is_pivot(bars: Bars, sign: int, p: int, reach: int) -> bool:
    """Bar p is no less extreme than the bars before it and more extreme than the bars after it, ``reach`` each."""
    price = bars.extreme(sign, p)
    before = [sign * (price - bars.extreme(sign, i)) >= 0 for i in range(p - reach, p)]
    after = [sign * (price - bars.extreme(sign, i)) > 0 for i in range(p + 1, p + reach + 1)]
    return all(before) and all(after)


def pivots_at(bars: Bars, layer: Layer, t: int) -> list[int]:
    """Signs of the pivots that bar t confirms, ``reach`` bars back; a high before a low."""
    p = t - layer.reach
    if p < layer.reach or not bars.atr[p] > 0:
        return []
    return [sign for sign in (+1, -1) if is_pivot(bars, sign, p, layer.reach)]


def pivot_object(layer: Layer, sign: int, p: int) -> int:
    """Number of a pivot among the swings."""
    return p * 4 + layer.number * 2 + (1 if sign > 0 else 0)


def swing_label(bars: Bars, sign: int, p: int, previous: int, equal: float) -> int:
    """2 for the first pivot of its side, 0 if about equal to the one before, else +1 higher or −1 lower."""
    if previous < 0:
        return 2
    difference = bars.extreme(sign, p) - bars.extreme(sign, previous)
    if abs(difference) <= equal:
        return 0
    return 1 if difference > 0 else -1


def log_swings(
    bars: Bars, layer: Layer, t: int, signs: list[int], options: Options, tick: float, log: Log
) -> None:
    """Log what bar t confirms: first that a pivot of the same side in a row supersedes the one before, then the pivot.

    Everything is held against the pivots known before bar t, also when bar t confirms both a high and a low.
    """
    p = t - layer.reach
    known = dict(layer.last_pivot)
    for sign in signs:
        previous, opposite = known[sign], known[-sign]
        price = bars.extreme(sign, p)
        if previous >= 0 and previous > opposite:
            log.add(
                t, SWING, SUPERSEDED, side=-sign, layer=layer.number, origin=previous,
                object=pivot_object(layer, sign, previous), low=bars.extreme(sign, previous),
            )  # fmt: skip
        prominence = abs(price - bars.extreme(-sign, opposite)) / bars.atr[p] if opposite >= 0 else 0.0
        label = swing_label(bars, sign, p, previous, max(options.equal_atr * bars.atr[p], tick))
        log.add(
            t, SWING, FORMED, side=-sign, layer=layer.number, origin=p,
            object=pivot_object(layer, sign, p), low=price, a=prominence, b=label,
        )  # fmt: skip
        layer.last_pivot[sign] = p


def take_references(bars: Bars, layer: Layer, t: int, signs: list[int]) -> None:
    """A confirmed pivot becomes its side's reference, unless it is a lesser one of the same side in a row and the
    reference still stands."""
    p = t - layer.reach
    for sign in signs:
        reference = layer.reference[sign]
        stands = layer.newer == sign and not layer.broken[sign]
        if stands and sign * (bars.extreme(sign, reference) - bars.extreme(sign, p)) >= 0:
            continue
        layer.reference[sign] = p
        layer.broken[sign] = False
    if len(signs) == 2:
        layer.newer = 0
    elif len(signs) == 1:
        layer.newer = signs[0]


def stretch_range(bars: Bars, layer: Layer, t: int) -> None:
    """Before any trend the two references span the range, as far as price went since the later of them; in a trend only the end that
    is not protected follows price."""
    high_at, low_at = layer.reference[+1], layer.reference[-1]
    if layer.trend == 0:
        if high_at >= 0 and low_at >= 0:
            since = range(max(high_at, low_at) + 1, t + 1)
            layer.range_low = min(bars.low[i] for i in (low_at, *since))
            layer.range_high = max(bars.high[i] for i in (high_at, *since))
    elif layer.trend > 0:
        layer.range_high = max(layer.range_high, bars.high[t])
    else:
        layer.range_low = min(layer.range_low, bars.low[t])


def break_price(bars: Bars, side: int, t: int, options: Options) -> float:
    """The price of bar t that breaks: its close, or with wicks its extreme to the side."""
    return bars.close[t] if options.break_on == "close" else bars.extreme(side, t)


def exceeds(bars: Bars, side: int, level_at: int, t: int, options: Options) -> bool:
    """Bar t is beyond the extreme of bar ``level_at`` by more than the buffer, and that bar is not too old."""
    if level_at < 0 or t - level_at > MEMORY_BARS:
        return False
    buffer = options.break_buffer_atr * bars.atr[t - 1] if options.break_buffer_atr else 0.0
    return side * (break_price(bars, side, t, options) - bars.extreme(side, level_at)) > buffer


def breaks_swing(bars: Bars, layer: Layer, side: int, t: int, options: Options) -> bool:
    """Bar t breaks the unbroken reference on the side."""
    return not layer.broken[side] and exceeds(bars, side, layer.reference[side], t, options)


def breaks_guard(bars: Bars, layer: Layer, side: int, t: int, options: Options) -> bool:
    """Bar t breaks the protected extreme of the trend against the side."""
    return layer.trend == -side and exceeds(bars, side, layer.protected_at, t, options)


def side_of_break(bars: Bars, layer: Layer, t: int, options: Options) -> int:
    """The side to which bar t breaks; with both at once the trend's, 0 for no break."""
    sides = [
        side
        for side in (+1, -1)
        if breaks_swing(bars, layer, side, t, options) or breaks_guard(bars, layer, side, t, options)
    ]
    if len(sides) == 2:
        return layer.trend
    return sides[0] if sides else 0


def leg_origin(bars: Bars, side: int, pivot: int, t: int) -> int:
    """The bar the leg started from: the lowest low after the pivot for a break up (highest high down), latest of equals."""
    origin = pivot + 1
    for i in range(pivot + 1, t + 1):
        if side * (bars.extreme(-side, origin) - bars.extreme(-side, i)) >= 0:
            origin = i
    return origin


def find_break(
    bars: Bars, layer: Layer, t: int, options: Options, swept_at: dict[int, int], log: Log
) -> Break | None:  # fmt: skip
    """Log the break of bar t, if it is one, and turn the layer to it.

    ``swept_at`` has the newest bar at which a pool of highs (+1) or of lows (−1) was swept, −1 for never.
    """
    side = side_of_break(bars, layer, t, options)
    if side == 0:
        return None
    swing, guard = (
        breaks_swing(bars, layer, side, t, options),
        breaks_guard(bars, layer, side, t, options),
    )
    pivot = layer.reference[side] if swing else layer.protected_at
    level = bars.extreme(side, pivot)
    origin = leg_origin(bars, side, pivot, t)
    label = 0 if layer.trend == 0 else (1 if layer.trend == side else -1)
    swept = swept_at[-side] >= 0 and swept_at[-side] >= origin - SWEEP_BARS
    log.add(
        t, BREAK, FORMED, side=side, layer=layer.number, object=t * 2 + layer.number, origin=pivot, low=level,
        a=side * (break_price(bars, side, t, options) - level) / bars.atr[t - 1],
        b=largest_leg(bars, side, origin, t), c=label, d=int(guard), e=int(swept), f=t - pivot,
    )  # fmt: skip
    layer.trend, layer.protected_at = side, origin
    layer.broken[side] = layer.broken[side] or swing
    set_range(bars, layer, side, origin, t)
    return Break(layer.number, side, origin, label, swept)


def set_range(bars: Bars, layer: Layer, side: int, origin: int, t: int) -> None:
    """After a break the range runs from the leg's origin to its extreme."""
    if side > 0:
        layer.range_low, layer.range_high = bars.low[origin], max(bars.high[origin : t + 1])
    else:
        layer.range_low, layer.range_high = min(bars.low[origin : t + 1]), bars.high[origin]
