"""Ingestion: the closed candles a decision reads, from the store first and the exchange for the rest.

Per symbol, the base timeframe's newest candles cost one small request when they join what is stored; coarser candles
are derived from stored base candles where those cover the missing span and fetched natively where they do not. What
was fetched is held against known prices (``data.echo``) and stored, then every timeframe is read from its window's
start, finest first. A damaged page of the store is fetched again; offline it is that symbol's fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.data_contract import CandleFeed, CandleStore
from contracts.universe_contract import UniverseStore
from data.aggregation import aggregate
from data.echo import Known, check_echo
from data.pages import merge
from data.patience import working_time
from shared.errors import DamagedPage, DataFault, SniperError, TransportFault
from shared.models.data import Candles, Market, MultiTimeframeData
from shared.models.profile import Profile
from shared.models.scan import SymbolFault
from shared.models.timeframe import MINUTE_MS, Timeframe

BASE_PAGE: Final = 1000
"""Base candles one request brings: a scan at most this long after the last one costs one request a symbol."""
CONCURRENCY: Final = 32
"""Symbols in flight at once, so that an answer's way through the network is not waited for; the request budget bounds them."""
UP_TO_NOW_MS: Final = 15 * MINUTE_MS
"""Candles that end at most this long ago are held against the exchange's last price."""
SYMBOL_S: Final = 60.0
"""One symbol's reading has this long for its requests and what is made of them; waits for the request budget, or that the
venue asks for, do not count."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """Candles by symbol, and the faults of those that could not be read."""

    data: Mapping[str, MultiTimeframeData]
    faults: tuple[SymbolFault, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where candles come from: ``feed`` None is offline, ``store`` None keeps nothing, ``universes`` None remembers none."""

    feed: CandleFeed | None
    store: CandleStore | None
    universes: UniverseStore | None = None

    def stored_markets(self, exchange: str) -> Mapping[str, Market]:
        """Trading rules the store knows."""
        return self.store.markets(exchange) if self.store else {}

    async def last_price(self, symbol: str, close_ms: int) -> float:
        """The exchange's last price of a symbol, if a candle that closed at ``close_ms`` may be held against it; else 0."""
        if self.feed is None or await self.feed.time_ms() - close_ms > UP_TO_NOW_MS:
            return 0.0
        ticker = (await self.feed.tickers()).get(symbol)
        return ticker.last if ticker else 0.0

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
        async with working_time(SYMBOL_S):
            return _window(job, await _read(job))
    except TimeoutError:
        late = f"{market.exchange} {market.symbol}: not read within {SYMBOL_S:g} s"
        return fault_of(market.symbol, TransportFault(late, "Scan again later"))
    except SniperError as error:
        return fault_of(market.symbol, error)


def fault_of(symbol: str, error: SniperError) -> SymbolFault:
    """The record of a fault met while reading a symbol."""
    return SymbolFault(symbol, "data", type(error).__name__, error.problem, error.action)


async def _read(job: Job) -> dict[Timeframe, Candles]:
    """Every timeframe, finest first, so that each can be held against the one before it."""
    series: dict[Timeframe, Candles] = {}
    base = job.settings.timeframes.base
    finer = await extend_base(job) if job.source.feed and job.source.store else Candles.empty(base)
    for timeframe in job.settings.timeframes.needed:
        finer = series[timeframe] = await job.series(timeframe, finer)
    return series


def _window(job: Job, series: Mapping[Timeframe, Candles]) -> MultiTimeframeData:
    """Timeframes that are only information and too short are declared absent."""
    settings = job.settings
    short = [
        timeframe
        for timeframe in settings.timeframes.information
        if timeframe not in settings.timeframes.required
        and len(series[timeframe]) < settings.min_bars(timeframe)
    ]
    kept = {timeframe: candles for timeframe, candles in series.items() if timeframe not in short}
    return MultiTimeframeData(job.market, job.as_of_ms, kept, tuple(short), tuple(job.mended))


