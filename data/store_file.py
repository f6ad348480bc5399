"""The SQLite file under the candle store: opened, brought to our version, shared with other processes; its faults told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.sqlite_file import ADVICE, SqliteFile
from data.store_schema import VERSION, migrate
from shared.errors import SniperError, StorageFault

CACHE_KIB: Final = 16_384
PAGE_BYTES: Final = 16_384
"""SQLite's own pages in a new file: a page of candles is 48 kB, and its pieces are read one by one."""
NO_WAL: Final = "store_without_wal"
"""The remark of a store whose file system has no shared memory: readers wait for the writer there."""
STORE_ADVICE: Final = {
    **ADVICE,
    sqlite3.SQLITE_NOTADB: "It is not a SniperSight store: move or delete it, a new one is made",
    sqlite3.SQLITE_CORRUPT: "The file is damaged: move or delete it, then import or fetch the candles again",
}
"""What to do, by SQLite's primary error code."""


class StoreFile(SqliteFile):
    """One open store. ``remarks`` says what is unusual about where it lies.

    Raises:
        StorageFault: the file cannot be opened, read or written, is no store of ours, or was made by a newer version.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, creating it and its folder if they are not there."""
        super().__init__(path, "candle store", STORE_ADVICE)
        self.remarks: tuple[str, ...] = ()
        try:
            self._prepare()
        except SniperError:
            self.close()
            raise

    def _prepare(self) -> None:
        """Refuse what is not ours before anything is written, then choose how to write, then bring the tables up to date."""
        with self.faults("opened"):
            version = self._version()
            self.db.execute(f"PRAGMA page_size={PAGE_BYTES}")
            wal = self.enter_wal()
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
            raise StorageFault(
                f"{self.path}: a database of another program", STORE_ADVICE[sqlite3.SQLITE_NOTADB]
            )
        return int(version)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All queries see one instant: another process may fold the tail into a page between two of them."""
        with self.faults("read"):
            self.db.execute("BEGIN")
            try:
                yield
            finally:
                self._roll_back()

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
