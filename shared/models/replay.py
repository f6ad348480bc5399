"""A journaled decision made again: the same bytes, or what differs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.errors import EXIT_FAILED, EXIT_OK, EXIT_REFUSED


class Verdict(StrEnum):
    """``same``: byte for byte. ``inputs_differ``: other bytes, and something it is made of is not what it was. ``defect``: other
    bytes from the same inputs and code, which must not be."""

    SAME = "same"
    INPUTS_DIFFER = "inputs_differ"
    DEFECT = "defect"

    @property
    def exit_code(self) -> int:
        """0, 20 or 30."""
        return {"same": EXIT_OK, "inputs_differ": EXIT_REFUSED, "defect": EXIT_FAILED}[self.value]


class Part(StrEnum):
    """What of a decision's inputs a difference is about."""

    CODE = "code"
    SETTINGS = "settings"
    CANDLES = "candles"
    TREND = "trend"
    BENCHMARK = "benchmark"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing a decision is made of: as it was recorded, and as it was found now. ``symbol`` and ``timeframe`` say of which series,
    and are empty where it is about none."""

    what: str
    recorded: str
    found: str
    part: Part
    symbol: str = ""
    timeframe: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a replay. ``plan_id`` is empty where a whole run was asked for. ``same_plan`` is about the plan asked for,
    ``same_scan`` about the whole scan's document; digests are of that document. ``differences`` may be there without other bytes:
    code that changed and decides the same.
    """

    run_id: str
    plan_id: str
    exchange: str
    as_of_ms: int
    same_plan: bool
    same_scan: bool
    recorded_digest: str
    found_digest: str
    differences: tuple[Difference, ...]

    @property
    def verdict(self) -> Verdict:
        """The plan's sameness where one was asked for, else the scan's."""
        if self.same_plan if self.plan_id else self.same_scan:
            return Verdict.SAME
        return Verdict.INPUTS_DIFFER if self.differences else Verdict.DEFECT
