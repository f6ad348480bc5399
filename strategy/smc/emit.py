"""Writing one row of the event log from inside a kernel."""

from __future__ import annotations

from shared.models.data import Floats, Ints

INTS = 8
"""Integer cells of a raw row: the log's seven, then the row at which the object formed."""
FLOATS = 8
ITSELF = -1
"""Stands for the row at which the object forms."""


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
    """Append one row and return its number; ``birth`` is the number of the row at which its object formed. ``rows_out`` holds how many
    rows were made (also where the buffers are full, so that the caller can make room) and the number of the first."""
    row = rows_out[0]
    rows_out[0] = row + 1
    number = rows_out[1] + row
    if (row + 1) * INTS > len(ints_out):
        return int(number)
    at = row * INTS
    ints_out[at] = known
    ints_out[at + 1] = kind
    ints_out[at + 2] = event
    ints_out[at + 3] = side
    ints_out[at + 4] = layer
    ints_out[at + 5] = thing
    ints_out[at + 6] = origin
    ints_out[at + 7] = birth
    at = row * FLOATS
    floats_out[at] = low
    floats_out[at + 1] = high
    floats_out[at + 2] = a
    floats_out[at + 3] = b
    floats_out[at + 4] = c
    floats_out[at + 5] = d
    floats_out[at + 6] = e
    floats_out[at + 7] = f
    return int(number)
