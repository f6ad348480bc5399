"""Account state, open positions, locks and the risk room's answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from shared.errors import ConfigFault
from shared.models.data import Floats, OrderBook
from shared.models.gates import GateResult
from shared.models.smc import Side
from shared.models.timeframe import iso

EVERYTHING: Final = "all"
"""The scope of a lock on everything."""


@dataclass(frozen=True, slots=True)
class Position:
    """An open position or pending order that counts against the limits. ``quantity`` is in base currency, ``risk_r`` its open
    heat in R."""

    exchange: str
    symbol: str
    side: Side
    quantity: Decimal
    entry: Decimal
    stop: Decimal
    risk_r: float


@dataclass(frozen=True, slots=True)
class Lock:
    """No plan within ``scope`` is approved from ``since_ms`` up to, not including, ``until_ms``.

    ``scope`` is ``all``, a direction (``long``, ``short``) or a symbol (``BTC/USDT``). ``rule`` names what set it,
    ``measured`` against ``threshold`` in ``unit`` why; a lock set by hand has 0 of both.

    Raises:
        ConfigFault: no scope or reason, or it ends before it begins.
    """

    scope: str
    rule: str
    reason: str
    since_ms: int
    until_ms: int
    measured: float
    threshold: float
    unit: str

    def __post_init__(self) -> None:
        """Refuse a lock that locks nothing."""
        known = self.scope in (EVERYTHING, *(side.word for side in Side)) or "/" in self.scope
        if not known or not self.reason.strip() or not self.reason.isprintable():
            raise ConfigFault(
                f"lock: found scope {self.scope!r} and reason {self.reason!r}",
                "Give a reason of one line, and lock all, long, short or a symbol like BTC/USDT",
            )
        if not 0 <= self.since_ms < self.until_ms:
            raise ConfigFault(
                f"lock: {self.until_ms} ms does not come after {self.since_ms} ms", "Lock longer"
            )

    @property
    def id(self) -> str:
        """Ten hex digits over everything it says."""
        parts = (self.scope, self.rule, self.reason, str(self.since_ms), str(self.until_ms))
        text = "\n".join((*parts, repr(self.measured), repr(self.threshold), self.unit))
        return hashlib.sha256(text.encode()).hexdigest()[:10]

    def holds(self, symbol: str, side: Side, now_ms: int) -> bool:
        """Whether a lock that has been set keeps this symbol from being traded in this direction at this time."""
        return now_ms < self.until_ms and self.scope in (EVERYTHING, side.word, symbol)

    def __str__(self) -> str:
        """What, why and until when."""
        return f"{self.scope}: {self.reason}, until {iso(self.until_ms)}"


@dataclass(frozen=True, slots=True)
class Account:
    """What a scan may risk: equity in ``currency``, what is open already, which locks have been set, and whether the kill switch
    is.

    Raises:
        ConfigFault: equity is not above 0.
    """

    equity: Decimal
    currency: str
    positions: tuple[Position, ...] = ()
    label: str = "default"
    locks: tuple[Lock, ...] = ()
    killed: bool = False

    def __post_init__(self) -> None:
        """Refuse an account with nothing in it."""
        if not self.equity > 0:
            raise ConfigFault(
                f"account: equity must be above 0, found {self.equity}",
                "Write it like 10000USDT",
            )


@dataclass(frozen=True, slots=True, eq=False)
class MarketView:
    """What the judge may know of the markets beside their rules, by symbol.

    ``returns`` are logarithmic returns of closed candles, oldest first: shape (n,), all of one grid that ends at the same
    close, NaN where a candle is missing. ``books`` are order books as of the decision. What is not in it is not known.
    """

    returns: Mapping[str, Floats] = field(default_factory=dict)
    books: Mapping[str, OrderBook] = field(default_factory=dict)


UNKNOWN_MARKET: Final = MarketView()
"""Nothing is known."""


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
