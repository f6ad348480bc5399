"""A liquidity pool is where stops rest: confirmed pivots at one level, or the extreme of the last day, week or session.

Taken when a wick passes its level; then exactly one of: swept_wick (the same bar closes back inside), swept_reclaim (the
first close back inside within some bars), broken. A level within a tenth of an ATR of a live pool joins it; the same bar
counts once, whatever names it. Prices are walked upwards for highs and downwards for lows (``sign * price``).
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import ITSELF, emit
from strategy.smc.marks import HIGHS_SWEPT, LAST, LONGEST, LOWS_SWEPT, leg_ending
from strategy.smc.options import (
    DISPLACED_ATR,
    EQUAL_ATR,
    INTERNAL_REACH,
    POOL_EXPIRY,
    RECLAIM,
    SWING_REACH,
    TICK,
)
from strategy.smc.sessions import HIGH_AT, LEVEL_CELLS, LOW_AT, PERIOD_FIRST, TRACK
from strategy.smc.volume import relative_volume

POOL = 3
FORMED, JOINED, EXPIRED, TAKEN, SWEPT_WICK, SWEPT_RECLAIM, BROKEN, AWAY, LAYER_ADDED = (
    1,
    4,
    12,
    13,
    14,
    15,
    16,
    17,
    21,
)
HEAD = 5
SIZE, EDGE, OLDEST, TAKEN_NOW, SWEPT_SINCE = 0, 1, 2, 3, 4
"""Head of a book: pools in it, the level price meets first, the bar the oldest untaken formed at, pools taken but not swept yet, the bar
at which the first of those was swept that may still be left by a displacement."""
FIELDS = 10
LEVEL, FIRST, LAST_AT, COUNT, TAKEN_AT, SWEPT_AT, DEPTH, FORMED_AT, SOURCES, BIRTH = (
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
)
APART = 5
NO_PIVOT = -1.0
HIGH, LOW = 1, 2
AWAY_BARS = 3
INTERNAL, SWING, DAY = 0, 1, 2
"""Sources of a level; week and session follow the day."""
FAR_AWAY = 1e300


def half_of(sign: int, book: Floats) -> int:
    """Where the book of a side's pools begins: highs, then lows."""
    return 0 if sign > 0 else len(book) // 2


def new_pools(book_out: Floats) -> None:
    """Two empty books."""
    for sign in (1, -1):
        book_out[half_of(sign, book_out)] = 0.0
        _look_over(half_of(sign, book_out), book_out)


