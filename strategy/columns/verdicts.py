"""The gates of both sides at every instant, asked in their order, each with no more than it needs: a side is scored where it reaches the
gate on the score, or where both sides fail the same gate and the score says which is told.
"""

from __future__ import annotations

from typing import Final

from shared.models.data import Floats, Ints
from shared.utils.kernels import kernel
from strategy.columns.ahead import find_levels, look
from strategy.columns.best import newest_sweep
from strategy.columns.entries import (
    BEHIND,
    CHOSEN,
    COST,
    DISTANCE,
    DOUBT,
    FIRST_R,
    FRESHNESS,
    HELD,
    KEPT,
    LAST_R,
    LOST,
    MAIN,
    MOST,
    NOBODY,
    OTHER,
    PLACE,
    RANK,
    REACH,
    TALL,
    TARGETS,
    WAY_FLOATS,
    WAY_INTS,
    WAY_KNOWN_MS,
    WAYS,
    WON,
    find_ways,
)  # fmt: skip
from strategy.columns.life import NAME, ROW_INTS
from strategy.columns.moments import ALIGNMENT, EFFICIENCY, SHARE_PRESENT, VETO_LONG, VETO_SHORT
from strategy.columns.numbers import (
    MAX_CONFLICT,
    MAX_COST,
    MAX_EFFICIENCY,
    MAX_HEIGHT,
    MAX_REACH,
    MAX_STOP,
    MIN_ALIGNMENT,
    MIN_FIRST,
    MIN_FRESHNESS,
    MIN_LAST,
    MIN_LEG,
    MIN_SCORE,
    MIN_STOP,
    MIN_WEIGHT,
    MOMENT_FLOATS,
    MOMENT_INTS,
    SWEEP_BARS,
)  # fmt: skip
from strategy.columns.points import score_side
from strategy.columns.trades import draw_trade
from strategy.gates.side_gates import NO_SWEEP_BARS

PASSED = -1
LIMITS_OF_A_ZONE = 5
"""Gates on the zone that is entered: freshness, displacement, height, reach, place in the range."""
(
    CONTEXT, AGREEMENT, ZONE, FRESH_ZONE, LEG_BEHIND, ZONE_HEIGHT, ZONE_REACH, RANGE_PLACE, SWEEP, TOO_EFFICIENT, VETOED, SCORE, CONFLICT,
    STOP_NEAR, STOP_FAR, STOP_HELD, STOP_COST, TARGET, FIRST_PAYS, LAST_PAYS,
) = range(20)  # fmt: skip
"""Rows of ``SIDE_GATES``. The rationale, its last, is always written."""
CODES: Final = (
    *("smc.context", "smc.alignment", "smc.zone", "smc.freshness", "smc.displacement", "smc.zone_height", "smc.reach"),
    *("smc.range_position", "smc.sweep", "regime.efficiency", "regime.btc", "confluence.score", "confluence.conflict"),
    *("plan.stop_distance", "plan.stop_far", "plan.stop_zone", "plan.cost", "plan.targets", "plan.net_rr_first", "plan.net_rr_last"),
    "plan.rationale",
)  # fmt: skip
"""The gates this kernel knows, in the order of ``SIDE_GATES``."""


@kernel
def judge_closes(
    instants: int, limits: Floats, counts: Ints, begins: Ints, starts: Ints, tables: Floats, rows: Ints, shapes: Floats, events: Ints,
    strengths: Floats, moments: Ints, states: Floats, close_ms: Ints, high: Floats, low: Floats, close: Floats, life_out: Ints,
    depths_out: Floats, shelves_out: Ints, spans_out: Floats, ways_out: Ints, drawn_out: Floats, levels_out: Floats, notes_out: Ints,
    failed_out: Ints, measured_out: Floats, tenths_out: Ints, traded_out: Ints, doubts_out: Ints,
) -> None:  # fmt: skip
    """Of each instant and side, long then short: the first gate that fails (−1 none) and what it measured, the score (−1 where none was
    taken), the row of the zone traded; and whether only objects can tell (1)."""
    for i in range(instants):
        notes_out[DOUBT] = 0
        for turn in range(4):
            at = 2 * i + turn % 2
            side = 1 if turn % 2 == 0 else -1
            to_score = turn >= 2
            if to_score and (failed_out[2 * i] != failed_out[2 * i + 1] or tenths_out[at] >= 0):
                continue
            _judge(
                i, side, at, to_score, limits, counts, begins, starts, tables, rows, shapes, events, strengths, moments, states, close_ms,
                high, low, close, life_out, depths_out, shelves_out, spans_out, ways_out, drawn_out, levels_out, notes_out, failed_out,
                measured_out, tenths_out, traded_out,
            )  # fmt: skip
        doubts_out[i] = notes_out[DOUBT]


