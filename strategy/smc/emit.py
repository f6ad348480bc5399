"""Writing one row of the event log from inside a kernel.

Most rows say that a zone was touched or filled: they carry one measure. Only where something begins, or is said of a
level, do details follow, in a table of their own.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints

INTS = 9
"""Integer cells of a raw row: the log's seven, the row at which the object formed, the row of its details."""
DETAILS = 7
"""Details of a row: low, high, b, c, d, e, f."""
ITSELF = -1
"""Stands for the row at which the object forms."""
NOTHING = -1
"""No details."""
MADE, FIRST, DETAILED, FIRST_DETAILED, MEASURES = 0, 1, 2, 3, 4
"""Cells of ``rows_out``: rows made, the number of the first, details made, the number of the first, and how many measures stand in
``floats_out`` before the details."""


def emit(
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
    known: int,
    kind: int,
    event: int,
    side: int,
    layer: int,
    thing: int,
    origin: int,
    birth: int,
    low: float,
    high: float,
    a: float,
    b: float,
    c: float,
    d: float,
    e: float,
    f: float,
) -> int:
    """Append one row with details and return its number; ``birth`` is the number of the row at which its object formed. Rows are
    counted also where the buffers are full, so that the caller can make room."""
    detail = rows_out[DETAILED]
    rows_out[DETAILED] = detail + 1
    at = rows_out[MEASURES] + detail * DETAILS
    if at + DETAILS <= len(floats_out):
        floats_out[at] = low
        floats_out[at + 1] = high
        floats_out[at + 2] = b
        floats_out[at + 3] = c
        floats_out[at + 4] = d
        floats_out[at + 5] = e
        floats_out[at + 6] = f
    number = rows_out[FIRST_DETAILED] + detail
    return write_row(
        ints_out, floats_out, rows_out, known, kind, event, side, layer, thing, origin, birth, number, a
    )


def emit_short(
    ints_out: Ints, floats_out: Floats, rows_out: Ints, known: int, kind: int, event: int, side: int, layer: int, thing: int,
    origin: int, birth: int, measure: float,
) -> int:  # fmt: skip
    """Append one row that has a measure only."""
    return write_row(
        ints_out,
        floats_out,
        rows_out,
        known,
        kind,
        event,
        side,
        layer,
        thing,
        origin,
        birth,
        NOTHING,
        measure,
    )


def write_row(
    ints_out: Ints, floats_out: Floats, rows_out: Ints, known: int, kind: int, event: int, side: int, layer: int, thing: int,
    origin: int, birth: int, detail: int, measure: float,
) -> int:  # fmt: skip
    """The row itself."""
    row = rows_out[MADE]
    rows_out[MADE] = row + 1
    number = rows_out[FIRST] + row
    if row >= rows_out[MEASURES]:
        return int(number)
    floats_out[row] = measure
    at = row * INTS
    ints_out[at] = known
    ints_out[at + 1] = kind
    ints_out[at + 2] = event
    ints_out[at + 3] = side
    ints_out[at + 4] = layer
    ints_out[at + 5] = thing
    ints_out[at + 6] = origin
    ints_out[at + 7] = birth
    ints_out[at + 8] = detail
    return int(number)
