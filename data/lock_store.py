"""Locks in a SQLite file of their own: one row a lock, whose key is the digest of all that it says; removed ones in a table beside."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from data.sqlite_file import SqliteFile
from shared.errors import ConfigFault, DamagedPage, StorageFault
from shared.models.risk import Lock

VERSION: Final = 1
COLUMNS: Final = (
    "(id TEXT PRIMARY KEY, scope TEXT NOT NULL, rule TEXT NOT NULL, reason TEXT NOT NULL, "
    "since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, measured REAL NOT NULL, threshold REAL NOT NULL, "
    "unit TEXT NOT NULL) WITHOUT ROWID"
)
LIFTED: Final = f"CREATE TABLE IF NOT EXISTS lifted {COLUMNS}"
"""Files of before have none yet; programs of before do not mind it."""
FIELDS: Final = Lock.__slots__


class SqliteLockStore:
    """The store of :class:`contracts.lock_contract.LockStore`, in a file of its own.

    Raises:
        StorageFault: the file cannot be opened, read or written.
        DamagedPage: a lock that is read is not what was written.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, creating it and its folder if they are not there."""
        self._file = SqliteFile(path, "locks in")
        self._file.begin(VERSION, (f"CREATE TABLE lock {COLUMNS}", LIFTED), synchronous="FULL")
        try:
            with self._file.faults("opened"):
                self._file.db.execute(LIFTED)
        except StorageFault:
            self._file.close()
            raise

    def add(self, lock: Lock) -> None:
        """Keep a lock."""
        with self._file.faults("written"):
            self._insert("lock", lock)

    def remove(self, lock_id: str) -> bool:
        """Lift a lock; whether it was there. A damaged one is forgotten."""
        with self._file.transaction():
            for row in self._rows("lock", "WHERE id=?", lock_id):
                with suppress(DamagedPage):
                    self._insert("lifted", self._checked(*row))
            return self._file.db.execute("DELETE FROM lock WHERE id=?", (lock_id,)).rowcount > 0

    def locks(self) -> tuple[Lock, ...]:
        """Every lock, by end and then id."""
        return tuple(self._checked(*row) for row in self._rows("lock"))

    def lifted(self) -> tuple[Lock, ...]:
        """Every lock that was removed, by end and then id. One that is damaged is not lifted any more: its rule may lock again."""
        found: list[Lock] = []
        for row in self._rows("lifted"):
            with suppress(DamagedPage):
                found.append(self._checked(*row))
        return tuple(found)

    def _rows(self, table: str, where: str = "", *values: str) -> list[tuple[Any, ...]]:
        return self._file.all(
            f"SELECT id, {', '.join(FIELDS)} FROM {table} {where} ORDER BY until_ms, id", *values
        )

    def _insert(self, table: str, lock: Lock) -> None:
        row = (lock.id, *(getattr(lock, name) for name in FIELDS))
        self._file.db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._file.close()

    def _checked(self, lock_id: str, *cells: object) -> Lock:
        advice = f"Remove it with 'snipersight locks remove {lock_id}' and add it anew"
        try:
            lock = Lock(*cells)  # type: ignore[arg-type]
        except (ConfigFault, TypeError) as error:
            raise DamagedPage(f"{self._file.path}: lock {lock_id} is damaged: {error}", advice) from error
        if lock.id != lock_id:
            raise DamagedPage(f"{self._file.path}: lock {lock_id} is not what was written", advice)
        return lock
