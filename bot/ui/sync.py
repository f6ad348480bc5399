"""What a back-fill left: a line a symbol, tab-separated values, one JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.ui.documents import Document, fault_part
from bot.ui.numbers import counted
from shared.models.scan import SymbolFault
from shared.models.timeframe import iso
from shared.utils.serialization import document_json
from shared.version import VERSION

SYNC: Final = "snipersight.data-sync/1"
HEADINGS: Final = ("symbol", "timeframe", "candles", "gaps")


@dataclass(frozen=True, slots=True)
class Filled:
    """One symbol: candles and gaps of each timeframe's window."""

    symbol: str
    candles: Mapping[str, int]
    gaps: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Backfill:
    """A back-fill as it is shown."""

    exchange: str
    as_of_ms: int
    symbols: Sequence[Filled]
    faults: Sequence[SymbolFault]
    flags: Sequence[str]
    books: int = 0


def sync_tsv(done: Backfill) -> list[str]:
    """One header, one line a series."""
    rows = (
        (one.symbol, timeframe, str(count), str(one.gaps[timeframe]))
        for one in done.symbols
        for timeframe, count in one.candles.items()
    )
    return ["\t".join(HEADINGS), *("\t".join(row) for row in rows)]


def sync_lines(done: Backfill) -> list[str]:
    """One line a symbol, the sum last."""
    return [*(_line(one) for one in done.symbols), sync_line(done)]


def _line(one: Filled) -> str:
    parts = [f"{timeframe} {count:,}" for timeframe, count in one.candles.items()]
    missing = sum(one.gaps.values())
    return f"{one.symbol}: {' · '.join(parts)}" + (f" · {missing:,} missing" if missing else "")


def sync_line(done: Backfill) -> str:
    """``2 symbols of binance up to date at 2024-08-02T12:07:30Z, 0 could not be read: 12,345 candles``, and the order books
    that were stored, if any were asked for."""
    candles = sum(sum(one.candles.values()) for one in done.symbols)
    books = f", {counted(done.books, 'order book')} stored" if done.books else ""
    return (
        f"{counted(len(done.symbols), 'symbol')} of {done.exchange} up to date at {iso(done.as_of_ms)}, "
        f"{len(done.faults)} could not be read: {counted(candles, 'candle')}{books}"
    )


def sync_json(done: Backfill) -> str:
    """A back-fill as one JSON document."""
    series: list[Document] = [
        {"symbol": one.symbol, "timeframe": timeframe, "candles": count, "gaps": one.gaps[timeframe]}
        for one in done.symbols
        for timeframe, count in one.candles.items()
    ]
    document: Document = {
        "schema": SYNC,
        "version": VERSION,
        "exchange": done.exchange,
        "as_of": iso(done.as_of_ms),
        "flags": list(done.flags),
        "series": series,
        "books": done.books,
        "faults": [fault_part(fault) for fault in done.faults],
    }
    return document_json(document, indent=2)
