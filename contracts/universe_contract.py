"""Where the universes of earlier scans are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from shared.models.universe import UniverseSnapshot


class UniverseStore(Protocol):
    """Kept universe snapshots, one for each exchange, profile, basis and as-of time.

    Laws: ``last`` returns what was saved, value for value; saving the same again changes nothing; a snapshot that is not
    what was written is never returned: reading it raises DamagedPage, and saving a newer one ends that.
    """

    def save(self, snapshot: UniverseSnapshot) -> None:
        """Keep a snapshot; one of the same time gives way."""
        ...

    def last(self, exchange: str, profile: str, before_ms: int) -> tuple[UniverseSnapshot, ...]:
        """The newest ranked universe decided before ``before_ms``; empty if there is none."""
        ...

    def market_ids(self, exchange: str) -> Mapping[str, str]:
        """The market id under which each symbol was last chosen, by symbol."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...
