"""Where spending is written down: in memory for one process, or in a small SQLite file that all processes of a machine share.

A change is one short transaction: read, compute, write. Nothing is held between changes, so a process that is killed
leaves nothing behind that others wait for.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeVar

from data.adapters.spending import Spending
from shared.errors import StorageFault

T = TypeVar("T")

VERSION: Final = 1
BUSY_S: Final = 10.0
ADVICE: Final = (
    "Check the folder's permissions and space; if the file is damaged delete it, a new one is made"
)


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
        self.path = path
        self._lock = threading.Lock()
        with self._faults():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            with ExitStack() as undo:
                undo.callback(self._db.close)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                with self._transaction():
                    self._migrate()
                undo.pop_all()

    def change(self, key: str, step: Callable[[Spending], tuple[Spending, T]]) -> T:
        """See :class:`Ledger`."""
        with self._lock, self._faults(), self._transaction():
            row = self._db.execute("SELECT spending FROM venue WHERE name=?", (key,)).fetchone()
            before = self._decoded(row[0]) if row else Spending()
            after, result = step(before)
            if after != before:
                self._db.execute("INSERT OR REPLACE INTO venue VALUES (?, ?)", (key, _encoded(after)))
        return result

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._db.close()

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == VERSION:
            return
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version or tables:
            raise StorageFault(
                f"{self.path}: not a request ledger that this version reads (schema {version}, this one has {VERSION})",
                "Update SniperSight, or delete the file",
            )
        self._db.execute("CREATE TABLE venue (name TEXT PRIMARY KEY, spending TEXT NOT NULL) WITHOUT ROWID")
        self._db.execute(f"PRAGMA user_version={VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StorageFault(f"request ledger {self.path} failed: {error}", ADVICE) from error

    def _decoded(self, text: str) -> Spending:
        try:
            slots, *figures = json.loads(text)
            return Spending(tuple((int(start), int(weight)) for start, weight in slots), *map(int, figures))
        except (TypeError, ValueError) as error:
            raise StorageFault(
                f"request ledger {self.path} holds what was never written: {text:.60}", ADVICE
            ) from error


def _encoded(spending: Spending) -> str:
    return json.dumps(
        [spending.slots, spending.stopped_until_ms, spending.stopped_by, spending.seen_ms],
        separators=(",", ":"),
    )
