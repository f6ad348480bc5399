"""What is mutated, by which tests it is held, and which mutants are no faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SCENARIO: Final = "tests/golden/test_scenarios.py::test_a_drawn_situation_is_decided_as_ever"
TABLES: Final = (
    "tests/unit/devtools/test_devtools.py::test_a_page_holds_its_tables_as_they_are[quality_gates.md]"
)
"""Every gate with its words and threshold, as documented."""
RISK_DEPENDENTS: Final = ("risk", "engine", "devtools")
GATE_DEPENDENTS: Final = ("strategy.gates", "strategy.planner", "engine", "devtools")
OUTBOX_DEPENDENTS: Final = ("shared.models.outbox", "contracts", "data", "bot", "engine", "devtools")
SIZED: Final = (
    "sweep-reversal-long", "spot-short-information", "lot-too-big", "order-too-small", "liquidated-first",
    "asset-full", "no-buying-power", "small-share-of-volume", "six-plans-at-once",
)  # fmt: skip
"""Situations in which the size matters."""
HELD: Final = (
    "against-itself", "five-open", "three-longs-open", "too-hot", "one-bet-unknown", "one-bet-known", "two-bets",
    "exchange-full", "all-exchanges-full",
)  # fmt: skip
"""Situations in which something is open already."""
RULED: Final = (
    "kill-switch", "locked-symbol", "locked-other-side", "stop-guard", "spot-short", "spot-only", "not-allowed",
    "denied", "outside-hours", "weekend-only", "outlives-its-market",
)  # fmt: skip
"""Situations in which a plan may not be taken, whatever its size."""
DOUBTFUL: Final = ("young-market", "stale", "gap-in-the-window", "new-listing", "coarse-tick", "empty-answer")
"""Situations in which candles are missing or too coarse."""
SHAPED: Final = (
    "pullback-short", "grade-c", "filled-away", "stop-moved", "against-the-trend", "opposing-block", "no-zone",
    "no-displacement", "out-of-reach", "too-dear", "sweep-too-old", "trending-range", "stop-too-far",
    "costs-eat-it", "reward-too-small", "no-target", "btc-crash", "btc-absent",
)  # fmt: skip
"""Situations that end at a gate on structure, regime, score or plan, or just pass."""


@dataclass(frozen=True, slots=True)
class Target:
    """A module, the tests to try in this order, the packages that import it and have to be read anew, and the scenarios to try
    on what the tests let live."""

    path: str
    tests: tuple[str, ...]
    dependents: tuple[str, ...]
    scenarios: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """Its dotted name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def stages(self) -> tuple[tuple[str, ...], ...]:
        """What is run together, the cheaper first."""
        drawn = tuple(f"{SCENARIO}[{name}]" for name in self.scenarios)
        return tuple(stage for stage in (self.tests, drawn) if stage)


def _risk(name: str, *tests: str, scenarios: tuple[str, ...]) -> Target:
    files = tuple(test if "::" in test else f"tests/unit/risk/test_{test}.py" for test in tests)
    return Target(f"risk/{name}.py", files, RISK_DEPENDENTS, scenarios)


def _gates(name: str, *scenarios: str) -> Target:
    return Target(
        f"strategy/gates/{name}.py", ("tests/unit/strategy/gates", TABLES), GATE_DEPENDENTS, scenarios
    )


def _outbox(path: str) -> Target:
    tests = (
        "tests/unit/bot/test_delivery.py",
        "tests/unit/data/test_outbox.py",
        "tests/laws/test_outbox_laws.py",
    )
    return Target(path, tests, OUTBOX_DEPENDENTS)


