"""A liquidity pool is where stops rest: a confirmed pivot, or several at one level. Taken, it is swept or broken.

Taken when a wick passes its level; then exactly one of: swept_wick (the same bar closes back inside), swept_reclaim (the
first close back inside within some bars), broken. A pivot within a tenth of an ATR of a live pool joins it.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import emit

POOL = 3
FORMED, CONFIRMED_BY, JOINED, EXPIRED, TAKEN, SWEPT_WICK, SWEPT_RECLAIM, BROKEN = 1, 2, 4, 12, 13, 14, 15, 16
FIELDS = 7
LEVEL, FIRST, LAST, COUNT, THING, TAKEN_AT, DEPTH = 0, 1, 2, 3, 4, 5, 6
APART = 5
HIGH, LOW = 1, 2


def find_sweeps(
    high: Floats,
    low: Floats,
    close: Floats,
    atr: Floats,
    pivots: Ints,
    reach: int,
    swing_pivots: Ints,
    swing_reach: int,
    equal_atr: float,
    tick: float,
    reclaim: int,
    expiry: int,
    swept_out: Ints,
    book_out: Floats,
    size_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Log the pools of both sides; ``swept_out[t]`` is 1 if a pool of highs was swept at t, 2 for lows, 3 for both."""
    for t in range(len(high)):
        swept_out[t] = 0
    for sign in (1, -1):
        extremes = high if sign > 0 else low
        flag = HIGH if sign > 0 else LOW
        size_out[0] = 0
        edge = 0.0
        oldest = 0
        waiting = 0
        for t in range(len(high)):
            busy = size_out[0] > 0 and (
                waiting > 0 or sign * (extremes[t] - edge) > 0.0 or t - oldest > expiry
            )
            if busy:
                swept = _live_pools(
                    t,
                    sign,
                    extremes,
                    close,
                    atr,
                    reclaim,
                    expiry,
                    book_out,
                    size_out,
                    ints_out,
                    floats_out,
                    rows_out,
                )
                swept_out[t] += flag if swept else 0
            changed = busy
            if pivots[t] & flag:
                tolerance = max(equal_atr * atr[t], tick)
                _add_pivot(
                    t,
                    t - reach,
                    sign,
                    extremes,
                    tolerance,
                    book_out,
                    size_out,
                    ints_out,
                    floats_out,
                    rows_out,
                )
                changed = True
            if swing_pivots[t] & flag:
                _add_layer(t, t - swing_reach, sign, book_out, size_out, ints_out, floats_out, rows_out)
            if changed:
                waiting = 0
                oldest = t
                for i in range(size_out[0]):
                    at = i * FIELDS
                    oldest = min(oldest, int(book_out[at + FIRST]))
                    if book_out[at + TAKEN_AT] >= 0.0:
                        waiting += 1
                    if i == 0 or sign * (book_out[at + LEVEL] - edge) < 0.0:
                        edge = book_out[at + LEVEL]


def _live_pools(
    t: int, sign: int, extremes: Floats, close: Floats, atr: Floats, reclaim: int, expiry: int,
    book_out: Floats, size_out: Ints, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> bool:  # fmt: skip
    """Take every pool through bar ``t``; whether one was swept."""
    swept = False
    kept = 0
    for i in range(size_out[0]):
        at = i * FIELDS
        beyond = sign * (extremes[t] - book_out[at + LEVEL])
        inside = sign * (close[t] - book_out[at + LEVEL]) <= 0.0
        taken_at = int(book_out[at + TAKEN_AT])
        end = 0
        if taken_at < 0 and t - book_out[at + FIRST] > expiry:
            end = EXPIRED
        elif taken_at < 0 and beyond > 0.0:
            book_out[at + TAKEN_AT] = t
            book_out[at + DEPTH] = beyond / atr[t - 1]
            _log(t, sign, TAKEN, book_out, at, 0, ints_out, floats_out, rows_out)
            end = SWEPT_WICK if inside else 0
        elif taken_at >= 0:
            book_out[at + DEPTH] = max(book_out[at + DEPTH], beyond / atr[t - 1])
            if inside:
                end = SWEPT_RECLAIM
            elif t - taken_at >= reclaim:
                end = BROKEN
        if end > 0:
            bars = t - taken_at if taken_at >= 0 else 0
            _log(t, sign, end, book_out, at, bars, ints_out, floats_out, rows_out)
            swept = swept or end == SWEPT_WICK or end == SWEPT_RECLAIM
            continue
        for field in range(FIELDS):
            book_out[kept * FIELDS + field] = book_out[at + field]
        kept += 1
    size_out[0] = kept
    return swept


def _add_pivot(
    t: int, place: int, sign: int, extremes: Floats, tolerance: float,
    book_out: Floats, size_out: Ints, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """A pivot joins the nearest live pool within the tolerance, else it makes one."""
    level = extremes[place]
    best = -1
    for i in range(size_out[0]):
        away = abs(book_out[i * FIELDS + LEVEL] - level)
        free = book_out[i * FIELDS + TAKEN_AT] < 0.0
        if free and away <= tolerance and (best < 0 or away < abs(book_out[best + LEVEL] - level)):
            best = i * FIELDS
    if best >= 0:
        if sign * (level - book_out[best + LEVEL]) > 0.0:
            book_out[best + LEVEL] = level
        if place - book_out[best + LAST] >= APART:
            book_out[best + COUNT] += 1.0
        book_out[best + LAST] = place
        _log(t, sign, JOINED, book_out, best, 0, ints_out, floats_out, rows_out)
        return
    at = size_out[0] * FIELDS
    book_out[at + LEVEL] = level
    book_out[at + FIRST] = place
    book_out[at + LAST] = place
    book_out[at + COUNT] = 1.0
    book_out[at + THING] = place * 2 + (1 if sign > 0 else 0)
    book_out[at + TAKEN_AT] = -1.0
    book_out[at + DEPTH] = 0.0
    size_out[0] += 1
    _log(t, sign, FORMED, book_out, at, 0, ints_out, floats_out, rows_out)


def _add_layer(
    t: int, place: int, sign: int,
    book_out: Floats, size_out: Ints, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """The swing layer confirms a pivot that a live pool holds already: the same bar counts once."""
    for i in range(size_out[0]):
        at = i * FIELDS
        if book_out[at + FIRST] == place or book_out[at + LAST] == place:
            _log(t, sign, CONFIRMED_BY, book_out, at, 0, ints_out, floats_out, rows_out)


def _log(
    t: int,
    sign: int,
    event: int,
    book: Floats,
    at: int,
    bars: int,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    layer = 1 if event == CONFIRMED_BY else 0
    measure = book[at + DEPTH] if event >= TAKEN else book[at + COUNT]
    emit(
        ints_out, floats_out, rows_out, t, POOL, event, -sign, layer, int(book[at + THING]), int(book[at + FIRST]),
        book[at + LEVEL], 0.0, measure, float(bars), 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
