"""Turns of ``watch`` from a warm store, 500 symbols × 6 timeframes, with and without what the turns before computed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from benchmarks.pipeline import CANDLES, SYMBOLS, fill, profile
from benchmarks.walk import END_MS
from data.cache import SqliteCandleStore
from engine.edges import Edges, ScanRequest
from engine.orchestrator import run_scan
from engine.series_cache import SeriesCache
from shared.models.computing import Compute, anew
from shared.models.profile import Profile
from shared.models.risk import Account
from shared.models.timeframe import Timeframe

TURNS: Final = 5
"""The first fills the cache; of the four after it, an hour of 15-minute closes, one closes the hour's candle too."""
SPARE: Final = 3 * (TURNS + 1)
"""5m candles that close from the first turn on."""


@dataclass(slots=True)
class Clock:
    """An instant that is set by hand."""

    instant_ms: int

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self.instant_ms


@dataclass(slots=True)
class Spent:
    """CPU seconds of every turn: of all of it, and of deciding the symbols."""

    turns: list[float] = field(default_factory=list)
    decide: list[float] = field(default_factory=list)


def shorter() -> Profile:
    """The pipeline benchmark's profile, with the candles left out that close during the turns."""
    whole = profile()
    return replace(whole, data=replace(whole.data, history_bars=CANDLES - SPARE))


def closes() -> Iterator[int]:
    """The closes of the turns; none of them is a day's."""
    step = Timeframe.M15.ms
    yield from range(END_MS - TURNS * step, END_MS, step)


def watch(store: SqliteCandleStore, cache: SeriesCache | None) -> Spent:
    """Take every turn."""
    spent = Spent()
    for close_ms in closes():
        if cache:
            cache.open_turn(close_ms)
        _turn(store, close_ms, cache or anew, spent)
    return spent


def _turn(store: SqliteCandleStore, close_ms: int, compute: Compute, spent: Spent) -> None:
    began = last = time.process_time()

    def on_stage(stage: str, seconds: float) -> None:
        nonlocal last
        now = time.process_time()
        if stage == "decide":
            spent.decide.append(now - last)
        last = now

    request = ScanRequest(
        shorter(), "binance", Account(Decimal(10_000), "USDT"), as_of_ms=close_ms, offline=True
    )
    run_scan(request, Edges(None, store, Clock(close_ms), on_stage=on_stage, compute=compute))
    spent.turns.append(time.process_time() - began)


def run() -> None:
    """Print the CPU seconds of a turn, anew and with the cache, and what the cache holds."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteCandleStore(Path(folder) / "candles.sqlite3")
        fill(store, SYMBOLS)
        cache = SeriesCache(Timeframe.M15)
        for name, spent in (("anew", watch(store, None)), ("with the cache", watch(store, cache))):
            turns, decide = spent.turns[1:], spent.decide[1:]
            mean, deciding = sum(turns) / len(turns), sum(decide) / len(decide)
            print(
                f"{name}: {mean:.2f} s CPU a turn ({min(turns):.2f} to {max(turns):.2f}) · deciding {deciding:.2f} s"
                f" ({min(decide):.2f} to {max(decide):.2f}) · first turn {spent.turns[0]:.2f} s"
            )
        asked = cache.hits + cache.misses
        print(
            f"cache: {cache.size_bytes / 1e6:.0f} MB, {cache.hits:,} of {asked:,} askings for series without a new candle answered"
        )
        store.close()
