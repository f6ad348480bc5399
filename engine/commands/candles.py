"""``data``: candle files into the store, and what the store holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands.console import Console
from engine.commands.edges import open_store
from engine.commands.flags import Flags
from shared.errors import EXIT_DEGRADED, EXIT_FAILED, EXIT_OK
from shared.models.timeframe import iso

if TYPE_CHECKING:
    from contracts.data_contract import SeriesInfo
    from data.parquet_import import FileReport

HEADINGS = ("exchange", "symbol", "timeframe", "first", "last", "candles", "missing", "bytes")
WORDS = 5
"""Columns that hold words; the others are numbers and stand right."""


def import_candles(paths: Sequence[str], flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Import files and folders; 0 if every file went in, 10 if some did, 30 if none did."""
    from data.parquet_import import import_path

    console = Console.of(flags.output, environ)
    failed = imported = 0
    with open_store(environ) as store:
        for path in paths:
            report = import_path(Path(path), store)
            console.result(
                _file_line(file) for file in report.files if not file.problem and not console.quiet
            )
            console.remark(f"- {file.name}: {file.problem}" for file in report.files if file.skipped)
            console.remark(f"- {folder}: a folder inside, not read" for folder in report.folders_not_read)
            console.warn(f"! {file.name}: {file.problem}" for file in report.failed)
            failed += len(report.failed)
            imported += sum(not file.problem for file in report.files)
    console.remark([f"{imported} files imported, {failed} refused"])
    if failed:
        return EXIT_DEGRADED if imported else EXIT_FAILED
    return EXIT_OK


def _file_line(file: FileReport) -> str:
    return f"{file.name}\t{file.added} new\t{file.revised} revised"


def show_status(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Every stored series."""
    console = Console.of(flags.output, environ)
    with open_store(environ) as store:
        series = store.series()
    rows = [HEADINGS, *(_row(info) for info in series)]
    console.result(_aligned(rows) if console.watched else ("\t".join(row) for row in rows))
    if not series:
        console.remark(
            ["nothing is stored yet. Import files with 'snipersight data import PATH', or scan an exchange."]
        )
    return EXIT_OK


def _row(info: SeriesInfo) -> tuple[str, ...]:
    span = (iso(info.first_ms), iso(info.last_ms))
    counts = (str(info.count), str(info.missing), str(info.stored_bytes))
    return (info.exchange, info.symbol, info.timeframe.value, *span, *counts)


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        words = [cell.ljust(width) for cell, width in zip(row[:WORDS], widths, strict=False)]
        numbers = [cell.rjust(width) for cell, width in zip(row[WORDS:], widths[WORDS:], strict=True)]
        yield "  ".join((*words, *numbers))
