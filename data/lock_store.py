"""Locks in a SQLite file of their own: one row a lock, whose key is the digest of all that it says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.sqlite_file import SqliteFile
from shared.errors import ConfigFault, DamagedPage
from shared.models.risk import Lock

VERSION: Final = 1
TABLE: Final = (
    "CREATE TABLE lock (id TEXT PRIMARY KEY, scope TEXT NOT NULL, rule TEXT NOT NULL, reason TEXT NOT NULL, "
    "since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, measured REAL NOT NULL, threshold REAL NOT NULL, "
    "unit TEXT NOT NULL) WITHOUT ROWID"
)
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
        self._file.begin(VERSION, (TABLE,), synchronous="FULL")

    def add(self, lock: Lock) -> None:
        """Keep a lock."""
        row = (lock.id, *(getattr(lock, name) for name in FIELDS))
        with self._file.faults("written"):
            self._file.db.execute(f"INSERT OR REPLACE INTO lock VALUES ({', '.join('?' * len(row))})", row)

    def remove(self, lock_id: str) -> bool:
        """Forget a lock; whether it was there."""
        with self._file.faults("written"):
            return self._file.db.execute("DELETE FROM lock WHERE id=?", (lock_id,)).rowcount > 0

    def locks(self) -> tuple[Lock, ...]:
        """Every lock, by end and then id."""
        rows = self._file.all(f"SELECT id, {', '.join(FIELDS)} FROM lock ORDER BY until_ms, id")
        return tuple(self._checked(*row) for row in rows)

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
