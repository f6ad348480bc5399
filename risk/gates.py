"""The risk room's gates as one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from risk.compliance_checks import (
    allowed,
    leveraged_market,
    locked_h,
    locks_on,
    matches,
    opens_in_min,
    outlives_market_h,
    spot_short,
)
from risk.correlation import Cluster
from risk.exposure_limits import Exposure, aggregate_after_pct, asset_after_pct, heat_after, total_after_pct
from risk.position_sizing import Size, liquidation_distance, risk_unit
from shared.models.data import Market
from shared.models.gates import Comparison, GateResult
from shared.models.planner import TradePlan
from shared.models.risk import Account
from shared.models.risk_rules import RiskRules


@dataclass(frozen=True, slots=True)
class Question:
    """All a risk gate may look at."""

    plan: TradePlan
    market: Market
    account: Account
    rules: RiskRules
    size: Size
    exposure: Exposure
    cluster: Cluster


def _nothing(_: Question) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class RiskGate:
    """One gate: what is measured, how it is compared, and where its threshold stands. ``detail`` says more of one plan."""

    code: str
    what: str
    unit: str
    comparison: Comparison
    setting: str
    measure: Callable[[Question], float]
    threshold: Callable[[Question], float]
    detail: Callable[[Question], str] = _nothing

    def ask(self, question: Question) -> GateResult:
        """The gate's result for one plan."""
        measured, threshold = self.measure(question), self.threshold(question)
        detail = self.detail(question)
        what = f"{self.what} ({detail})" if detail else self.what
        return GateResult("risk", self.code, what, self.unit, measured, self.comparison, threshold)


def _longest_lock(question: Question) -> str:
    held = locks_on(question.plan, question.account)
    return str(held[0]) if held else ""


def _bound(question: Question) -> str:
    return f"set by {question.size.limited_by}"


def _cluster_after(question: Question) -> float:
    one_r = risk_unit(question.account, question.rules)
    return question.cluster.heat_r() + float(question.size.risk_amount / one_r)


GATES: Final = (
    RiskGate(
        "risk.kill_switch", "kill switch set", "", "<=", "",
        lambda q: float(q.account.killed), lambda q: 0.0,
    ),
    RiskGate(
        "risk.locked", "time until the last lock ends", "h", "<=", "",
        lambda q: locked_h(q.plan, q.account), lambda q: 0.0, _longest_lock,
    ),
    RiskGate(
        "risk.spot_short", "short plans on a spot market", "plans", "<=", "risk.allow_spot_shorts",
        lambda q: spot_short(q.plan, q.market, q.rules), lambda q: 0.0,
    ),
    RiskGate(
        "risk.spot_only", "plans on a perpetual where only spot may be traded", "plans", "<=", "risk.spot_only",
        lambda q: leveraged_market(q.market, q.rules), lambda q: 0.0,
    ),
    RiskGate(
        "risk.allow", "allow patterns that match, 1 without any", "", ">=", "1",
        lambda q: allowed(q.market, q.rules), lambda q: 1.0,
    ),
    RiskGate(
        "risk.deny", "deny patterns that match", "", "<=", "",
        lambda q: matches(q.market, q.rules.deny), lambda q: 0.0,
    ),
    RiskGate(
        "risk.hours", "time until trading hours begin", "min", "<=", "",
        lambda q: opens_in_min(q.plan.decided_ms, q.rules), lambda q: 0.0,
    ),
    RiskGate(
        "risk.delisting", "time by which it may outlive the market's announced end", "h", "<=", "",
        lambda q: outlives_market_h(q.plan, q.market), lambda q: 0.0,
    ),
    RiskGate(
        "risk.conflict", "positions or orders in this symbol, or against it in this asset", "positions", "<=", "",
        lambda q: float(q.exposure.in_conflict(q.plan)), lambda q: 0.0,
    ),
    RiskGate(
        "risk.quantity", "quantity after rounding down to the lot step", "base", ">=", "market lot step",
        lambda q: float(q.size.quantity), lambda q: float(q.market.lot_step), _bound,
    ),
    RiskGate(
        "risk.notional", "order value", "quote", ">=", "market minimum notional",
        lambda q: float(q.size.notional), lambda q: float(q.market.min_notional), _bound,
    ),
    RiskGate(
        "risk.liquidation", "distance to liquidation over that to the stop", "x stop distance", ">=",
        "risk.min_liquidation_distance",
        lambda q: liquidation_distance(q.plan, q.market, q.rules), lambda q: q.rules.min_liquidation_distance,
    ),
    RiskGate(
        "risk.positions", "positions and orders open, this one counted", "positions", "<=", "risk.max_positions",
        lambda q: float(len(q.exposure.positions) + 1), lambda q: float(q.rules.max_positions),
    ),
    RiskGate(
        "risk.same_side", "positions and orders in this direction, this one counted", "positions", "<=",
        "risk.max_same_side",
        lambda q: float(q.exposure.same_side(q.plan) + 1), lambda q: float(q.rules.max_same_side),
    ),
    RiskGate(
        "risk.heat", "open risk, this plan counted", "R", "<=", "risk.max_heat_r",
        lambda q: heat_after(q.exposure, q.size, q.account, q.rules), lambda q: q.rules.max_heat_r,
    ),
    RiskGate(
        "risk.cluster", "open risk that moves together, this plan counted", "R", "<=", "risk.max_cluster_r",
        _cluster_after, lambda q: q.rules.max_cluster_r, lambda q: q.cluster.told(),
    ),
    RiskGate(
        "risk.asset", "notional in the asset, this plan counted", "% of equity", "<=", "risk.max_asset_pct",
        lambda q: asset_after_pct(q.exposure, q.plan, q.size, q.account), lambda q: q.rules.max_asset_pct,
    ),
    RiskGate(
        "risk.total", "notional open on the exchange, this plan counted", "% of equity", "<=", "risk.max_total_pct",
        lambda q: total_after_pct(q.exposure, q.plan, q.size, q.account), lambda q: q.rules.max_total_pct,
    ),
    RiskGate(
        "risk.aggregate", "notional open on all exchanges, this plan counted", "% of equity", "<=",
        "risk.max_aggregate_pct",
        lambda q: aggregate_after_pct(q.exposure, q.size, q.account), lambda q: q.rules.max_aggregate_pct,
    ),
)  # fmt: skip
"""In the order they are asked; ``setting`` names the profile field (or market rule) the threshold comes from."""
