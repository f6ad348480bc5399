"""A liquidity pool is where stops rest: confirmed pivots at one level, or the extreme of the last day, week or session.

Taken when a wick passes its level; then exactly one of: swept_wick (the same bar closes back inside), swept_reclaim (the
first close back inside within some bars), broken. A level within a tenth of an ATR of a live pool joins it; the same bar
counts once, whatever names it. Prices are walked upwards for highs and downwards for lows (``sign * price``).
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.displacement import LONGEST, leg_ending
from strategy.smc.emit import ITSELF, emit
from strategy.smc.sessions import LEVEL_CELLS
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
HEAD = 4
SIZE, EDGE, OLDEST, BUSY = 0, 1, 2, 3
"""Head of a book: pools in it, the level price meets first, the bar the oldest formed at, pools taken or swept."""
FIELDS = 10
LEVEL, FIRST, LAST, COUNT, TAKEN_AT, SWEPT_AT, DEPTH, FORMED_AT, SOURCES, BIRTH = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
APART = 5
NO_PIVOT = -1.0
HIGH, LOW = 1, 2
AWAY_BARS = 3
INTERNAL, SWING, DAY = 0, 1, 2
"""Sources of a level; week and session follow the day."""
FAR_AWAY = 1e300


def find_sweeps(
    start: int,
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    atr: Floats,
    whole: Ints,
    pivots: Ints,
    reach: int,
    swing_pivots: Ints,
    swing_reach: int,
    levels: Ints,
    up: Floats,
    down: Floats,
    displaced: float,
    equal_atr: float,
    tick: float,
    reclaim: int,
    expiry: int,
    room: int,
    swept_out: Ints,
    members_out: Ints,
    book_out: Floats,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Log the pools of both sides; ``swept_out[t]`` is 1 if a pool of highs was swept at t, 2 for lows, 3 for both.

    ``levels`` are the periods that ended, see ``find_periods``.
    ``members_out`` (2n,) holds per bar and side the first bar of the pool it belongs to, −1 for none. ``book_out`` holds two
    books of ``room`` rows.
    """
    for t in range(start, len(high)):
        swept_out[t] = 0
        members_out[2 * t] = -1
        members_out[2 * t + 1] = -1
    for sign in (1, -1):
        extremes = high if sign > 0 else low
        ended = 0
        legs = down if sign > 0 else up
        flag = HIGH if sign > 0 else LOW
        book = 0 if sign > 0 else HEAD + room * FIELDS
        for t in range(start, len(high)):
            changed = False
            if book_out[book] > 0.0 and (
                book_out[book + BUSY] > 0.0
                or sign * extremes[t] > book_out[book + EDGE]
                or t - book_out[book + OLDEST] > expiry
            ):
                changed = True
                least = displaced if legs[t] >= displaced else FAR_AWAY
                if _live_pools(
                    t, sign, open_, high, low, close, volume, atr, whole, least, reclaim, expiry, book, book_out,
                    ints_out, floats_out, rows_out,
                ):  # fmt: skip
                    swept_out[t] += flag
            if (pivots[t] | swing_pivots[t]) & flag:
                changed = True
                tolerance = max(equal_atr * atr[t], tick)
                for source in range(2):
                    place = t - (reach if source == INTERNAL else swing_reach)
                    if (pivots[t] if source == INTERNAL else swing_pivots[t]) & flag:
                        _add_level(
                            t, place, sign, source, extremes, tolerance, book, members_out, book_out,
                            ints_out, floats_out, rows_out,
                        )  # fmt: skip
            while ended < levels[0] and levels[1 + ended * LEVEL_CELLS] == t:
                at = 1 + ended * LEVEL_CELLS
                ended += 1
                if atr[t] > 0.0:
                    changed = True
                    _add_level(
                        t, levels[at + 2 if sign > 0 else at + 3], sign, DAY + levels[at + 1], extremes,
                        max(equal_atr * atr[t], tick), book, members_out, book_out, ints_out, floats_out, rows_out,
                    )  # fmt: skip
            if changed:
                _look_over(book, book_out)


def _look_over(book: int, book_out: Floats) -> None:
    """Write a book's head anew."""
    book_out[book + EDGE] = FAR_AWAY
    book_out[book + OLDEST] = FAR_AWAY
    book_out[book + BUSY] = 0.0
    for i in range(int(book_out[book])):
        at = book + HEAD + i * FIELDS
        if book_out[at + TAKEN_AT] >= 0.0:
            book_out[book + BUSY] += 1.0
        else:
            book_out[book + EDGE] = min(book_out[book + EDGE], book_out[at + LEVEL])
            book_out[book + OLDEST] = min(book_out[book + OLDEST], book_out[at + FORMED_AT])


