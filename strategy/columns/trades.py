"""The trade on a way in, as :mod:`strategy.planner.stops_targets` draws it, with prices as whole steps of the tick.

A quotient of two whole numbers that floats hold is what the decimal of it, rounded to 28 digits, is as a float, while the divisor is
below ``SURE``; else it is noted as a doubt.
"""

from __future__ import annotations

import math

from shared.models.data import Floats, Ints
from strategy.columns.entries import (
    COST,
    DISTANCE,
    DOUBT,
    ENTRY,
    FIRST_AT,
    FIRST_R,
    GUARD,
    HELD,
    LAST_R,
    LEVELS_HELD,
    PRICE,
    STOP,
    TARGETS,
    WAY_FLOATS,
    WAY_INTS,
)  # fmt: skip
from strategy.columns.life import (
    DEPTHS,
    HEAD,
    HIGH,
    LEVEL,
    LOW,
    POOLS,
    ROW_FLOATS,
    ROW_INTS,
    SHELVES,
    SIDE,
    SIZES,
)  # fmt: skip
from strategy.columns.moments import ATR
from strategy.columns.numbers import (
    BUFFER,
    CLEARANCE,
    LEAVING,
    MAKER,
    MIN_FIRST,
    MIN_LAST,
    MIN_STOP,
    MOMENT_FLOATS,
    MOST_TARGETS,
    ROOM,
    SURE,
    TICK,
    TICK_PARTS,
    TICK_WHOLE,
    UNIT,
)  # fmt: skip

NOISE_STEPS = 1e-6
SPACING_R = 0.5
BEYOND_ALL = 1e300


def nearest(value: float) -> int:
    """The nearest whole number, of two the even one, as ``round`` has it."""
    below = math.floor(value)
    rest = value - below
    up = rest > 0.5 or (rest == 0.5 and below % 2 == 1)
    return below + 1 if up else below


def to_steps(price: float, upward: bool, limits: Floats) -> int:
    """The price in steps of the tick, moved ``upward`` or down if it lies between two; never below one."""
    steps = price / limits[TICK]
    whole = nearest(steps)
    if abs(steps - whole) > NOISE_STEPS:
        below = math.floor(steps)
        whole = below + 1 if upward else below
    return max(1, whole)


def price_at(steps: int, limits: Floats, counts: Ints) -> float:
    """A number of steps as the float nearest to that price."""
    return float(steps * counts[TICK_WHOLE] / limits[TICK_PARTS])


def reward(side: int, entry: int, stop: int, target: int, counts: Ints, notes_out: Ints) -> float:
    """Net gain at ``target`` in R."""
    gain = (target - entry) * side * counts[UNIT] - (entry + target) * counts[MAKER]
    loss = abs(entry - stop) * counts[UNIT] + entry * counts[MAKER] + stop * counts[LEAVING]
    if loss >= SURE:
        notes_out[DOUBT] = 1
    return float(gain) / float(loss)


def cost_of(entry: int, stop: int, counts: Ints, notes_out: Ints) -> float:
    """What a stopped trade costs over the stop's distance."""
    apart = abs(entry - stop) * counts[UNIT]
    if apart >= SURE or apart == 0:
        notes_out[DOUBT] = 1
        return 0.0
    return float(entry * counts[MAKER] + stop * counts[LEAVING]) / float(apart)


def draw_trade(
    i: int, side: int, way: int, base: int, limits: Floats, counts: Ints, rows: Ints, shapes: Floats, states: Floats, depths: Floats,
    shelves: Ints, levels: Floats, ways_out: Ints, drawn_out: Floats, notes_out: Ints,
) -> None:  # fmt: skip
    """Entry, stop and targets of a way in."""
    atr = states[i * counts[MOMENT_FLOATS] + ATR]
    entry = to_steps(drawn_out[way * WAY_FLOATS + PRICE], side > 0, limits)
    stop = _place_stop(
        side,
        entry,
        drawn_out[way * WAY_FLOATS + GUARD],
        atr,
        base,
        limits,
        counts,
        rows,
        shapes,
        depths,
        shelves,
        notes_out,
    )
    ways_out[way * WAY_INTS + ENTRY] = entry
    ways_out[way * WAY_INTS + STOP] = stop
    ways_out[way * WAY_INTS + HELD] = _zones_at(price_at(stop, limits, counts), base, counts, shapes, shelves)
    drawn_out[way * WAY_FLOATS + DISTANCE] = price_at(abs(entry - stop), limits, counts) / atr
    drawn_out[way * WAY_FLOATS + COST] = cost_of(entry, stop, counts, notes_out)
    _climb(side, way, entry, stop, limits, counts, levels, ways_out, drawn_out, notes_out)


