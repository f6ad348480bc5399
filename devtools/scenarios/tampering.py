"""What can become of an exchange's answer on its way: each takes the rows of one answer and gives those that arrive."""

from __future__ import annotations

from collections.abc import Callable

from devtools.scenarios.feed import Row, Tamper

Change = Callable[[Row], Row]


def _nth(place: int, change: Change) -> Tamper:
    """One row of every answer is another; ``place`` counts from its end where negative."""

    def tamper(rows: list[Row]) -> list[Row]:
        changed = list(rows)
        changed[place] = change(list(rows[place]))
        return changed

    return tamper


def with_cell(cell: int, text: str, place: int = -40) -> Tamper:
    """One number of a row is ``text``: 1 open, 2 high, 3 low, 4 close, 5 volume."""
    return _nth(place, lambda row: [*row[:cell], text, *row[cell + 1 :]])


def lost(newest_from: int, newest_to: int) -> Tamper:
    """Rows are missing, counted from the newest."""
    return lambda rows: [*rows[:-newest_to], *rows[-newest_from:]]


def twice(rows: list[Row]) -> list[Row]:
    """A page overlaps the one before: fifty rows come twice."""
    return [*rows, *rows[-50:]]


def contradicted(rows: list[Row]) -> list[Row]:
    """A candle comes a second time, with another close."""
    row = list(rows[-3])
    row[4], row[2] = row[2], row[2]
    return [*rows, row]


def backwards(rows: list[Row]) -> list[Row]:
    """The newest row comes first."""
    return rows[::-1]


def in_seconds(rows: list[Row]) -> list[Row]:
    """Times are in seconds."""
    return [[row[0] // 1000, *row[1:6], row[6] // 1000, *row[7:]] for row in rows]


def another_markets(factor: float) -> Tamper:
    """Prices are another market's."""

    def tamper(rows: list[Row]) -> list[Row]:
        return [[row[0], *(repr(float(cell) * factor) for cell in row[1:5]), *row[5:]] for row in rows]

    return tamper


def upside_down(rows: list[Row]) -> list[Row]:
    """High and low of one row have changed places."""
    return _nth(-20, lambda row: [row[0], row[1], row[3], row[2], *row[4:]])(rows)


def thinned(rows: list[Row]) -> list[Row]:
    """Every second row alone."""
    return rows[::2]


def nothing(rows: list[Row]) -> list[Row]:
    """An empty answer."""
    return rows[:0]
