"""``data status``: what the store holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.ui.numbers import counted
from engine.commands.console import Console
from engine.commands.edges import open_store
from engine.commands.flags import Flags
from shared.errors import EXIT_OK
from shared.models.timeframe import iso

if TYPE_CHECKING:
    from contracts.data_contract import SeriesInfo

HEADINGS = ("exchange", "symbol", "timeframe", "first", "last", "candles", "missing", "bytes")
WORDS = 5
"""Columns that hold words; the others are numbers and stand right."""


def show_status(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Every stored series."""
    console = Console.of(flags.output, environ)
    with open_store(environ, flags) as store:
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
