"""Where locks are kept between runs."""

from __future__ import annotations

from typing import Protocol

from shared.models.risk import Lock


class LockStore(Protocol):
    """Locks, by their id.

    Laws: ``locks`` returns what was added and not removed, value for value, by end and then id, ended ones too; adding the
    same again changes nothing; ``lifted`` returns what was removed whole, so that no rule sets it again; a kill leaves each lock there or not there; a lock that is not what was written is never passed over in
    silence: reading raises DamagedPage.
    """

    def add(self, lock: Lock) -> None:
        """Keep a lock."""
        ...

    def remove(self, lock_id: str) -> bool:
        """Lift a lock; whether it was there."""
        ...

    def lifted(self) -> tuple[Lock, ...]:
        """Every lock that was removed."""
        ...

    def locks(self) -> tuple[Lock, ...]:
        """Every lock."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...
