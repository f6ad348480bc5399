"""Who decides in which slot: one small SQLite file in which all runs of this machine take turns.

A slot is a schedule and a boundary, the close of a candle. A run leases it, works, and finishes it; the slot is decided by
the one that finishes, and by nobody after it. A lease runs out by itself, so a run that was killed is waited for no longer
than that, and each new lease carries a higher fence: a run that overslept its lease can finish nothing once another has it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.sqlite_file import SqliteFile
from shared.models.timeframe import DAY_MS

VERSION: Final = 1
KEPT_MS: Final = 30 * DAY_MS
"""Slots are remembered so long before the one that is claimed."""
SLACK_MS: Final = 60_000
"""A run may have read its clock so long before its turn came at the file: a lease that begins later than that read is no sign of a
clock that was set back."""
TABLE: Final = (
    "CREATE TABLE slot (schedule TEXT NOT NULL, boundary_ms INTEGER NOT NULL, owner TEXT NOT NULL, "
    "fence INTEGER NOT NULL, expires_ms INTEGER NOT NULL, run_id TEXT NOT NULL, "
    "PRIMARY KEY (schedule, boundary_ms)) WITHOUT ROWID"
)
READ: Final = "SELECT fence, expires_ms, run_id FROM slot WHERE schedule=? AND boundary_ms=?"
MINE: Final = "schedule=? AND boundary_ms=? AND owner=? AND fence=? AND run_id=''"


@dataclass(frozen=True, slots=True)
class Slot:
    """One turn of a schedule; ``boundary_ms`` is the close at which it is due, UTC."""

    schedule: str
    boundary_ms: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to finish a slot, until another lease of it has a higher ``fence``."""

    slot: Slot
    owner: str
    fence: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Another run decided the slot (``run_id`` says which) or is at it, until ``until_ms`` at the latest."""

    run_id: str
    until_ms: int

    @property
    def is_decided(self) -> bool:
        """Whether nothing is left to do in this slot."""
        return bool(self.run_id)


class SqliteSlots:
    """Slots shared by the processes of a machine. Times are UTC ms, handed in.

    Raises:
        StorageFault: the file cannot be opened, read or written, is not ours, or was made by a newer version.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, creating it and its folder if they are not there."""
        self._lock = threading.Lock()
        self._file = SqliteFile(path, "file of slots")
        self._file.begin(VERSION, (TABLE,), synchronous="FULL")

    def claim(self, slot: Slot, owner: str, now_ms: int, lease_ms: int) -> Lease | Taken:
        """Lease a slot for ``lease_ms``, unless it is decided or leased. A lease that ends more than ``SLACK_MS`` further away than that
        was made by a clock that has since been set back, and counts as run out."""
        with self._lock, self._file.transaction():
            self._file.db.execute("DELETE FROM slot WHERE boundary_ms < ?", (slot.boundary_ms - KEPT_MS,))
            row = self._file.db.execute(READ, (slot.schedule, slot.boundary_ms)).fetchone()
            fence, expires_ms, run_id = row or (0, 0, "")
            if run_id or now_ms < expires_ms <= now_ms + lease_ms + SLACK_MS:
                return Taken(run_id, expires_ms)
            lease = Lease(slot, owner, fence + 1)
            values = (slot.schedule, slot.boundary_ms, owner, lease.fence, now_ms + lease_ms, "")
            self._file.db.execute("INSERT OR REPLACE INTO slot VALUES (?, ?, ?, ?, ?, ?)", values)
        return lease

    def renew(self, lease: Lease, now_ms: int, lease_ms: int) -> bool:
        """Hold on to a lease for ``lease_ms`` from now; false if another run has the slot."""
        return self._change("expires_ms=?", (now_ms + lease_ms,), lease)

    def finish(self, lease: Lease, run_id: str) -> bool:
        """Decide the slot; false if another run has it."""
        return self._change("run_id=?", (run_id,), lease)

    def give_back(self, lease: Lease) -> bool:
        """Let go of a slot that was not decided, so that it can be claimed at once; false if another run has it."""
        return self._change("expires_ms=?", (0,), lease)

    def decided(self) -> tuple[tuple[str, int], ...]:
        """Schedule and boundary of every slot that was decided and is remembered."""
        rows = self._file.all("SELECT schedule, boundary_ms FROM slot WHERE run_id<>''")
        return tuple((str(schedule), int(boundary_ms)) for schedule, boundary_ms in rows)

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._file.close()

    def _change(self, what: str, values: tuple[object, ...], lease: Lease) -> bool:
        key = (lease.slot.schedule, lease.slot.boundary_ms, lease.owner, lease.fence)
        with self._lock, self._file.transaction():
            done = self._file.db.execute(f"UPDATE slot SET {what} WHERE {MINE}", (*values, *key))
            return done.rowcount == 1