@dataclass(frozen=True, slots=True)
class Job:
    """One symbol's reading. ``damaged`` says per timeframe where a page of the store starts that has to be fetched again,
    ``mended`` which were."""

    market: Market
    source: Source
    settings: Profile
    as_of_ms: int
    damaged: dict[Timeframe, int] = field(default_factory=dict)
    mended: list[str] = field(default_factory=list)

    def held(self, timeframe: Timeframe, since_ms: int) -> Candles:
        """What the store has from ``since_ms``; nothing where it is damaged and can be fetched again.

        Raises:
            DamagedPage: it is damaged, and there is no exchange to ask.
        """
        if self.source.store is None:
            return Candles.empty(timeframe)
        market = self.market
        try:
            return self.source.store.read(market.exchange, market.symbol, timeframe, since_ms, self.as_of_ms)
        except DamagedPage as damage:
            if self.source.feed is None:
                raise
            self.damaged[timeframe] = damage.first_ms
            return Candles.empty(timeframe)

    async def fetch(self, timeframe: Timeframe, since_ms: int, finer: Candles) -> Candles:
        """Closed candles of the exchange from ``since_ms``, or from where a damaged page starts; held against what is known
        and then stored, when there is a store.

        Raises:
            DataFault: they are not this symbol's.
        """
        if self.source.feed is None:
            return Candles.empty(timeframe)
        start = min(since_ms, self.damaged.get(timeframe, since_ms))
        fresh = await self.source.feed.candles(self.market.symbol, timeframe, start, self.as_of_ms)
        if len(fresh):
            last = await self.source.last_price(self.market.symbol, int(fresh.close_ms[-1]))
            stored = self.held(timeframe, int(fresh.open_ms[0]) - timeframe.ms)
            check_echo(
                f"{self.market.exchange} {self.market.symbol} {timeframe}", fresh, Known(last, stored, finer)
            )
            self.keep(fresh)
            if self.damaged.pop(timeframe, None) is not None:
                self.mended.append(f"store_mended: {self.market.symbol} {timeframe}")
        return fresh.between(since_ms, self.as_of_ms)

    def keep(self, *series: Candles) -> None:
        """Store candles, all or none."""
        if self.source.store:
            self.source.store.write_many(self.market.exchange, {self.market.symbol: series})

    def whole_bars(self, timeframe: Timeframe) -> int:
        """Stored bars below which a timeframe's window may be stored in part only: all it holds, or, of days and weeks, which
        are read from the beginning of trading, what the decision needs."""
        bounded = timeframe.ms < Timeframe.D1.ms
        return self.settings.data.history_bars if bounded else self.settings.min_bars(timeframe)

    async def series(self, timeframe: Timeframe, finer: Candles) -> Candles:
        """One timeframe from its window's start: what is stored, and the rest fetched and held against a ``finer`` one."""
        since = timeframe.window_start(self.as_of_ms, self.settings.data.history_bars)
        held = self.held(timeframe, since)
        if self.source.feed is None:
            return held
        if len(held) < self.whole_bars(timeframe):
            return await self.fetch(timeframe, since, finer)
        if int(held.open_ms[-1]) >= timeframe.last_closed_open(self.as_of_ms):
            return held
        return merge(held, await self.fetch(timeframe, int(held.close_ms[-1]), finer))


async def extend_base(job: Job) -> Candles:
    """Bring the stored base timeframe up to date and derive what it closes of the coarser ones; its newest page.

    Where nothing is stored yet, or the last scan is longer ago than one page, the newest page is fetched, so that the
    next scan joins it.
    """
    base = job.settings.timeframes.base
    page_start = base.floor(job.as_of_ms) - BASE_PAGE * base.ms
    held = job.held(base, page_start)
    since = int(held.close_ms[-1]) if len(held) else page_start
    if since <= base.last_closed_open(job.as_of_ms):
        await job.fetch(base, since, Candles.empty(base))
    for timeframe in job.settings.timeframes.needed:
        known = job.held(timeframe, timeframe.floor(page_start))
        if timeframe is not base and len(known):
            job.keep(aggregate(job.held(base, int(known.close_ms[-1])), timeframe))
    return job.held(base, page_start)
