"""Columns that grow together, in one piece of memory: the system gives one large piece for less than several small ones."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

ALIGNED: Final = 64
"""Bytes; every column begins at a multiple."""

Column = np.ndarray[Any, Any]


class Table:
    """Columns of one or several cells a row; what lies behind the rows in use is anything."""

    def __init__(self, **columns: tuple[int, npt.DTypeLike]) -> None:
        """``columns`` gives the cells a row and their type; there are no rows yet."""
        self._cells = {name: cells for name, (cells, _) in columns.items()}
        self.columns: dict[str, Column] = {name: np.empty(0, kind) for name, (_, kind) in columns.items()}
        self.room = 0

    @classmethod
    def holding(cls, **columns: Column) -> Table:
        """A table of columns that are there, one cell a row, of equal length."""
        table = cls(**{name: (1, column.dtype) for name, column in columns.items()})
        table.columns = columns
        table.room = min(column.size for column in columns.values())
        return table

    def head(self, rows: int) -> tuple[Column, ...]:
        """The first ``rows`` of every column, flat."""
        return tuple(column[: rows * self._cells[name]] for name, column in self.columns.items())

    def make_room(self, rows: int, used: int) -> None:
        """Have room for ``rows`` rows; the first ``used`` are kept. Columns handed out before stay as they are."""
        sizes = {name: rows * cells for name, cells in self._cells.items()}
        spans = [
            -(-sizes[name] * column.itemsize // ALIGNED) * ALIGNED for name, column in self.columns.items()
        ]
        memory, at = np.empty(sum(spans), np.uint8), 0
        for (name, old), span in zip(self.columns.items(), spans, strict=True):
            new = memory[at : at + sizes[name] * old.itemsize].view(old.dtype)
            new[: used * self._cells[name]] = old[: used * self._cells[name]]
            self.columns[name], at = new, at + span
        self.room = rows
