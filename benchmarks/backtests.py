"""A year of 5m candles through the whole pipeline with a decision at every close, and all symbols of 2024 over two processes."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from benchmarks.memory import peak_mb
from data.adapters.demo_market import BY_SYMBOL, base_candles
from data.aggregation import aggregate
from data.cache import SqliteCandleStore
from data.file_import import Reading, import_path
from engine.backtest.request import BacktestRequest
from engine.backtest.run import run_backtest
from engine.edges import Edges
from engine.hooks import Hooks
from shared.config.profiles import load_profile
from shared.models.risk import Account
from shared.models.timeframe import DAY_MS, Timeframe, from_iso

END_MS: Final = from_iso("2026-06-01T00:00:00Z")
WARM_UP_DAYS: Final = 240
YEAR_DAYS: Final = 365
MADE: Final = ("BTC/USDT", "SOL/USDT")
EQUITY: Final = Account(Decimal(10_000), "USDT")
WHOLE_OF_2024: Final = (from_iso("2024-01-01T00:00:00Z"), from_iso("2024-09-07T00:00:00Z"))
RECORDED: Final = Path(
    os.environ.get("SNIPERSIGHT_MARKET_DATA", Path(__file__).resolve().parents[2] / "shared/market")
)


class LateClock:
    """A clock that stands after everything stored."""

    def now_ms(self) -> int:
        """A year after the end."""
        return END_MS + 365 * DAY_MS


def run() -> None:
    """Print seconds and closes a second of a year and of its halves, where they go, and of the recorded symbols."""
    with made_past() as edges:
        for days in (YEAR_DAYS // 4, YEAR_DAYS // 2, YEAR_DAYS):
            closes, seconds = timed(edges, days)
            print(
                f"{days:>4} days, {closes:>7,.0f} closes of 5m: {seconds:.2f} s of one core, {closes / seconds:>8,.0f} closes/s"
            )
        for stage, seconds in stages(edges):
            print(f"     {stage:<10} {seconds:.2f} s")
    if not RECORDED.is_dir():
        print("symbols of 2024: not measured, no recorded candles here")
        return
    with recorded_past(RECORDED) as edges:
        all_symbols(edges)


def year() -> tuple[float, float]:
    """Closes of a year of 5m candles and processor seconds they took, warm."""
    with made_past() as edges:
        return timed(edges, YEAR_DAYS)


def timed(edges: Edges, days: int) -> tuple[float, float]:
    """Closes and processor seconds of the quickest of three runs after one that warms up."""
    request = request_of(days)
    run_backtest(request, edges, hooks=Hooks())
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        run_backtest(request, edges, hooks=Hooks())
        best = min(best, time.process_time() - began)
    return float(len(request.closes_ms)), best


def stages(edges: Edges) -> list[tuple[str, float]]:
    """Processor seconds by what a run tells of itself: reading, deciding, trading, the rest."""
    marks = [("read", time.process_time())]
    names = {"candles": "read", "decide": "decide", "trade": "trade"}
    ends: dict[str, float] = {}

    def told(stage: str, done: int, total: int) -> None:
        if done == total:
            ends[names[stage]] = time.process_time()

    run_backtest(request_of(YEAR_DAYS), edges, hooks=Hooks(), progress=told)
    ends["result"] = time.process_time()
    before, spent = marks[0][1], []
    for name, at in ends.items():
        spent.append((name, at - before))
        before = at
    return spent


def request_of(days: int) -> BacktestRequest:
    """The last days of the made-up past, one symbol, balanced."""
    return BacktestRequest(
        load_profile("balanced"), "binance", EQUITY, END_MS - days * DAY_MS, END_MS, ("SOL/USDT",)
    )


@contextmanager
def made_past() -> Iterator[Edges]:
    """Two made-up markets, stored with every timeframe."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(SqliteCandleStore(Path(folder) / "c.sqlite3")) as store,
    ):
        days = YEAR_DAYS + WARM_UP_DAYS
        for symbol in MADE:
            coin = BY_SYMBOL[symbol]
            base = base_candles(7, coin, END_MS - days * DAY_MS, days * DAY_MS // Timeframe.M5.ms)
            coarser = [aggregate(base, name) for name in Timeframe if name is not base.timeframe]
            store.write_many("binance", {symbol: [base, *coarser]})
            store.save_markets({symbol: replace(coin.market(active=True), exchange="binance")})
        yield Edges(open_feed=None, store=store, clock=LateClock())


@contextmanager
def recorded_past(folder: Path) -> Iterator[Edges]:
    """The recorded symbols, imported."""
    with tempfile.TemporaryDirectory() as home, closing(SqliteCandleStore(Path(home) / "c.sqlite3")) as store:
        import_path(folder, store, Reading(now_ms=LateClock().now_ms()))
        yield Edges(open_feed=None, store=store, clock=LateClock())


def all_symbols(edges: Edges) -> None:
    """Print seconds by the wall and peak memory of the universe of 2024 over two processes, workers warm."""
    since_ms, until_ms = WHOLE_OF_2024
    request = BacktestRequest(load_profile("balanced"), "binance", EQUITY, since_ms, until_ms)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        shared = replace(edges, executor=pool)
        began = time.perf_counter()
        run_backtest(request, shared, hooks=Hooks())
        cold = time.perf_counter() - began
        began = time.perf_counter()
        replayed = run_backtest(request, shared, hooks=Hooks())
        warm = time.perf_counter() - began
        workers = {pool.submit(peak_of).result() for _ in range(8)}
    backtest = replayed.backtest
    peaks = " + ".join(f"{peak:.0f}" for peak in (peak_mb(), *sorted(mb for _, mb in workers)))
    print(
        f"{len(backtest.symbols)} symbols, {backtest.decisions:,} decisions over two processes: {warm:.1f} s by the wall, "
        f"{cold:.1f} s with workers started; at most {peaks} MB (here, and in each worker)"
    )


def peak_of() -> tuple[int, float]:
    """A worker's process and the most it held."""
    return os.getpid(), peak_mb()
