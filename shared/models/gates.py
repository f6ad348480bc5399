"""A gate's result and a rejection: outcomes, not errors."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Comparison = Literal[">=", "<="]
Stage = Literal["universe", "data", "indicators", "smc", "regime", "confluence", "plan", "risk"]


SINGULAR: Final = MappingProxyType(
    {
        f"{word}s": word
        for word in (
            "plan",
            "position",
            "timeframe",
            "bar",
            "value",
            "zone",
            "target",
            "section",
            "tick",
            "point",
        )
    }
    | {"vetoes": "veto"}
)
"""Units that are counted, and what one of them is called."""


def unit_of(measured: float, unit: str) -> str:
    """The unit as it is said of a number: ``1 plan``, ``2 plans``."""
    return SINGULAR.get(unit, unit) if measured == 1 else unit


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate evaluated: passes when ``measured`` ``comparison`` ``threshold``. All finite, in ``unit``."""

    stage: Stage
    code: str
    what: str
    unit: str
    measured: float
    comparison: Comparison
    threshold: float

    @property
    def passed(self) -> bool:
        """Whether the gate lets the setup through."""
        return self.distance <= 0

    @property
    def distance(self) -> float:
        """How far the measure is from passing, in the gate's unit; at or below 0 it passes."""
        return self.threshold - self.measured if self.comparison == ">=" else self.measured - self.threshold


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a symbol has no plan: the first gate it failed. ``reason`` is a sentence with the numbers."""

    symbol: str
    stage: Stage
    code: str
    what: str
    unit: str
    measured: float
    comparison: Comparison
    threshold: float
    distance: float
    reason: str

    @classmethod
    def of(cls, symbol: str, gate: GateResult, reason: str) -> Rejection:
        """The rejection a failed gate makes."""
        return cls(
            symbol,
            gate.stage,
            gate.code,
            gate.what,
            gate.unit,
            gate.measured,
            gate.comparison,
            gate.threshold,
            gate.distance,
            reason,
        )
