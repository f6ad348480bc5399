"""A side's score in tenths, as :mod:`strategy.confluence.scorer` adds it up."""

from __future__ import annotations

from typing import Final

from shared.models.data import Floats, Ints
from strategy.columns.ahead import is_opposed
from strategy.columns.entries import (
    AREA_HIGH,
    AREA_LOW,
    FRESHNESS,
    LOST,
    MAIN,
    NOBODY,
    OTHER,
    PLACE,
    WAY_FLOATS,
    WAY_INTS,
    WON,
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
    ALIGNMENT,
    APPETITE,
    ATR,
    BAR,
    BREAKS,
    FIRST_FRAME,
    LEGS,
    MARKET,
    MARKET_KNOWN,
    MFI,
    OBV_SLOPE,
    PERCENT_B,
    PERCENTILE,
    RSI,
    SHARE_PRESENT,
    STATE,
    STOCH_D,
    STOCH_K,
    SWEEPS,
    SWING,
    ZSCORE,
)  # fmt: skip
from strategy.columns.numbers import (
    CONFLICT_WEIGHTS,
    EXP2_TABLE,
    MIN_ALIGNMENT,
    MIN_FRESHNESS,
    MOMENT_FLOATS,
    MOMENT_INTS,
    ROOM,
    SYNERGY_BARS,
    SYNERGY_MS,
    SYNERGY_WEIGHTS,
    WEIGHTS,
    WINDOW,
    power,
)  # fmt: skip
from strategy.columns.trades import nearest
from strategy.confluence.evidence import NEAR_ATR
from strategy.confluence.factors import FULL_VOLUME_Z
from strategy.confluence.quality import (
    FULL_DEPTH_ATR,
    FULL_FRESHNESS,
    FULL_GAP_ATR,
    FULL_LEG_ATR,
    FULL_VOLUME,
)
from strategy.confluence.rules import DISCOUNT, EXTREME_MFI, EXTREME_RSI
from strategy.smc.fold_state import BLOCK, RECENT_BARS
from strategy.smc.fold_state import BREAKS as SHOWN_BREAKS
from strategy.smc.order_blocks import HAS_GAP, SWEPT

MAX_TENTHS = 1000
ORDER: Final = (
    *("alignment", "order_block", "range_position", "structure", "sweep_reclaim", "fair_value_gap", "momentum", "volume"),
    *("sweep_wick", "stretch", "regime", "volatility", "btc"),
    *("sweep_choch_block", "block_and_gap", "aligned_discount"),
    *("opposing_htf_zone", "opposing_swing_trend", "momentum_extreme"),
)  # fmt: skip
"""Factors, synergies and conflicts by the numbers they have here."""
UNKNOWN = 2
"""Of a symbol's state: against either side."""


def clip(value: float) -> float:
    """``value`` held within [0, 1]."""
    return 0.0 if value <= 0.0 else min(1.0, value)


def falling(value: float, best: float, worst: float) -> float:
    """1 up to ``best``, 0 from ``worst``, straight between."""
    return clip((worst - value) / (worst - best))


def score_side(
    i: int, side: int, way: int, base: int, limits: Floats, counts: Ints, begins: Ints, tables: Floats, rows: Ints, shapes: Floats,
    events: Ints, strengths: Floats, moments: Ints, states: Floats, depths: Floats, shelves: Ints, ways: Ints, drawn: Floats,
    notes_out: Ints,
) -> None:  # fmt: skip
    """Every factor, synergy and conflict of ``side``, of which ``way`` is traded (−1 none)."""
    here, swing = i * counts[MOMENT_FLOATS], moments[i * counts[MOMENT_INTS] + SWING] * side
    atr, place = states[here + ATR], drawn[way * WAY_FLOATS + PLACE] if way >= 0 else 0.0
    agreed = clip(states[here + ALIGNMENT] * side * states[here + SHARE_PRESENT])
    broken = _best_break(i, side, counts, begins, tables, events, strengths, moments)
    busy = clip(_leg_volume(i, side, counts, begins, events, strengths, moments) / FULL_VOLUME_Z)
    total = (
        _tenths(0, agreed, counts)
        + _tenths(1, _best_block(side, way, base, counts, rows, shapes, depths, shelves, drawn, atr), counts)
        + _tenths(2, falling(place, 0.45, 0.75) if way >= 0 else 0.0, counts)
        + _tenths(3, 0.4 * (1.0 if swing > 0 else 0.0) + 0.6 * broken, counts)
        + _tenths(5, _best_gap(side, way, base, counts, rows, shapes, depths, shelves, drawn, atr), counts)
        + _tenths(7, 0.5 * (1.0 if states[here + OBV_SLOPE] * side > 0 else 0.0) + 0.5 * busy, counts)
        + _of_the_market(i, side, counts, moments, states)
        + _synergies(i, side, way, base, limits, counts, begins, rows, events, moments, states, shelves, ways, drawn)
    )  # fmt: skip
    for factor, sort in ((4, 1), (8, 0)):
        swept = _best_sweep(i, side, sort, counts, begins, tables, events, strengths, moments)
        total += _tenths(factor, swept, counts)
    lost = counts[CONFLICT_WEIGHTS + 1] if swing < 0 else 0
    if is_opposed(i, side, way, limits, counts, rows, shapes, moments, depths, shelves, ways):
        lost += counts[CONFLICT_WEIGHTS]
    if mirrored(i, side, RSI, 50.0, counts, states) >= EXTREME_RSI or mirrored(i, side, MFI, 50.0, counts, states) >= EXTREME_MFI:  # fmt: skip
        lost += counts[CONFLICT_WEIGHTS + 2]
    notes_out[WON] = min(MAX_TENTHS, max(0, total - lost))
    notes_out[LOST] = lost


