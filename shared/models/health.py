"""What a check of this machine found: a row with a verdict, what was measured, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.errors import EXIT_DEGRADED, EXIT_FAILED, EXIT_OK, ContractError


class Verdict(StrEnum):
    """How something stands: fine, worth a look, or in the way of a scan."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"

    @property
    def exit_code(self) -> int:
        """0, 10 or 30."""
        return {"ok": EXIT_OK, "warn": EXIT_DEGRADED, "fail": EXIT_FAILED}[self.value]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: ``measured`` says what was found, with its unit; ``advice`` what to do, empty only where all is well."""

    name: str
    verdict: Verdict
    measured: str
    advice: str = ""

    def __post_init__(self) -> None:
        """Refuse a complaint without advice."""
        if self.verdict is not Verdict.OK and not self.advice:
            raise ContractError(f"finding {self.name!r} is {self.verdict} and gives no advice")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Every finding, in the order in which they were looked at."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of them."""
        return max((one.verdict for one in self.findings), key=list(Verdict).index, default=Verdict.OK)

    @property
    def exit_code(self) -> int:
        """0, 10 or 30."""
        return self.verdict.exit_code
