"""What has been traded: closed trades and the equity they left, as protections read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from shared.models.fills import Ending
from shared.models.smc import Side

Exit = Literal["stop", "target", "time", "manual"]

EXITS: Final[Mapping[Ending, Exit]] = {
    Ending.STOP: "stop",
    Ending.GAP_STOP: "stop",
    Ending.LIQUIDATED: "stop",
    Ending.BREAK_EVEN: "stop",
    Ending.TARGET: "target",
    Ending.TIME: "time",
}
"""How a protection counts each ending."""


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """A trade that is over. ``result_r`` is what it won or lost in R, costs included."""

    symbol: str
    side: Side
    closed_ms: int
    result_r: float
    exit: Exit


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity at one instant, in the account's currency: ``settled`` without and ``unrealised`` of the open positions."""

    time_ms: int
    settled: Decimal
    unrealised: Decimal

    @property
    def total(self) -> Decimal:
        """What the account is worth, open positions included."""
        return self.settled + self.unrealised


@dataclass(frozen=True, slots=True)
class History:
    """Closed trades and equity up to ``now_ms``, oldest first. What comes after ``now_ms`` is not looked at."""

    now_ms: int
    trades: tuple[ClosedTrade, ...] = ()
    equity: tuple[EquityPoint, ...] = ()

    def until_now(self) -> History:
        """Without what comes after ``now_ms``, in the order of time."""
        trades = sorted((t for t in self.trades if t.closed_ms <= self.now_ms), key=lambda t: t.closed_ms)
        equity = sorted((p for p in self.equity if p.time_ms <= self.now_ms), key=lambda p: p.time_ms)
        return History(self.now_ms, tuple(trades), tuple(equity))
