"""A zone's life, the same for every kind: touched, filled, invalidated beyond its far edge, expired.

Living zones stand in a book, one half a side. Prices are walked in the zone's own direction (``side * price``), so that
demand and supply are one path. A half remembers the prices at which any of its zones would stir, so that most bars cost
four comparisons. A zone is first tested on the bar after it became known.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import ITSELF, emit, emit_short

HEAD = 6
SIZE, ENTERED, DEEPER, BEYOND, LEAVES, OLDEST = 0, 1, 2, 3, 4, 5
"""Head of a half: zones in it, then the prices (in its direction) below which one is entered, filled deeper or lost by a
close, at or above which a close leaves one, and the bar at which the oldest became known."""
FIELDS = 9
NEAR, FAR, KNOWN, THING, ORIGIN, DEEP, OUTSIDE, KIND, BIRTH = 0, 1, 2, 3, 4, 5, 6, 7, 8
"""A row. ``DEEP`` is the furthest price reached, at first the near edge; a negative ``KIND`` marks a swept leg."""
FAIR_VALUE_GAP, INVERSE_GAP, BREAKER, MITIGATION_BLOCK = 1, 7, 8, 9
TOUCHED, FILLED_25 = 6, 7
FORMED, INVALIDATED, EXPIRED = 1, 11, 12
FAR_AWAY = 1e300


def half_of(side: int, room: int) -> int:
    """Where a side's half of a book with ``room`` rows a side begins."""
    return 0 if side > 0 else HEAD + room * FIELDS


def add_zone(
    side: int, near: float, far: float, known: int, thing: int, origin: int, deep: float, outside: float,
    kind: int, birth: int, room: int, book_out: Floats,
) -> None:  # fmt: skip
    """Enter a zone; ``near``, ``far`` and ``deep`` are prices in the zone's direction."""
    half = half_of(side, room)
    at = half + HEAD + int(book_out[half]) * FIELDS
    book_out[at + NEAR] = near
    book_out[at + FAR] = far
    book_out[at + KNOWN] = known
    book_out[at + THING] = thing
    book_out[at + ORIGIN] = origin
    book_out[at + DEEP] = deep
    book_out[at + OUTSIDE] = outside
    book_out[at + KIND] = kind
    book_out[at + BIRTH] = birth
    if book_out[half] == 0.0:
        _forget(half, book_out)
    book_out[half] += 1.0
    _watch(half, at, book_out)


def birth_of(side: int, thing: int, kind: int, room: int, book: Floats) -> int:
    """The row at which a living object formed; −1 if it does not stand in the book."""
    half = half_of(side, room)
    for i in range(int(book[half])):
        at = half + HEAD + i * FIELDS
        if book[at + THING] == thing and abs(book[at + KIND]) == kind:
            return int(book[at + BIRTH])
    return -1


def share_of(near: float, far: float, price: float) -> float:
    """Share of a zone's height that ``price`` reaches from the near edge, 0 to 1; prices in the zone's direction."""
    return min(1.0, (near - price) / (near - far)) if near - price > 0.0 else 0.0


def depth_of(side: int, near: float, far: float, extreme: float) -> float:
    """The same for plain prices."""
    return share_of(side * near, side * far, side * extreme)


def stirs(t: int, extreme: float, close: float, expiry: int, half: int, book: Floats) -> bool:
    """Whether anything can happen to a zone of this half; prices in its direction."""
    if book[half] == 0.0:
        return False
    return bool(
        extreme < book[half + ENTERED]
        or extreme < book[half + DEEPER]
        or extreme < book[half + BEYOND]
        or close >= book[half + LEAVES]
        or t - book[half + OLDEST] > expiry
    )


