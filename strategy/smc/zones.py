"""A zone's life, the same for every kind: touched, filled, invalidated by a close beyond, expired.

Living zones stand in a book: rows of ``FIELDS`` floats. ``near`` is the edge price meets first, ``far`` the other; a demand zone
has side +1. A touch is an entry after a close outside. A zone is first tested on the bar after it became known.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import emit

FIELDS = 8
SIDE, NEAR, FAR, KNOWN, THING, ORIGIN, FILL, OUTSIDE = 0, 1, 2, 3, 4, 5, 6, 7
TOUCHED = 6
FILLED_25 = 7
INVALIDATED = 11
EXPIRED = 12


def add_zone(
    book_out: Floats, size_out: Ints, side: int, near: float, far: float, known: int, thing: int, origin: int,
    fill: float, outside: float,
) -> None:  # fmt: skip
    """Enter a zone in the book."""
    at = size_out[0] * FIELDS
    book_out[at + SIDE] = side
    book_out[at + NEAR] = near
    book_out[at + FAR] = far
    book_out[at + KNOWN] = known
    book_out[at + THING] = thing
    book_out[at + ORIGIN] = origin
    book_out[at + FILL] = fill
    book_out[at + OUTSIDE] = outside
    size_out[0] += 1


def depth_of(side: int, near: float, far: float, extreme: float) -> float:
    """Share of the zone's height that ``extreme`` reaches from the near edge, at most 1; at or below 0 it is outside."""
    return min(1.0, (near - extreme) / (near - far)) if side * (near - extreme) > 0.0 else 0.0


def live_zones(
    t: int,
    high: Floats,
    low: Floats,
    close: Floats,
    kind: int,
    expiry: int,
    book_out: Floats,
    size_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Take every zone of the book through bar ``t``; the dead leave it."""
    kept = 0
    for i in range(size_out[0]):
        at = i * FIELDS
        side = 1 if book_out[at + SIDE] > 0.0 else -1
        near = book_out[at + NEAR]
        far = book_out[at + FAR]
        fill = book_out[at + FILL]
        depth = depth_of(side, near, far, low[t] if side > 0 else high[t])
        end = 0
        if t - book_out[at + KNOWN] > expiry:
            end = EXPIRED
        else:
            if depth > 0.0 and book_out[at + OUTSIDE] > 0.0:
                _log(t, kind, TOUCHED, book_out, at, depth, ints_out, floats_out, rows_out)
            for step in range(4):
                mark = 0.25 * (step + 1)
                if fill < mark <= depth:
                    _log(t, kind, FILLED_25 + step, book_out, at, depth, ints_out, floats_out, rows_out)
            if side * (close[t] - far) < 0.0:
                end = INVALIDATED
        if end > 0:
            _log(t, kind, end, book_out, at, max(fill, depth), ints_out, floats_out, rows_out)
            continue
        book_out[at + FILL] = max(fill, depth)
        book_out[at + OUTSIDE] = 1.0 if side * (close[t] - near) >= 0.0 else 0.0
        if kept < i:
            for field in range(FIELDS):
                book_out[kept * FIELDS + field] = book_out[at + field]
        kept += 1
    size_out[0] = kept


def _log(
    t: int,
    kind: int,
    event: int,
    book: Floats,
    at: int,
    share: float,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    emit(
        ints_out, floats_out, rows_out, t, kind, event, 1 if book[at + SIDE] > 0.0 else -1, -1, int(book[at + THING]),
        int(book[at + ORIGIN]), min(book[at + NEAR], book[at + FAR]), max(book[at + NEAR], book[at + FAR]),
        share, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