def _live_pools(
    t: int, sign: int, open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats, atr: Floats, whole: Ints,
    least: float, reclaim: int, expiry: int, book: int, book_out: Floats, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> bool:  # fmt: skip
    """Take every pool through bar ``t``; whether one was swept. ``least`` is the smallest leg away from these pools that counts; one
    begun after the sweep."""
    any_swept = False
    size = int(book_out[book])
    book_out[book] = 0.0
    for i in range(size):
        at = book + HEAD + i * FIELDS
        if book_out[at + TAKEN_AT] < 0.0 and t - book_out[at + FORMED_AT] > expiry:
            _say(t, sign, EXPIRED, at, book_out[at + COUNT], 0, book_out, ints_out, floats_out, rows_out)
            continue
        if book_out[at + SWEPT_AT] < 0.0:
            _meet(t, sign, high, low, atr, at, book_out, ints_out, floats_out, rows_out)
            end = _end_of(t, sign, close, reclaim, at, book_out)
            bars = t - int(book_out[at + TAKEN_AT])
            if end == BROKEN:
                _say(t, sign, end, at, book_out[at + DEPTH], bars, book_out, ints_out, floats_out, rows_out)
                continue
            if end > 0:
                any_swept = True
                book_out[at + SWEPT_AT] = t
                _log(
                    t, sign, end, INTERNAL, at, book_out[at + DEPTH], bars, _wick_share(t, sign, open_, high, low, close),
                    relative_volume(volume, t), book_out, ints_out, floats_out, rows_out,
                )  # fmt: skip
        if book_out[at + SWEPT_AT] >= 0.0:
            waited = t - int(book_out[at + SWEPT_AT])
            leg = 0.0
            if waited > 0 and least < FAR_AWAY:
                leg, _ = leg_ending(t, min(LONGEST, waited), open_, high, low, close, atr, whole)
            if leg >= least:
                _say(t, sign, AWAY, at, leg, waited, book_out, ints_out, floats_out, rows_out)
            if leg >= least or waited >= AWAY_BARS:
                continue
        to = book + HEAD + int(book_out[book]) * FIELDS
        if to < at:
            for field in range(FIELDS):
                book_out[to + field] = book_out[at + field]
        book_out[book] += 1.0
    return any_swept


def _meet(
    t: int, sign: int, high: Floats, low: Floats, atr: Floats, at: int,
    book_out: Floats, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Note whether price has passed a level, and how far."""
    beyond = sign * (high[t] if sign > 0 else low[t]) - book_out[at + LEVEL]
    if book_out[at + TAKEN_AT] >= 0.0:
        book_out[at + DEPTH] = max(book_out[at + DEPTH], beyond / atr[t - 1])
    elif beyond > 0.0:
        book_out[at + TAKEN_AT] = t
        book_out[at + DEPTH] = beyond / atr[t - 1]
        _say(t, sign, TAKEN, at, book_out[at + DEPTH], 0, book_out, ints_out, floats_out, rows_out)


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
    ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    _log(t, sign, event, INTERNAL, at, measure, bars, 0.0, 0.0, book, ints_out, floats_out, rows_out)


def _wick_share(t: int, sign: int, open_: Floats, high: Floats, low: Floats, close: Floats) -> float:
    """The wick beyond the body on the pool's side, as a share of the bar's range."""
    height = high[t] - low[t]
    if height <= 0.0:
        return 0.0
    wick = high[t] - max(open_[t], close[t]) if sign > 0 else min(open_[t], close[t]) - low[t]
    return float(wick / height)


def _add_level(
    t: int, place: int, sign: int, source: int, extremes: Floats, tolerance: float, book: int, members_out: Ints,
    book_out: Floats, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """A level names a bar its pool has already, joins the nearest live pool within the tolerance, or makes one. Only pivots count as
    members, those some bars from the newest; ``LAST`` is that one, NO_PIVOT before any."""
    level = sign * extremes[place]
    cell = 2 * place + (1 if sign > 0 else 0)
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
                        book_out, ints_out, floats_out, rows_out,
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
            t,
            sign,
            JOINED,
            source,
            best,
            book_out[best + COUNT],
            0,
            0.0,
            0.0,
            book_out,
            ints_out,
            floats_out,
            rows_out,
        )
        return
    at = book + HEAD + int(book_out[book]) * FIELDS
    book_out[at + LEVEL] = level
    book_out[at + FIRST] = place
    book_out[at + LAST] = place if source == INTERNAL else NO_PIVOT
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
        t, sign, FORMED, source, at, 1.0, 0, 0.0, 0.0, book_out, ints_out, floats_out, rows_out
    )


def _count(place: int, source: int, at: int, book_out: Floats) -> bool:
    """Note a pivot of a pool; whether it counts as another member."""
    if source != INTERNAL:
        return False
    last = book_out[at + LAST]
    counted = last != NO_PIVOT and abs(place - last) >= APART
    if counted:
        book_out[at + COUNT] += 1.0
    book_out[at + LAST] = max(last, place)
    return bool(counted)


def _log(
    t: int, sign: int, event: int, layer: int, at: int, measure: float, bars: int, wick: float, busy: float,
    book: Floats, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> int:  # fmt: skip
    first = int(book[at + FIRST])
    return emit(
        ints_out, floats_out, rows_out, t, POOL, event, -sign, layer, first * 2 + (1 if sign > 0 else 0), first,
        int(book[at + BIRTH]),
        sign * book[at + LEVEL], 0.0, measure, float(bars), wick, busy, 0.0, 0.0,
    )  # fmt: skip
