"""What a candle store holds, what of it is damaged, what could go: tables, tab-separated values, JSON documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.ui.documents import Document
from bot.ui.look import Look
from bot.ui.numbers import counted
from bot.ui.table import Column, table_lines, width_of
from contracts.data_contract import CheckReport, Damage, Pruned, SeriesInfo
from shared.models.timeframe import iso
from shared.utils.serialization import document_json
from shared.version import VERSION

STATUS: Final = "snipersight.data-status/1"
CHECK: Final = "snipersight.data-verify/1"
PRUNE: Final = "snipersight.data-prune/1"

STATUS_HEADINGS: Final = (
    *("exchange", "symbol", "timeframe", "first", "last", "candles", "missing", "bytes"),
    *("revised", "damaged"),
)
CHECK_HEADINGS: Final = ("kind", "exchange", "symbol", "timeframe", "at")
PRUNE_HEADINGS: Final = ("exchange", "symbol", "timeframe", "first", "last", "count", "bytes")
BOOKS: Final = "books"
"""Stands for a timeframe where order books are meant."""
MEGABYTE: Final = 1_000_000

Row = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Holding:
    """A store as ``data status`` shows it."""

    series: tuple[SeriesInfo, ...]
    check: CheckReport
    file_bytes: int
    remarks: tuple[str, ...]

    def damaged(self, info: SeriesInfo) -> int:
        """Damaged pages and rows of a series."""
        return self._damage[info.exchange, info.symbol, info.timeframe.value]

    @property
    def _damage(self) -> Mapping[tuple[str, str, str], int]:
        return Counter((one.exchange, one.symbol, one.timeframe) for one in self.check.damage)


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed, or would be, and the room given back to the disk."""

    items: tuple[Pruned, ...]
    removed: bool
    freed_bytes: int


def status_lines(held: Holding, look: Look) -> list[str]:
    """A table where it fits, else two short lines a series; the whole in one line."""
    return [*_lines(STATUS_HEADINGS, _status_rows(held), look, words=5), *look.wrap(status_line(held), "  ")]


def status_tsv(held: Holding) -> list[str]:
    """One header, one line a series."""
    return _tsv(STATUS_HEADINGS, _status_rows(held))


def status_line(held: Holding) -> str:
    """``12 series, 3 order books, rules of 5 markets, 1.2 MB``."""
    size = f"{held.file_bytes / MEGABYTE:,.1f} MB"
    rules = f"rules of {counted(held.check.markets, 'market')}"
    return f"{len(held.series):,} series, {counted(held.check.books, 'order book')}, {rules}, {size}"


def status_json(held: Holding) -> str:
    """The store as one JSON document."""
    series = [
        {
            **_span(info.exchange, info.symbol, info.timeframe.value, info.first_ms, info.last_ms),
            "candles": info.count,
            "missing": info.missing,
            "revised": info.revised,
            "damaged": held.damaged(info),
            "stored_bytes": info.stored_bytes,
        }
        for info in held.series
    ]
    figures = {"books": held.check.books, "markets": held.check.markets, "file_bytes": held.file_bytes}
    return _document(STATUS, {"series": series, **figures, "remarks": list(held.remarks)})


def check_lines(report: CheckReport, look: Look) -> list[str]:
    """Every damaged thing, and the sum in words."""
    rows = [_damage_row(one) for one in report.damage]
    table = _lines(CHECK_HEADINGS, rows, look, words=len(CHECK_HEADINGS)) if rows else []
    return [*table, *look.wrap(check_line(report), "  ")]


def check_tsv(report: CheckReport) -> list[str]:
    """One header, one line a damaged thing."""
    return _tsv(CHECK_HEADINGS, [_damage_row(one) for one in report.damage])


def check_line(report: CheckReport) -> str:
    """What was looked at, and what came of it."""
    looked = (
        counted(report.pages, "page"),
        counted(report.candles, "whole candle"),
        counted(report.books, "order book"),
        f"rules of {counted(report.markets, 'market')}",
    )
    end = f"{len(report.damage):,} damaged, dropped" if report.dropped and report.damage else ""
    return f"{', '.join(looked)}: {end or (f'{len(report.damage):,} damaged' if report.damage else 'nothing damaged')}"


