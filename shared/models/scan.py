"""What a scan returns: setups, rejections, faults and the funnel between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.errors import EXIT_DEGRADED, EXIT_FAILED, EXIT_OK, EXIT_REFUSED
from shared.models.context import SniperContext
from shared.models.data import OrderBook
from shared.models.gates import GateResult, Rejection
from shared.models.orders import Order
from shared.models.planner import TradePlan
from shared.models.regime import MarketContext, Regime
from shared.models.risk import RiskPlan
from shared.models.scoring import ConfluenceBreakdown
from shared.models.smc import Side, Standing
from shared.models.story import Happening
from shared.models.track import Alike


class RunStatus(StrEnum):
    """How a run ended: exactly one of these, each with its exit code."""

    OK = "ok"
    DEGRADED = "degraded"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def exit_code(self) -> int:
        """0, 10, 20 or 30."""
        codes = {
            "ok": EXIT_OK,
            "degraded": EXIT_DEGRADED,
            "refused": EXIT_REFUSED,
            "failed": EXIT_FAILED,
        }
        return codes[self.value]


@dataclass(frozen=True, slots=True)
class SymbolFault:
    """One symbol's fault: it never stops the others and is always shown."""

    symbol: str
    stage: str
    error: str
    problem: str
    action: str


@dataclass(frozen=True, slots=True)
class Setup:
    """A plan that risk approved, with the orders it would take and what it rests on."""

    plan: TradePlan
    risk: RiskPlan
    breakdown: ConfluenceBreakdown
    regime: Regime
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One stage: how many symbols reached it, how many it stopped (by code, most first) and how many broke there."""

    stage: str
    reached: int
    stopped: int
    faults: int
    codes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ScanResult:
    """A whole scan. The same inputs, settings and code give the same value, ``run_id`` included.

    ``bar_ms`` is the close of the newest trigger candle that ``as_of_ms`` may see. ``coverage`` is (symbols whose data could be
    read, symbols whose data was wanted). ``flags`` are typed remarks on the run. Setups are
    ordered by score, highest first, then symbol; rejections and faults by symbol.
    """

    run_id: str
    profile: str
    exchange: str
    as_of_ms: int
    bar_ms: int
    config_digest: str
    data_digest: str
    version: str
    status: RunStatus
    flags: tuple[str, ...]
    coverage: tuple[int, int]
    market_context: MarketContext
    setups: tuple[Setup, ...]
    rejections: tuple[Rejection, ...]
    faults: tuple[SymbolFault, ...]
    funnel: tuple[FunnelRow, ...]


@dataclass(frozen=True, slots=True)
class SideReview:
    """One direction as ``explain`` shows it: every gate whose inputs exist, passed or not."""

    side: Side
    gates: tuple[GateResult, ...]
    outcome: TradePlan | Rejection


@dataclass(frozen=True, slots=True)
class Explanation:
    """One symbol taken as far as its inputs allow. ``context`` is None and ``reviews`` empty when its candles never arrived;
    ``reviews`` is empty too when data stopped it before scoring. ``story`` holds the newest noteworthy events of the anchor
    timeframe's structure, newest first; ``standing`` where its last close stands among the coarser timeframes, or none when there
    is no structure; ``books`` the newest order book stored in the hour before, if there is one, which decides nothing; ``past`` what setups
    like an approved one were worth out of sample, if there is enough to say so."""

    symbol: str
    outcome: Setup | Rejection | SymbolFault
    context: SniperContext | None
    gates: tuple[GateResult, ...]
    reviews: tuple[SideReview, ...]
    scan: ScanResult
    story: tuple[Happening, ...] = ()
    standing: tuple[Standing, ...] = ()
    books: tuple[OrderBook, ...] = ()
    past: tuple[Alike, ...] = ()
