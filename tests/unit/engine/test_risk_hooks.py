"""Hooks around risk: per context with a plan, held to the contract, one symbol's fault apart from the others'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from data.adapters.demo import DemoFeed
from engine.edges import Edges, ScanRequest
from engine.explanation import explain_symbol
from engine.hooks import Hooks
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.models.context import SniperContext
from shared.models.planner import TradePlan
from shared.models.risk import Account, RiskPlan
from shared.models.scan import RunStatus, ScanResult, SymbolFault

PLANNED, IDLE = "WIF/USDT", "BTC/USDT"


class Clock:
    def now_ms(self) -> int:
        return 4_000_000_000_000


EDGES = Edges(DemoFeed, None, Clock())
REQUEST = ScanRequest(
    load_profile("balanced"), "demo", Account(Decimal(10_000), "USDT"), symbols=(PLANNED, IDLE)
)


def scanned(point: str, hook: Callable[[SniperContext], Any]) -> ScanResult:
    hooks = Hooks()
    hooks.register(point, hook)
    return run_scan(REQUEST, EDGES, hooks=hooks)


@pytest.mark.parametrize(("point", "judged"), [("before_risk", False), ("after_risk", True)])
def test_they_see_every_context_that_has_a_plan_before_and_after_it_is_judged(
    point: str, judged: bool
) -> None:
    seen: list[SniperContext] = []

    def watch(context: SniperContext) -> SniperContext:
        seen.append(context)
        return context

    assert [setup.plan.symbol for setup in scanned(point, watch).setups] == [PLANNED]
    assert [context.symbol for context in seen] == [PLANNED]
    assert isinstance(seen[0].risk_plan, RiskPlan) is judged


def test_what_a_hook_makes_of_the_plan_is_what_risk_judges() -> None:
    def better(context: SniperContext) -> SniperContext:
        assert isinstance(context.plan, TradePlan)
        return replace(context, plan=replace(context.plan, score=99.0))

    assert [setup.plan.score for setup in scanned("before_risk", better).setups] == [99.0]


def breaks(_: SniperContext) -> SniperContext:
    raise ZeroDivisionError


@pytest.mark.parametrize("point", ["before_risk", "after_risk"])
@pytest.mark.parametrize(
    "hook",
    [
        breaks,
        lambda context: None,
        lambda context: replace(context, plan="buy" if context.risk_plan is None else context.plan, risk_plan="all in"),
    ],
    ids=["raises", "returns nothing", "gives what no plan is"],
)  # fmt: skip
def test_a_hook_that_fails_is_its_symbols_fault_at_risk(point: str, hook: Any) -> None:
    result = scanned(point, hook)
    assert [(fault.symbol, fault.stage) for fault in result.faults] == [(PLANNED, "risk")]
    assert (result.setups, result.coverage, result.status) == ((), (1, 2), RunStatus.DEGRADED)
    assert [rejection.symbol for rejection in result.rejections] == [IDLE]
    assert result.funnel[-1].faults == 1


def test_explain_ends_in_the_same_fault() -> None:
    hooks = Hooks()
    hooks.register("after_risk", breaks)
    outcome = explain_symbol(REQUEST, PLANNED, EDGES, hooks=hooks).outcome
    assert isinstance(outcome, SymbolFault)
    assert outcome.stage == "risk"