def live_pools(
    t: int, open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats, atr: Floats, switches: Ints,
    marks_out: Ints, book_out: Floats, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Take the pools of both sides through bar ``t``, which is marked if one was swept. The swept stay for what follows them."""
    for sign in (1, -1):
        book = half_of(sign, book_out)
        extreme = high[t] if sign > 0 else -low[t]
        if (
            book_out[book + TAKEN_NOW] == 0.0
            and extreme <= book_out[book + EDGE]
            and t - book_out[book + OLDEST] <= switches[POOL_EXPIRY]
        ):
            continue
        if _live(
            t, sign, open_, high, low, close, volume, atr, switches[RECLAIM], switches[POOL_EXPIRY], book, book_out,
            ints_out, measures_out, details_out, rows_out,
        ):  # fmt: skip
            marks_out[t & LAST] |= HIGHS_SWEPT if sign > 0 else LOWS_SWEPT
        _look_over(book, book_out)


def add_levels(
    t: int, internal: int, swing: int, levels: Ints, high: Floats, low: Floats, atr: Floats, numbers: Floats, switches: Ints,
    members_out: Ints, book_out: Floats, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Let pivots (``internal`` and ``swing``, see ``find_swings``) and the extremes of periods that ended (``levels``, see
    ``find_periods``) name, join or make pools. ``members_out`` holds per bar and side the first bar of the pool it belongs to, −1 for
    none."""
    tolerance = max(numbers[EQUAL_ATR] * atr[t], numbers[TICK])
    for sign in (1, -1):
        book, flag = half_of(sign, book_out), HIGH if sign > 0 else LOW
        if not ((internal | swing) & flag or levels[0] > 0):
            continue
        if internal & flag:
            _add_level(
                t, t - switches[INTERNAL_REACH], sign, INTERNAL, high, low, tolerance, book, members_out, book_out,
                ints_out, measures_out, details_out, rows_out,
            )  # fmt: skip
        if swing & flag:
            _add_level(
                t, t - switches[SWING_REACH], sign, SWING, high, low, tolerance, book, members_out, book_out,
                ints_out, measures_out, details_out, rows_out,
            )  # fmt: skip
        for ended in range(levels[0] if atr[t] > 0.0 else 0):
            at = 1 + ended * LEVEL_CELLS
            if levels[at + PERIOD_FIRST] >= 0:
                _add_level(
                    t, levels[at + (HIGH_AT if sign > 0 else LOW_AT)], sign, DAY + levels[at + TRACK], high, low, tolerance,
                    book, members_out, book_out, ints_out, measures_out, details_out, rows_out,
                )  # fmt: skip
        _look_over(book, book_out)


def follow_swept(
    t: int, legs: Floats, numbers: Floats, book_out: Floats,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Tell swept pools of the displacement away from them that ends at ``t``, begun after the sweep; then, or after some bars, they are
    done with."""
    for sign in (1, -1):
        book = half_of(sign, book_out)
        displaced = -sign * leg_ending(legs, t, LONGEST) >= numbers[DISPLACED_ATR]
        if t - book_out[book + SWEPT_SINCE] < (1 if displaced else AWAY_BARS):
            continue
        size = int(book_out[book])
        book_out[book] = 0.0
        for i in range(size):
            at = book + HEAD + i * FIELDS
            if book_out[at + SWEPT_AT] >= 0.0:
                waited = t - int(book_out[at + SWEPT_AT])
                leg = -sign * leg_ending(legs, t, waited) if waited > 0 else 0.0
                away = waited > 0 and leg >= numbers[DISPLACED_ATR]
                if away:
                    _say(
                        t,
                        sign,
                        AWAY,
                        at,
                        leg,
                        waited,
                        book_out,
                        ints_out,
                        measures_out,
                        details_out,
                        rows_out,
                    )
                if away or waited >= AWAY_BARS:
                    continue
            _keep(at, book, book_out)
        _look_over(book, book_out)


def _look_over(book: int, book_out: Floats) -> None:
    """Write a book's head anew."""
    edge, oldest, taken, swept_since = FAR_AWAY, FAR_AWAY, 0.0, FAR_AWAY
    for i in range(int(book_out[book])):
        at = book + HEAD + i * FIELDS
        if book_out[at + TAKEN_AT] < 0.0:
            edge, oldest = min(edge, book_out[at + LEVEL]), min(oldest, book_out[at + FORMED_AT])
        elif book_out[at + SWEPT_AT] < 0.0:
            taken += 1.0
        elif book_out[at + SWEPT_AT] < swept_since:
            swept_since = book_out[at + SWEPT_AT]
    book_out[book + EDGE], book_out[book + OLDEST] = edge, oldest
    book_out[book + TAKEN_NOW], book_out[book + SWEPT_SINCE] = taken, swept_since


def _keep(at: int, book: int, book_out: Floats) -> None:
    """Leave a pool in the book, behind those kept before it."""
    to = book + HEAD + int(book_out[book]) * FIELDS
    if to < at:
        for field in range(FIELDS):
            book_out[to + field] = book_out[at + field]
    book_out[book] += 1.0


def _live(
    t: int, sign: int, open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats, atr: Floats,
    reclaim: int, expiry: int, book: int, book_out: Floats,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> bool:  # fmt: skip
    """Take every pool of a side through bar ``t``; whether one was swept."""
    any_swept = False
    size = int(book_out[book])
    book_out[book] = 0.0
    for i in range(size):
        at = book + HEAD + i * FIELDS
        if book_out[at + TAKEN_AT] < 0.0 and t - book_out[at + FORMED_AT] > expiry:
            _say(
                t,
                sign,
                EXPIRED,
                at,
                book_out[at + COUNT],
                0,
                book_out,
                ints_out,
                measures_out,
                details_out,
                rows_out,
            )
            continue
        if book_out[at + SWEPT_AT] < 0.0:
            _meet(t, sign, high, low, atr, at, book_out, ints_out, measures_out, details_out, rows_out)
            end = _end_of(t, sign, close, reclaim, at, book_out)
            bars = t - int(book_out[at + TAKEN_AT])
            if end == BROKEN:
                _say(
                    t,
                    sign,
                    end,
                    at,
                    book_out[at + DEPTH],
                    bars,
                    book_out,
                    ints_out,
                    measures_out,
                    details_out,
                    rows_out,
                )
                continue
            if end > 0:
                any_swept = True
                book_out[at + SWEPT_AT] = t
                _log(
                    t, sign, end, INTERNAL, at, book_out[at + DEPTH], bars, _wick_share(t, sign, open_, high, low, close),
                    relative_volume(volume, t), book_out, ints_out, measures_out, details_out, rows_out,
                )  # fmt: skip
        _keep(at, book, book_out)
    return any_swept


def _meet(
    t: int, sign: int, high: Floats, low: Floats, atr: Floats, at: int,
    book_out: Floats, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Note whether price has passed a level, and how far."""
    beyond = sign * (high[t] if sign > 0 else low[t]) - book_out[at + LEVEL]
    if book_out[at + TAKEN_AT] >= 0.0:
        book_out[at + DEPTH] = max(book_out[at + DEPTH], beyond / atr[t - 1])
    elif beyond > 0.0:
        book_out[at + TAKEN_AT] = t
        book_out[at + DEPTH] = beyond / atr[t - 1]
        _say(
            t,
            sign,
            TAKEN,
            at,
            book_out[at + DEPTH],
            0,
            book_out,
            ints_out,
            measures_out,
            details_out,
            rows_out,
        )


def _end_of(t: int, sign: int, close: Floats, reclaim: int, at: int, book: Floats) -> int:
    """The event that ends a pool at this close, 0 for none."""
    taken_at = int(book[at + TAKEN_AT])
    if taken_at < 0:
        return 0
    if sign * close[t] <= book[at + LEVEL]:
        return SWEPT_WICK if taken_at == t else SWEPT_RECLAIM
    return BROKEN if t - taken_at >= reclaim else 0


def _say(
    t: int, sign: int, event: int, at: int, measure: float, bars: int, book: Floats,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    _log(
        t,
        sign,
        event,
        INTERNAL,
        at,
        measure,
        bars,
        0.0,
        0.0,
        book,
        ints_out,
        measures_out,
        details_out,
        rows_out,
    )


def _wick_share(t: int, sign: int, open_: Floats, high: Floats, low: Floats, close: Floats) -> float:
    """The wick beyond the body on the pool's side, as a share of the bar's range."""
    height = high[t] - low[t]
    if height <= 0.0:
        return 0.0
    wick = high[t] - max(open_[t], close[t]) if sign > 0 else min(open_[t], close[t]) - low[t]
    return float(wick / height)


def _add_level(
    t: int, place: int, sign: int, source: int, high: Floats, low: Floats, tolerance: float, book: int, members_out: Ints,
    book_out: Floats, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """A level names a bar its pool has already, joins the nearest live pool within the tolerance, or makes one. Only pivots count as
    members, those some bars from the newest; ``LAST_AT`` is that one, NO_PIVOT before any."""
    level = high[place] if sign > 0 else -low[place]
    cell = 2 * (place & LAST) + (1 if sign > 0 else 0)
    bit = 1 << source
    best = -1
    for i in range(int(book_out[book])):
        at = book + HEAD + i * FIELDS
        if book_out[at + TAKEN_AT] >= 0.0:
            continue
        if members_out[cell] >= 0:
            if book_out[at + FIRST] == members_out[cell]:
                known, counted = int(book_out[at + SOURCES]) & bit, _count(place, source, at, book_out)
                if counted or not known:
                    book_out[at + SOURCES] = int(book_out[at + SOURCES]) | bit
                    _log(
                        t, sign, JOINED if known else LAYER_ADDED, source, at, book_out[at + COUNT], 0, 0.0, 0.0,
                        book_out, ints_out, measures_out, details_out, rows_out,
                    )  # fmt: skip
            continue
        away = abs(book_out[at + LEVEL] - level)
        if away <= tolerance and (best < 0 or away < abs(book_out[best + LEVEL] - level)):
            best = at
    if members_out[cell] >= 0 or source == SWING:
        return
    if best >= 0:
        book_out[best + LEVEL] = max(book_out[best + LEVEL], level)
        _count(place, source, best, book_out)
        book_out[best + SOURCES] = int(book_out[best + SOURCES]) | bit
        members_out[cell] = int(book_out[best + FIRST])
        _log(
            t, sign, JOINED, source, best, book_out[best + COUNT], 0, 0.0, 0.0,
            book_out, ints_out, measures_out, details_out, rows_out,
        )  # fmt: skip
        return
    at = book + HEAD + int(book_out[book]) * FIELDS
    book_out[at + LEVEL] = level
    book_out[at + FIRST] = place
    book_out[at + LAST_AT] = place if source == INTERNAL else NO_PIVOT
    book_out[at + COUNT] = 1.0
    book_out[at + TAKEN_AT] = -1.0
    book_out[at + SWEPT_AT] = -1.0
    book_out[at + DEPTH] = 0.0
    book_out[at + FORMED_AT] = t
    book_out[at + SOURCES] = bit
    book_out[at + BIRTH] = ITSELF
    book_out[book] += 1.0
    members_out[cell] = place
    book_out[at + BIRTH] = _log(
        t, sign, FORMED, source, at, 1.0, 0, 0.0, 0.0, book_out, ints_out, measures_out, details_out, rows_out
    )


def _count(place: int, source: int, at: int, book_out: Floats) -> bool:
    """Note a pivot of a pool; whether it counts as another member."""
    if source != INTERNAL:
        return False
    last = book_out[at + LAST_AT]
    counted = last != NO_PIVOT and abs(place - last) >= APART
    if counted:
        book_out[at + COUNT] += 1.0
    book_out[at + LAST_AT] = max(last, place)
    return bool(counted)


def _log(
    t: int, sign: int, event: int, layer: int, at: int, measure: float, bars: int, wick: float, busy: float,
    book: Floats, ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> int:  # fmt: skip
    first = int(book[at + FIRST])
    return emit(
        ints_out, measures_out, details_out, rows_out, t, POOL, event, -sign, layer, first * 2 + (1 if sign > 0 else 0), first,
        int(book[at + BIRTH]),
        sign * book[at + LEVEL], 0.0, measure, float(bars), wick, busy, 0.0, 0.0,
    )  # fmt: skip
