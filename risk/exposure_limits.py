"""What is open already, and what one more plan would make of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from risk.position_sizing import PERCENT, Size, risk_unit
from shared.models.planner import TradePlan
from shared.models.risk import Account, Position
from shared.models.risk_rules import RiskRules

BUNDLE: Final = re.compile(r"(10{3,}|1M)(?=[A-Z])")
"""What stands before a base that is traded by the thousand or million: 1000PEPE, 1MBABYDOGE."""


def asset_of(symbol: str) -> tuple[str, Decimal]:
    """The asset behind a symbol, and how many of it one unit of the symbol's base is: PEPE and 1000 of ``1000PEPE/USDT:USDT``."""
    base = symbol.partition("/")[0]
    bundle = BUNDLE.match(base)
    if bundle is None:
        return base, Decimal(1)
    count = Decimal(1_000_000) if bundle[1] == "1M" else Decimal(bundle[1])
    return base[bundle.end() :], count


@dataclass(frozen=True, slots=True)
class Exposure:
    """Positions and pending orders that count, this scan's earlier approvals included. Quote currencies are taken for the
    account's, one to one; only the exposure in one asset is counted in units, whatever they are quoted in."""

    positions: tuple[Position, ...]

    def with_plan(self, plan: TradePlan, size: Size, one_r: Decimal) -> Exposure:
        """The exposure after approving ``plan``."""
        heat = float(size.risk_amount / one_r)
        taken = Position(
            plan.exchange, plan.symbol, plan.side, size.quantity, plan.entry.price, plan.stop.price, heat
        )
        return Exposure((*self.positions, taken))

    def heat_r(self) -> float:
        """Open risk in R."""
        return sum(position.risk_r for position in self.positions)

    def in_conflict(self, plan: TradePlan) -> int:
        """Positions or orders in the plan's symbol, or against it in its asset."""
        asset, _ = asset_of(plan.symbol)
        return sum(
            position.symbol == plan.symbol
            or (asset_of(position.symbol)[0] == asset and position.side is not plan.side)
            for position in self.positions
        )

    def same_side(self, plan: TradePlan) -> int:
        """Positions or orders in the plan's direction."""
        return sum(position.side is plan.side for position in self.positions)

    def notional(self) -> Decimal:
        """Notional open on all exchanges, in quote currency."""
        return _notional(self.positions)

    def notional_on(self, exchange: str) -> Decimal:
        """Notional open on one exchange, in quote currency."""
        return _notional(position for position in self.positions if position.exchange == exchange)

    def units_of(self, asset: str) -> Decimal:
        """Units of an asset in all its symbols, in either direction."""
        parts = ((asset_of(position.symbol), position.quantity) for position in self.positions)
        return sum((count * quantity for (name, count), quantity in parts if name == asset), Decimal(0))


def _notional(positions: Iterable[Position]) -> Decimal:
    return sum((position.quantity * position.entry for position in positions), Decimal(0))


def heat_after(exposure: Exposure, size: Size, account: Account, rules: RiskRules) -> float:
    """Open risk in R once the plan is taken."""
    return exposure.heat_r() + float(size.risk_amount / risk_unit(account, rules))


def total_after_pct(exposure: Exposure, plan: TradePlan, size: Size, account: Account) -> float:
    """Notional on the plan's exchange once it is taken, in percent of equity."""
    return float((exposure.notional_on(plan.exchange) + size.notional) / account.equity * PERCENT)


def aggregate_after_pct(exposure: Exposure, size: Size, account: Account) -> float:
    """Notional on all exchanges once the plan is taken, in percent of equity."""
    return float((exposure.notional() + size.notional) / account.equity * PERCENT)


def asset_after_pct(exposure: Exposure, plan: TradePlan, size: Size, account: Account) -> float:
    """All units of the plan's asset once it is taken, at the plan's price, in percent of equity."""
    asset, count = asset_of(plan.symbol)
    units = exposure.units_of(asset) / count + size.quantity
    return float(units * plan.entry.price / account.equity * PERCENT)
