"""Columns of text that line up and are never cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.ui.look import Look


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and its cells; numbers stand right, words left. ``styles`` names a style for some cell texts."""

    heading: str
    cells: tuple[str, ...]
    right: bool = True
    styles: tuple[tuple[str, str], ...] = ()

    @property
    def width(self) -> int:
        """Width of the widest cell, the heading included."""
        return max(len(text) for text in (self.heading, *self.cells))

    def placed(self, text: str) -> str:
        """``text`` in the column's width."""
        return text.rjust(self.width) if self.right else text.ljust(self.width)


def width_of(columns: Sequence[Column], gap: int = 1) -> int:
    """Width of the whole table."""
    return sum(column.width for column in columns) + gap * (len(columns) - 1)


def table_lines(columns: Sequence[Column], look: Look, gap: int = 1) -> list[str]:
    """Heading and rows."""
    heading = (" " * gap).join(column.placed(column.heading) for column in columns).rstrip()
    lines = [look.paint(look.signs(heading), "bold")]
    for row in range(len(columns[0].cells)):
        cells = [_painted(column, column.cells[row], look) for column in columns]
        lines.append((" " * gap).join(cells).rstrip())
    return lines


def _painted(column: Column, text: str, look: Look) -> str:
    placed = look.signs(column.placed(text))
    style = dict(column.styles).get(text)
    return look.paint(placed, style) if style else placed
