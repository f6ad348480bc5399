"""A structure break is a close (as an option, a wick) beyond an unbroken swing: INIT without a trend, BOS with it, CHoCH against it.

Each layer keeps a trend, the last confirmed high and low (of a run on one side the most extreme), and the protected
level: the extreme of the leg that made the last break. A close beyond the protected level is a CHoCH too, also when no
pivot is confirmed there yet.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.displacement import largest_leg
from strategy.smc.emit import ITSELF, emit

BREAK = 6
FORMED = 1
HIGH, LOW = 1, 2
MEMORY = 1000
SWEEP_REACH = 10
NAN = float("nan")
FAR_AWAY = 1e300


def leg_origin(values: Floats, sign: int, first: int, last: int) -> int:
    """Bar of the most extreme value of [first, last] against ``sign`` (the lowest low of an up-leg); ties: the latest."""
    best = last
    for j in range(last, first - 1, -1):
        if sign * (values[j] - values[best]) < 0.0:
            best = j
    return best


def swept_within(swept: Ints, flag: int, first: int, last: int) -> bool:
    """Whether a pool of the side ``flag`` was swept inside [first, last]."""
    for j in range(max(0, first), last + 1):
        if swept[j] & flag:
            return True
    return False


def find_breaks(
    start: int,
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    atr: Floats,
    whole: Ints,
    pivots: Ints,
    reach: int,
    layer: int,
    buffer_atr: float,
    by_wick: int,
    up: Floats,
    down: Floats,
    swept: Ints,
    breaks_out: Ints,
    origins_out: Ints,
    trend_out: Ints,
    range_low_out: Floats,
    range_high_out: Floats,
    memo_out: Ints,
    spans_out: Floats,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Log every break of a layer. ``breaks_out[t]`` is its side (0 none), plus 2·side for CHoCH and 4·side for INIT;
    ``origins_out[t]`` the bar its leg began; ``trend_out`` and the range columns the state at every close.

    The range is [protected level, extreme since] in a trend, else the last pair of swings widened by what came after them.
    ``memo_out`` (7,) and ``spans_out`` (2,) keep trend, references and range between calls; see ``new_structure``.
    """
    trend, high_at, low_at, protected_at = memo_out[0], memo_out[1], memo_out[2], memo_out[3]
    high_broken, low_broken, newer = memo_out[4] > 0, memo_out[5] > 0, memo_out[6]
    range_low, range_high = spans_out[0], spans_out[1]
    above, below = _levels(high, low, trend, high_at, low_at, protected_at, high_broken, low_broken)
    for t in range(start, len(close)):
        p = t - reach
        if pivots[t] > 0:
            if pivots[t] & HIGH and not (newer > 0 and not high_broken and high[high_at] >= high[p]):
                high_at, high_broken = p, False
            if pivots[t] & LOW and not (newer < 0 and not low_broken and low[low_at] <= low[p]):
                low_at, low_broken = p, False
            newer = 1 if pivots[t] == HIGH else -1 if pivots[t] == LOW else 0
            above, below = _levels(high, low, trend, high_at, low_at, protected_at, high_broken, low_broken)
            if trend == 0 and high_at >= 0 and low_at >= 0:
                since = max(high_at, low_at) + 1
                range_low = min(low[low_at], _extreme(low, -1, since, t))
                range_high = max(high[high_at], _extreme(high, 1, since, t))
        if trend <= 0:
            range_low = min(range_low, low[t])
        if trend >= 0:
            range_high = max(range_high, high[t])
        breaks_out[t], origins_out[t] = 0, -1
        rising, up_guard, falling, down_guard = False, False, False, False
        upper, lower = (high[t], low[t]) if by_wick > 0 else (close[t], close[t])
        if upper > above or lower < below:
            rising, up_guard = _goes_through(
                t, 1, high, upper, buffer_atr * atr[t - 1], high_at, high_broken, trend, protected_at
            )
            falling, down_guard = _goes_through(
                t, -1, low, lower, buffer_atr * atr[t - 1], low_at, low_broken, trend, protected_at
            )
        upwards, downwards = rising or up_guard, falling or down_guard
        sign = trend if upwards and downwards else 1 if upwards else -1 if downwards else 0
        if sign != 0:
            at, through, protected = (
                (high_at, rising, up_guard) if sign > 0 else (low_at, falling, down_guard)
            )
            pivot = at if through else protected_at
            against = low if sign > 0 else high
            origin = leg_origin(against, sign, pivot + 1, t)
            label = 0 if trend == 0 else 1 if trend == sign else -1
            _log_break(
                t, sign, layer, pivot, origin, label, protected, upper if sign > 0 else lower, high if sign > 0 else low,
                largest_leg(up if sign > 0 else down, origin, t, open_, high, low, close, atr, whole), atr, swept,
                ints_out, floats_out, rows_out,
            )  # fmt: skip
            breaks_out[t] = sign * (1 if label == 1 else 3 if label == -1 else 5)
            origins_out[t] = origin
            trend, protected_at = sign, origin
            if sign > 0:
                high_broken = high_broken or rising
                range_low, range_high = low[origin], _extreme(high, 1, origin, t)
            else:
                low_broken = low_broken or falling
                range_low, range_high = _extreme(low, -1, origin, t), high[origin]
            above, below = _levels(high, low, trend, high_at, low_at, protected_at, high_broken, low_broken)
        trend_out[t], range_low_out[t], range_high_out[t] = trend, range_low, range_high
    memo_out[0], memo_out[1], memo_out[2], memo_out[3] = trend, high_at, low_at, protected_at
    memo_out[4], memo_out[5], memo_out[6] = int(high_broken), int(low_broken), newer
    spans_out[0], spans_out[1] = range_low, range_high


