"""A setup in words, short enough for a phone."""

from __future__ import annotations

from decimal import Decimal

from shared.models.planner import TradePlan
from shared.models.risk import RiskPlan
from shared.models.scan import Setup
from shared.models.smc import Side
from shared.models.timeframe import iso


def setup_text(setup: Setup) -> str:
    """A few lines of plain text, prices on the tick and never cut: what to do, where it is wrong, until when."""
    plan, risk = setup.plan, setup.risk
    beyond = "below" if plan.side is Side.LONG else "above"
    lines = [
        f"{plan.symbol} {plan.side.name} {plan.grade} {plan.score:g}/100 ({plan.profile}, {plan.exchange})",
        f"entry {_zone(plan)}, order at {plan.entry.price:f}",
        f"stop {plan.stop.price:f} ({plan.stop.distance_pct:.2f} %)",
        *(f"target {number} {_target(plan, number)}" for number in range(1, len(plan.targets) + 1)),
        f"size {_size(risk)}",
        f"valid until {iso(plan.entry.expires_ms)} or a {plan.anchor} close {beyond} {plan.entry.invalidation:f}",
    ]
    return "\n".join(lines)


def _zone(plan: TradePlan) -> str:
    low, high = sorted((plan.entry.near, plan.entry.far))
    return f"{low:f} to {high:f}"


def _target(plan: TradePlan, number: int) -> str:
    target = plan.targets[number - 1]
    return f"{target.price:f} {target.net_r:+.1f} R, {target.fraction * Decimal(100):f} % of the position"


def _size(risk: RiskPlan) -> str:
    return f"{risk.quantity:f} risks {risk.risk_amount:f} {risk.currency} ({risk.risk_pct:.2f} %)"
