"""All zones through every bar: heirs first, then the zones that may leave heirs, then what is new."""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.fvg import add_gap, tell_legs
from strategy.smc.order_blocks import add_block
from strategy.smc.zones import half_of, live_zones, stirs


def find_zones(
    start: int,
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    atr: Floats,
    whole: Ints,
    tick: float,
    gap_atr: float,
    displaced: float,
    body_only: int,
    at_extreme: int,
    by_wick: int,
    expiry: int,
    room: int,
    heir_expiry: int,
    heir_room: int,
    up: Floats,
    down: Floats,
    legs: Ints,
    swept: Ints,
    internal: Ints,
    internal_origins: Ints,
    swing: Ints,
    swing_origins: Ints,
    gaps_out: Ints,
    blocks_out: Ints,
    zones_out: Floats,
    heirs_out: Floats,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Log fair value gaps, order blocks and what becomes of them. ``gaps_out[t]`` is the side of the gap known at t, 0 for none;
    ``internal`` and ``swing`` hold the breaks of ``find_breaks``."""
    for t in range(start, len(close)):
        blocks_out[2 * t] = 0
        blocks_out[2 * t + 1] = 0
        for side in (1, -1):
            half = half_of(side, heir_room)
            if heirs_out[half] > 0.0:
                extreme, last = side * (low[t] if side > 0 else high[t]), side * close[t]
                if stirs(t, extreme, last, heir_expiry, half, heirs_out):
                    live_zones(
                        t, side, extreme, last, atr[t], heir_expiry, by_wick, heir_room, heirs_out, 0, heirs_out,
                        ints_out, floats_out, rows_out,
                    )  # fmt: skip
        for side in (1, -1):
            half = half_of(side, room)
            if zones_out[half] > 0.0:
                extreme, last = side * (low[t] if side > 0 else high[t]), side * close[t]
                if stirs(t, extreme, last, expiry, half, zones_out):
                    live_zones(
                        t, side, extreme, last, atr[t], expiry, by_wick, room, zones_out, heir_room, heirs_out,
                        ints_out, floats_out, rows_out,
                    )  # fmt: skip
        gaps_out[t] = 0
        if whole[t] >= 3 and (low[t] > high[t - 2] or high[t] < low[t - 2]):
            gaps_out[t] = add_gap(
                t, high, low, close, atr, gap_atr, tick, room, zones_out, ints_out, floats_out, rows_out,
            )  # fmt: skip
        if t > 0 and (gaps_out[t] != 0 or up[t] >= displaced or down[t] >= displaced):
            tell_legs(
                t, open_, high, low, close, atr, whole, displaced, up, down, legs, gaps_out, ints_out, floats_out, rows_out,
            )  # fmt: skip
        if internal[t] == 0 and swing[t] == 0:
            continue
        for layer in range(2):
            broke = internal[t] if layer == 0 else swing[t]
            if broke != 0:
                add_block(
                    t, layer, broke, internal_origins[t] if layer == 0 else swing_origins[t], open_, high, low, close, volume,
                    atr, whole, tick, body_only, at_extreme, up, down, gaps_out, swept, blocks_out, room, zones_out,
                    ints_out, floats_out, rows_out,
                )  # fmt: skip