def mirrored(i: int, side: int, cell: int, middle: float, counts: Ints, states: Floats) -> float:
    """An oscillator as a side sees it."""
    return float(middle + side * (states[i * counts[MOMENT_FLOATS] + cell] - middle))


def _of_the_market(i: int, side: int, counts: Ints, moments: Ints, states: Floats) -> int:
    """The factors that oscillators and the regime give: momentum, stretch, regime, volatility, btc."""
    here, now = i * counts[MOMENT_FLOATS], i * counts[MOMENT_INTS]
    room = falling(mirrored(i, side, RSI, 50.0, counts, states), 50.0, 75.0) + falling(
        mirrored(i, side, MFI, 50.0, counts, states), 50.0, 85.0
    )
    crossing = mirrored(i, side, STOCH_K, 50.0, counts, states) - mirrored(
        i, side, STOCH_D, 50.0, counts, states
    )
    total = _tenths(6, (room + clip(0.5 + crossing / 20.0)) / 3, counts)
    low = falling(mirrored(i, side, PERCENT_B, 0.5, counts, states), 0.0, 1.0)
    far = falling(mirrored(i, side, ZSCORE, 0.0, counts, states), -2.0, 2.0)
    total += _tenths(9, 0.5 * low + 0.5 * far, counts)
    state = moments[now + STATE]
    along = -1.0 if state == UNKNOWN else float(state * side)
    appetite = float(moments[now + APPETITE] * side)
    total += _tenths(10, 0.7 * clip(0.5 + along / 2) + 0.3 * clip(0.5 + appetite / 2), counts)
    percentile = states[here + PERCENTILE]
    dead = 0.5 + 0.5 * clip(percentile / 20.0)
    total += _tenths(11, min(dead, falling(percentile, 80.0, 100.0)), counts)
    led = clip(0.5 + states[here + MARKET] * side / 2)
    return total + _tenths(12, moments[now + MARKET_KNOWN] * led, counts)


def _synergies(
    i: int, side: int, way: int, base: int, limits: Floats, counts: Ints, begins: Ints, rows: Ints, events: Ints, moments: Ints,
    states: Floats, shelves: Ints, ways: Ints, drawn: Floats,
) -> int:  # fmt: skip
    """What combinations add, where a zone is traded."""
    if way < 0:
        return 0
    total = 0
    fresh = drawn[way * WAY_FLOATS + FRESHNESS] >= limits[MIN_FRESHNESS]
    cheap = drawn[way * WAY_FLOATS + PLACE] < DISCOUNT
    if fresh and cheap and _in_sequence(i, side, way, base, counts, begins, rows, events, moments, shelves, ways):  # fmt: skip
        total += counts[SYNERGY_WEIGHTS]
    if fresh and ways[way * WAY_INTS + OTHER] >= 0:
        total += counts[SYNERGY_WEIGHTS + 1]
    alignment = states[i * counts[MOMENT_FLOATS] + ALIGNMENT] * side
    if cheap and alignment >= max(0.5, limits[MIN_ALIGNMENT]):
        total += counts[SYNERGY_WEIGHTS + 2]
    return int(total)


def _tenths(factor: int, value: float, counts: Ints) -> int:
    return nearest(value * counts[WEIGHTS + factor])


def _is_near(row: int, side: int, way: int, atr: float, rows: Ints, shapes: Floats, drawn: Floats) -> bool:
    """Whether a zone of the side is at, or within one ATR of, the entry zone."""
    over = shapes[row * ROW_FLOATS + LOW] - drawn[way * WAY_FLOATS + AREA_HIGH]
    under = drawn[way * WAY_FLOATS + AREA_LOW] - shapes[row * ROW_FLOATS + HIGH]
    return bool(rows[row * ROW_INTS + SIDE] == side and max(over, under) <= NEAR_ATR * atr)


def _best_block(
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
        fresh = depths[row * DEPTHS + FRESH]
        if fresh > 0 and _is_near(row, side, way, atr, rows, shapes, drawn):
            leg = clip(shapes[row * ROW_FLOATS + LEG] / FULL_LEG_ATR)
            busy = clip(shapes[row * ROW_FLOATS + VOLUME] / FULL_VOLUME)
            gap = 1 if rows[row * ROW_INTS + FLAGS] & HAS_GAP else 0
            swept = 1 if rows[row * ROW_INTS + FLAGS] & SWEPT else 0
            found = clip(
                0.35 * clip(fresh / FULL_FRESHNESS) + 0.3 * leg + 0.15 * busy + 0.1 * gap + 0.1 * swept
            )
            best = max(best, found)
    return best


def _best_gap(
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
        fresh = depths[row * DEPTHS + FRESH]
        if fresh > 0 and _is_near(row, side, way, atr, rows, shapes, drawn):
            tall = clip(shapes[row * ROW_FLOATS + HEIGHT] / FULL_GAP_ATR)
            best = max(best, 0.6 * clip(fresh / FULL_FRESHNESS) + 0.4 * tall)
    return best


def _best_break(
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
            best = max(best, 0.5 * recency + 0.5 * clip(strengths[at * STRENGTHS + SIZE_ATR] / FULL_LEG_ATR))
        outer += 1 if events[at * HAPPENED + SORT] > 0 else 0
        inner += 0 if events[at * HAPPENED + SORT] > 0 else 1
        at = at - 1 if outer < SHOWN_BREAKS or inner < SHOWN_BREAKS else NOBODY
    return best


def _best_sweep(
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
            deep = clip(strengths[at * STRENGTHS + SIZE_ATR] / FULL_DEPTH_ATR)
            best = max(best, recency * (0.6 + 0.4 * deep))
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


def _leg_volume(
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


def _in_sequence(
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
