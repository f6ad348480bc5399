"""What is on record of walk-forwards, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.ui.backtest_documents import worth_part
from bot.ui.look import Look
from bot.ui.table import Column, table_lines, width_of
from shared.models.statistics import Expectancy
from shared.models.timeframe import iso
from shared.models.track import Recorded
from shared.utils.serialization import document_json
from shared.version import VERSION

TRACK: Final = "snipersight.track/1"
HEADINGS: Final = (
    "source",
    "exchange",
    "profile",
    "decision",
    "trades",
    "days",
    "first",
    "last",
    "mean_r",
    "low_r",
    "high_r",
)
SHOWN: Final = 8
"""Digits of a digest that a person is shown."""


def recorded_lines(rows: Sequence[Recorded], look: Look) -> list[str]:
    """A table where it fits, else a line of parts each."""
    if not rows:
        return look.wrap("Nothing is on record: 'walk-forward --record' keeps trades.")
    columns = [
        Column("source", tuple(row.source for row in rows), right=False),
        Column("exchange", tuple(row.exchange for row in rows), right=False),
        Column("profile", tuple(row.profile for row in rows), right=False),
        Column("rules", tuple(row.decision[:SHOWN] for row in rows), right=False),
        Column("N", tuple(f"{row.trades:,}" for row in rows)),
        Column("first", tuple(iso(row.first_ms)[:10] for row in rows), right=False),
        Column("last", tuple(iso(row.last_ms)[:10] for row in rows), right=False),
        Column("worth", tuple(_worth(row) for row in rows), right=False),
    ]
    if width_of(columns, 2) <= look.columns:
        return table_lines(columns, look, gap=2)
    return [line for row in rows for line in look.flow(look.signs(_line(row)))]


def _worth(row: Recorded) -> str:
    return str(row.worth).partition(", ")[2] if isinstance(row.worth, Expectancy) else "too few to say"


def _line(row: Recorded) -> str:
    span = f"{iso(row.first_ms)[:10]} to {iso(row.last_ms)[:10]}"
    return (
        f"{row.source} · {row.exchange} · {row.profile} · rules {row.decision[:SHOWN]} · {span} · {row.worth}"
    )


def recorded_tsv(rows: Sequence[Recorded]) -> Iterator[str]:
    """A header and a line a source and profile; what is not told is empty."""
    yield "\t".join(HEADINGS)
    for row in rows:
        worth = row.worth
        figures = (worth.mean, worth.low, worth.high) if isinstance(worth, Expectancy) else ()
        texts = tuple(f"{figure:.4f}" for figure in figures) or ("", "", "")
        whose = (row.source, row.exchange, row.profile, row.decision[:SHOWN])
        times = (iso(row.first_ms), iso(row.last_ms))
        yield "\t".join((*whose, str(row.trades), str(worth.days), *times, *texts))


def track_json(rows: Sequence[Recorded]) -> str:
    """All of it as one JSON document, ``snipersight.track/1``, indented."""
    document = {"schema": TRACK, "version": VERSION, "recorded": [_part(row) for row in rows]}
    return document_json(document, indent=2)


def _part(row: Recorded) -> dict[str, object]:
    return {
        "source": row.source,
        "exchange": row.exchange,
        "profile": row.profile,
        "decision": row.decision,
        "first": iso(row.first_ms),
        "last": iso(row.last_ms),
        "worth": worth_part(row.worth),
    }
