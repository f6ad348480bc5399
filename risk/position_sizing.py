"""How much to trade so that the worst case costs the configured share of equity."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.models.costs import loss_per_unit
from shared.models.data import Market
from shared.models.planner import TradePlan
from shared.models.profile import CostRules, RiskRules
from shared.models.risk import Account

PERCENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class Size:
    """A quantity on the lot step, in base currency, with what set it. ``risk_amount`` is in quote currency."""

    quantity: Decimal
    notional: Decimal
    risk_amount: Decimal
    limited_by: str


def risk_unit(account: Account, rules: RiskRules) -> Decimal:
    """One R in quote currency: the share of equity a stopped plan may cost."""
    return account.equity * Decimal(str(rules.risk_pct)) / PERCENT


def size_position(
    plan: TradePlan, market: Market, account: Account, rules: RiskRules, costs: CostRules, quote_volume: float
) -> Size:
    """The largest quantity within every bound, rounded down to the lot step.

    Bounds: risk per trade, leverage, notional in one asset, share of the 24h quote volume. The quantity may come out as
    0 or below the market's smallest order; the gates say so.
    """
    price = plan.entry.price
    per_unit = loss_per_unit(price, plan.stop.price, costs)
    bounds = {
        "risk per trade": risk_unit(account, rules) / per_unit,
        "leverage": account.equity * Decimal(str(rules.max_leverage)) / price,
        "asset limit": account.equity * Decimal(str(rules.max_asset_pct)) / PERCENT / price,
        "24h volume": Decimal(str(quote_volume)) * Decimal(str(rules.max_volume_pct)) / PERCENT / price,
    }
    limited_by = min(bounds, key=lambda name: bounds[name])
    quantity = market.whole_lots(bounds[limited_by])
    return Size(quantity, quantity * price, quantity * per_unit, limited_by)
