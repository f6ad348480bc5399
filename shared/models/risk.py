"""Account state, open positions and the risk room's answer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.errors import ConfigFault
from shared.models.gates import GateResult
from shared.models.smc import Side


@dataclass(frozen=True, slots=True)
class Position:
    """An open position or pending order that counts against the limits. ``risk_r`` is its open heat in R."""

    exchange: str
    symbol: str
    side: Side
    quantity: Decimal
    entry: Decimal
    stop: Decimal
    risk_r: float


@dataclass(frozen=True, slots=True)
class Account:
    """What a scan may risk: equity in ``currency`` and what is open already.

    Raises:
        ConfigFault: equity is not above 0.
    """

    equity: Decimal
    currency: str
    positions: tuple[Position, ...] = ()
    label: str = "default"

    def __post_init__(self) -> None:
        """Refuse an account with nothing in it."""
        if not self.equity > 0:
            raise ConfigFault(
                f"account: equity must be above 0, found {self.equity}",
                "Write it like 10000USDT",
            )


@dataclass(frozen=True, slots=True)
class RiskPlan:
    """An approval: how much to trade. ``risk_amount`` is the worst case in quote currency (all legs filled, then
    stopped, fees and slippage included); ``limited_by`` says which bound set the size."""

    fingerprint: str
    symbol: str
    quantity: Decimal
    notional: Decimal
    risk_amount: Decimal
    risk_pct: float
    leverage: float
    heat_after_r: float
    limited_by: str
    equity: Decimal
    currency: str
    gates: tuple[GateResult, ...]
    why: str
