"""Writing one row of the event log from inside a kernel."""

from __future__ import annotations

from shared.models.data import Floats, Ints

INTS = 7
FLOATS = 8


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
    low: float,
    high: float,
    a: float,
    b: float,
    c: float,
    d: float,
    e: float,
    f: float,
) -> None:
    """Append one row; ``rows_out[0]`` counts rows also where the buffers are full, so that the caller can make room."""
    row = rows_out[0]
    rows_out[0] = row + 1
    if (row + 1) * INTS > len(ints_out):
        return
    at = row * INTS
    ints_out[at] = known
    ints_out[at + 1] = kind
    ints_out[at + 2] = event
    ints_out[at + 3] = side
    ints_out[at + 4] = layer
    ints_out[at + 5] = thing
    ints_out[at + 6] = origin
    at = row * FLOATS
    floats_out[at] = low
    floats_out[at + 1] = high
    floats_out[at + 2] = a
    floats_out[at + 3] = b
    floats_out[at + 4] = c
    floats_out[at + 5] = d
    floats_out[at + 6] = e
    floats_out[at + 7] = f
