"""The best of each kind that speaks for a side, as :mod:`strategy.confluence.evidence` chooses it."""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.columns.entries import (
    AREA_HIGH,
    AREA_LOW,
    MAIN,
    NOBODY,
    WAY_FLOATS,
    WAY_INTS,
)  # fmt: skip
from strategy.columns.happenings import (
    BREAK_SECTION,
    CHOCH,
    DETAIL,
    HAPPENED,
    LEG_SECTION,
    SIDE_OF,
    SIZE_ATR,
    SORT,
    STRENGTHS,
    SWEEP_SECTION,
    VOLUME_Z,
    WHEN,
    WHEN_MS,
    is_shown,
)  # fmt: skip
from strategy.columns.life import (
    BLOCKS,
    DEPTHS,
    FLAGS,
    FRESH,
    GAPS,
    HEAD,
    HEIGHT,
    HIGH,
    KIND,
    KNOWN_MS,
    LEG,
    LOW,
    NAME,
    ROW_FLOATS,
    ROW_INTS,
    SIDE,
    SIZES,
    VOLUME,
)  # fmt: skip
from strategy.columns.moments import (
    BAR,
    BREAKS,
    FIRST_FRAME,
    LEGS,
    SWEEPS,
)  # fmt: skip
from strategy.columns.numbers import (
    EXP2_TABLE,
    MOMENT_INTS,
    ROOM,
    SYNERGY_BARS,
    SYNERGY_MS,
    WINDOW,
    power,
)  # fmt: skip
from strategy.confluence.evidence import NEAR_ATR
from strategy.confluence.quality import block_quality, break_worth, gap_quality, sweep_worth
from strategy.smc.fold_state import BLOCK, RECENT_BARS
from strategy.smc.fold_state import BREAKS as SHOWN_BREAKS
from strategy.smc.order_blocks import HAS_GAP, SWEPT


def _is_near(row: int, side: int, way: int, atr: float, rows: Ints, shapes: Floats, drawn: Floats) -> bool:
    """Whether a zone of the side is at, or within one ATR of, the entry zone."""
    over = shapes[row * ROW_FLOATS + LOW] - drawn[way * WAY_FLOATS + AREA_HIGH]
    under = drawn[way * WAY_FLOATS + AREA_LOW] - shapes[row * ROW_FLOATS + HIGH]
    return bool(rows[row * ROW_INTS + SIDE] == side and max(over, under) <= NEAR_ATR * atr)


def best_block(
    side: int,
    way: int,
    base: int,
    counts: Ints,
    rows: Ints,
    shapes: Floats,
    depths: Floats,
    shelves: Ints,
    drawn: Floats,
    atr: float,
) -> float:
    """Quality of the best block by the entry."""
    best = 0.0
    first = base + HEAD + BLOCKS * counts[ROOM]
    for at in range(first, first + shelves[base + SIZES + BLOCKS] if way >= 0 else first):
        row = shelves[at]
        if _is_near(row, side, way, atr, rows, shapes, drawn):
            leg, volume = shapes[row * ROW_FLOATS + LEG], shapes[row * ROW_FLOATS + VOLUME]
            gap = 1 if rows[row * ROW_INTS + FLAGS] & HAS_GAP else 0
            swept = 1 if rows[row * ROW_INTS + FLAGS] & SWEPT else 0
            best = max(best, block_quality(depths[row * DEPTHS + FRESH], leg, volume, gap, swept))
    return best


def best_gap(
    side: int,
    way: int,
    base: int,
    counts: Ints,
    rows: Ints,
    shapes: Floats,
    depths: Floats,
    shelves: Ints,
    drawn: Floats,
    atr: float,
) -> float:
    """Quality of the best gap by the entry."""
    best = 0.0
    first = base + HEAD + GAPS * counts[ROOM]
    for at in range(first, first + shelves[base + SIZES + GAPS] if way >= 0 else first):
        row = shelves[at]
        if _is_near(row, side, way, atr, rows, shapes, drawn):
            found = gap_quality(depths[row * DEPTHS + FRESH], shapes[row * ROW_FLOATS + HEIGHT])
            best = max(best, found)
    return best


def best_break(
    i: int,
    side: int,
    counts: Ints,
    begins: Ints,
    tables: Floats,
    events: Ints,
    strengths: Floats,
    moments: Ints,
) -> float:
    """Quality of the best break to the side among those shown, 0 without one."""
    bar = moments[i * counts[MOMENT_INTS] + FIRST_FRAME + BAR]
    outer, inner, best = 0, 0, 0.0
    at = moments[i * counts[MOMENT_INTS] + BREAKS] - 1
    while at >= begins[BREAK_SECTION] and events[at * HAPPENED + WHEN] >= bar - counts[WINDOW]:
        if events[at * HAPPENED + SIDE_OF] == side and is_shown(at, outer, inner, events):
            recency = power(EXP2_TABLE, bar - events[at * HAPPENED + WHEN], counts, tables)
            best = max(best, break_worth(recency, strengths[at * STRENGTHS + SIZE_ATR]))
        outer += 1 if events[at * HAPPENED + SORT] > 0 else 0
        inner += 0 if events[at * HAPPENED + SORT] > 0 else 1
        at = at - 1 if outer < SHOWN_BREAKS or inner < SHOWN_BREAKS else NOBODY
    return best


