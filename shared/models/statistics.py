"""What a set of finished trades is worth, said with its size and uncertainty, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIN_TRADES: Final = 30
MIN_DAYS: Final = 20
"""Below either, no average is told."""


@dataclass(frozen=True, slots=True)
class Insufficient:
    """Too few trades or days to say anything."""

    trades: int
    days: int

    def __str__(self) -> str:
        """What is missing."""
        return f"insufficient: {self.trades} of {MIN_TRADES} trades on {self.days} of {MIN_DAYS} days"


@dataclass(frozen=True, slots=True)
class Expectancy:
    """Mean R a trade with its 95 % interval over days drawn again; ``best`` is the mean of the kinder reading, ``ambiguous``
    how many trades have two."""

    trades: int
    days: int
    mean: float
    low: float
    high: float
    best: float
    ambiguous: int

    def __str__(self) -> str:
        """``N = 41, +0.31R [-0.02, +0.63]``."""
        return f"N = {self.trades}, {self.mean:+.2f}R [{self.low:+.2f}, {self.high:+.2f}]"
