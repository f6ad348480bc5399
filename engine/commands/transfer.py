"""``data import`` and ``data export``: candle files into the store, and stored candles into files."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.ui.numbers import counted
from engine.commands.console import Console
from engine.commands.edges import SystemClock, open_store
from engine.commands.flags import Flags
from shared.errors import EXIT_DEGRADED, EXIT_FAILED, EXIT_OK, NotFound

if TYPE_CHECKING:
    from data.file_export import SeriesReport, Wanted
    from data.file_import import FileReport


@dataclass(frozen=True, slots=True)
class Layout:
    """What the command line says of files: their format (empty: by name) and, of an export, the timeframes (empty: every)."""

    format: str = ""
    timeframes: tuple[str, ...] = ()


def import_candles(
    paths: Sequence[str], layout: Layout, flags: Flags, environ: Mapping[str, str] = os.environ
) -> int:
    """Import files and folders, a line a file as it is done; 0 if every file went in, 10 if some did, 30 if none did."""
    from bot.ui.progress import progress_on
    from data.file_import import Reading, import_path

    console = Console.of(flags.output, environ)
    reading = Reading(SystemClock().now_ms(), layout.format, flags.exchange or "")
    files: list[FileReport] = []
    with (
        open_store(environ, flags) as store,
        progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as progress,
    ):

        def tell(file: FileReport, done: int, total: int) -> None:
            files.append(file)
            _show_file(file, console)
            progress("files", done, total)

        for path in paths:
            report = import_path(Path(path), store, reading, tell)
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
        console.remark(f"- {file.name}: {remark}" for remark in file.remarks)
        dropped = file.own.dropped + file.derived.dropped
        console.warn([f"! {file.name}: {counted(dropped, 'damaged page')} replaced"] if dropped else [])


def _file_line(file: FileReport, console: Console) -> str:
    own, derived = file.own, file.derived
    if console.watched:
        changes = f"{file.format}, {own.added:,} new, {own.revised:,} revised; derived {derived.added:,} new, {derived.revised:,} revised"
        return "\n".join(console.look.wrap(f"{file.name}: {changes}", "  "))
    parts = (f"{own.added} new", f"{own.revised} revised", f"{derived.added} derived new")
    return "\t".join((file.name, *parts, f"{derived.revised} derived revised", file.format))


def export_candles(folder: str, layout: Layout, flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Write stored series below a folder, a line a file; 0 if every series was written, 10 if some were, 30 if none was.

    Raises:
        NotFound: nothing stored is what was asked for.
    """
    from bot.ui.progress import progress_on
    from data.file_export import export_series

    console = Console.of(flags.output, environ)
    wanted = _wanted(layout, flags, environ)
    with (
        open_store(environ, flags) as store,
        progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as progress,
    ):

        def tell(report: SeriesReport, done: int, total: int) -> None:
            console.result([] if console.quiet else [str(path) for path in report.paths])
            console.warn([_left_out(report)] if report.problem else [])
            progress("series", done, total)

        reports = export_series(store, Path(folder), wanted, layout.format or "parquet", tell)
    if not reports:
        raise NotFound("nothing stored is what was asked for", "See 'data status'")
    failed = sum(bool(report.problem) for report in reports)
    console.remark([f"{len(reports) - failed} series written, {failed} left out"])
    return EXIT_OK if not failed else EXIT_DEGRADED if failed < len(reports) else EXIT_FAILED


def _wanted(layout: Layout, flags: Flags, environ: Mapping[str, str]) -> Wanted:
    from data.file_export import Wanted
    from engine.commands.reading import parse_symbols, parse_timeframes
    from engine.commands.settings import configure
    from engine.commands.stored import known_exchanges

    settings = configure(flags, environ, known_exchanges(environ, flags)).settings
    return Wanted(
        flags.exchange or "",
        parse_symbols(flags.symbols, settings.profile.universe.quote),
        parse_timeframes(layout.timeframes) if layout.timeframes else (),
    )


def _left_out(report: SeriesReport) -> str:
    info = report.series
    return f"! {info.exchange} {info.symbol} {info.timeframe}: {report.problem}"
