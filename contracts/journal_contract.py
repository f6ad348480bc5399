"""Where decisions are recorded for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from shared.models.journal import Appended, Batch, Head, Record, RecordKind

Chain = Callable[[Batch, Head, int], tuple[Record, ...]]
"""Builds a scan's records on top of a head, as of a wall time (UTC ms)."""


class Journal(Protocol):
    """Records that are only ever added to. The truth, not a cache: it is never made anew by itself.

    Laws: a batch is appended whole or not at all, and once ``append`` has returned it survives a kill and, where the disk honours
    fsync, a power cut; several processes may append at once, and the chain has no branches; appending a run that the same code
    has recorded already adds nothing; what is read is what was written, or raises DamagedJournal; a file that ends
    before a head it once gave out is refused.
    """

    def head(self) -> Head:
        """The newest record."""
        ...

    def append(self, batch: Batch, now_ms: int) -> Appended:
        """Record one scan.

        Raises:
            StorageFault: it could not be written, and nothing of it was; or only its witness could not.
            ClockFault: the wall clock stands before the newest record's time.
            ContractError: the same code recorded the run with another decision.
        """
        ...

    def records(self, run_id: str = "") -> Iterator[Record]:
        """Every record in order, or those of one run."""
        ...

    def examine(self) -> None:
        """Check what finds records.

        Raises:
            DamagedJournal: it does not find all of them.
        """
        ...

    def newest(self, limit: int) -> tuple[Record, ...]:
        """The scan records of the newest ``limit`` runs, newest first."""
        ...

    def scan_of(self, run_id: str) -> Record | None:
        """The newest scan record of a run; None if there is none."""
        ...

    def scans_since(self, since_ms: int) -> tuple[Record, ...]:
        """The scan records written at or after a wall time, oldest first."""
        ...

    def named(self, kind: RecordKind, since_ms: int = 0, *, newest: bool = False) -> tuple[Record, ...]:
        """Of each name that records of a kind have, the first that was written at or after a wall time, or with ``newest`` the
        newest, in the order in which they were written."""
        ...

    def run_of(self, plan_id: str) -> str:
        """The newest run that approved a plan; empty if none did."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...
