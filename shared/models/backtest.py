"""What a backtest found: every setup that was taken and what became of it, every one that was turned down, and the equity in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.models.data import Candles
from shared.models.fills import Outcome
from shared.models.profile import CostRules
from shared.models.risk import Lock
from shared.models.scan import FunnelRow, Setup, SymbolFault
from shared.models.smc import Side
from shared.models.statistics import Placebo, Statistics, Unsaid
from shared.models.timeframe import Timeframe
from shared.models.trades import EquityPoint


@dataclass(frozen=True, slots=True)
class Trade:
    """One setup that was taken, as it was approved, and what became of it. ``atr`` is the anchor timeframe's ATR at the decision, in
    price; ``risk`` what the plan risked, 1 R, in quote currency."""

    setup: Setup
    atr: float
    risk: Decimal
    outcome: Outcome

    @property
    def symbol(self) -> str:
        """The market traded."""
        return self.setup.plan.symbol

    @property
    def side(self) -> Side:
        """Its direction."""
        return self.setup.plan.side

    @property
    def decided_ms(self) -> int:
        """The close it was decided on, UTC ms."""
        return self.setup.plan.decided_ms

    @property
    def is_finished(self) -> bool:
        """Whether it was filled and is closed: only such trades count in expectancy."""
        return self.outcome.filled and not self.outcome.alive

    @property
    def factors(self) -> Mapping[str, float]:
        """Value of each factor of the traded side, in [0, 1]."""
        side = self.setup.breakdown.on(self.side)
        return {factor.name: factor.value for factor in side.factors}


@dataclass(frozen=True, slots=True)
class Turned:
    """A setup that risk never approved: when it first passed every other gate, its score, and the gate that turned it down last."""

    fingerprint: str
    symbol: str
    side: Side
    decided_ms: int
    score: float
    code: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was replayed of one symbol: closes of the base timeframe decided on, and candles missing between the first and last;
    0 for both times where it has no candle."""

    symbol: str
    first_ms: int
    last_ms: int
    decisions: int
    missing: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """A whole replay. The same candles, settings and code give the same value, ``run_id`` included.

    Decisions stand on closes after ``since_ms`` up to ``until_ms``. ``trades`` are by (decided time, −score, symbol); ``equity`` has a
    point per UTC day, at its end, and one at the end. ``funnel`` counts decisions, one per symbol and close of the base timeframe.
    """

    run_id: str
    profile: str
    exchange: str
    universe: str
    symbols: tuple[str, ...]
    since_ms: int
    until_ms: int
    base: Timeframe
    trigger: Timeframe
    capital: Decimal
    currency: str
    seed: int
    config_digest: str
    data_digest: str
    version: str
    decisions: int
    funnel: tuple[FunnelRow, ...]
    trades: tuple[Trade, ...]
    turned: tuple[Turned, ...]
    equity: tuple[EquityPoint, ...]
    locks: tuple[Lock, ...]
    coverage: tuple[Coverage, ...]
    faults: tuple[SymbolFault, ...]
    flags: tuple[str, ...]

    @property
    def finished(self) -> tuple[Trade, ...]:
        """Trades that were filled and are closed."""
        return tuple(trade for trade in self.trades if trade.is_finished)


@dataclass(frozen=True, slots=True)
class TradeChart:
    """Candles around one trade: from before its decision to after its end, of any one timeframe."""

    candles: Candles


@dataclass(frozen=True, slots=True)
class Told:
    """All that is shown of a backtest. ``tried`` is how many configurations were tried on these candles, this one counted;
    ``charts`` are by fingerprint, and a trade without one is shown without; ``notes`` are remarks in words."""

    backtest: Backtest
    statistics: Statistics
    placebo: Placebo | Unsaid
    tried: int
    notes: tuple[str, ...]
    charts: Mapping[str, TradeChart]
    costs: CostRules | Unsaid = Unsaid("not stated")
