"""Who gets a seat in a universe of limited size: rank by volume, with a band in which those already in stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Seats:
    """At most ``size`` seats. Ranks count from 1: down to ``enter`` a seat is sure; one already in stays down to ``leave``, as
    far as seats go; what is then free goes by rank."""

    size: int
    enter: int
    leave: int

    @classmethod
    def of(cls, size: int, band_pct: float) -> Self:
        """``size`` seats with a band of ``band_pct`` % of them on either side of the last."""
        band = int(size * band_pct / 100)
        return cls(size, size - band, size + band)

    def filled(self, ranked: Sequence[str], already_in: Collection[str]) -> tuple[str, ...]:
        """Those seated of ``ranked`` (best first), in that order."""

        def claim(place: int) -> tuple[int, int]:
            rank = place + 1
            if rank <= self.enter:
                return 0, rank
            return (1 if ranked[place] in already_in and rank <= self.leave else 2), rank

        seated = sorted(range(len(ranked)), key=claim)[: self.size]
        return tuple(ranked[place] for place in sorted(seated))

    def needed(self, rank: int, *, already_in: bool) -> int:
        """The rank that one who got no seat at ``rank`` would have needed to have one for sure."""
        if not already_in:
            return self.enter
        return self.leave if rank > self.leave else self.size