def _judge(
    i: int, side: int, at: int, to_score: bool, limits: Floats, counts: Ints, begins: Ints, starts: Ints, tables: Floats, rows: Ints,
    shapes: Floats, events: Ints, strengths: Floats, moments: Ints, states: Floats, close_ms: Ints, high: Floats, low: Floats, close: Floats,
    life_out: Ints, depths_out: Floats, shelves_out: Ints, spans_out: Floats, ways_out: Ints, drawn_out: Floats, levels_out: Floats,
    notes_out: Ints, failed_out: Ints, measured_out: Floats, tenths_out: Ints, traded_out: Ints,
) -> None:  # fmt: skip
    """One side at one instant: its gates, or ``to_score`` its score alone."""
    if not to_score and _fails_context(i, side, at, limits, counts, states, failed_out, measured_out):
        return
    look(i, 0, counts, starts, tables, rows, shapes, moments, states, high, low, life_out, depths_out, shelves_out, spans_out)  # fmt: skip
    find_ways(
        i, side, 0, limits, counts, begins, rows, shapes, events, strengths, moments, states, close_ms, high, low, close, life_out,
        depths_out, shelves_out, ways_out, drawn_out, notes_out,
    )  # fmt: skip
    settled = not to_score and _fails_before_score(
        i, side, at, limits, counts, begins, events, moments, states, notes_out, failed_out, measured_out
    )
    if settled:
        return
    if notes_out[WAYS] > 0:
        find_levels(
            i, side, limits, counts, starts, tables, rows, shapes, moments, states, high, low, life_out, depths_out, shelves_out,
            spans_out, levels_out, notes_out,
        )  # fmt: skip
    notes_out[CHOSEN] = NOBODY
    for way in range(notes_out[WAYS]):
        if ways_out[way * WAY_INTS + KEPT] == notes_out[MOST]:
            draw_trade(
                i, side, way, 0, limits, counts, rows, shapes, states, depths_out, shelves_out, levels_out, ways_out, drawn_out,
                notes_out,
            )  # fmt: skip
            if notes_out[CHOSEN] < 0 or _is_better(way, notes_out[CHOSEN], limits, rows, ways_out, drawn_out):
                notes_out[CHOSEN] = way
    way = notes_out[CHOSEN]
    if not to_score and _fails_zone(way, at, limits, drawn_out, notes_out, failed_out, measured_out):
        return
    score_side(
        i, side, way, 0, limits, counts, begins, tables, rows, shapes, events, strengths, moments, states, depths_out, shelves_out,
        ways_out, drawn_out, notes_out,
    )  # fmt: skip
    tenths_out[at] = notes_out[WON]
    if not to_score:
        traded_out[at] = ways_out[way * WAY_INTS + MAIN]
        _ask_score_and_plan(way, at, limits, notes_out, ways_out, drawn_out, failed_out, measured_out)


def _fails(gate: int, measured: float, at: int, failed_out: Ints, measured_out: Floats) -> bool:
    failed_out[at] = gate
    measured_out[at] = measured
    return True


def _fails_context(
    i: int,
    side: int,
    at: int,
    limits: Floats,
    counts: Ints,
    states: Floats,
    failed_out: Ints,
    measured_out: Floats,
) -> bool:
    """The gates on what the context says."""
    here = i * counts[MOMENT_FLOATS]
    if states[here + SHARE_PRESENT] < limits[MIN_WEIGHT]:
        return _fails(CONTEXT, states[here + SHARE_PRESENT], at, failed_out, measured_out)
    if states[here + ALIGNMENT] * side < limits[MIN_ALIGNMENT]:
        return _fails(AGREEMENT, states[here + ALIGNMENT] * side, at, failed_out, measured_out)
    return False


def _fails_before_score(
    i: int, side: int, at: int, limits: Floats, counts: Ints, begins: Ints, events: Ints, moments: Ints, states: Floats, notes: Ints,
    failed_out: Ints, measured_out: Floats,
) -> bool:  # fmt: skip
    """The gates that need no trade drawn: whether there is a zone; and if one keeps every limit, sweep, efficiency and vetoes."""
    if notes[WAYS] == 0:
        return _fails(ZONE, 0.0, at, failed_out, measured_out)
    if notes[MOST] < LIMITS_OF_A_ZONE:
        return False
    if counts[SWEEP_BARS] > 0:
        age = newest_sweep(i, side, counts, begins, events, moments)
        bars = float(age) if age >= 0 else NO_SWEEP_BARS
        if bars > counts[SWEEP_BARS]:
            return _fails(SWEEP, bars, at, failed_out, measured_out)
    efficiency = states[i * counts[MOMENT_FLOATS] + EFFICIENCY]
    if efficiency > limits[MAX_EFFICIENCY]:
        return _fails(TOO_EFFICIENT, efficiency, at, failed_out, measured_out)
    vetoes = moments[i * counts[MOMENT_INTS] + (VETO_LONG if side > 0 else VETO_SHORT)]
    if vetoes > 0:
        return _fails(VETOED, float(vetoes), at, failed_out, measured_out)
    return False


