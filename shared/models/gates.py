"""A gate's result and a rejection: outcomes, not errors."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from shared.models.data import Bools, Floats
from shared.models.profile import Profile

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
class Gate:
    """One gate as documentation shows it. ``field`` is the profile's field that holds the threshold, such as
    ``gates.min_score``; a plain number stands for a threshold that is no matter of taste.
    """

    stage: Stage
    code: str
    what: str
    unit: str
    comparison: Comparison
    field: str

    def threshold(self, settings: Profile) -> float:
        """The limit under ``settings``."""
        if self.field[0].isdigit():
            return float(self.field)
        section, name = self.field.split(".")
        return float(getattr(getattr(settings, section), name))

    def result(
        self, measured: float, settings: Profile, *, what: str = "", threshold: float | None = None
    ) -> GateResult:
        """The gate evaluated. ``what`` narrows the words (a timeframe), ``threshold`` replaces a field that depends on it."""
        limit = self.threshold(settings) if threshold is None else threshold
        return GateResult(
            self.stage,
            self.code,
            what or self.what,
            self.unit,
            float(measured),
            self.comparison,
            float(limit),
        )

    def fails(self, measured: Floats, limit: float) -> Bools:
        """Which of many measures do not pass, as :attr:`GateResult.passed` has it; one that is NaN is not held against anybody."""
        distance = limit - measured if self.comparison == ">=" else measured - limit
        return np.greater(distance, 0)


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
