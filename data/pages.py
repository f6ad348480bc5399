"""How things lie in the store: columns of little-endian 64-bit numbers behind a seal.

The seal is a CRC-32 that starts from the name and the key under which the body is kept, so that a body that was changed, cut
or moved to another place no longer matches. It is there against accidents, not against people.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.models.data import COLUMNS, Candles, OrderBook
from shared.models.timeframe import Timeframe

PAGE: Final = 1000
"""Candles a full page holds."""
TAIL: Final = 50
"""Newest candles of a series that are kept as rows at most: beyond, they become a page or part of one."""
CELL: Final = 8
COLUMN_COUNT: Final = 1 + len(COLUMNS)
ROW: Final = struct.Struct(f"<q{len(COLUMNS)}d")
SEALED_ROW: Final = np.dtype([("open_ms", "<i8"), *((name, "<f8") for name in COLUMNS), ("seal", "<u4")])
"""One candle of the tail."""
ROW_BYTES: Final = SEALED_ROW.itemsize
LAST_MS: Final = 253_402_300_800_000
"""The year 10000: no stored time reaches it."""

Columns = list[npt.NDArray[np.generic]]


class Page(NamedTuple):
    """A stored page: row id, span, number of candles, seal and body."""

    row: int
    first_ms: int
    last_ms: int
    bars: int
    digest: bytes
    body: bytes

    def whole(self, name: str) -> bool:
        """Whether this is what was written for the series ``name``."""
        return isinstance(self.body, bytes) and self.digest == seal(
            name, page_key(self.first_ms, self.last_ms, self.bars), self.body
        )


def tail_room(series: int) -> int:
    """Rows below which a series' tail stays: half of :data:`TAIL` or more, by its number, so that of many series that grow
    together only a few are folded into pages at a time."""
    return TAIL - series % (TAIL // 2)


def sane_ms(stored: object) -> int:
    """A stored time as far as it can be one; 0 if bits of it are wrong."""
    return stored if isinstance(stored, int) and 0 <= stored < LAST_MS else 0


def series_name(exchange: str, symbol: str, timeframe: Timeframe) -> str:
    """What a series is called in messages and in its seals."""
    return f"{exchange} {symbol} {timeframe}"


def seal(name: str, key: str, body: bytes) -> bytes:
    """Four bytes that hold a body to its name, its key and itself."""
    return zlib.crc32(body, zlib.crc32(f"{name} {key}".encode())).to_bytes(4, "little")


def page_key(first_ms: int, last_ms: int, count: int) -> str:
    """The part of a page's seal that holds it to its span."""
    return f"{first_ms} {last_ms} {count}"


def pack_page(candles: Candles) -> bytes:
    """Column after column, open times first."""
    columns = (getattr(candles, name).astype("<f8", copy=False).tobytes() for name in COLUMNS)
    return candles.open_ms.astype("<i8", copy=False).tobytes() + b"".join(columns)


def pack_rows(name: str, candles: Candles) -> list[bytes]:
    """One sealed row per candle of the series ``name``."""
    start = zlib.crc32(name.encode())
    columns = (getattr(candles, column).tolist() for column in ("open_ms", *COLUMNS))
    rows = (ROW.pack(*cells) for cells in zip(*columns, strict=True))
    return [row + zlib.crc32(row, start).to_bytes(4, "little") for row in rows]


def damaged_rows(name: str, rows: Sequence[tuple[int, bytes]]) -> list[int]:
    """Of rows by open time, the times of those that are not what was written for the series ``name``."""
    start, size, check, whole = zlib.crc32(name.encode()), ROW.size, zlib.crc32, int.from_bytes
    return [
        open_ms
        for open_ms, row in rows
        if not isinstance(row, bytes)
        or len(row) != ROW_BYTES
        or check(row[:size], start) != whole(row[size:], "little")
        or whole(row[:CELL], "little") != open_ms
    ]


def unpack(timeframe: Timeframe, pages: Iterable[bytes], rows: Sequence[bytes]) -> Candles:
    """Candles of pages followed by tail rows, none of them damaged."""
    parts = [_page_columns(body) for body in pages]
    if rows:
        tail = np.frombuffer(b"".join(rows), SEALED_ROW)
        parts.append([np.ascontiguousarray(tail[name]) for name in ("open_ms", *COLUMNS)])
    if not parts:
        return Candles.empty(timeframe)
    columns = parts[0] if len(parts) == 1 else [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Candles.known(timeframe, columns)


def _page_columns(body: bytes) -> Columns:
    count = len(body) // (CELL * COLUMN_COUNT)
    times = np.frombuffer(body, "<i8", count)
    prices = np.frombuffer(body, "<f8", count * len(COLUMNS), count * CELL)
    return [times, *prices.reshape(len(COLUMNS), count)]


def merge(held: Candles, new: Candles) -> Candles:
    """Both together, oldest first; where both have a candle, the new one."""
    if not len(held):
        return new
    if not len(new):
        return held
    if held.open_ms[-1] < new.open_ms[0]:
        pairs = ((getattr(held, name), getattr(new, name)) for name in ("open_ms", *COLUMNS))
        return Candles.known(new.timeframe, [np.concatenate(pair) for pair in pairs])
    kept = ~np.isin(held.open_ms, new.open_ms, assume_unique=True)
    times = np.concatenate((held.open_ms[kept], new.open_ms))
    order = np.argsort(times, kind="stable")
    columns = (np.concatenate((getattr(held, name)[kept], getattr(new, name)))[order] for name in COLUMNS)
    return Candles(new.timeframe, times[order], *columns)


def compare(held: Candles, new: Candles) -> tuple[int, Candles]:
    """How many of ``new`` are not held yet, and the held candles of which ``new`` has other values."""
    if not len(held) or held.open_ms[-1] < new.open_ms[0]:
        return len(new), held.head(0)
    _, at_held, at_new = np.intersect1d(held.open_ms, new.open_ms, assume_unique=True, return_indices=True)
    differs = np.zeros(at_held.size, bool)
    for name in COLUMNS:
        differs |= getattr(held, name)[at_held] != getattr(new, name)[at_new]
    old = at_held[differs]
    columns = [getattr(held, name)[old] for name in ("open_ms", *COLUMNS)]
    return len(new) - int(at_held.size), Candles.known(held.timeframe, columns)


def pack_book(book: OrderBook) -> bytes:
    """Bids, then asks, best first: price and amount of each level."""
    return b"".join(side.astype("<f8", copy=False).tobytes() for side in (book.bids, book.asks))


def seal_book(exchange: str, symbol: str, time_ms: int, bids: int, body: bytes) -> bytes:
    """What holds a book to its market, its time and itself."""
    return seal(f"{exchange} {symbol}", f"{time_ms} {bids}", body)


def book_whole(exchange: str, symbol: str, time_ms: int, bids: int, digest: bytes, body: bytes) -> bool:
    """Whether a stored book is what was written."""
    return isinstance(body, bytes) and digest == seal_book(exchange, symbol, time_ms, bids, body)


def unpack_book(exchange: str, symbol: str, time_ms: int, bids: int, body: bytes) -> OrderBook:
    """The book of which ``bids`` levels are bids."""
    levels = np.frombuffer(body, "<f8").reshape(-1, 2)
    return OrderBook(exchange, symbol, time_ms, levels[:bids], levels[bids:])
