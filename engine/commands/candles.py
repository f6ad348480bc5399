"""``data import``: candle files into the store."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.ui.numbers import counted
from engine.commands.console import Console
from engine.commands.edges import open_store
from engine.commands.flags import Flags
from shared.errors import EXIT_DEGRADED, EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from data.parquet_import import FileReport


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
