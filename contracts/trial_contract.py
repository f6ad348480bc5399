"""What a trial log promises: every configuration ever tried, so that none is tried in secret."""

from __future__ import annotations

from typing import Protocol

from shared.models.search import Ground, Touch, Trial


class TrialLog(Protocol):
    """Trials and touches on record.

    Laws: nothing is ever changed or removed; what ``add`` or ``touch`` took is there after a crash; adding the same again changes
    nothing.
    """

    def add(self, study: str, ground: Ground, trial: Trial) -> None:
        """Keep a trial of the study of that name, made on that time of those candles. A number that the study has is kept as it was."""
        ...

    def trials(self, study: str) -> tuple[Trial, ...]:
        """Every trial of a study, by number."""
        ...

    def touch(self, purpose: str, ground: Ground, touch: Touch) -> None:
        """Keep that a held-back period was looked at. A purpose has one touch: a later one is not kept."""
        ...

    def touches(self, purpose: str) -> tuple[Touch, ...]:
        """The touch of a purpose, or none."""
        ...

    def spent(self, ground: Ground, purpose: str) -> int:
        """How often other purposes touched a part of that time with one of those symbols."""
        ...

    def tried(self, exchange: str, symbols: tuple[str, ...], since_ms: int, until_ms: int) -> int:
        """How many different configurations were tried on a part of that time with one of those symbols."""
        ...
