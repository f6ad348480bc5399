"""Ways into a side's zones, as :mod:`strategy.planner.entry` finds them, one after the other."""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.columns.happenings import (
    DETAIL,
    HAPPENED,
    LEG_SECTION,
    SIDE_OF,
    SIZE_ATR,
    SORT,
    STRENGTHS,
    TRIGGER_SECTION,
    WHEN,
    WHEN_MS,
    is_shown,
)  # fmt: skip
from strategy.columns.life import (
    BLOCKS,
    DEPTHS,
    FRESH,
    GAPS,
    HEAD,
    HEIGHT,
    HIGH,
    KIND,
    KNOWN_MS,
    LEG,
    LIFE,
    LOW,
    NOW,
    ORIGIN_MS,
    ROW_FLOATS,
    ROW_INTS,
    SIDE,
    SIZES,
    TOUCH_FROM,
)  # fmt: skip
from strategy.columns.moments import (
    ATR,
    BAR,
    BIAS_HIGH,
    BIAS_LOW,
    CLOSE,
    DECIDED_MS,
    FIRST_FRAME,
    FRAME_CLOSE,
    LEGS,
    TRIGGER_BAR,
    TRIGGER_BREAKS,
)  # fmt: skip
from strategy.columns.numbers import (
    AREAS,
    CONFIRM_RANK,
    LEAST_HEIGHT,
    LIMIT_RANK,
    MAX_HEIGHT,
    MAX_PLACE,
    MAX_REACH,
    MIN_FRESHNESS,
    MIN_LEG,
    MOMENT_FLOATS,
    MOMENT_INTS,
    ROOM,
    TOUCH_MS,
    TRIGGER_AGE,
)  # fmt: skip
from strategy.smc.fold_state import GAP, RECENT_BARS
from strategy.smc.zones import FAR_AWAY

NOBODY = -1
WAY_INTS = 10
MAIN, OTHER, RANK, WAY_KNOWN_MS, KEPT, ENTRY, STOP, HELD, TARGETS, FIRST_AT = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
"""A way in: its zone, the gap it shares with a block, the rank of its kind, when it was known, how many zone limits it keeps; then, once
it is drawn, entry and stop in steps of the tick, zones that hold the stop, targets, the first target in steps."""
WAY_FLOATS = 13
PRICE, GUARD, REACH, FRESHNESS, BEHIND, PLACE, TALL, AREA_LOW, AREA_HIGH, DISTANCE, COST, FIRST_R, LAST_R = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
)
"""Its price, what proves it wrong, distance, freshness, the leg behind it, place in the range, height, edges; once it is drawn distance
and cost of the stop, what its first and last target pay."""
NOTES = 8
DOUBT, WAYS, MOST, LEVELS_HELD, LEVELS_OF, CHOSEN, WON, LOST = 0, 1, 2, 3, 4, 5, 6, 7
"""Notes on what is being looked at: 1 where only objects can tell, ways in, the most limits any keeps, levels and the question they
were found for, the way chosen, the score and what conflicts took in tenths."""


def find_ways(
    i: int, side: int, base: int, limits: Floats, counts: Ints, begins: Ints, rows: Ints, shapes: Floats, events: Ints, strengths: Floats,
    moments: Ints, states: Floats, close_ms: Ints, high: Floats, low: Floats, close: Floats, life: Ints, depths: Floats, shelves: Ints,
    ways_out: Ints, drawn_out: Floats, notes_out: Ints,
) -> None:  # fmt: skip
    """Every way into the zones of ``side`` on the anchor's shelves at ``base``, in the order in which objects are made of them."""
    areas = _list_areas(side, base, limits, counts, rows, shapes, life, shelves, ways_out, notes_out)
    newest = _timed(i, side, 0, 0.0 if side > 0 else FAR_AWAY, counts, begins, events, moments, close)
    newest_ms = events[newest * HAPPENED + WHEN_MS] if newest >= 0 else 0
    found, most = 0, 0
    for area in range(areas):
        main, other = ways_out[area * WAY_INTS + MAIN], ways_out[area * WAY_INTS + OTHER]
        touches = (
            life[main * LIFE + NOW] if other < 0 else max(life[main * LIFE + NOW], life[other * LIFE + NOW])
        )
        rank = counts[LIMIT_RANK] if touches == 0 else counts[CONFIRM_RANK]
        if rank < 0 or (touches > 0 and newest_ms == 0):
            continue
        if _enter(
            i, side, main, other, touches, found, newest_ms, counts, begins, rows, shapes, events, moments, states, close_ms, high, low,
            close, drawn_out,
        ):  # fmt: skip
            _tell(
                i, side, main, other, touches, found, begins, limits, counts, rows, shapes, events, strengths, moments, states, depths,
                ways_out, drawn_out,
            )  # fmt: skip
            ways_out[found * WAY_INTS + RANK] = rank
            most = max(most, ways_out[found * WAY_INTS + KEPT])
            found += 1
    notes_out[WAYS] = found
    notes_out[MOST] = most


