"""Back-fill: the history a profile reads, or named timeframes, of many symbols, brought into the store.

It is the reading of a scan without the decision: pages are checked and stored as they arrive, what is stored is not asked for
again, and whoever is interrupted goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from data.ingestion_pipeline import CONCURRENCY, fault_of
from data.market_watch import watch_rules
from data.source import Source
from data.symbol_reading import Checks, SymbolReading
from shared.errors import SniperError
from shared.models.data import Market
from shared.models.profile import Profile
from shared.models.scan import SymbolFault
from shared.models.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class Synced:
    """What a back-fill left of one symbol: candles of every timeframe's window, and candles missing between them, which the exchange
    has none of."""

    symbol: str
    candles: Mapping[Timeframe, int]
    gaps: Mapping[Timeframe, int]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Symbols that are up to date, those that broke, remarks, and how many order books were stored."""

    exchange: str
    as_of_ms: int
    symbols: tuple[Synced, ...]
    faults: tuple[SymbolFault, ...]
    flags: tuple[str, ...]
    books: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What to bring up to date: ``timeframes`` none means those the profile reads, ``since_ms`` 0 from where it reads them."""

    exchange: str
    markets: Mapping[str, Market]
    timeframes: tuple[Timeframe, ...]
    as_of_ms: int
    since_ms: int = 0


async def sync(
    wish: Wish, source: Source, settings: Profile, on_symbol: Callable[[int, int], None]
) -> SyncReport:
    """Bring every symbol's windows up to date; ``on_symbol`` is told (done, total). One symbol's fault stops only itself, and no
    deadline ends it but those of its requests."""
    gate = asyncio.Semaphore(CONCURRENCY)
    checks = Checks(len(wish.markets))
    ends: dict[str, Synced | SymbolFault] = {}

    async def one(symbol: str, market: Market) -> None:
        async with gate:
            reading = SymbolReading(market, source, settings, wish.as_of_ms, checks, since_ms=wish.since_ms)
            ends[symbol] = await _synced(reading, wish.timeframes)
            on_symbol(len(ends), len(wish.markets))

    flags = watch_rules(wish.markets, source)
    async with asyncio.TaskGroup() as group:
        for symbol, market in wish.markets.items():
            group.create_task(one(symbol, market))
    ordered = [ends[symbol] for symbol in wish.markets]
    synced = tuple(end for end in ordered if isinstance(end, Synced))
    return SyncReport(
        exchange=wish.exchange,
        as_of_ms=wish.as_of_ms,
        symbols=synced,
        faults=tuple(end for end in ordered if isinstance(end, SymbolFault)),
        flags=(*flags, *(flag for end in synced for flag in end.flags), *source.notes.remarks),
    )


async def _synced(reading: SymbolReading, timeframes: tuple[Timeframe, ...]) -> Synced | SymbolFault:
    symbol = reading.market.symbol
    try:
        series = await reading.series(timeframes)
    except SniperError as error:
        return fault_of(symbol, error)
    return Synced(
        symbol,
        {timeframe: len(candles) for timeframe, candles in series.items()},
        {timeframe: candles.gaps() for timeframe, candles in series.items()},
        tuple(reading.flags),
    )
