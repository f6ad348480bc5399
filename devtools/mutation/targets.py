"""What is mutated, by which tests it is held, and which mutants are no faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SCENARIOS: Final = "tests/golden/test_scenarios.py::test_a_drawn_situation_is_decided_as_ever"
TABLES: Final = (
    "tests/unit/devtools/test_devtools.py::test_a_page_holds_its_tables_as_they_are[quality_gates.md]"
)
"""Every gate with its words and threshold, as documented."""
RISK_DEPENDENTS: Final = ("risk", "engine", "devtools")
GATE_DEPENDENTS: Final = ("strategy.gates", "strategy.planner", "engine", "devtools")


@dataclass(frozen=True, slots=True)
class Target:
    """A module, the tests to try in this order, and the packages that import it and have to be read anew."""

    path: str
    tests: tuple[str, ...]
    dependents: tuple[str, ...]

    @property
    def module(self) -> str:
        """Its dotted name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _risk(name: str, *first: str) -> Target:
    return Target(
        f"risk/{name}.py",
        (*(f"tests/unit/risk/{test}.py" for test in first), TABLES, "tests/unit/risk", SCENARIOS),
        RISK_DEPENDENTS,
    )


def _gates(name: str) -> Target:
    return Target(
        f"strategy/gates/{name}.py",
        ("tests/unit/strategy/gates", TABLES, "tests/unit/strategy/planner", SCENARIOS),
        GATE_DEPENDENTS,
    )


TARGETS: Final = (
    _risk("position_sizing", "test_sizing"),
    _risk("exposure_limits", "test_exposure"),
    _risk("correlation", "test_exposure"),
    _risk("gates", "test_judge", "test_exposure"),
    _risk("judge", "test_judge"),
    _risk("protections", "test_protections"),
    _risk("compliance_checks", "test_compliance"),
    _gates("__init__"),
    _gates("table"),
    _gates("data_gates"),
    _gates("indicator_gates"),
    _gates("side_gates"),
    Target(
        "strategy/planner/ticks.py",
        ("tests/unit/strategy/planner/test_ticks.py", "tests/unit/strategy/planner", SCENARIOS),
        ("strategy", "engine", "devtools"),
    ),
)  # fmt: skip

NO_FAULTS: Final[Mapping[tuple[str, str, str], str]] = MappingProxyType(
    {
        (
            "risk/correlation.py",
            "2",
            "3",
        ): "a correlation takes at least 20 bars, so that 16 returns are the least",
        (
            "risk/correlation.py",
            "int(one[1]) * int(other[1])",
            "int(one[1]) / int(other[1])",
        ): "both are 1 or −1",
        ("strategy/planner/ticks.py", "side > 0", "side >= 0"): "a side is 1 or −1",
        (
            "strategy/planner/ticks.py",
            "abs(steps - nearest) > NOISE_STEPS",
            "abs(steps - nearest) >= NOISE_STEPS",
        ): ("no price lies exactly a millionth of a step from one"),
    }
)
"""Mutants that behave as the module does, by (module, was, now), with the reason."""
