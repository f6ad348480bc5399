"""A structure break is a close (as an option, a wick) beyond an unbroken swing: INIT without a trend, BOS with it, CHoCH against it.

Each layer keeps a trend, the last confirmed high and low (of a run on one side the most extreme), and the protected
level: the extreme of the leg that made the last break. A close beyond the protected level is a CHoCH too, also when no
pivot is confirmed there yet.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import ITSELF, emit
from strategy.smc.marks import HIGHS_SWEPT, LOWS_SWEPT, largest_leg, marked_within
from strategy.smc.options import BREAK_BY_WICK, BUFFER_ATR

BREAK = 6
FORMED = 1
HIGH, LOW = 1, 2
MEMORY = 1000
SWEEP_REACH = 10
NAN = float("nan")
FAR_AWAY = 1e300
STRUCTURE = 10
"""Where the memory of the layers begins."""
TREND, HIGH_AT, LOW_AT, PROTECTED_AT, HIGH_BROKEN, LOW_BROKEN, NEWER, ORIGIN, CELLS = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
)
"""Memory of a layer: trend, the bars of the references (−1 none), whether they are broken, the side of the newest (0 both), and where
the leg of the newest break began."""
RANGE_LOW, RANGE_HIGH, ABOVE, BELOW, SPANS = 0, 1, 2, 3, 4
"""Prices of a layer: its range, and the prices above and below which something may break; nothing can between them."""


def leg_origin(values: Floats, sign: int, first: int, last: int) -> int:
    """Bar of the most extreme value of [first, last] against ``sign`` (the lowest low of an up-leg); ties: the latest."""
    best = last
    for j in range(last, first - 1, -1):
        if sign * (values[j] - values[best]) < 0.0:
            best = j
    return best


def find_break(
    t: int, layer: int, pivot: int, reach: int, high: Floats, low: Floats, close: Floats, atr: Floats, numbers: Floats,
    switches: Ints, legs: Floats, marks: Ints, memo_out: Ints, spans_out: Floats, trends_out: Ints, ranges_out: Floats,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> int:  # fmt: skip
    """Log a layer's break at ``t``: its side (0 none), three times that for CHoCH, five times for INIT. ``pivot`` is what
    ``find_swings`` found. ``trends_out`` (2n,) and ``ranges_out`` (4n,) hold trend and range of both layers at every close.

    The range is [protected level, extreme since] in a trend, else the last pair of swings widened by what came after them.
    """
    at, span = STRUCTURE + layer * CELLS, layer * SPANS
    if pivot > 0:
        _take_pivot(t, t - reach, pivot, at, span, high, low, memo_out, spans_out)
    if low[t] < spans_out[span + RANGE_LOW] and memo_out[at + TREND] <= 0:
        spans_out[span + RANGE_LOW] = low[t]
    if high[t] > spans_out[span + RANGE_HIGH] and memo_out[at + TREND] >= 0:
        spans_out[span + RANGE_HIGH] = high[t]
    upper, lower = close[t], close[t]
    if switches[BREAK_BY_WICK] > 0:
        upper, lower = high[t], low[t]
    broke = 0
    if upper > spans_out[span + ABOVE] or lower < spans_out[span + BELOW]:
        broke = _test(
            t, layer, upper, lower, high, low, atr, numbers[BUFFER_ATR], legs, marks, memo_out, spans_out,
            ints_out, measures_out, details_out, rows_out,
        )  # fmt: skip
    trends_out[2 * t + layer] = memo_out[at + TREND]
    ranges_out[4 * t + 2 * layer] = spans_out[span + RANGE_LOW]
    ranges_out[4 * t + 2 * layer + 1] = spans_out[span + RANGE_HIGH]
    return broke


def _take_pivot(
    t: int, p: int, pivot: int, at: int, span: int, high: Floats, low: Floats, memo_out: Ints, spans_out: Floats
) -> None:  # fmt: skip
    """Let newly confirmed swings be the references, unless one of their run is more extreme; without a trend they span the
    range, as far as price went since the later of them."""
    newer = memo_out[at + NEWER]
    if pivot & HIGH:
        unbroken = newer > 0 and memo_out[at + HIGH_BROKEN] == 0
        if not (unbroken and high[memo_out[at + HIGH_AT]] >= high[p]):
            memo_out[at + HIGH_AT], memo_out[at + HIGH_BROKEN] = p, 0
    if pivot & LOW:
        unbroken = newer < 0 and memo_out[at + LOW_BROKEN] == 0
        if not (unbroken and low[memo_out[at + LOW_AT]] <= low[p]):
            memo_out[at + LOW_AT], memo_out[at + LOW_BROKEN] = p, 0
    memo_out[at + NEWER] = 1 if pivot == HIGH else -1 if pivot == LOW else 0
    high_at, low_at = memo_out[at + HIGH_AT], memo_out[at + LOW_AT]
    if memo_out[at + TREND] == 0 and high_at >= 0 and low_at >= 0:
        since = max(high_at, low_at) + 1
        spans_out[span + RANGE_LOW] = min(low[low_at], _extreme(low, -1, since, t))
        spans_out[span + RANGE_HIGH] = max(high[high_at], _extreme(high, 1, since, t))
    _watch(at, span, high, low, memo_out, spans_out)


def _test(
    t: int, layer: int, upper: float, lower: float, high: Floats, low: Floats, atr: Floats, buffer_atr: float,
    legs: Floats, marks: Ints, memo_out: Ints, spans_out: Floats,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> int:  # fmt: skip
    """Look closely at a bar that passes some level."""
    at, span = STRUCTURE + layer * CELLS, layer * SPANS
    trend, protected_at, buffer = memo_out[at + TREND], memo_out[at + PROTECTED_AT], buffer_atr * atr[t - 1]
    rising, up_guard = _goes_through(
        t, 1, high, upper, buffer, memo_out[at + HIGH_AT], memo_out[at + HIGH_BROKEN] > 0, trend, protected_at
    )
    falling, down_guard = _goes_through(
        t, -1, low, lower, buffer, memo_out[at + LOW_AT], memo_out[at + LOW_BROKEN] > 0, trend, protected_at
    )
    upwards, downwards = rising or up_guard, falling or down_guard
    sign = trend if upwards and downwards else 1 if upwards else -1 if downwards else 0
    if sign == 0:
        return 0
    through, guard = (rising, up_guard) if sign > 0 else (falling, down_guard)
    pivot = protected_at
    if through:
        pivot = memo_out[at + HIGH_AT] if sign > 0 else memo_out[at + LOW_AT]
    extremes, against = (high, low) if sign > 0 else (low, high)
    origin = leg_origin(against, sign, pivot + 1, t)
    label = 0 if trend == 0 else 1 if trend == sign else -1
    sweep = marked_within(marks, LOWS_SWEPT if sign > 0 else HIGHS_SWEPT, origin - SWEEP_REACH, t)
    margin = sign * ((upper if sign > 0 else lower) - extremes[pivot]) / atr[t - 1]
    emit(
        ints_out, measures_out, details_out, rows_out, t, BREAK, FORMED, sign, layer, t * 2 + layer, pivot, ITSELF,
        extremes[pivot], 0.0, margin, largest_leg(legs, sign, origin, t),
        float(label), 1.0 if guard else 0.0, 1.0 if sweep else 0.0, float(t - pivot),
    )  # fmt: skip
    memo_out[at + TREND], memo_out[at + PROTECTED_AT], memo_out[at + ORIGIN] = sign, origin, origin
    if through:
        memo_out[at + (HIGH_BROKEN if sign > 0 else LOW_BROKEN)] = 1
    spans_out[span + (RANGE_LOW if sign > 0 else RANGE_HIGH)] = against[origin]
    spans_out[span + (RANGE_HIGH if sign > 0 else RANGE_LOW)] = _extreme(extremes, sign, origin, t)
    _watch(at, span, high, low, memo_out, spans_out)
    return sign * (1 if label == 1 else 3 if label == -1 else 5)


def new_structure(layer: int, memo_out: Ints, spans_out: Floats) -> None:
    """State before the first bar: no trend, no references, no range."""
    at, span = STRUCTURE + layer * CELLS, layer * SPANS
    for cell in range(CELLS):
        memo_out[at + cell] = 0
    memo_out[at + HIGH_AT], memo_out[at + LOW_AT], memo_out[at + PROTECTED_AT] = -1, -1, -1
    memo_out[at + HIGH_BROKEN], memo_out[at + LOW_BROKEN] = 1, 1
    spans_out[span + RANGE_LOW], spans_out[span + RANGE_HIGH] = NAN, NAN
    spans_out[span + ABOVE], spans_out[span + BELOW] = FAR_AWAY, -FAR_AWAY


def _watch(at: int, span: int, high: Floats, low: Floats, memo: Ints, spans_out: Floats) -> None:
    """Note the prices that matter next."""
    trend, high_at, low_at, protected_at = (
        memo[at],
        memo[at + HIGH_AT],
        memo[at + LOW_AT],
        memo[at + PROTECTED_AT],
    )
    above, below = FAR_AWAY, -FAR_AWAY
    if high_at >= 0 and memo[at + HIGH_BROKEN] == 0:
        above = high[high_at]
    if low_at >= 0 and memo[at + LOW_BROKEN] == 0:
        below = low[low_at]
    if protected_at >= 0 and trend < 0:
        above = min(above, high[protected_at])
    if protected_at >= 0 and trend > 0:
        below = max(below, low[protected_at])
    spans_out[span + ABOVE], spans_out[span + BELOW] = above, below


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
