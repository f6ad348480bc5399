"""Where spending is written down: in memory for one process, or in a small SQLite file that all processes of a machine share.

A change is one short transaction: read, compute, write. Nothing is held between changes, so a process that is killed
leaves nothing behind that others wait for.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar

from data.adapters.spending import Spending
from data.sqlite_file import SqliteFile
from shared.errors import StorageFault

T = TypeVar("T")

VERSION: Final = 1
TABLE: Final = "CREATE TABLE venue (name TEXT PRIMARY KEY, spending TEXT NOT NULL) WITHOUT ROWID"


class Ledger(Protocol):
    """Spending by venue. Law: ``change`` is atomic over everything that shares the ledger; a change that raises changes nothing."""

    def change(self, key: str, step: Callable[[Spending], tuple[Spending, T]]) -> T:
        """Replace a venue's spending by what ``step`` makes of it; its second result is given back."""
        ...


class MemoryLedger:
    """For one process; forgotten at its end."""

    def __init__(self) -> None:
        """Nothing spent."""
        self._kept: dict[str, Spending] = {}
        self._lock = threading.Lock()

    def change(self, key: str, step: Callable[[Spending], tuple[Spending, T]]) -> T:
        """See :class:`Ledger`."""
        with self._lock:
            self._kept[key], result = step(self._kept.get(key, Spending()))
        return result


class SqliteLedger:
    """Shared by the processes of a machine, and kept: a ban is remembered after a restart.

    Raises:
        StorageFault: the file cannot be opened, read or written, is not ours, or was made by a newer version.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, creating it and its folder if they are not there."""
        self._lock = threading.Lock()
        self._written = "", Spending()
        self._file = SqliteFile(path, "request ledger")
        self._file.begin(VERSION, (TABLE,), synchronous="NORMAL", wal=True)

    def change(self, key: str, step: Callable[[Spending], tuple[Spending, T]]) -> T:
        """See :class:`Ledger`."""
        with self._lock, self._file.transaction():
            row = self._file.db.execute("SELECT spending FROM venue WHERE name=?", (key,)).fetchone()
            before = self._decoded(row[0]) if row else Spending()
            after, result = step(before)
            if after != before:
                self._write(key, after)
        return result

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._file.close()

    def _write(self, key: str, spending: Spending) -> None:
        text = _encoded(spending)
        self._file.db.execute("INSERT OR REPLACE INTO venue VALUES (?, ?)", (key, text))
        self._written = text, spending

    def _decoded(self, text: str) -> Spending:
        """The spending of a row; most were written here a moment ago."""
        if text == self._written[0]:
            return self._written[1]
        try:
            slots, *figures = json.loads(text)
            return Spending(tuple((int(start), int(weight)) for start, weight in slots), *map(int, figures))
        except (TypeError, ValueError) as error:
            raise StorageFault(
                f"request ledger {self._file.path} holds what was never written: {text:.60}",
                "Delete the file, a new one is made",
            ) from error


def _encoded(spending: Spending) -> str:
    return json.dumps(
        [spending.slots, spending.stopped_until_ms, spending.stopped_by, spending.seen_ms],
        separators=(",", ":"),
    )
