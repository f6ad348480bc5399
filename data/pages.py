"""How candles lie in the store: a page is columns of little-endian 64-bit numbers behind a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from shared.models.data import COLUMNS, Candles
from shared.models.timeframe import Timeframe

PAGE: Final = 1000
"""Candles a closed page holds."""
CELL: Final = 8
COLUMN_COUNT: Final = 1 + len(COLUMNS)
ROW_BYTES: Final = CELL * COLUMN_COUNT
ROW: Final = np.dtype([("open_ms", "<i8"), *((name, "<f8") for name in COLUMNS)])
"""One candle of the tail."""


def digest_of(body: bytes) -> bytes:
    """BLAKE2b-128 of a page's bytes."""
    return hashlib.blake2b(body, digest_size=16).digest()


def pack_page(candles: Candles) -> bytes:
    """Column after column, open times first."""
    columns = (getattr(candles, name).astype("<f8").tobytes() for name in COLUMNS)
    return candles.open_ms.astype("<i8").tobytes() + b"".join(columns)


def pack_rows(candles: Candles) -> list[bytes]:
    """One 48-byte row per candle."""
    rows = np.empty(len(candles), ROW)
    for name in ROW.names or ():
        rows[name] = getattr(candles, name)
    body = rows.tobytes()
    return [body[start : start + ROW_BYTES] for start in range(0, len(body), ROW_BYTES)]


def unpack(timeframe: Timeframe, pages: Sequence[bytes], rows: Sequence[bytes]) -> Candles:
    """Candles of whole pages followed by tail rows."""
    parts = [_page_columns(body) for body in pages]
    if rows:
        tail = np.frombuffer(b"".join(rows), ROW)
        parts.append([np.ascontiguousarray(tail[name]) for name in ROW.names or ()])
    if not parts:
        return Candles.empty(timeframe)
    columns = parts[0] if len(parts) == 1 else [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Candles(timeframe, *columns)


def _page_columns(body: bytes) -> list[np.ndarray[tuple[int], np.dtype[np.generic]]]:
    count = len(body) // ROW_BYTES
    return [
        np.frombuffer(body, "<i8" if column == 0 else "<f8", count, column * count * CELL)
        for column in range(COLUMN_COUNT)
    ]


def merge(held: Candles, new: Candles) -> Candles:
    """Both together, oldest first; where both have a candle, the new one."""
    if not len(held):
        return new
    if not len(new):
        return held
    kept = ~np.isin(held.open_ms, new.open_ms, assume_unique=True)
    times = np.concatenate((held.open_ms[kept], new.open_ms))
    order = np.argsort(times, kind="stable")
    columns = (np.concatenate((getattr(held, name)[kept], getattr(new, name)))[order] for name in COLUMNS)
    return Candles(new.timeframe, times[order], *columns)


def count_changes(held: Candles, new: Candles) -> tuple[int, int]:
    """How many of ``new`` are not held yet, and how many are held with other values."""
    _, at_held, at_new = np.intersect1d(held.open_ms, new.open_ms, assume_unique=True, return_indices=True)
    differs = np.zeros(at_held.size, bool)
    for name in COLUMNS:
        differs |= getattr(held, name)[at_held] != getattr(new, name)[at_new]
    return len(new) - int(at_held.size), int(differs.sum())
