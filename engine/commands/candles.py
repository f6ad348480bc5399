"""``data``: candle files into the store, and what the store holds."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.ui.numbers import counted
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
    """Import files and folders, a line a file as it is done; 0 if every file went in, 10 if some did, 30 if none did."""
    from bot.ui.progress import progress_on
    from data.parquet_import import import_path

    console = Console.of(flags.output, environ)
    files: list[FileReport] = []
    with (
        open_store(environ) as store,
        progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as progress,
    ):

        def tell(file: FileReport, done: int, total: int) -> None:
            files.append(file)
            _show_file(file, console)
            progress("files", done, total)

        for path in paths:
            report = import_path(Path(path), store, tell)
            console.remark(f"- {folder}: a folder inside, not read" for folder in report.folders_not_read)
    return _import_end(files, console)


def _import_end(files: Sequence[FileReport], console: Console) -> int:
    """The last line of an import, and its exit code."""
    imported = sum(not file.problem for file in files)
    failed = sum(bool(file.problem) and not file.skipped for file in files)
    last = f"{counted(imported, 'file')} imported, {failed} refused, {len(files) - imported - failed} skipped"
    if not imported:
        console.warn([last])
        return EXIT_FAILED
    console.remark([last])
    return EXIT_DEGRADED if failed else EXIT_OK


def _show_file(file: FileReport, console: Console) -> None:
    if file.skipped:
        console.remark([f"- {file.name}: {file.problem}"])
    elif file.problem:
        console.warn([f"! {file.name}: {file.problem}"])
    else:
        console.result([] if console.quiet else [_file_line(file, console)])
        dropped = file.own.dropped + file.derived.dropped
        console.warn([f"! {file.name}: {counted(dropped, 'damaged page')} replaced"] if dropped else [])


def _file_line(file: FileReport, console: Console) -> str:
    own, derived = file.own, file.derived
    if console.watched:
        changes = f"{own.added:,} new, {own.revised:,} revised; derived {derived.added:,} new, {derived.revised:,} revised"
        return "\n".join(console.look.wrap(f"{file.name}: {changes}", "  "))
    parts = (f"{own.added} new", f"{own.revised} revised", f"{derived.added} derived new")
    return "\t".join((file.name, *parts, f"{derived.revised} derived revised"))


def show_status(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Every stored series."""
    console = Console.of(flags.output, environ)
    with open_store(environ) as store:
        series = store.series()
    console.result(_shown(series, console))
    if not series:
        console.remark(
            ["nothing is stored yet. Import files with 'snipersight data import PATH', or scan an exchange."]
        )
    return EXIT_OK


def _shown(series: Sequence[SeriesInfo], console: Console) -> Iterator[str]:
    """A table for people where it fits, two short lines a series where it does not; values for machines."""
    rows = [HEADINGS, *(_row(info) for info in series)]
    if not console.watched:
        yield from ("\t".join(row) for row in rows)
        return
    table = list(_aligned(rows))
    if len(table[0]) <= console.look.columns:
        yield from table
        return
    for info in series:
        yield f"{info.exchange} {info.symbol} {info.timeframe}"
        yield f"  {iso(info.first_ms)} to {iso(info.last_ms)}"
        yield f"  {counted(info.count, 'candle')}, {info.missing:,} missing"


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
