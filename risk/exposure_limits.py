"""What is open already, and what one more plan would make of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from risk.position_sizing import PERCENT, Size, risk_unit
from shared.models.planner import TradePlan
from shared.models.profile import RiskRules
from shared.models.risk import Account, Position


@dataclass(frozen=True, slots=True)
class Exposure:
    """Positions and pending orders that count, this scan's earlier approvals included."""

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

    def on_symbol(self, plan: TradePlan) -> int:
        """Positions or orders in the plan's symbol."""
        return sum(position.symbol == plan.symbol for position in self.positions)

    def same_side(self, plan: TradePlan) -> int:
        """Positions or orders in the plan's direction."""
        return sum(position.side is plan.side for position in self.positions)

    def notional(self, exchange: str) -> Decimal:
        """Notional open on one exchange, in quote currency."""
        held: Iterable[Position] = (p for p in self.positions if p.exchange == exchange)
        return sum((position.quantity * position.entry for position in held), Decimal(0))


def heat_after(exposure: Exposure, size: Size, account: Account, rules: RiskRules) -> float:
    """Open risk in R once the plan is taken."""
    return exposure.heat_r() + float(size.risk_amount / risk_unit(account, rules))


def total_after_pct(exposure: Exposure, plan: TradePlan, size: Size, account: Account) -> float:
    """Notional on the plan's exchange once it is taken, in percent of equity."""
    return float((exposure.notional(plan.exchange) + size.notional) / account.equity * PERCENT)
