"""The risk room's gates as one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from risk.compliance_checks import spot_short
from risk.exposure_limits import Exposure, heat_after, total_after_pct
from risk.position_sizing import Size
from shared.models.data import Market
from shared.models.gates import Comparison, GateResult
from shared.models.planner import TradePlan
from shared.models.profile import RiskRules
from shared.models.risk import Account


@dataclass(frozen=True, slots=True)
class Question:
    """All a risk gate may look at."""

    plan: TradePlan
    market: Market
    account: Account
    rules: RiskRules
    size: Size
    exposure: Exposure


@dataclass(frozen=True, slots=True)
class RiskGate:
    """One gate: what is measured, how it is compared, and where its threshold stands."""

    code: str
    what: str
    unit: str
    comparison: Comparison
    setting: str
    measure: Callable[[Question], float]
    threshold: Callable[[Question], float]

    def ask(self, question: Question) -> GateResult:
        """The gate's result for one plan."""
        measured, threshold = self.measure(question), self.threshold(question)
        return GateResult("risk", self.code, self.what, self.unit, measured, self.comparison, threshold)


GATES: Final = (
    RiskGate(
        "risk.spot_short", "short plans on a spot market", "plans", "<=", "risk.allow_spot_shorts",
        lambda q: spot_short(q.plan, q.market, q.rules), lambda q: 0.0,
    ),
    RiskGate(
        "risk.conflict", "positions or orders already in this symbol", "positions", "<=", "",
        lambda q: float(q.exposure.on_symbol(q.plan)), lambda q: 0.0,
    ),
    RiskGate(
        "risk.quantity", "quantity after rounding down to the lot step", "base", ">=", "market lot step",
        lambda q: float(q.size.quantity), lambda q: float(q.market.lot_step),
    ),
    RiskGate(
        "risk.notional", "order value", "quote", ">=", "market minimum notional",
        lambda q: float(q.size.notional), lambda q: float(q.market.min_notional),
    ),
    RiskGate(
        "risk.positions", "positions and orders open, this one counted", "positions", "<=", "risk.max_positions",
        lambda q: float(len(q.exposure.positions) + 1), lambda q: float(q.rules.max_positions),
    ),
    RiskGate(
        "risk.same_side", "of them in this direction", "positions", "<=", "risk.max_same_side",
        lambda q: float(q.exposure.same_side(q.plan) + 1), lambda q: float(q.rules.max_same_side),
    ),
    RiskGate(
        "risk.heat", "open risk, this plan counted", "R", "<=", "risk.max_heat_r",
        lambda q: heat_after(q.exposure, q.size, q.account, q.rules), lambda q: q.rules.max_heat_r,
    ),
    RiskGate(
        "risk.total", "notional open on the exchange, this plan counted", "% of equity", "<=", "risk.max_total_pct",
        lambda q: total_after_pct(q.exposure, q.plan, q.size, q.account), lambda q: q.rules.max_total_pct,
    ),
)  # fmt: skip
"""In the order they are asked; ``setting`` names the profile field (or market rule) the threshold comes from."""