def check_json(report: CheckReport) -> str:
    """A check as one JSON document."""
    damage = [dict(zip(CHECK_HEADINGS, _damage_row(one), strict=True)) for one in report.damage]
    counts = {
        "pages": report.pages,
        "candles": report.candles,
        "books": report.books,
        "markets": report.markets,
    }
    return _document(CHECK, {**counts, "damage": damage, "dropped": report.dropped, "left": report.left})


def prune_lines(removal: Removal, look: Look) -> list[str]:
    """What goes, and the sum in words."""
    rows = [_pruned_row(one) for one in removal.items]
    table = _lines(PRUNE_HEADINGS, rows, look, words=5) if rows else []
    return [*table, *look.wrap(prune_line(removal), "  ")]


def prune_tsv(removal: Removal) -> list[str]:
    """One header, one line a series."""
    return _tsv(PRUNE_HEADINGS, [_pruned_row(one) for one in removal.items])


def prune_line(removal: Removal) -> str:
    """``2 series: 12,000 candles and 0 order books removed, 0.6 MB freed``."""
    books = sum(one.count for one in removal.items if not one.timeframe)
    candles = sum(one.count for one in removal.items) - books
    what = f"{counted(candles, 'candle')} and {counted(books, 'order book')}"
    if removal.removed:
        return f"{what} removed, {removal.freed_bytes / MEGABYTE:,.1f} MB freed"
    size = sum(one.stored_bytes for one in removal.items)
    return f"{what} would be removed, about {size / MEGABYTE:,.1f} MB. Do it with --yes"


def prune_json(removal: Removal) -> str:
    """What goes as one JSON document."""
    items = [
        {
            **_span(one.exchange, one.symbol, one.timeframe or BOOKS, one.first_ms, one.last_ms),
            "count": one.count,
            "stored_bytes": one.stored_bytes,
        }
        for one in removal.items
    ]
    return _document(PRUNE, {"items": items, "removed": removal.removed, "freed_bytes": removal.freed_bytes})


def _document(name: str, body: Document) -> str:
    return document_json({"schema": name, "version": VERSION, **body}, indent=2)


def _span(exchange: str, symbol: str, timeframe: str, first_ms: int, last_ms: int) -> Document:
    names = {"exchange": exchange, "symbol": symbol, "timeframe": timeframe}
    return {**names, "first": iso(first_ms), "last": iso(last_ms)}


def _status_rows(held: Holding) -> list[Row]:
    return [
        (
            *_span(info.exchange, info.symbol, info.timeframe.value, info.first_ms, info.last_ms).values(),
            *(info.count, info.missing, info.stored_bytes, info.revised, held.damaged(info)),
        )
        for info in held.series
    ]


def _damage_row(one: Damage) -> tuple[str, ...]:
    return one.kind, one.exchange, one.symbol, one.timeframe, iso(one.at_ms) if one.at_ms else ""


def _pruned_row(one: Pruned) -> Row:
    span = _span(one.exchange, one.symbol, one.timeframe or BOOKS, one.first_ms, one.last_ms)
    return (*span.values(), one.count, one.stored_bytes)


def _tsv(headings: Sequence[str], rows: Sequence[Row]) -> list[str]:
    return ["\t".join(headings), *("\t".join(map(str, row)) for row in rows)]


def _lines(headings: Sequence[str], rows: Sequence[Row], look: Look, words: int) -> list[str]:
    """A table where it fits; else the words of a row on a line, and its figures by name on the next."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    columns = [
        Column(heading, tuple(row[place] for row in cells), right=place >= words)
        for place, heading in enumerate(headings)
    ]
    if width_of(columns, 2) <= look.columns:
        return table_lines(columns, look, 2)
    lines: list[str] = []
    for row in cells:
        lines += look.wrap(" ".join(row[:words]), "  ")
        figures = [f"{name} {cell}" for name, cell in zip(headings[words:], row[words:], strict=True)]
        lines += look.wrap(f"  {', '.join(figures)}", "  ") if figures else []
    return lines