TARGETS: Final = (
    _risk("position_sizing", "sizing", "judge", scenarios=SIZED),
    _risk("exposure_limits", "exposure", "judge", scenarios=HELD),
    _risk("correlation", "exposure", scenarios=HELD),
    _risk("gates", TABLES, "judge", "compliance", "exposure", "sizing", scenarios=(*RULED, *HELD, *SIZED)),
    _risk("judge", "judge", "sizing", "exposure", scenarios=(*SIZED, *HELD)),
    _risk("protections", "protections", scenarios=("cool-down", "stop-guard", "daily-loss", "drawdown")),
    _risk("compliance_checks", "compliance", scenarios=RULED),
    _gates("__init__", *SHAPED),
    _gates("table", *SHAPED, *DOUBTFUL),
    _gates("data_gates", *DOUBTFUL),
    _gates("indicator_gates", *SHAPED[:3]),
    _gates("side_gates", *SHAPED),
    Target(
        "strategy/planner/ticks.py",
        ("tests/unit/strategy/planner",),
        ("strategy", "engine", "devtools"),
        SHAPED,
    ),
    _outbox("shared/models/outbox.py"),
    _outbox("data/outbox_store.py"),
    _outbox("bot/notifications/delivery.py"),
)

_SIDE: Final = "a side is 1 or −1"
_GRID: Final = "candles open on their timeframe's grid"
NO_FAULTS: Final[Mapping[tuple[str, str, str, str], str]] = MappingProxyType(
    {
        (
            "risk/position_sizing.py",
            "away = (entry - liquidation_price(entry, plan.side, leverage, maintenance)) * int(plan.side)",
            "(entry - liquidation_price(entry, plan.side, leverage, maintenance)) * int(plan.side)",
            "(entry - liquidation_price(entry, plan.side, leverage, maintenance)) / int(plan.side)",
        ): _SIDE,
        (
            "risk/correlation.py",
            "if both.sum() < max(2, ENOUGH * bars):",
            "2",
            "3",
        ): "20 bars are the least, so that 16 returns are",
        (
            "risk/correlation.py",
            "way = int(one[1]) * int(other[1])",
            "int(one[1]) * int(other[1])",
            "int(one[1]) / int(other[1])",
        ): _SIDE,
        (
            "strategy/planner/ticks.py",
            'return "up" if (side > 0) == favourable else "down"',
            "side > 0",
            "side >= 0",
        ): _SIDE,
        (
            "strategy/planner/ticks.py",
            "if abs(steps - nearest) > NOISE_STEPS:",
            "abs(steps - nearest) > NOISE_STEPS",
            "abs(steps - nearest) >= NOISE_STEPS",
        ): "no price lies exactly a millionth of a step from one",
        (
            "risk/compliance_checks.py",
            "for ahead in range(-1, 8):",
            "1",
            "2",
        ): "no span lasts into the day after the next",
        (
            "risk/compliance_checks.py",
            "for ahead in range(-1, 8):",
            "8",
            "9",
        ): "within eight days every weekday comes",
        (
            "strategy/gates/data_gates.py",
            "return (timeframe.last_closed_open(as_of_ms) - int(series.open_ms[-1])) // timeframe.ms",
            "(timeframe.last_closed_open(as_of_ms) - int(series.open_ms[-1])) // timeframe.ms",
            "(timeframe.last_closed_open(as_of_ms) - int(series.open_ms[-1])) / timeframe.ms",
        ): _GRID,
        (
            "strategy/gates/data_gates.py",
            "wanted = (int(series.open_ms[-1]) - first_ms) // series.timeframe.ms + 1",
            "(int(series.open_ms[-1]) - first_ms) // series.timeframe.ms",
            "(int(series.open_ms[-1]) - first_ms) / series.timeframe.ms",
        ): _GRID,
        ("data/outbox_store.py", "self._renewed(turn, 0)", "0", "1"): "both are long past",
        (
            "data/outbox_store.py",
            "if row.picture and moved.fate not in OPEN:",
            "row.picture and moved.fate not in OPEN",
            "row.picture or moved.fate not in OPEN",
        ): "forgetting looks itself whether an open row has the picture",
        (
            "bot/notifications/delivery.py",
            "return sum(end for end in ends if isinstance(end, int))",
            " for end in ends if isinstance(end, int)",
            " for end in ends",
        ): "an end that is a fault has been raised by then",
        ("bot/notifications/delivery.py", "next_ms = 0", "0", "1"): "both are long past",
    }
)
"""Mutants that behave as the module does, by (module, line of code, was, now), with the reason."""
