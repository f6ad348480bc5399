"""Every detector over one series, in one compiled call, merged into one log.

Order inside a bar: the living zones' events, pools taken, pivots confirmed and their pools, displacement, new gaps,
breaks, their order blocks. What is made at a bar is first tested on the next.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from indicators.volatility import fill_atr
from shared.models.data import Candles, Floats, Ints
from shared.models.events import FLOAT_COLUMNS, INT_COLUMNS, Event, EventLog, Kind
from shared.models.profile import SmcRules
from shared.utils.kernels import kernel
from strategy.smc.bos_choch import find_breaks
from strategy.smc.displacement import find_displacements
from strategy.smc.fvg import find_gaps
from strategy.smc.liquidity_sweeps import FIELDS as POOL_FIELDS
from strategy.smc.liquidity_sweeps import find_sweeps
from strategy.smc.order_blocks import find_blocks
from strategy.smc.swings import find_swings
from strategy.smc.zones import FIELDS as ZONE_FIELDS

ROWS_A_BAR: Final = 4
"""First guess at the room the log needs; a series that needs more is run again with enough."""

RANKS: Final = {
    (Kind.POOL, Event.FORMED): 3,
    (Kind.POOL, Event.JOINED): 3,
    (Kind.POOL, Event.CONFIRMED_BY): 3,
    (Kind.POOL, None): 1,
    (Kind.SWING, None): 2,
    (Kind.DISPLACEMENT, Event.FORMED): 4,
    (Kind.FAIR_VALUE_GAP, Event.FORMED): 5,
    (Kind.DISPLACEMENT, Event.MADE_FVG): 6,
    (Kind.BREAK, None): 7,
    (Kind.ORDER_BLOCK, Event.FORMED): 8,
    (Kind.ORDER_BLOCK, Event.CONFIRMED_BY): 8,
}
"""Place of an event inside its bar; life events of zones come first."""


def _rank_table() -> Ints:
    table = np.zeros((max(Kind) + 1, max(Event) + 1), np.int64)
    for (kind, event), rank in RANKS.items():
        table[kind, slice(None) if event is None else event] = rank
    for (kind, event), rank in RANKS.items():
        if event is not None:
            table[kind, event] = rank
    return table


_RANK: Final = _rank_table()


def whole_runs(candles: Candles) -> Ints:
    """Shape (n,): how many traded bars without a hole end at each bar; 0 at an untraded one."""
    n = len(candles)
    index = np.arange(n)
    hole = np.r_[True, np.diff(candles.open_ms) != candles.timeframe.ms]
    untraded = candles.volume <= 0
    start = np.maximum.accumulate(np.where(hole, index, 0))
    after = np.maximum.accumulate(np.where(untraded, index + 1, 0))
    return np.asarray(index + 1 - np.maximum(start, after), np.int64)


def detect(candles: Candles, options: SmcRules, tick: float) -> EventLog:
    """The event log of a series. ``tick`` is the market's price step.

    Causal: the log of ``candles.head(n)`` is the log of ``candles`` until bar n − 1, bit for bit.
    """
    capacity = ROWS_A_BAR * len(candles) + 64
    while True:
        log, rows = _run(candles, options, tick, capacity)
        if rows <= capacity:
            return log
        capacity = rows


def _run(candles: Candles, options: SmcRules, tick: float, capacity: int) -> tuple[EventLog, int]:
    n = len(candles)
    ints = np.empty(capacity * len(INT_COLUMNS), np.int64)
    floats = np.empty(capacity * len(FLOAT_COLUMNS))
    atr, spare = np.empty(n), np.empty(n)
    trend = (np.empty(n, np.int64), np.empty(n, np.int64))
    lows, highs = (np.empty(n), np.empty(n)), (np.empty(n), np.empty(n))
    flags: list[Any] = [np.empty(n, np.int64) for _ in range(8)]
    rows = np.zeros(1, np.int64)
    if n:
        _detect_all(
            candles.open, candles.high, candles.low, candles.close, candles.volume, whole_runs(candles), tick,
            options.internal_reach, options.swing_reach, options.break_buffer_atr, options.min_gap_atr,
            options.displacement_atr, options.reclaim_bars, options.equal_atr, options.zone_expiry_bars,
            options.pool_expiry_bars, int(options.zone_body_only),
            atr, spare, np.empty(n), np.empty(n), *flags, *trend, *lows, *highs, np.empty(2 * n, np.int64),
            np.empty((n + 1) * max(ZONE_FIELDS, POOL_FIELDS)), np.zeros(1, np.int64), ints, floats, rows,
        )  # fmt: skip
    count = int(rows[0])
    kept = min(count, capacity)
    table = ints.reshape(-1, len(INT_COLUMNS))[:kept]
    order = np.argsort(table[:, 0] * len(RANKS) + _RANK[table[:, 1], table[:, 2]], kind="stable")
    payload = floats.reshape(-1, len(FLOAT_COLUMNS))[:kept]
    return EventLog(table[order], payload[order], atr, trend, lows, highs), count


@kernel
def _detect_all(
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    whole: Ints,
    tick: float,
    internal_reach: int,
    swing_reach: int,
    buffer_atr: float,
    gap_atr: float,
    displaced: float,
    reclaim: int,
    equal_atr: float,
    zone_expiry: int,
    pool_expiry: int,
    body_only: int,
    atr_out: Floats,
    spare_out: Floats,
    up_out: Floats,
    down_out: Floats,
    internal_pivots_out: Ints,
    swing_pivots_out: Ints,
    gaps_out: Ints,
    swept_out: Ints,
    internal_out: Ints,
    internal_origins_out: Ints,
    swing_out: Ints,
    swing_origins_out: Ints,
    internal_trend_out: Ints,
    swing_trend_out: Ints,
    internal_low_out: Floats,
    swing_low_out: Floats,
    internal_high_out: Floats,
    swing_high_out: Floats,
    known_out: Ints,
    book_out: Floats,
    size_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Run the detectors in the order in which they need each other."""
    fill_atr(high, low, close, 14, atr_out, spare_out)
    find_displacements(
        open_,
        high,
        low,
        close,
        volume,
        atr_out,
        whole,
        displaced,
        up_out,
        down_out,
        ints_out,
        floats_out,
        rows_out,
    )
    find_swings(
        high,
        low,
        atr_out,
        internal_reach,
        0,
        equal_atr,
        tick,
        internal_pivots_out,
        ints_out,
        floats_out,
        rows_out,
    )
    find_swings(
        high, low, atr_out, swing_reach, 1, equal_atr, tick, swing_pivots_out, ints_out, floats_out, rows_out
    )
    find_gaps(
        high, low, close, atr_out, whole, gap_atr, tick, zone_expiry, displaced, up_out, down_out,
        gaps_out, book_out, size_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_sweeps(
        high, low, close, atr_out, internal_pivots_out, internal_reach, swing_pivots_out, swing_reach, equal_atr, tick,
        reclaim, pool_expiry, swept_out, book_out, size_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_breaks(
        high, low, close, atr_out, internal_pivots_out, internal_reach, 0, buffer_atr, up_out, down_out, swept_out,
        internal_out, internal_origins_out, internal_trend_out, internal_low_out, internal_high_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_breaks(
        high, low, close, atr_out, swing_pivots_out, swing_reach, 1, buffer_atr, up_out, down_out, swept_out,
        swing_out, swing_origins_out, swing_trend_out, swing_low_out, swing_high_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_blocks(
        open_, high, low, close, volume, atr_out, tick, zone_expiry, body_only, up_out, down_out, gaps_out, swept_out,
        internal_out, internal_origins_out, swing_out, swing_origins_out,
        known_out, book_out, size_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
