"""Parcels of the outbox and where they stand, as a table, as tab-separated text and as a document (``snipersight.alerts/1``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.ui.look import Look
from bot.ui.numbers import time_shown
from bot.ui.table import Column, table_lines
from shared.models.outbox import Letter
from shared.models.timeframe import iso
from shared.utils.serialization import document_json

HEADINGS: Final = ("id", "channel", "address", "fate", "at", "attempts", "reason")
NUMBERS: Final = frozenset({"attempts"})


def alerts_lines(letters: Sequence[Letter], look: Look) -> Iterator[str]:
    """A table for people, oldest first."""
    if not letters:
        yield "nothing waits, nothing is dead or held"
        return
    rows = [_cells(letter, time_shown(letter.at_ms, look.zone)) for letter in letters]
    columns = [
        Column(heading, tuple(row[place] for row in rows), heading in NUMBERS)
        for place, heading in enumerate(HEADINGS)
    ]
    yield from table_lines(columns, look, gap=2)


def alerts_tsv(letters: Sequence[Letter]) -> Iterator[str]:
    """The same for machines, times in UTC."""
    yield "\t".join(HEADINGS)
    yield from ("\t".join(_cells(letter, iso(letter.at_ms))) for letter in letters)


def alerts_json(letters: Sequence[Letter]) -> str:
    """``snipersight.alerts/1``."""
    return document_json(
        {
            "schema": "snipersight.alerts/1",
            "alerts": [
                {
                    "id": letter.id,
                    "channel": letter.channel,
                    "address": letter.address,
                    "fate": letter.fate,
                    "at": iso(letter.at_ms),
                    "attempts": letter.attempts,
                    "reason": letter.note,
                }
                for letter in letters
            ],
        }
    )


def _cells(letter: Letter, at: str) -> tuple[str, ...]:
    reason = " ".join(letter.note.split()) or "-"
    return (letter.id, letter.channel, letter.address, letter.fate, at, str(letter.attempts), reason)
