"""A side's score in tenths, as :mod:`strategy.confluence.scorer` adds it up."""

from __future__ import annotations

from typing import Final

from shared.models.data import Floats, Ints
from strategy.columns.ahead import is_opposed
from strategy.columns.best import best_block, best_break, best_gap, best_sweep, in_sequence, leg_volume
from strategy.columns.entries import (
    FRESHNESS,
    LOST,
    OTHER,
    PLACE,
    WAY_FLOATS,
    WAY_INTS,
    WON,
)  # fmt: skip
from strategy.columns.moments import (
    ALIGNMENT,
    APPETITE,
    ATR,
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
    SWING,
    ZSCORE,
)  # fmt: skip
from strategy.columns.numbers import (
    CONFLICT_WEIGHTS,
    MIN_ALIGNMENT,
    MIN_FRESHNESS,
    MOMENT_FLOATS,
    MOMENT_INTS,
    SYNERGY_WEIGHTS,
    WEIGHTS,
)  # fmt: skip
from strategy.columns.trades import nearest
from strategy.confluence.factors import FULL_VOLUME_Z, falling
from strategy.confluence.quality import clip
from strategy.confluence.rules import DISCOUNT, EXTREME_MFI, EXTREME_RSI

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


def score_side(
    i: int, side: int, way: int, base: int, limits: Floats, counts: Ints, begins: Ints, tables: Floats, rows: Ints, shapes: Floats,
    events: Ints, strengths: Floats, moments: Ints, states: Floats, depths: Floats, shelves: Ints, ways: Ints, drawn: Floats,
    notes_out: Ints,
) -> None:  # fmt: skip
    """Every factor, synergy and conflict of ``side``, of which ``way`` is traded (−1 none)."""
    here, swing = i * counts[MOMENT_FLOATS], moments[i * counts[MOMENT_INTS] + SWING] * side
    atr, place = states[here + ATR], drawn[way * WAY_FLOATS + PLACE] if way >= 0 else 0.0
    agreed = clip(states[here + ALIGNMENT] * side * states[here + SHARE_PRESENT])
    broken = best_break(i, side, counts, begins, tables, events, strengths, moments)
    busy = clip(leg_volume(i, side, counts, begins, events, strengths, moments) / FULL_VOLUME_Z)
    total = (
        _tenths(0, agreed, counts)
        + _tenths(1, best_block(side, way, base, counts, rows, shapes, depths, shelves, drawn, atr), counts)
        + _tenths(2, falling(place, 0.45, 0.75) if way >= 0 else 0.0, counts)
        + _tenths(3, 0.4 * (1.0 if swing > 0 else 0.0) + 0.6 * broken, counts)
        + _tenths(5, best_gap(side, way, base, counts, rows, shapes, depths, shelves, drawn, atr), counts)
        + _tenths(7, 0.5 * (1.0 if states[here + OBV_SLOPE] * side > 0 else 0.0) + 0.5 * busy, counts)
        + _of_the_market(i, side, counts, moments, states)
        + _synergies(i, side, way, base, limits, counts, begins, rows, events, moments, states, shelves, ways, drawn)
    )  # fmt: skip
    for factor, sort in ((4, 1), (8, 0)):
        swept = best_sweep(i, side, sort, counts, begins, tables, events, strengths, moments)
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
    if fresh and cheap and in_sequence(i, side, way, base, counts, begins, rows, events, moments, shelves, ways):  # fmt: skip
        total += counts[SYNERGY_WEIGHTS]
    if fresh and ways[way * WAY_INTS + OTHER] >= 0:
        total += counts[SYNERGY_WEIGHTS + 1]
    alignment = states[i * counts[MOMENT_FLOATS] + ALIGNMENT] * side
    if cheap and alignment >= max(0.5, limits[MIN_ALIGNMENT]):
        total += counts[SYNERGY_WEIGHTS + 2]
    return int(total)


def _tenths(factor: int, value: float, counts: Ints) -> int:
    return nearest(value * counts[WEIGHTS + factor])