def best_sweep(
    i: int,
    side: int,
    sort: int,
    counts: Ints,
    begins: Ints,
    tables: Floats,
    events: Ints,
    strengths: Floats,
    moments: Ints,
) -> float:
    """Quality of the best sweep of a kind in favour of the side, 0 without one."""
    bar = moments[i * counts[MOMENT_INTS] + FIRST_FRAME + BAR]
    best = 0.0
    at = moments[i * counts[MOMENT_INTS] + SWEEPS] - 1
    while at >= begins[SWEEP_SECTION] and events[at * HAPPENED + WHEN] >= bar - RECENT_BARS:
        if (
            events[at * HAPPENED + SIDE_OF] == side
            and events[at * HAPPENED + SORT] == sort
            and events[at * HAPPENED + DETAIL] >= bar - counts[WINDOW]
        ):
            recency = power(EXP2_TABLE, bar - events[at * HAPPENED + WHEN], counts, tables)
            best = max(best, sweep_worth(recency, strengths[at * STRENGTHS + SIZE_ATR]))
        at -= 1
    return best


def newest_sweep(i: int, side: int, counts: Ints, begins: Ints, events: Ints, moments: Ints) -> int:
    """Bars since the newest sweep in favour of the side that is shown, −1 without one."""
    bar = moments[i * counts[MOMENT_INTS] + FIRST_FRAME + BAR]
    at = moments[i * counts[MOMENT_INTS] + SWEEPS] - 1
    while at >= begins[SWEEP_SECTION] and events[at * HAPPENED + WHEN] >= bar - RECENT_BARS:
        if events[at * HAPPENED + SIDE_OF] == side and events[at * HAPPENED + DETAIL] >= bar - counts[WINDOW]:
            return int(bar - events[at * HAPPENED + WHEN])
        at -= 1
    return -1


def leg_volume(
    i: int, side: int, counts: Ints, begins: Ints, events: Ints, strengths: Floats, moments: Ints
) -> float:
    """The strongest volume z-score among the side's recent legs; 0 without one above usual."""
    oldest = moments[i * counts[MOMENT_INTS] + FIRST_FRAME + BAR] - min(RECENT_BARS, counts[SYNERGY_BARS])
    best = 0.0
    at = moments[i * counts[MOMENT_INTS] + LEGS] - 1
    while at >= begins[LEG_SECTION] and events[at * HAPPENED + WHEN] >= oldest:
        if events[at * HAPPENED + SIDE_OF] == side:
            best = max(best, strengths[at * STRENGTHS + VOLUME_Z])
        at -= 1
    return best


def in_sequence(
    i: int,
    side: int,
    way: int,
    base: int,
    counts: Ints,
    begins: Ints,
    rows: Ints,
    events: Ints,
    moments: Ints,
    shelves: Ints,
    ways: Ints,
) -> bool:
    """Whether a sweep, then a change of character, then the block traded came within the profile's bars."""
    main = ways[way * WAY_INTS + MAIN]
    if rows[main * ROW_INTS + KIND] != BLOCK:
        return False
    known_ms = rows[main * ROW_INTS + KNOWN_MS]
    first = base + HEAD + BLOCKS * counts[ROOM]
    for at in range(first + shelves[base + SIZES + BLOCKS] - 1, first - 1, -1):
        if rows[shelves[at] * ROW_INTS + NAME] == rows[main * ROW_INTS + NAME]:
            known_ms = rows[shelves[at] * ROW_INTS + KNOWN_MS]
    bar = moments[i * counts[MOMENT_INTS] + FIRST_FRAME + BAR]
    at = moments[i * counts[MOMENT_INTS] + SWEEPS] - 1
    while at >= begins[SWEEP_SECTION] and events[at * HAPPENED + WHEN] >= bar - RECENT_BARS:
        swept_ms = events[at * HAPPENED + WHEN_MS]
        if (
            events[at * HAPPENED + SIDE_OF] == side
            and events[at * HAPPENED + DETAIL] >= bar - counts[WINDOW]
            and known_ms <= swept_ms + counts[SYNERGY_MS]
            and _turned(i, side, bar, swept_ms, known_ms, counts, begins, events, moments)
        ):
            return True
        at -= 1
    return False


def _turned(
    i: int,
    side: int,
    bar: int,
    since_ms: int,
    until_ms: int,
    counts: Ints,
    begins: Ints,
    events: Ints,
    moments: Ints,
) -> bool:
    """Whether a change of character to the side, of those shown, became known in between."""
    outer, inner = 0, 0
    at = moments[i * counts[MOMENT_INTS] + BREAKS] - 1
    while at >= begins[BREAK_SECTION] and events[at * HAPPENED + WHEN] >= bar - counts[WINDOW]:
        if (
            events[at * HAPPENED + SIDE_OF] == side
            and events[at * HAPPENED + DETAIL] == CHOCH
            and since_ms <= events[at * HAPPENED + WHEN_MS] <= until_ms
            and is_shown(at, outer, inner, events)
        ):
            return True
        outer += 1 if events[at * HAPPENED + SORT] > 0 else 0
        inner += 0 if events[at * HAPPENED + SORT] > 0 else 1
        at -= 1
    return False
