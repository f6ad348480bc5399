"""The row every gate is: what is measured, against which field of the profile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.models.gates import Comparison, GateResult, Stage
from shared.models.profile import Profile


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


def first_failed(gates: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """The first gate that failed, or none."""
    return tuple(gate for gate in gates if not gate.passed)[:1]
