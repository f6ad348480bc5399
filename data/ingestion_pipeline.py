"""Ingestion: the closed candles a decision reads, from the store first and the exchange for the rest.

Per symbol, the base timeframe's newest candles cost one small request when they join what is stored; coarser candles
are derived from stored base candles where those cover the missing span and fetched natively where they do not. What
was fetched is stored, then every timeframe is read from its window's start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from contracts.data_contract import CandleFeed, CandleStore
from data.aggregation import aggregate
from data.pages import merge
from shared.errors import DataFault, SniperError
from shared.models.data import Candles, Market, MultiTimeframeData
from shared.models.profile import Profile
from shared.models.scan import SymbolFault
from shared.models.timeframe import Timeframe

BASE_PAGE: Final = 1000
"""Base candles one request brings: a scan at most this long after the last one costs one request a symbol."""
CONCURRENCY: Final = 8
"""Symbols in flight at once; the exchange's own limiter spaces their requests."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """Candles by symbol, and the faults of those that could not be read."""

    data: Mapping[str, MultiTimeframeData]
    faults: tuple[SymbolFault, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where candles come from: ``feed`` None is offline, ``store`` None keeps nothing."""

    feed: CandleFeed | None
    store: CandleStore | None

    def stored_markets(self, exchange: str) -> Mapping[str, Market]:
        """Trading rules the store knows."""
        return self.store.markets(exchange) if self.store else {}

    def newest_close(self, exchange: str, timeframe: Timeframe) -> int:
        """Close time of the newest stored candle of ``timeframe``.

        Raises:
            DataFault: nothing is stored.
        """
        kept = [
            info
            for info in (self.store.series(exchange) if self.store else ())
            if info.timeframe is timeframe
        ]
        if not kept:
            raise DataFault(
                f"no {timeframe} candles of {exchange} are stored",
                "Import some with 'data import PATH' or scan without --offline",
            )
        return max(info.last_ms for info in kept) + timeframe.ms


async def ingest(
    markets: Mapping[str, Market],
    source: Source,
    settings: Profile,
    as_of_ms: int,
    on_symbol: Callable[[int, int], None],
) -> Ingested:
    """Candles of every market as of ``as_of_ms``; ``on_symbol`` is told (done, total). One symbol's fault stops only itself."""
    gate = asyncio.Semaphore(CONCURRENCY)
    ends: dict[str, MultiTimeframeData | SymbolFault] = {}

    async def one(symbol: str, market: Market) -> None:
        async with gate:
            ends[symbol] = await _symbol(market, source, settings, as_of_ms)
            on_symbol(len(ends), len(markets))

    async with asyncio.TaskGroup() as group:
        for symbol, market in markets.items():
            group.create_task(one(symbol, market))
    ordered = [ends[symbol] for symbol in markets]
    return Ingested(
        {end.symbol: end for end in ordered if isinstance(end, MultiTimeframeData)},
        tuple(end for end in ordered if isinstance(end, SymbolFault)),
    )


async def _symbol(
    market: Market, source: Source, settings: Profile, as_of_ms: int
) -> MultiTimeframeData | SymbolFault:
    job = Job(market, source, settings, as_of_ms)
    try:
        if source.feed and source.store:
            await extend_base(job)
        timeframes = settings.timeframes.needed
        read = await asyncio.gather(*(job.series(timeframe) for timeframe in timeframes))
    except SniperError as error:
        return SymbolFault(market.symbol, "data", type(error).__name__, error.problem, error.action)
    return _window(market, dict(zip(timeframes, read, strict=True)), settings, as_of_ms)


def _window(
    market: Market, series: Mapping[Timeframe, Candles], settings: Profile, as_of_ms: int
) -> MultiTimeframeData:
    """Timeframes that are only information and too short are declared absent."""
    short = [
        timeframe
        for timeframe in settings.timeframes.information
        if timeframe not in settings.timeframes.required
        and len(series[timeframe]) < settings.min_bars(timeframe)
    ]
    kept = {timeframe: candles for timeframe, candles in series.items() if timeframe not in short}
    return MultiTimeframeData(market, as_of_ms, kept, tuple(short))


@dataclass(frozen=True, slots=True)
class Job:
    """One symbol's reading."""

    market: Market
    source: Source
    settings: Profile
    as_of_ms: int

    def held(self, timeframe: Timeframe, since_ms: int) -> Candles:
        """What the store has from ``since_ms``."""
        if self.source.store is None:
            return Candles.empty(timeframe)
        market = self.market
        return self.source.store.read(market.exchange, market.symbol, timeframe, since_ms, self.as_of_ms)

    async def fetch(self, timeframe: Timeframe, since_ms: int) -> Candles:
        """Closed candles of the exchange from ``since_ms``, stored when there is a store."""
        if self.source.feed is None:
            return Candles.empty(timeframe)
        fresh = await self.source.feed.candles(self.market.symbol, timeframe, since_ms, self.as_of_ms)
        self.keep(fresh)
        return fresh

    def keep(self, *series: Candles) -> None:
        """Store candles, all or none."""
        if self.source.store:
            self.source.store.write_many(self.market.exchange, {self.market.symbol: series})

    def whole_bars(self, timeframe: Timeframe) -> int:
        """Stored bars below which a timeframe's window may be stored in part only: all it holds, or, of days and weeks, which
        are read from the beginning of trading, what the decision needs."""
        bounded = timeframe.ms < Timeframe.D1.ms
        return self.settings.data.history_bars if bounded else self.settings.min_bars(timeframe)

    async def series(self, timeframe: Timeframe) -> Candles:
        """One timeframe from its window's start: what is stored, and the rest fetched."""
        since = timeframe.window_start(self.as_of_ms, self.settings.data.history_bars)
        held = self.held(timeframe, since)
        if self.source.feed is None:
            return held
        if len(held) < self.whole_bars(timeframe):
            return await self.fetch(timeframe, since)
        if int(held.open_ms[-1]) >= timeframe.last_closed_open(self.as_of_ms):
            return held
        return merge(held, await self.fetch(timeframe, int(held.close_ms[-1])))


async def extend_base(job: Job) -> None:
    """Bring the stored base timeframe up to date and derive what it closes of the coarser ones.

    Where nothing is stored yet, or the last scan is longer ago than one page, the newest page is fetched, so that the
    next scan joins it.
    """
    base = job.settings.timeframes.base
    page_start = base.floor(job.as_of_ms) - BASE_PAGE * base.ms
    held = job.held(base, page_start)
    since = int(held.close_ms[-1]) if len(held) else page_start
    if since <= base.last_closed_open(job.as_of_ms):
        await job.fetch(base, since)
    for timeframe in job.settings.timeframes.needed:
        known = job.held(timeframe, timeframe.floor(page_start))
        if timeframe is not base and len(known):
            job.keep(aggregate(job.held(base, int(known.close_ms[-1])), timeframe))
