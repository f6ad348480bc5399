"""Candles as comma-separated text, with a header or without one.

Without a header a row is ts, open, high, low, close, volume, or the twelve fields of Binance's dumps. Numbers are written so
that reading them gives the same bits.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from data.formats.places import read_text, replacing
from data.formats.rows import EMPTY, QUOTE_VOLUME, TIME_NAMES, Rows
from shared.errors import DataFault
from shared.models.data import COLUMNS, Candles

T = TypeVar("T")

HEADER: Final = (TIME_NAMES[0], *COLUMNS)
DUMP_HEADER: Final = (
    "open_time", *COLUMNS, "close_time", QUOTE_VOLUME, "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore",
)  # fmt: skip
HEADERS: Final[Mapping[int, Sequence[str]]] = {len(HEADER): HEADER, len(DUMP_HEADER): DUMP_HEADER}
"""What columns mean where no header says it, by their number."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by column; ``first_line`` is the line of the first row, counted from 1."""

    columns: Mapping[str, Sequence[str]]
    first_line: int

    def floats(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """A column of numbers."""
        return np.array(self._each(name, float, "a number"), np.float64)

    def integers(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """A column of whole numbers."""
        return np.array(self._each(name, _int64, "a whole number"), np.int64)

    def times(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """A column of times: milliseconds, or ISO 8601 with a zone."""
        dated = any("-" in cell[1:] for cell in self.columns[name][:1])
        if not dated:
            return self.integers(name)
        return np.array(self._each(name, _moment_ms, "a time with a zone"), np.int64)

    def _each(self, name: str, read: Callable[[str], T], wanted: str) -> list[T]:
        cells = self.columns[name]
        try:
            return [read(cell) for cell in cells]
        except ValueError:
            place = next(place for place, cell in enumerate(cells) if not _reads(read, cell))
            raise DataFault(
                f"line {place + self.first_line}: {name} is not {wanted}: {cells[place]!r:.40}"
            ) from None


def read_csv(path: Path) -> Rows:
    """The rows of a CSV file.

    Raises:
        DataFault: not such text; the message names the line.
    """
    return rows_of(parse_table(read_text(path)))


def write_csv(path: Path, candles: Candles) -> None:
    """Write candles as CSV with a header, packed if the name ends in ``.gz``.

    Raises:
        StorageFault: the file cannot be written.
    """
    text = csv_text(
        HEADER, [candles.open_ms.tolist(), *(getattr(candles, name).tolist() for name in COLUMNS)]
    )
    raw = text.encode()
    with replacing(path) as part:
        part.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)


def csv_text(header: Sequence[str], columns: Sequence[Sequence[float]]) -> str:
    """Lines of cells, floats by their shortest exact text; no header line where ``header`` is empty."""
    lines = [",".join(header)] if header else []
    lines += [",".join(map(repr, row)) for row in zip(*columns, strict=True)]
    return "".join(f"{line}\n" for line in lines)


def parse_table(text: str) -> Table:
    """Cells of comma-separated text.

    Raises:
        DataFault: not such text, a row of another width, unknown columns, or no rows.
    """
    headed = text[:1].isalpha()
    body = text.partition("\n")[2] if headed else text
    if "_" in body or "\0" in body:
        raise DataFault("a row holds characters that no candle has", "Give comma-separated numbers")
    try:
        lines = list(csv.reader(io.StringIO(text.rstrip("\r\n")), strict=True))
    except csv.Error as error:
        raise DataFault(f"not comma-separated text: {error}") from error
    if not lines:
        raise DataFault("it holds no candles")
    names = [name.strip().lower() for name in lines[0]] if headed else HEADERS.get(len(lines[0]), ())
    if not names:
        raise DataFault(f"line 1: {len(lines[0])} fields and no header", f"Give {','.join(HEADER)}")
    first_line = 1 + headed
    rows = lines[headed:]
    for place, row in enumerate(rows):
        if len(row) != len(names):
            raise DataFault(f"line {place + first_line}: {len(row)} fields where {len(names)} are expected")
    return Table(dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}, first_line)


def rows_of(table: Table) -> Rows:
    """The candles' columns of a table.

    Raises:
        DataFault: one is missing, or a cell is not what its column holds.
    """
    if not table.columns:
        raise DataFault("it holds no candles")
    time_name = next((name for name in TIME_NAMES if name in table.columns), TIME_NAMES[0])
    missing = [name for name in (time_name, *COLUMNS) if name not in table.columns]
    if missing:
        raise DataFault(f"no column {', '.join(missing)}", f"Give {','.join(HEADER)}")
    quote_volume = table.floats(QUOTE_VOLUME) if QUOTE_VOLUME in table.columns else EMPTY
    return Rows(
        table.times(time_name), np.column_stack([table.floats(name) for name in COLUMNS]), quote_volume
    )


def _moment_ms(text: str) -> int:
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError(text)
    return round(moment.timestamp() * 1000)


def _int64(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


def _reads(read: Callable[[str], object], cell: str) -> bool:
    try:
        read(cell)
    except ValueError:
        return False
    return True
