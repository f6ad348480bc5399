"""What may be traded at all, whatever its size."""

from __future__ import annotations

from shared.models.data import Market
from shared.models.planner import TradePlan
from shared.models.profile import RiskRules
from shared.models.smc import Side


def spot_short(plan: TradePlan, market: Market, rules: RiskRules) -> float:
    """1 for a short on a spot market, which owns nothing to sell, unless the profile wants it as information; else 0."""
    refused = plan.side is Side.SHORT and market.kind == "spot" and rules.allow_spot_shorts == "reject"
    return float(refused)
