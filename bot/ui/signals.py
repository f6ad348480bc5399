"""Setups and how they stand, as a table, as tab-separated text and as a document (``snipersight.signals/1``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from bot.ui.look import Look
from bot.ui.numbers import time_shown
from bot.ui.table import Column, table_lines
from shared.models.signals import Signal
from shared.models.statistics import Expectancy, Insufficient
from shared.models.timeframe import iso
from shared.utils.serialization import document_json

HEADINGS: Final = ("id", "symbol", "side", "grade", "score", "decided", "state", "r", "verdict")
NUMBERS: Final = frozenset({"score", "r"})


def signals_lines(rows: Sequence[Signal], record: Expectancy | Insufficient, look: Look) -> Iterator[str]:
    """A table for people, oldest first, and the track record of all finished setups."""
    if rows:
        cells = [_cells(row, time_shown(row.decided_ms, look.zone)) for row in rows]
        columns = [
            Column(heading, tuple(row[place] for row in cells), heading in NUMBERS)
            for place, heading in enumerate(HEADINGS)
        ]
        yield from table_lines(columns, look, gap=2)
    else:
        yield "no setup was approved in that time"
    yield ""
    yield from look.flow(look.signs(f"Track record, every finished setup taken as planned: {record}"))


def signals_tsv(rows: Sequence[Signal]) -> Iterator[str]:
    """The same for machines, times in UTC."""
    yield "\t".join(HEADINGS)
    yield from ("\t".join(_cells(row, iso(row.decided_ms))) for row in rows)


def signals_json(rows: Sequence[Signal], record: Expectancy | Insufficient) -> str:
    """``snipersight.signals/1``; the track record's numbers are left out where there are too few trades."""
    told = {"trades": record.trades, "days": record.days, "text": str(record)}
    if isinstance(record, Expectancy):
        told |= {
            "mean_r": record.mean,
            "low_r": record.low,
            "high_r": record.high,
            "best_r": record.best,
            "ambiguous": record.ambiguous,
        }
    return document_json(
        {
            "schema": "snipersight.signals/1",
            "signals": [
                {
                    **{name: value for name, value in asdict(row).items() if name != "decided_ms"},
                    "decided_at": iso(row.decided_ms),
                }
                for row in rows
            ],
            "track_record": told,
        }
    )


def _cells(row: Signal, decided: str) -> tuple[str, ...]:
    result = f"{row.result_r:+.2f}{'?' if row.is_ambiguous else ''}" if row.is_filled else "-"
    state = f"{row.state} ({row.ending})" if row.state in ("closed", "invalidated") else str(row.state)
    return (
        row.fingerprint, row.symbol, row.side, row.grade, f"{row.score:.0f}", decided, state, result, row.verdict or "-",
    )  # fmt: skip
