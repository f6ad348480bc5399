"""Where the out-of-sample trades that alerts may speak of are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.models.track import PastTrade


class TrackStore(Protocol):
    """Finished out-of-sample trades, by the run they come from.

    Laws: ``rows`` returns what was kept and not forgotten, value for value, of one exchange and one decision digest; a setup that several
    sources traded counts once, as the source kept last has it; keeping a source replaces all that was kept of it, and a kill leaves the
    one or the other whole; what is not what was written is never returned: reading it raises DamagedPage.
    """

    def keep(self, source: str, rows: Sequence[PastTrade]) -> None:
        """Keep the trades of a source in place of its earlier ones."""
        ...

    def rows(self, exchange: str, decision: str) -> tuple[PastTrade, ...]:
        """Every trade of an exchange and a decision digest, by decided time, symbol and fingerprint."""
        ...

    def sources(self) -> tuple[str, ...]:
        """Every source, the one kept last at the end."""
        ...

    def of(self, source: str) -> tuple[PastTrade, ...]:
        """Every trade of a source, by exchange, decision digest, decided time, symbol and fingerprint."""
        ...

    def forget(self, source: str) -> bool:
        """Drop what was kept of a source; whether there was any."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...
