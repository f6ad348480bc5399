"""Score, gates, plan and risk from ready snapshots: 500 symbols on one core, and what a symbol that is turned down costs.

The snapshots are those of the made-up market's symbols, each used in turn until there are 500.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice
from typing import Any, Final

from benchmarks.walk import cpu_s
from data.adapters.demo import DEMO_AS_OF_MS, DemoFeed
from engine.edges import Edges, ScanRequest, silent
from engine.gather import Gathered, gather
from engine.pipeline import LOOK
from indicators.registry import compute_indicators
from risk.judge import judge_plans
from shared.config.profiles import load_profile
from shared.models.data import MultiTimeframeData
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.risk import Account
from strategy.confluence.regime_detection import read_regime
from strategy.confluence.scorer import score
from strategy.planner.planner_service import plan_trade
from strategy.smc.snapshot import find_structure

SYMBOLS: Final = 500
REPEAT: Final = 3
AIM_S: Final = 1.0
AIM_REJECTED_MS: Final = 0.3
PROFILES: Final = ("balanced", "aggressive")
VOLUME: Final = 1e9
"""24h volume of every symbol, in quote currency."""


class DemoClock:
    """The instant the made-up market stands at."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return DEMO_AS_OF_MS


@dataclass(frozen=True, slots=True)
class Ready:
    """One symbol with everything that comes before its score: ``parts`` are candles, indicators, structure and regime."""

    data: MultiTimeframeData
    parts: tuple[Any, ...]

    def decide(self, settings: Profile) -> TradePlan | Rejection:
        """Score it, ask its gates, plan it."""
        return plan_trade(*self.parts, score(*self.parts, settings), settings)


def ready(settings: Profile, gathered: Gathered) -> list[Ready]:
    """Every symbol's snapshot."""
    found = []
    for data in gathered.data.values():
        measured, structure = compute_indicators(data), find_structure(data, settings)
        regime = read_regime(data, measured, structure, gathered.market_context, settings)
        found.append(Ready(data, (data, measured, structure, regime)))
    return found


def decide_all(symbols: Sequence[Ready], settings: Profile, account: Account) -> int:
    """All symbols to their plans, and the plans past risk; how many were planned."""
    outcomes = [(one, one.decide(settings)) for one in symbols]
    plans = [(plan, one.data.market, VOLUME) for one, plan in outcomes if isinstance(plan, TradePlan)]
    judge_plans(plans, account, settings)
    return len(plans)


def run() -> None:
    """Print CPU time by profile."""
    account = Account(Decimal(10_000), "USDT")
    for name in PROFILES:
        settings = load_profile(name)
        request = ScanRequest(settings, "demo", account)
        found = ready(settings, gather(LOOK, request, Edges(DemoFeed, None, DemoClock()), silent))
        symbols = list(islice(cycle(found), SYMBOLS))
        planned = decide_all(symbols, settings, account)
        spent = cpu_s(lambda: decide_all(symbols, settings, account), REPEAT)  # noqa: B023
        stopped = [one for one in found if isinstance(one.decide(settings), Rejection)]
        each_ms = 1e3 * cpu_s(lambda: [one.decide(settings) for one in stopped], REPEAT) / len(stopped)  # noqa: B023
        print(f"{name}: {SYMBOLS} symbols {spent:.3f} s CPU (aim: {AIM_S:g} s), {planned} planned")
        print(
            f"  one of {len(stopped)} that are turned down: {each_ms:.3f} ms CPU (aim: {AIM_REJECTED_MS:g} ms)"
        )
