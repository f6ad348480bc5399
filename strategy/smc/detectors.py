"""All detectors over the bars of one series, compiled as one, in the order in which they need each other."""

from __future__ import annotations

from indicators.volatility import extend_atr
from shared.models.data import Floats, Ints
from shared.utils.kernels import kernel
from strategy.smc.bos_choch import find_breaks
from strategy.smc.displacement import find_displacements
from strategy.smc.liquidity_sweeps import find_sweeps
from strategy.smc.sessions import find_periods
from strategy.smc.swings import find_swings
from strategy.smc.zone_lives import find_zones


@kernel
def detect_all(
    start: int,
    open_ms: Ints,
    length_ms: int,
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    tick: float,
    change_ms: Ints,
    shift_ms: Ints,
    numbers: Floats,
    switches: Ints,
    atr_out: Floats,
    up_out: Floats,
    down_out: Floats,
    internal_low_out: Floats,
    swing_low_out: Floats,
    internal_high_out: Floats,
    swing_high_out: Floats,
    legs_out: Ints,
    whole_out: Ints,
    internal_pivots_out: Ints,
    swing_pivots_out: Ints,
    swept_out: Ints,
    gaps_out: Ints,
    internal_out: Ints,
    internal_origins_out: Ints,
    swing_out: Ints,
    swing_origins_out: Ints,
    internal_trend_out: Ints,
    swing_trend_out: Ints,
    members_out: Ints,
    blocks_out: Ints,
    internal_memo_out: Ints,
    swing_memo_out: Ints,
    periods_out: Ints,
    internal_state_out: Ints,
    swing_state_out: Ints,
    internal_range_out: Floats,
    swing_range_out: Floats,
    zones_out: Floats,
    heirs_out: Floats,
    pools_out: Floats,
    levels_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Run the detectors over the bars from ``start`` on, in the order in which they need each other."""
    buffer_atr, gap_atr, displaced, equal_atr = numbers[0], numbers[1], numbers[2], numbers[3]
    internal_reach, swing_reach, reclaim = switches[0], switches[1], switches[2]
    zone_expiry, spawn_expiry, pool_expiry = switches[3], switches[4], switches[5]
    body_only, break_by_wick, at_extreme, lost_by_wick = switches[6], switches[7], switches[8], switches[9]
    zone_room, heir_room, pool_room = switches[10], switches[11], switches[12]
    find_whole(start, open_ms, length_ms, volume, whole_out)
    extend_atr(start, high, low, close, 14, atr_out)
    find_displacements(
        start, open_, high, low, close, volume, atr_out, whole_out, displaced, up_out, down_out, legs_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_swings(
        start, high, low, atr_out, internal_reach, 0, equal_atr, tick, internal_pivots_out, internal_memo_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_swings(
        start, high, low, atr_out, swing_reach, 1, equal_atr, tick, swing_pivots_out, swing_memo_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_periods(
        start, open_ms, length_ms, high, low, close, atr_out, change_ms, shift_ms, levels_out,
        periods_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_sweeps(
        start, open_, high, low, close, volume, atr_out, whole_out, internal_pivots_out, internal_reach, swing_pivots_out, swing_reach,
        levels_out, up_out, down_out, displaced, equal_atr, tick, reclaim, pool_expiry, pool_room,
        swept_out, members_out, pools_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_breaks(
        start, open_, high, low, close, atr_out, whole_out, internal_pivots_out, internal_reach, 0, buffer_atr, break_by_wick, up_out, down_out,
        swept_out, internal_out, internal_origins_out, internal_trend_out, internal_low_out, internal_high_out,
        internal_state_out, internal_range_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_breaks(
        start, open_, high, low, close, atr_out, whole_out, swing_pivots_out, swing_reach, 1, buffer_atr, break_by_wick, up_out, down_out,
        swept_out, swing_out, swing_origins_out, swing_trend_out, swing_low_out, swing_high_out,
        swing_state_out, swing_range_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_zones(
        start, open_, high, low, close, volume, atr_out, whole_out, tick, gap_atr, displaced, body_only, at_extreme,
        lost_by_wick, zone_expiry, zone_room, spawn_expiry, heir_room, up_out, down_out, legs_out, swept_out,
        internal_out, internal_origins_out, swing_out, swing_origins_out, gaps_out, blocks_out, zones_out, heirs_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip


def find_whole(start: int, open_ms: Ints, length_ms: int, volume: Floats, whole_out: Ints) -> None:
    """``whole_out[t]``: how many traded bars without a hole end at t; 0 at an untraded one."""
    for t in range(start, len(volume)):
        if not volume[t] > 0.0:
            whole_out[t] = 0
        elif t > 0 and open_ms[t] - open_ms[t - 1] == length_ms:
            whole_out[t] = whole_out[t - 1] + 1
        else:
            whole_out[t] = 1
