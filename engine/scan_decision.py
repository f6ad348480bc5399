"""What the scan decides on one symbol at an instant, from all the candles there are, as bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.ui.documents import scan_document
from engine.edges import Edges, ScanRequest
from engine.hooks import HOOKS, Hooks
from engine.orchestrator import run_scan
from engine.verification.stock import Stock
from engine.verification.suspects import Decided
from shared.models.context import SniperContext
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.risk import Account
from shared.utils.serialization import canonical_json


@dataclass(frozen=True, slots=True)
class LateClock:
    """After everything: no instant is in the future, whatever candles there are."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return 2**62


@dataclass(frozen=True, slots=True)
class ScanDecision:
    """The scan itself as a :data:`engine.verification.suspects.Decide`: reading, benchmark, breadth, every stage and risk."""

    settings: Profile
    account: Account
    hooks: Hooks = field(default_factory=lambda: HOOKS)

    def __call__(self, stock: Stock, symbol: str, as_of_ms: int) -> Decided:
        """The canonical JSON of the scan of ``symbol`` at ``as_of_ms``, with the digest of everything that was read, and of the plan that
        was drawn, whatever risk says of it."""
        request = ScanRequest(
            self.settings, stock.exchange, self.account, (symbol,), as_of_ms=as_of_ms, offline=True
        )
        judged: list[SniperContext] = []
        edges = Edges(None, stock, LateClock(), on_judged=judged.extend)
        result = run_scan(request, edges, hooks=self.hooks)
        drawn = [context.plan for context in judged if isinstance(context.plan, TradePlan)]
        document = {"drawn": drawn, "scan": scan_document(result)}
        return Decided(canonical_json(document).encode(), bool(drawn))
