"""Confluence: every part of a score, in integer tenths of a point so that sums are exact."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.errors import ContractError
from shared.models.smc import Side

MAX_TENTHS = 1000
ML_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class FactorScore:
    """One factor: ``value`` in [0, 1], ``weight_tenths`` of the 1000, ``why`` a sentence with the numbers."""

    name: str
    value: float
    weight_tenths: int
    points_tenths: int
    why: str


@dataclass(frozen=True, slots=True)
class RuleScore:
    """A synergy (points above 0) or conflict (below 0) of the profile that applied."""

    name: str
    points_tenths: int
    why: str


@dataclass(frozen=True, slots=True)
class SideScore:
    """One direction's score with all its parts. ``ml_adjustment`` in points, −10 to +10, is filled by a hook."""

    side: Side
    factors: tuple[FactorScore, ...]
    synergies: tuple[RuleScore, ...]
    conflicts: tuple[RuleScore, ...]
    ml_adjustment: float = 0.0

    def __post_init__(self) -> None:
        """Refuse an adjustment outside its range."""
        if not -ML_LIMIT <= self.ml_adjustment <= ML_LIMIT:
            raise ContractError(
                f"confluence: ml_adjustment must be within ±{ML_LIMIT:g} points, found {self.ml_adjustment!r}"
            )

    @property
    def total_tenths(self) -> int:
        """Sum of all parts, clipped to 0–1000."""
        factors = sum(factor.points_tenths for factor in self.factors)
        rules = sum(rule.points_tenths for rule in (*self.synergies, *self.conflicts))
        total = factors + rules + round(self.ml_adjustment * 10)
        return min(MAX_TENTHS, max(0, total))

    @property
    def score(self) -> float:
        """The total in points, 0–100."""
        return self.total_tenths / 10

    @property
    def conflict(self) -> float:
        """Points lost to conflicts, ≥ 0."""
        return -sum(part.points_tenths for part in self.conflicts) / 10

    @property
    def grade(self) -> str:
        """A from 80, B from 70, else C."""
        return "A" if self.total_tenths >= 800 else "B" if self.total_tenths >= 700 else "C"


@dataclass(frozen=True, slots=True)
class ConfluenceBreakdown:
    """Both directions, scored separately."""

    long: SideScore
    short: SideScore

    def on(self, side: Side) -> SideScore:
        """The score of one direction."""
        return self.long if side is Side.LONG else self.short

    def adjusted(self, side: Side, points: float) -> ConfluenceBreakdown:
        """A copy with ``ml_adjustment`` of one direction set to ``points``."""
        new = replace(self.on(side), ml_adjustment=points)
        return replace(self, long=new) if side is Side.LONG else replace(self, short=new)