def _place_stop(
    side: int, entry: int, guard: float, atr: float, base: int, limits: Floats, counts: Ints, rows: Ints, shapes: Floats, depths: Floats,
    shelves: Ints, notes_out: Ints,
) -> int:  # fmt: skip
    """The stop, moved beyond whatever it would rest in, in the order of nearer edges."""
    beyond_structure = guard * side - limits[BUFFER] * atr
    beyond_noise = price_at(entry, limits, counts) * side - limits[MIN_STOP] * atr
    stop = to_steps(min(beyond_structure, beyond_noise) * side, side < 0, limits)
    if price_at(abs(entry - stop), limits, counts) / atr < limits[MIN_STOP]:
        stop -= side
    clear = max(limits[CLEARANCE] * atr, limits[TICK])
    last_near, last_far = BEYOND_ALL, -BEYOND_ALL
    while True:
        at = price_at(stop, limits, counts) * side
        best_near, best_far, beyond = -BEYOND_ALL, BEYOND_ALL, 0.0
        for shelf in range(SHELVES):
            first = base + HEAD + shelf * counts[ROOM]
            for held in range(first, first + shelves[base + SIZES + shelf]):
                row = shelves[held]
                if shelf == POOLS:
                    if rows[row * ROW_INTS + SIDE] != side:
                        continue
                    level = depths[row * DEPTHS + LEVEL] * side
                    near, far = level + clear, level - clear
                    outside = far
                else:
                    bottom, top = shapes[row * ROW_FLOATS + LOW], shapes[row * ROW_FLOATS + HIGH]
                    near = top if side > 0 else -bottom
                    far = bottom if side > 0 else -top
                    outside = far - clear
                if near < at or far > at or near > last_near or (near == last_near and far <= last_far):
                    continue
                if near == best_near and far == best_far and outside != beyond:
                    notes_out[DOUBT] = 1
                if near > best_near or (near == best_near and far < best_far):
                    best_near, best_far, beyond = near, far, outside
        if best_near == -BEYOND_ALL:
            return stop
        stop = to_steps(beyond * side, side < 0, limits)
        last_near, last_far = best_near, best_far


def _zones_at(price: float, base: int, counts: Ints, shapes: Floats, shelves: Ints) -> int:
    """Active zones of the anchor, heirs included, that hold ``price``."""
    held = 0
    for shelf in range(POOLS):
        first = base + HEAD + shelf * counts[ROOM]
        for at in range(first, first + shelves[base + SIZES + shelf]):
            row = shelves[at]
            inside = shapes[row * ROW_FLOATS + LOW] <= price <= shapes[row * ROW_FLOATS + HIGH]
            held += 1 if inside else 0
    return held


def _climb(
    side: int, way: int, entry: int, stop: int, limits: Floats, counts: Ints, levels: Floats, ways_out: Ints, drawn_out: Floats,
    notes_out: Ints,
) -> None:  # fmt: skip
    """Targets at the levels ahead: each the nearest that pays what it must; a reward never falls from one level to the next."""
    most, picked, first_r, last_r, first_at = counts[MOST_TARGETS], 0, 0.0, 0.0, 0
    start = price_at(entry, limits, counts) * side
    while picked < most:
        least = limits[MIN_FIRST] if picked == 0 else max(limits[MIN_FIRST], last_r + SPACING_R)
        if picked == min(1, most - 1):
            least = max(least, limits[MIN_LAST])
        found, found_r, found_at = BEYOND_ALL, 0.0, 0
        for at in range(notes_out[LEVELS_HELD]):
            ahead = levels[at] * side
            if start < ahead < found:
                steps = to_steps(levels[at], side < 0, limits)
                pays = reward(side, entry, stop, steps, counts, notes_out)
                if pays >= least:
                    found, found_r, found_at = ahead, pays, steps
        if found == BEYOND_ALL:
            break
        picked += 1
        last_r = found_r
        if picked == 1:
            first_r, first_at = found_r, found_at
    if picked < min(2, most):
        found = start
        for at in range(notes_out[LEVELS_HELD]):
            found = max(found, levels[at] * side)
        steps = to_steps(found * side, side < 0, limits)
        pays = reward(side, entry, stop, steps, counts, notes_out)
        if found > start and pays >= limits[MIN_FIRST] and (picked == 0 or pays > last_r):
            picked += 1
            last_r = pays
            if picked == 1:
                first_r, first_at = pays, steps
    ways_out[way * WAY_INTS + TARGETS] = picked
    ways_out[way * WAY_INTS + FIRST_AT] = first_at
    drawn_out[way * WAY_FLOATS + FIRST_R] = first_r
    drawn_out[way * WAY_FLOATS + LAST_R] = last_r