def _fails_zone(
    way: int, at: int, limits: Floats, drawn: Floats, notes: Ints, failed_out: Ints, measured_out: Floats
) -> bool:
    """The gates on the zone that is entered."""
    if notes[MOST] == LIMITS_OF_A_ZONE:
        return False
    here = way * WAY_FLOATS
    if drawn[here + FRESHNESS] < limits[MIN_FRESHNESS]:
        return _fails(FRESH_ZONE, drawn[here + FRESHNESS], at, failed_out, measured_out)
    if drawn[here + BEHIND] < limits[MIN_LEG]:
        return _fails(LEG_BEHIND, drawn[here + BEHIND], at, failed_out, measured_out)
    if drawn[here + TALL] > limits[MAX_HEIGHT]:
        return _fails(ZONE_HEIGHT, drawn[here + TALL], at, failed_out, measured_out)
    if drawn[here + REACH] > limits[MAX_REACH]:
        return _fails(ZONE_REACH, drawn[here + REACH], at, failed_out, measured_out)
    return _fails(RANGE_PLACE, drawn[here + PLACE], at, failed_out, measured_out)


def _ask_score_and_plan(
    way: int,
    at: int,
    limits: Floats,
    notes: Ints,
    ways: Ints,
    drawn: Floats,
    failed_out: Ints,
    measured_out: Floats,
) -> bool:
    """The gates on the score and on the trade as it is drawn."""
    score, lost, here = notes[WON] / 10, notes[LOST] / 10, way * WAY_FLOATS
    if score < limits[MIN_SCORE]:
        return _fails(SCORE, score, at, failed_out, measured_out)
    if lost > limits[MAX_CONFLICT]:
        return _fails(CONFLICT, lost, at, failed_out, measured_out)
    if drawn[here + DISTANCE] < limits[MIN_STOP]:
        return _fails(STOP_NEAR, drawn[here + DISTANCE], at, failed_out, measured_out)
    if drawn[here + DISTANCE] > limits[MAX_STOP]:
        return _fails(STOP_FAR, drawn[here + DISTANCE], at, failed_out, measured_out)
    if ways[way * WAY_INTS + HELD] > 0:
        return _fails(STOP_HELD, float(ways[way * WAY_INTS + HELD]), at, failed_out, measured_out)
    if drawn[here + COST] > limits[MAX_COST]:
        return _fails(STOP_COST, drawn[here + COST], at, failed_out, measured_out)
    if ways[way * WAY_INTS + TARGETS] == 0:
        return _fails(TARGET, 0.0, at, failed_out, measured_out)
    if drawn[here + FIRST_R] < limits[MIN_FIRST]:
        return _fails(FIRST_PAYS, drawn[here + FIRST_R], at, failed_out, measured_out)
    if drawn[here + LAST_R] < limits[MIN_LAST]:
        return _fails(LAST_PAYS, drawn[here + LAST_R], at, failed_out, measured_out)
    return _fails(PASSED, 0.0, at, failed_out, measured_out)


def _limits_kept(way: int, limits: Floats, ways: Ints, drawn: Floats) -> int:
    """How many of the limits that the plan's gates ask about a drawn trade keeps."""
    here = way * WAY_FLOATS
    return (
        (1 if drawn[here + DISTANCE] >= limits[MIN_STOP] else 0)
        + (1 if drawn[here + DISTANCE] <= limits[MAX_STOP] else 0)
        + (1 if ways[way * WAY_INTS + HELD] == 0 else 0)
        + (1 if drawn[here + COST] <= limits[MAX_COST] else 0)
        + (1 if ways[way * WAY_INTS + TARGETS] > 0 else 0)
        + (1 if drawn[here + FIRST_R] >= limits[MIN_FIRST] else 0)
        + (1 if drawn[here + LAST_R] >= limits[MIN_LAST] else 0)
    )


def _is_better(one: int, two: int, limits: Floats, rows: Ints, ways: Ints, drawn: Floats) -> bool:
    """Whether drawn trade ``one`` comes before ``two``, which was found first."""
    kept, others = _limits_kept(one, limits, ways, drawn), _limits_kept(two, limits, ways, drawn)
    if kept != others:
        return kept > others
    shared, shares = ways[one * WAY_INTS + OTHER] >= 0, ways[two * WAY_INTS + OTHER] >= 0
    if shared != shares:
        return bool(shared)
    if ways[one * WAY_INTS + RANK] != ways[two * WAY_INTS + RANK]:
        return bool(ways[one * WAY_INTS + RANK] < ways[two * WAY_INTS + RANK])
    if drawn[one * WAY_FLOATS + REACH] != drawn[two * WAY_FLOATS + REACH]:
        return bool(drawn[one * WAY_FLOATS + REACH] < drawn[two * WAY_FLOATS + REACH])
    if ways[one * WAY_INTS + WAY_KNOWN_MS] != ways[two * WAY_INTS + WAY_KNOWN_MS]:
        return bool(ways[one * WAY_INTS + WAY_KNOWN_MS] > ways[two * WAY_INTS + WAY_KNOWN_MS])
    return bool(
        rows[ways[one * WAY_INTS + MAIN] * ROW_INTS + NAME]
        < rows[ways[two * WAY_INTS + MAIN] * ROW_INTS + NAME]
    )