def live_zones(
    t: int, side: int, extreme: float, close: float, atr: float, expiry: int, by_wick: int, room: int, book_out: Floats,
    heir_room: int, heirs_out: Floats, ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Take a half through bar ``t``; the dead leave it. Prices in its direction. An invalidated zone leaves an heir on the other
    side in ``heirs_out``, unless ``heir_room`` is 0."""
    half = half_of(side, room)
    to = half + HEAD
    entered, deeper, beyond, leaves, oldest = -FAR_AWAY, -FAR_AWAY, -FAR_AWAY, FAR_AWAY, FAR_AWAY
    for i in range(int(book_out[half])):
        at = half + HEAD + i * FIELDS
        near, far, deep, outside = (
            book_out[at + NEAR],
            book_out[at + FAR],
            book_out[at + DEEP],
            book_out[at + OUTSIDE],
        )
        known = book_out[at + KNOWN]
        if t - known > expiry:
            _log(t, side, EXPIRED, at, share_of(near, far, deep), book_out, ints_out, floats_out, rows_out)
            continue
        if extreme < near and (outside > 0.0 or extreme < deep):
            depth, fill = share_of(near, far, extreme), share_of(near, far, deep)
            if outside > 0.0:
                _log(t, side, TOUCHED, at, depth, book_out, ints_out, floats_out, rows_out)
            if depth > fill:
                for step in range(4):
                    if fill < 0.25 * (step + 1) <= depth:
                        _log(t, side, FILLED_25 + step, at, depth, book_out, ints_out, floats_out, rows_out)
        deep = min(deep, extreme)
        if (extreme if by_wick > 0 else close) < far:
            _log(
                t, side, INVALIDATED, at, share_of(near, far, deep), book_out, ints_out, floats_out, rows_out
            )
            if heir_room > 0:
                _spawn(
                    t, side, close, atr, at, book_out, heir_room, heirs_out, ints_out, floats_out, rows_out
                )
            continue
        book_out[at + DEEP] = deep
        book_out[at + OUTSIDE] = 1.0 if close >= near else 0.0
        if to < at:
            for field in range(FIELDS):
                book_out[to + field] = book_out[at + field]
        to += FIELDS
        beyond, oldest = max(beyond, far), min(oldest, known)
        if close >= near:
            entered = max(entered, near)
        else:
            deeper, leaves = max(deeper, deep), min(leaves, near)
    book_out[half] = (to - half - HEAD) // FIELDS
    book_out[half + ENTERED], book_out[half + DEEPER], book_out[half + BEYOND] = entered, deeper, beyond
    book_out[half + LEAVES], book_out[half + OLDEST] = leaves, oldest


def _spawn(
    t: int, side: int, close: float, atr: float, at: int, book: Floats, heir_room: int, heirs_out: Floats,
    ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """The same prices from the other side: an inverse gap, a breaker after a sweep, else a mitigation block."""
    kind = int(book[at + KIND])
    heir = INVERSE_GAP if kind == FAIR_VALUE_GAP else BREAKER if kind < 0 else MITIGATION_BLOCK
    near, far = -book[at + FAR], -book[at + NEAR]
    outside = 1.0 if -close >= near else 0.0
    thing, origin = int(book[at + THING]), int(book[at + ORIGIN])
    edges = side * book[at + NEAR], side * book[at + FAR]
    birth = emit(
        ints_out, floats_out, rows_out, t, heir, FORMED, -side, -1, thing, origin, ITSELF,
        min(edges[0], edges[1]), max(edges[0], edges[1]), atr, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    add_zone(-side, near, far, t, thing, origin, near, outside, heir, birth, heir_room, heirs_out)


def _forget(half: int, book_out: Floats) -> None:
    """Prices at which no zone stirs."""
    book_out[half + ENTERED] = -FAR_AWAY
    book_out[half + DEEPER] = -FAR_AWAY
    book_out[half + BEYOND] = -FAR_AWAY
    book_out[half + LEAVES] = FAR_AWAY
    book_out[half + OLDEST] = FAR_AWAY


def _watch(half: int, at: int, book_out: Floats) -> None:
    """Let the head know of a row."""
    book_out[half + BEYOND] = max(book_out[half + BEYOND], book_out[at + FAR])
    book_out[half + OLDEST] = min(book_out[half + OLDEST], book_out[at + KNOWN])
    if book_out[at + OUTSIDE] > 0.0:
        book_out[half + ENTERED] = max(book_out[half + ENTERED], book_out[at + NEAR])
    else:
        book_out[half + DEEPER] = max(book_out[half + DEEPER], book_out[at + DEEP])
        book_out[half + LEAVES] = min(book_out[half + LEAVES], book_out[at + NEAR])


def _log(
    t: int, side: int, event: int, at: int, share: float, book: Floats,
    ints_out: Ints, floats_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    kind, thing, origin = int(abs(book[at + KIND])), int(book[at + THING]), int(book[at + ORIGIN])
    emit_short(
        ints_out, floats_out, rows_out, t, kind, event, side, -1, thing, origin, int(book[at + BIRTH]), share
    )
