"""One SQLite file that several processes share: opened, written all or nothing, its errors told as ours with what to do."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from shared.errors import StorageFault

BUSY_S: Final = 10.0
"""Seconds to wait for another process that writes."""
PAUSE_S: Final = 0.02
PRIMARY: Final = 0xFF
"""Mask that leaves the primary code of an extended one."""
USUAL_ADVICE: Final = "Check the folder's permissions and space, or name another one with SNIPERSIGHT_HOME"
ADVICE: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_NOTADB: "It is not one of SniperSight's files: move or delete it, a new one is made",
    sqlite3.SQLITE_CORRUPT: "The file is damaged: move or delete it, a new one is made",
    sqlite3.SQLITE_BUSY: "Another run is writing: wait until it has ended",
    sqlite3.SQLITE_FULL: "The disk is full and nothing was written: make room ('data prune' removes old candles), or name "
    "another folder with SNIPERSIGHT_HOME",
    sqlite3.SQLITE_READONLY: "It may not be written: give this user the right to write the file and its folder, or name "
    "another folder with SNIPERSIGHT_HOME",
    sqlite3.SQLITE_IOERR: "The disk does not read or write: check it and its space, or name another folder with "
    "SNIPERSIGHT_HOME",
}
"""What to do, by SQLite's primary error code."""
DAMAGES: Final = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
"""Codes that mean the file is not what was written; so does a message of SQLite's that is no text, as damaged names make it."""


STRICT: Final = " STRICT" if sqlite3.sqlite_version_info >= (3, 37) else ""
"""Holds a table's columns to their types, where SQLite can."""


class SqliteFile:
    """One file. ``what`` names it in messages; ``advice`` stands for the usual one; a file that is not what was written
    raises ``damaged``.

    Raises:
        StorageFault: the file cannot be opened, read or written.
    """

    def __init__(
        self,
        path: Path,
        what: str,
        advice: Mapping[int, str] = ADVICE,
        damaged: type[StorageFault] = StorageFault,
    ) -> None:
        """A file that is opened, its folder made, when it is first asked for something."""
        self.path = path
        self._what = what
        self._advice = advice
        self._damaged = damaged

    @cached_property
    def db(self) -> sqlite3.Connection:
        """The connection.

        Raises:
            StorageFault: the file cannot be opened.
        """
        with self.faults("opened"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)

    def begin(self, version: int, tables: Sequence[str], *, synchronous: str, wal: bool = False) -> None:
        """Take the file into use: settings, and the tables of schema ``version`` if it is new. A file that is refused is closed.

        Raises:
            StorageFault: it has another schema, or is another program's.
        """
        try:
            with self.faults("opened"):
                if wal:
                    self.enter_wal()
                self.db.execute(f"PRAGMA synchronous={synchronous}")
            with self.transaction():
                self._make(version, tables)
        except StorageFault:
            self.close()
            raise

    def _make(self, version: int, tables: Sequence[str]) -> None:
        (found,) = self.one("PRAGMA user_version")
        if found == version:
            return
        if found or self.one("SELECT count(*) FROM sqlite_master") != (0,):
            raise StorageFault(
                f"{self.path}: not a {self._what} that this version reads (schema {found}, this one has {version})",
                "Update SniperSight, or delete the file",
            )
        for table in tables:
            self.db.execute(table)
        self.db.execute(f"PRAGMA user_version={version}")

    def enter_wal(self) -> bool:
        """Whether readers can go on beside a writer from now on. SQLite does not wait for others that ask at the same time."""
        give_up = time.monotonic() + BUSY_S
        while True:
            try:
                return bool(self.db.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",))
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
                time.sleep(PAUSE_S)

    def all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        with self.faults("read"):
            rows: list[tuple[Any, ...]] = self.db.execute(query, values).fetchall()
            return rows

    def one(self, query: str, *values: object) -> tuple[Any, ...]:
        """The only row of a query."""
        with self.faults("read"):
            row: tuple[Any, ...] = self.db.execute(query, values).fetchone()
            return row

    def rows_of(self, table: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Every row of a query over ``table``; none while it has not been made."""
        made = self.all("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?", table)
        return self.all(query, *values) if made else []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes or none, one writer at a time."""
        with self.faults("written"):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        """End a transaction that SQLite has not ended itself: a full disk makes it do so."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    @contextmanager
    def faults(self, verb: str) -> Iterator[None]:
        """Turn SQLite's errors into ours, and those of its own messages that quote damaged text."""
        try:
            yield
        except UnicodeDecodeError as error:
            raise self._damaged(
                f"{self._what} {self.path} could not be {verb}: its tables are damaged",
                self._advice[sqlite3.SQLITE_CORRUPT],
            ) from error
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & PRIMARY
            raise (self._damaged if code in DAMAGES else StorageFault)(
                f"{self._what} {self.path} could not be {verb}: {error}",
                self._advice.get(code, USUAL_ADVICE),
            ) from error

    def close(self) -> None:
        """Release the file; may be called twice."""
        if "db" in vars(self):
            self.db.close()
