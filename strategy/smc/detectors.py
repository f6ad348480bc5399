"""All detectors over the bars of one series, compiled as one: every bar is taken in the order of the log.

Lives of zones, pools taken, heirs, pivots and their pools, displacement and the pools it left, new gaps, breaks, their order
blocks, sessions. What is made at a bar is first tested on the next.
"""

from __future__ import annotations

from indicators.volatility import extend_atr
from shared.models.data import Floats, Ints
from shared.utils.kernels import kernel
from strategy.smc.bos_choch import find_break
from strategy.smc.displacement import LEG, count_whole, find_displacement
from strategy.smc.fvg import find_gap, tell_legs
from strategy.smc.liquidity_sweeps import add_levels, follow_swept, live_pools
from strategy.smc.marks import GAP_DOWN, GAP_UP, LAST, begin_bar
from strategy.smc.memory import lacks_room
from strategy.smc.options import DISPLACED_ATR, INTERNAL_REACH, SWING_REACH
from strategy.smc.order_blocks import find_blocks
from strategy.smc.sessions import find_periods, walk_sessions
from strategy.smc.swings import find_swings
from strategy.smc.zones import live_zones, log_heirs


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
    change_ms: Ints,
    shift_ms: Ints,
    numbers: Floats,
    switches: Ints,
    atr_out: Floats,
    ranges_out: Floats,
    trends_out: Ints,
    memo_out: Ints,
    spans_out: Floats,
    marks_out: Ints,
    legs_out: Floats,
    members_out: Ints,
    periods_out: Ints,
    levels_out: Ints,
    prices_out: Floats,
    facts_out: Ints,
    pools_out: Floats,
    ints_out: Ints,
    measures_out: Floats,
    details_out: Floats,
    rows_out: Ints,
) -> int:
    """Run the detectors over the bars from ``start`` on; the first bar that was not taken, for want of room in a table or a book."""
    reach, swing_reach, displaced = switches[INTERNAL_REACH], switches[SWING_REACH], numbers[DISPLACED_ATR]
    extend_atr(start, high, low, close, 14, atr_out)
    for t in range(start, len(close)):
        if lacks_room(facts_out, pools_out, measures_out, details_out, rows_out):
            return t
        begin_bar(t, marks_out, members_out)
        whole = count_whole(t, open_ms, length_ms, volume, memo_out)
        live_zones(t, high, low, close, switches, prices_out, facts_out, ints_out, measures_out, rows_out)
        live_pools(
            t, open_, high, low, close, volume, atr_out, switches, marks_out, pools_out,
            ints_out, measures_out, details_out, rows_out,
        )  # fmt: skip
        log_heirs(t, atr_out[t], prices_out, facts_out, ints_out, measures_out, details_out, rows_out)
        internal, swing = find_swings(
            t, high, low, atr_out, reach, swing_reach, numbers, marks_out, memo_out,
            ints_out, measures_out, details_out, rows_out,
        )  # fmt: skip
        find_periods(t, open_ms[t], length_ms, high, low, change_ms, shift_ms, levels_out, periods_out)
        if internal > 0 or swing > 0 or levels_out[0] > 0:
            add_levels(
                t, internal, swing, levels_out, high, low, atr_out, numbers, switches, members_out, pools_out,
                ints_out, measures_out, details_out, rows_out,
            )  # fmt: skip
        leg = memo_out[LEG]
        find_displacement(
            t, open_, high, low, close, volume, atr_out, whole, displaced, legs_out, memo_out,
            ints_out, measures_out, details_out, rows_out,
        )  # fmt: skip
        follow_swept(t, legs_out, numbers, pools_out, ints_out, measures_out, details_out, rows_out)
        if whole >= 3 and (low[t] > high[t - 2] or high[t] < low[t - 2]):
            find_gap(
                t, high, low, close, atr_out, numbers, marks_out, prices_out, facts_out,
                ints_out, measures_out, details_out, rows_out,
            )  # fmt: skip
        if memo_out[LEG] != leg or marks_out[t & LAST] & (GAP_UP | GAP_DOWN):
            tell_legs(t, displaced, legs_out, leg, memo_out[LEG], marks_out, ints_out, measures_out, rows_out)
        inner = find_break(
            t, 0, internal, reach, high, low, close, atr_out, numbers, switches, legs_out, marks_out, memo_out, spans_out,
            trends_out, ranges_out, ints_out, measures_out, details_out, rows_out,
        )  # fmt: skip
        outer = find_break(
            t, 1, swing, swing_reach, high, low, close, atr_out, numbers, switches, legs_out, marks_out, memo_out, spans_out,
            trends_out, ranges_out, ints_out, measures_out, details_out, rows_out,
        )  # fmt: skip
        if inner != 0 or outer != 0:
            find_blocks(
                t, inner, outer, open_, high, low, close, volume, atr_out, numbers, switches, legs_out, memo_out, marks_out,
                prices_out, facts_out, ints_out, measures_out, details_out, rows_out,
            )  # fmt: skip
        walk_sessions(
            t, high, low, close, atr_out, levels_out, periods_out, ints_out, measures_out, details_out, rows_out
        )  # fmt: skip
    return len(close)
