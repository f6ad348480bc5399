"""The SQLite file under the candle store: opened, brought to our version, shared with other processes; its faults told."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from data.store_schema import VERSION, migrate
from shared.errors import SniperError, StorageFault

BUSY_S: Final = 10.0
"""Seconds to wait for another process that writes."""
PAUSE_S: Final = 0.02
CACHE_KIB: Final = 16_384
PAGE_BYTES: Final = 16_384
"""SQLite's own pages in a new file: a page of candles is 48 kB, and its pieces are read one by one."""
NO_WAL: Final = "store_without_wal"
"""The remark of a store whose file system has no shared memory: readers wait for the writer there."""
USUAL_ADVICE: Final = "Check the folder's permissions and space, or name another one with SNIPERSIGHT_HOME"
ADVICE: Final = {
    sqlite3.SQLITE_NOTADB: "It is not a SniperSight store: move or delete it, a new one is made",
    sqlite3.SQLITE_CORRUPT: "The file is damaged: move or delete it, then import or fetch the candles again",
    sqlite3.SQLITE_BUSY: "Another run is writing: wait until it has ended",
    sqlite3.SQLITE_FULL: "The disk is full and nothing was written: make room ('data prune' removes old candles), or name "
    "another folder with SNIPERSIGHT_HOME",
    sqlite3.SQLITE_READONLY: "It may not be written: give this user the right to write the file and its folder, or name "
    "another folder with SNIPERSIGHT_HOME",
    sqlite3.SQLITE_IOERR: "The disk does not read or write: check it and its space, or name another folder with "
    "SNIPERSIGHT_HOME",
}
"""What to do, by SQLite's primary error code."""
PRIMARY: Final = 0xFF
"""Mask that leaves the primary code of an extended one."""


class StoreFile:
    """One open store. ``remarks`` says what is unusual about where it lies.

    Raises:
        StorageFault: the file cannot be opened, read or written, is no store of ours, or was made by a newer version.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, creating it and its folder if they are not there."""
        self.path = path
        self.remarks: tuple[str, ...] = ()
        with self.faults("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except SniperError:
            self.db.close()
            raise

    def _prepare(self) -> None:
        """Refuse what is not ours before anything is written, then choose how to write, then bring the tables up to date."""
        with self.faults("opened"):
            version = self._version()
            self.db.execute(f"PRAGMA page_size={PAGE_BYTES}")
            wal = _enter_wal(self.db)
            self.db.execute(f"PRAGMA synchronous={'NORMAL' if wal else 'FULL'}")
            self.db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            self.remarks = () if wal else (NO_WAL,)
            if version < VERSION:
                with self.transaction():
                    migrate(self.db, self._version())

    def _version(self) -> int:
        """The file's schema version.

        Raises:
            StorageFault: it is newer than ours, or the file is another program's.
        """
        (version,) = self.one("PRAGMA user_version")
        if version > VERSION:
            raise StorageFault(
                f"{self.path}: written by a newer version (schema {version}, this one reads {VERSION})",
                "Update SniperSight or name another data directory with SNIPERSIGHT_HOME",
            )
        if version == 0 and self.one("SELECT count(*) FROM sqlite_master") != (0,):
            raise StorageFault(f"{self.path}: a database of another program", ADVICE[sqlite3.SQLITE_NOTADB])
        return int(version)

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

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All queries see one instant: another process may fold the tail into a page between two of them."""
        with self.faults("read"):
            self.db.execute("BEGIN")
            try:
                yield
            finally:
                self._end("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes or none, one writer at a time."""
        with self.faults("written"):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                self._end("ROLLBACK")
                raise

    def _end(self, how: str) -> None:
        """End a transaction that SQLite has not ended itself: a full disk makes it do so."""
        if self.db.in_transaction:
            self.db.execute(how)

    @contextmanager
    def faults(self, verb: str) -> Iterator[None]:
        """Turn SQLite's errors into ours, and those of its own messages that quote damaged text."""
        try:
            yield
        except UnicodeDecodeError as error:
            raise StorageFault(
                f"candle store {self.path} could not be {verb}: its tables are damaged",
                ADVICE[sqlite3.SQLITE_CORRUPT],
            ) from error
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & PRIMARY
            raise StorageFault(
                f"candle store {self.path} could not be {verb}: {error}", ADVICE.get(code, USUAL_ADVICE)
            ) from error

    def shrink(self) -> int:
        """Give the room of what was removed back to the disk; how many bytes that is, 0 while somebody still reads the old ones.
        Needs the size of what is left once more meanwhile."""
        with self.faults("shrunk"):
            before = self.size()
            self.db.execute("VACUUM")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return max(0, before - self.size())

    def size(self) -> int:
        """Bytes on disk, what is not yet folded into the file included."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Release the file; may be called twice."""
        self.db.close()


def _enter_wal(db: sqlite3.Connection) -> bool:
    """Whether readers can go on beside a writer from now on. SQLite does not wait for others that ask at the same time."""
    give_up = time.monotonic() + BUSY_S
    while True:
        try:
            return bool(db.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(PAUSE_S)