def _list_areas(
    side: int, base: int, limits: Floats, counts: Ints, rows: Ints, shapes: Floats, life: Ints, shelves: Ints, ways_out: Ints,
    notes_out: Ints,
) -> int:  # fmt: skip
    """Blocks, each followed by its common parts with gaps, then gaps, newest first; how many. Without room for all it is a doubt."""
    areas = 0
    gaps = base + HEAD + GAPS * counts[ROOM]
    newest_gap = gaps + shelves[base + SIZES + GAPS] - 1
    blocks = base + HEAD + BLOCKS * counts[ROOM]
    for block in range(blocks + shelves[base + SIZES + BLOCKS] - 1, blocks - 2, -1):
        alone = block < blocks
        main = NOBODY if alone else shelves[block]
        if not alone and (rows[main * ROW_INTS + SIDE] != side or life[main * LIFE + NOW] > 1):
            continue
        if areas + 2 + newest_gap - gaps > counts[AREAS]:
            notes_out[DOUBT] = 1
            return 0
        if not alone:
            ways_out[areas * WAY_INTS + MAIN] = main
            ways_out[areas * WAY_INTS + OTHER] = NOBODY
            areas += 1
        for at in range(newest_gap, gaps - 1, -1):
            gap = shelves[at]
            if rows[gap * ROW_INTS + SIDE] != side or life[gap * LIFE + NOW] > 1:
                continue
            if alone:
                ways_out[areas * WAY_INTS + MAIN] = gap
                ways_out[areas * WAY_INTS + OTHER] = NOBODY
                areas += 1
            elif _shared_height(main, gap, shapes) >= limits[LEAST_HEIGHT]:
                ways_out[areas * WAY_INTS + MAIN] = main
                ways_out[areas * WAY_INTS + OTHER] = gap
                areas += 1
    return areas


def _shared_height(one: int, two: int, shapes: Floats) -> float:
    top = min(shapes[one * ROW_FLOATS + HIGH], shapes[two * ROW_FLOATS + HIGH])
    return float(top - max(shapes[one * ROW_FLOATS + LOW], shapes[two * ROW_FLOATS + LOW]))


def _timed(
    i: int, side: int, touched_ms: int, guard: float, counts: Ints, begins: Ints, events: Ints, moments: Ints, close: Floats
) -> int:  # fmt: skip
    """Which break of the trigger to ``side`` times an entry: the newest after a touch whose close is on the right side of the guard;
    −1 without one."""
    here = i * counts[MOMENT_INTS]
    oldest = moments[here + TRIGGER_BAR] - counts[TRIGGER_AGE]
    outer, inner = 0, 0
    at = moments[here + TRIGGER_BREAKS] - 1
    while at >= begins[TRIGGER_SECTION] and events[at * HAPPENED + WHEN] >= oldest:
        if (
            events[at * HAPPENED + SIDE_OF] == side
            and events[at * HAPPENED + WHEN_MS] > touched_ms
            and is_shown(at, outer, inner, events)
            and (close[events[at * HAPPENED + WHEN]] - guard) * side > 0
        ):
            return int(at)
        outer += 1 if events[at * HAPPENED + SORT] > 0 else 0
        inner += 0 if events[at * HAPPENED + SORT] > 0 else 1
        at -= 1
    return -1


def _enter(
    i: int, side: int, main: int, other: int, touches: int, found: int, newest_ms: int, counts: Ints, begins: Ints, rows: Ints,
    shapes: Floats, events: Ints, moments: Ints, states: Floats, close_ms: Ints, high: Floats, low: Floats, close: Floats, drawn_out: Floats,
) -> bool:  # fmt: skip
    """Where an area is entered, if it can be: its edges, price and guard."""
    bottom, top = shapes[main * ROW_FLOATS + LOW], shapes[main * ROW_FLOATS + HIGH]
    guard = bottom if side > 0 else top
    begin = rows[main * ROW_INTS + TOUCH_FROM]
    if other >= 0:
        begin = max(begin, rows[other * ROW_INTS + TOUCH_FROM])
        under, over = shapes[other * ROW_FLOATS + LOW], shapes[other * ROW_FLOATS + HIGH]
        guard = min(guard, under) if side > 0 else max(guard, over)
        bottom, top = max(bottom, under), min(top, over)
    near = top if side > 0 else bottom
    stands = states[i * counts[MOMENT_FLOATS] + CLOSE]
    at = found * WAY_FLOATS
    drawn_out[at + AREA_LOW] = bottom
    drawn_out[at + AREA_HIGH] = top
    drawn_out[at + GUARD] = guard
    if touches == 0:
        drawn_out[at + PRICE] = (bottom + top) / 2
        anchored = states[i * counts[MOMENT_FLOATS] + FRAME_CLOSE]
        return bool((anchored - near) * side >= 0 and (stands - near) * side >= 0)
    last = moments[i * counts[MOMENT_INTS] + TRIGGER_BAR]
    touched_ms = _first_touch(side, near, begin, last, close_ms, high, low, close)
    decided_ms = moments[i * counts[MOMENT_INTS] + DECIDED_MS]
    if touched_ms == 0 or newest_ms <= touched_ms or decided_ms - touched_ms > counts[TOUCH_MS]:
        return False
    if (stands - guard) * side <= 0:
        return False
    timing = _timed(i, side, touched_ms, guard, counts, begins, events, moments, close)
    if timing >= 0:
        drawn_out[at + PRICE] = close[events[timing * HAPPENED + WHEN]]
    return timing >= 0


