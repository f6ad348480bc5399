"""Progress on a terminal: a bar on stderr that vanishes, and nothing at all where stderr is not a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Report = Callable[[str, int, int], None]
"""Told (stage, done, total)."""


def _ignore(stage: str, done: int, total: int) -> None:
    """Nobody is watching."""


@contextmanager
def progress_on(stream: TextIO, *, shown: bool, colour: bool) -> Iterator[Report]:
    """A reporter whose stages stand as bars on ``stream`` until the block ends. What is printed meanwhile on the same terminal
    stands above them; a standard output that leads elsewhere is left alone."""
    if not shown or not stream.isatty():
        yield _ignore
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(file=stream, no_color=not colour, force_terminal=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    tasks: dict[str, TaskID] = {}
    beside = sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, redirect_stdout=beside) as bars:

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
