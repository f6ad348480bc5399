"""The beginning of a scan, at the network's edge: which symbols, their closed candles, the benchmark's state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from contracts.data_contract import CandleFeed, CandleStore
from contracts.hook_point import hook_point
from data.ingestion_pipeline import Ingested, ingest
from data.universe import Universe, select_universe
from engine.edges import Edges, Progress, ScanRequest
from engine.steps import Step, assemble
from indicators.registry import compute_indicators
from shared.errors import ClockFault, NotFound, SniperError
from shared.models.gates import Rejection
from shared.models.market import MultiTimeframeData
from shared.models.profile import Profile, TimeframeRules
from shared.models.regime import MarketContext
from shared.models.scan import SymbolFault
from shared.models.timeframe import Timeframe, iso
from strategy.confluence.regime_detection import market_context, unknown_market
from strategy.smc.snapshot import find_structure

T = TypeVar("T")

BENCHMARK_TIMEFRAMES: Final = TimeframeRules(
    context=(Timeframe.H4, Timeframe.H1), information=(), anchor=Timeframe.H1, trigger=Timeframe.M15
)
"""What the benchmark's regime reads, whatever the profile trades."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """State of the gather stages, and their result.

    ``wanted`` are the symbols asked for (none: the profile's universe). ``data`` has every symbol whose candles could be
    read; ``drops`` are those the universe left out, ``faults`` those that broke. ``flags`` are remarks on the run.
    """

    settings: Profile
    exchange: str
    wanted: tuple[str, ...]
    top: int
    as_of_ms: int
    feed: CandleFeed | None
    store: CandleStore | None
    progress: Progress
    universe: Universe | None = None
    candles: Ingested | None = None
    market_context: MarketContext | None = None


def run_now(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end, also where an event loop is running already (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(work())).result()