def _first_touch(
    side: int, near: float, begin: int, last: int, close_ms: Ints, high: Floats, low: Floats, close: Floats
) -> int:
    """Close time of the first candle from ``begin`` to ``last`` to enter a zone after price had closed outside; 0 if none did."""
    left = begin
    while left <= last and (close[left] <= near if side > 0 else close[left] >= near):
        left += 1
    for j in range(left + 1, last + 1):
        if low[j] <= near if side > 0 else high[j] >= near:
            return int(close_ms[j])
    return 0


def _tell(
    i: int, side: int, main: int, other: int, touches: int, found: int, begins: Ints, limits: Floats, counts: Ints, rows: Ints,
    shapes: Floats, events: Ints, strengths: Floats, moments: Ints, states: Floats, depths: Floats, ways_out: Ints, drawn_out: Floats,
) -> None:  # fmt: skip
    """What is told of a way in, and how many of the profile's limits on a zone it keeps."""
    at, here, to = found * WAY_FLOATS, i * counts[MOMENT_FLOATS], found * WAY_INTS
    known_ms, fresh = rows[main * ROW_INTS + KNOWN_MS], depths[main * DEPTHS + FRESH]
    leg = shapes[main * ROW_FLOATS + LEG]
    if rows[main * ROW_INTS + KIND] == GAP:
        leg = _leg_through(
            i, side, rows[main * ROW_INTS + ORIGIN_MS], counts, begins, events, strengths, moments
        )
    if other >= 0:
        known_ms = max(known_ms, rows[other * ROW_INTS + KNOWN_MS])
        fresh = min(fresh, depths[other * DEPTHS + FRESH])
    price = drawn_out[at + PRICE]
    near = drawn_out[at + AREA_HIGH] if side > 0 else drawn_out[at + AREA_LOW]
    away = (states[here + CLOSE] - (near if touches == 0 else price)) * side / states[here + ATR]
    reach = max(0.0, away)
    bottom, top = states[here + BIAS_LOW], states[here + BIAS_HIGH]
    place = 1.0
    if top > bottom:
        place = (price - bottom if side > 0 else top - price) / (top - bottom)
    tall = shapes[main * ROW_FLOATS + HEIGHT]
    ways_out[to + MAIN], ways_out[to + OTHER], ways_out[to + WAY_KNOWN_MS] = main, other, known_ms
    drawn_out[at + REACH], drawn_out[at + FRESHNESS], drawn_out[at + BEHIND] = reach, fresh, leg
    drawn_out[at + PLACE], drawn_out[at + TALL] = place, tall
    ways_out[to + KEPT] = (
        (1 if fresh >= limits[MIN_FRESHNESS] else 0)
        + (1 if leg >= limits[MIN_LEG] else 0)
        + (1 if tall <= limits[MAX_HEIGHT] else 0)
        + (1 if reach <= limits[MAX_REACH] else 0)
        + (1 if place <= limits[MAX_PLACE] else 0)
    )


def _leg_through(
    i: int, side: int, origin_ms: int, counts: Ints, begins: Ints, events: Ints, strengths: Floats, moments: Ints
) -> float:  # fmt: skip
    """The largest displacement of ``side`` shown that a gap's middle candle is part of, in ATR; 0 if there is none."""
    here, best = i * counts[MOMENT_INTS], 0.0
    oldest = moments[here + FIRST_FRAME + BAR] - RECENT_BARS
    at = moments[here + LEGS] - 1
    while at >= begins[LEG_SECTION] and events[at * HAPPENED + WHEN] >= oldest:
        if (
            events[at * HAPPENED + SIDE_OF] == side
            and events[at * HAPPENED + DETAIL] <= origin_ms < events[at * HAPPENED + WHEN_MS]
        ):
            best = max(best, strengths[at * STRENGTHS + SIZE_ATR])
        at -= 1
    return best