def _log_break(
    t: int, sign: int, layer: int, pivot: int, origin: int, label: int, protected: bool, price: float, extremes: Floats,
    displacement: float, atr: Floats, swept: Ints, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    sweep = swept_within(swept, LOW if sign > 0 else HIGH, origin - SWEEP_REACH, t)
    emit(
        ints_out, floats_out, rows_out, t, BREAK, FORMED, sign, layer, t * 2 + layer, pivot, ITSELF,
        extremes[pivot], 0.0, sign * (price - extremes[pivot]) / atr[t - 1], displacement,
        float(label), 1.0 if protected else 0.0, 1.0 if sweep else 0.0, float(t - pivot),
    )  # fmt: skip


def new_structure(memo_out: Ints, spans_out: Floats) -> None:
    """State before the first bar: no trend, no references, no range."""
    memo_out[0], memo_out[1], memo_out[2], memo_out[3] = 0, -1, -1, -1
    memo_out[4], memo_out[5], memo_out[6] = 1, 1, 0
    spans_out[0], spans_out[1] = NAN, NAN


def _levels(
    high: Floats, low: Floats, trend: int, high_at: int, low_at: int, protected_at: int, high_broken: bool, low_broken: bool
) -> tuple[float, float]:  # fmt: skip
    """Prices above and below which something may break; nothing can between them."""
    above, below = FAR_AWAY, -FAR_AWAY
    if high_at >= 0 and not high_broken:
        above = high[high_at]
    if low_at >= 0 and not low_broken:
        below = low[low_at]
    if protected_at >= 0 and trend < 0:
        above = min(above, high[protected_at])
    if protected_at >= 0 and trend > 0:
        below = max(below, low[protected_at])
    return above, below


def _goes_through(
    t: int, sign: int, extremes: Floats, price: float, buffer: float, at: int, broken: bool, trend: int, protected_at: int
) -> tuple[bool, bool]:  # fmt: skip
    """Whether ``price`` passes the unbroken swing of a side, and whether it passes the protected level of the other trend."""
    swing = at >= 0 and not broken and t - at <= MEMORY
    through = swing and sign * (price - extremes[at]) > buffer
    guarded = trend == -sign and protected_at >= 0 and t - protected_at <= MEMORY
    protected = guarded and sign * (price - extremes[protected_at]) > buffer
    return through, protected


def _extreme(values: Floats, sign: int, first: int, last: int) -> float:
    best = values[first]
    for j in range(first, last + 1):
        if sign * (values[j] - best) > 0.0:
            best = values[j]
    return float(best)
