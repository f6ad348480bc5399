"""Writing one row of the event log from inside a kernel, at its final place.

Most rows say that a zone was touched or filled: they carry one measure. Only where something begins, or is said of a
level, do details follow, in a table of their own.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints

INTS = 9
"""Integer cells of a row: the log's seven, the row at which the object formed, the row of its details."""
DETAILS = 7
"""Details of a row: low, high, b, c, d, e, f."""
ITSELF = -1
"""Stands for the row at which the object forms."""
NOTHING = -1
"""No details."""
MADE, DETAILED = 0, 1
"""Cells of ``rows_out``: rows made, details made."""


def emit(
    ints_out: Ints,
    measures_out: Floats,
    details_out: Floats,
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
    """Append one row with details and return its number; ``birth`` is the number of the row at which its object formed."""
    detail = rows_out[DETAILED]
    rows_out[DETAILED] = detail + 1
    at = detail * DETAILS
    if at + DETAILS <= len(details_out):
        details_out[at] = low
        details_out[at + 1] = high
        details_out[at + 2] = b
        details_out[at + 3] = c
        details_out[at + 4] = d
        details_out[at + 5] = e
        details_out[at + 6] = f
    return write_row(
        ints_out, measures_out, rows_out, known, kind, event, side, layer, thing, origin, birth, detail, a
    )


def write_row(
    ints_out: Ints, measures_out: Floats, rows_out: Ints, known: int, kind: int, event: int, side: int, layer: int, thing: int,
    origin: int, birth: int, detail: int, measure: float,
) -> int:  # fmt: skip
    """Append one row and return its number; ``detail`` is ``NOTHING`` where it has a measure only. Rows are counted also where there is
    no room, so that the caller notices."""
    row = rows_out[MADE]
    rows_out[MADE] = row + 1
    if row >= len(measures_out):
        return int(row)
    measures_out[row] = measure
    at = row * INTS
    ints_out[at] = known
    ints_out[at + 1] = kind
    ints_out[at + 2] = event
    ints_out[at + 3] = side
    ints_out[at + 4] = layer
    ints_out[at + 5] = thing
    ints_out[at + 6] = origin
    ints_out[at + 7] = row if birth < 0 else birth
    ints_out[at + 8] = detail
    return int(row)
