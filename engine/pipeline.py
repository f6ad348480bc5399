"""The whole flow on one page.

A scan runs three sequences:

1. ``GATHER`` — asynchronous, over the whole scan: which symbols, their closed candles, how many rise, the benchmark's state.
2. ``PER_SYMBOL`` — pure, in the order data flows, on any executor: from candles to a plan or a rejection.
3. ``REDUCE`` — in order, over the whole scan again: risk judges all plans together, then they become notices.

One loop takes a symbol through its steps:

1. before-hooks of the step
2. the step, called with the context fields its parameters name
3. its output becomes its field of the context
4. after-hooks
5. the field is held to its contract: its type, and no nulls anywhere in it
6. the step's quality gates; in a scan the first that fails ends the symbol with a rejection
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from engine.border import Border
from engine.gather import gather_candles, keep_universe, read_benchmark, read_breadth, select_symbols
from engine.hooks import Hooks
from engine.reduce import compose_notices, judge_risk
from engine.steps import Step, assemble, call_by_name
from indicators.registry import compute_indicators
from shared.errors import ContractError
from shared.models.computing import Compute, anew
from shared.models.context import SniperContext
from shared.models.gates import GateResult, Rejection
from shared.models.indicators import IndicatorSet
from shared.models.planner import TradePlan
from shared.models.regime import Regime
from shared.models.risk import RiskPlan
from shared.models.scoring import ConfluenceBreakdown
from shared.models.smc import SMCSnapshot
from shared.utils.error_policy import validate_no_nulls, validate_quality_gates, validate_schema
from strategy.confluence.regime_detection import read_regime
from strategy.confluence.scorer import score
from strategy.gates import check_data, check_indicators
from strategy.planner.planner_service import plan_trade
from strategy.smc.snapshot import find_structure

GATHER: Final = (select_symbols, keep_universe, gather_candles, read_breadth, read_benchmark)
"""Over the whole scan, at the network's edge."""

LOOK: Final = tuple(stage for stage in GATHER if stage is not keep_universe)
"""The same for one who only looks: nothing is stored of what was chosen."""

PER_SYMBOL: Final = (compute_indicators, find_structure, read_regime, score, plan_trade)
"""Pure, in the order data flows; runs on any executor."""

REDUCE: Final = (judge_risk, compose_notices)
"""Over the whole scan, in order."""

GIVEN: Final = (
    "symbol",
    "profile",
    "settings",
    "run_id",
    "as_of_ms",
    "market_context",
    "multi_tf_data",
    "metadata",
    "extensions",
    "compute",
)
"""Fields of the context that exist before a symbol's first step."""

BUG: Final = "This is a bug: run again with --debug and report it"

CONTRACTS: Final[Mapping[str, tuple[type, ...]]] = MappingProxyType(
    {
        "multi_tf_indicators": (IndicatorSet,),
        "smc_snapshot": (SMCSnapshot,),
        "regime": (Regime,),
        "confluence_breakdown": (ConfluenceBreakdown,),
        "plan": (TradePlan, Rejection),
        "risk_plan": (RiskPlan, Rejection),
    }
)
"""What each field must be once its step has run; of a mapping, its values."""

CHECKS: Final[Mapping[str, Callable[..., tuple[GateResult, ...]]]] = MappingProxyType(
    {"data": check_data, "indicators": check_indicators}
)
"""Gates that hold for both directions, by the stage after which they stand; the others are the plan stage's."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a symbol has got to: its context, and the gates evaluated at the step just taken."""

    context: SniperContext
    gates: tuple[GateResult, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A symbol's proven steps with the hooks that run around them; ``compute`` is how they have one series computed."""

    steps: tuple[Step, ...]
    hooks: Hooks
    compute: Compute = anew

    @classmethod
    def of(
        cls, hooks: Hooks, stages: tuple[Callable[..., Any], ...] = PER_SYMBOL, *, compute: Compute = anew
    ) -> Pipeline:
        """Assemble ``stages``, refusing an order in which a need is not yet given."""
        return cls(assemble(stages, SniperContext, GIVEN), hooks, compute)

    def decide(self, context: SniperContext) -> SniperContext:
        """Take one symbol to its plan or its first rejection."""
        for walk in self.walk(context):
            context = walk.context
            failed = validate_quality_gates(context.symbol, walk.gates)
            if failed:
                return replace(context, plan=rejected(context.symbol, failed[0]))
        return context

    def walk(self, context: SniperContext) -> Iterator[Walk]:
        """Every step in turn, whatever the gates say; ends with the fault of a step that cannot go on."""
        given = replace(context, extensions=self.hooks.extensions, compute=self.compute)
        context = self.hooks.run("after_data", given)
        yield Walk(context, self._gates("data", context))
        for step in self.steps:
            context = self._take(step, context)
            yield Walk(context, self._gates(step.name, context))

    def _take(self, step: Step, context: SniperContext) -> SniperContext:
        context = self.hooks.run(f"before_{step.name}", context)
        with Border(step.name, f"stage {step.name!r}", context.symbol, BUG):
            context = replace(context, **{step.gives: step(context)})
            context = self.hooks.run(f"after_{step.name}", context)
            hold_to_contract(step.gives, getattr(context, step.gives))
        return context

    def _gates(self, stage: str, context: SniperContext) -> tuple[GateResult, ...]:
        with Border(stage, f"gates of stage {stage!r}", context.symbol, BUG):
            check = CHECKS.get(stage)
            return call_by_name(check, context) if check else ()


def rejected(symbol: str, gate: GateResult) -> Rejection:
    """The rejection of a gate that failed before a direction was chosen."""
    found = f"{gate.what}: {gate.measured:g} {gate.unit}".rstrip()
    return Rejection.of(symbol, gate, f"{found}, needs {gate.comparison} {gate.threshold:g}")


def hold_to_contract(name: str, output: object) -> None:
    """Refuse what may not stand in the context's field ``name``.

    Raises:
        ContractError: another type, or something missing in it.
    """
    allowed = CONTRACTS[name]
    for value in output.values() if isinstance(output, Mapping) else (output,):
        if not isinstance(value, allowed):
            names = " or ".join(kind.__name__ for kind in allowed)
            raise ContractError(f"{name} must be {names}, found {type(value).__name__}")
        validate_schema(value, type(value))
        validate_no_nulls(value, name)
