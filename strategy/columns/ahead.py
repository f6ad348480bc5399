"""Prices at which a side's move may end, as :mod:`strategy.planner.levels` finds them, and what stands against it before its first target."""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.columns.entries import DOUBT, ENTRY, FIRST_AT, LEVELS_HELD, LEVELS_OF, TARGETS, WAY_INTS
from strategy.columns.life import (
    BLOCKS,
    DEPTHS,
    FRESH,
    GAPS,
    HEAD,
    HIGH,
    HIGHEST,
    LEVEL,
    LIFE,
    LOW,
    LOWEST,
    NOW,
    POOLS,
    ROW_FLOATS,
    ROW_INTS,
    SIDE,
    SIZES,
    SPAN_CELLS,
    fold_to,
    overlay,
    shelf_of,
)  # fmt: skip
from strategy.columns.moments import (
    ABOVE,
    BAR,
    BIAS_HIGH,
    BIAS_LOW,
    CLOSE,
    FIRST_FRAME,
    FRAME_INTS,
    OWN_HIGH,
    OWN_LOW,
    is_there,
)  # fmt: skip
from strategy.columns.numbers import FRAMES, LEVELS, MIN_FRESHNESS, MOMENT_FLOATS, MOMENT_INTS, ROOM
from strategy.columns.trades import price_at


def look(
    i: int, frame: int, counts: Ints, starts: Ints, tables: Floats, rows: Ints, shapes: Floats, moments: Ints, states: Floats,
    high: Floats, low: Floats, life_out: Ints, depths_out: Floats, shelves_out: Ints, spans_out: Floats,
) -> None:  # fmt: skip
    """Take a timeframe's zones and pools to instant ``i``."""
    bar = moments[i * counts[MOMENT_INTS] + FIRST_FRAME + frame * FRAME_INTS + BAR]
    fold_to(frame, bar, counts, starts, rows, shapes, life_out, depths_out, shelves_out)
    overlay(i, frame, counts, tables, rows, shapes, moments, states, high, low, life_out, depths_out, shelves_out, spans_out)  # fmt: skip


def find_levels(
    i: int, side: int, limits: Floats, counts: Ints, starts: Ints, tables: Floats, rows: Ints, shapes: Floats, moments: Ints,
    states: Floats, high: Floats, low: Floats, life_out: Ints, depths_out: Floats, shelves_out: Ints, spans_out: Floats, levels_out: Floats,
    notes_out: Ints,
) -> None:  # fmt: skip
    """Every level that a move to ``side`` has before it, in no order."""
    if notes_out[LEVELS_OF] == 2 * i + (1 if side > 0 else 0):
        return
    notes_out[LEVELS_OF] = 2 * i + (1 if side > 0 else 0)
    notes_out[LEVELS_HELD] = 0
    for frame in range(counts[FRAMES]):
        if is_there(i, frame, counts[MOMENT_INTS], moments):
            look(i, frame, counts, starts, tables, rows, shapes, moments, states, high, low, life_out, depths_out, shelves_out, spans_out)  # fmt: skip
            _of_frame(i, side, frame, limits, counts, rows, shapes, states, life_out, depths_out, shelves_out, spans_out, levels_out, notes_out)  # fmt: skip
    here = i * counts[MOMENT_FLOATS]
    above = moments[i * counts[MOMENT_INTS] + ABOVE]
    _add_extreme(
        side, states[here + OWN_LOW], states[here + OWN_HIGH], 0, spans_out, counts, levels_out, notes_out
    )
    bottom, top = states[here + BIAS_LOW], states[here + BIAS_HIGH]
    _add_extreme(side, bottom, top, above, spans_out, counts, levels_out, notes_out)
    middle = (bottom + top) / 2
    if bottom < top and middle * side >= states[here + CLOSE] * side:
        _add(middle, counts, levels_out, notes_out)


def _add(price: float, counts: Ints, levels_out: Floats, notes_out: Ints) -> None:
    held = notes_out[LEVELS_HELD]
    if held >= counts[LEVELS]:
        notes_out[DOUBT] = 1
    else:
        levels_out[held] = price
        notes_out[LEVELS_HELD] = held + 1


def _add_extreme(
    side: int,
    bottom: float,
    top: float,
    frame: int,
    spans: Floats,
    counts: Ints,
    levels_out: Floats,
    notes_out: Ints,
) -> None:
    """The extreme of a range ahead, unless price has run beyond it since the timeframe's last close."""
    extreme = top if side > 0 else bottom
    if bottom < top and extreme * side >= _reached(side, frame, spans) * side:
        _add(extreme, counts, levels_out, notes_out)


def _reached(side: int, frame: int, spans: Floats) -> float:
    return float(spans[frame * SPAN_CELLS + (HIGHEST if side > 0 else LOWEST)])


def _of_frame(
    i: int, side: int, frame: int, limits: Floats, counts: Ints, rows: Ints, shapes: Floats, states: Floats, life: Ints, depths: Floats,
    shelves: Ints, spans: Floats, levels_out: Floats, notes_out: Ints,
) -> None:  # fmt: skip
    """Opposing pools that rest, and near edges of opposing zones that are fresh."""
    base = shelf_of(frame, counts)
    first = base + HEAD + POOLS * counts[ROOM]
    ran = _reached(side, frame, spans) * side
    for at in range(first, first + shelves[base + SIZES + POOLS]):
        row = shelves[at]
        if rows[row * ROW_INTS + SIDE] == -side and life[row * LIFE + NOW] == 0:
            level = depths[row * DEPTHS + LEVEL]
            if level * side >= ran:
                _add(level, counts, levels_out, notes_out)
    stands = states[i * counts[MOMENT_FLOATS] + CLOSE] * side
    for shelf in range(GAPS + 1):
        first = base + HEAD + shelf * counts[ROOM]
        for at in range(first, first + shelves[base + SIZES + shelf]):
            row = shelves[at]
            if rows[row * ROW_INTS + SIDE] == -side and depths[row * DEPTHS + FRESH] >= limits[MIN_FRESHNESS]:
                near = shapes[row * ROW_FLOATS + (LOW if side > 0 else HIGH)]
                if near * side >= stands:
                    _add(near, counts, levels_out, notes_out)


def is_opposed(
    i: int, side: int, way: int, limits: Floats, counts: Ints, rows: Ints, shapes: Floats, moments: Ints, depths: Floats, shelves: Ints,
    ways: Ints,
) -> bool:  # fmt: skip
    """Whether a fresh opposing block of a coarser timeframe lies between entry and first target."""
    if way < 0 or ways[way * WAY_INTS + TARGETS] == 0:
        return False
    start = price_at(ways[way * WAY_INTS + ENTRY], limits, counts) * side
    end = price_at(ways[way * WAY_INTS + FIRST_AT], limits, counts) * side
    for frame in range(1, counts[FRAMES]):
        base = shelf_of(frame, counts)
        first = base + HEAD + BLOCKS * counts[ROOM]
        if not is_there(i, frame, counts[MOMENT_INTS], moments):
            continue
        for at in range(first, first + shelves[base + SIZES + BLOCKS]):
            row = shelves[at]
            near = shapes[row * ROW_FLOATS + (LOW if side > 0 else HIGH)]
            far = shapes[row * ROW_FLOATS + (HIGH if side > 0 else LOW)]
            if (
                rows[row * ROW_INTS + SIDE] == -side
                and depths[row * DEPTHS + FRESH] >= limits[MIN_FRESHNESS]
                and far * side > start
                and near * side < end
            ):
                return True
    return False
