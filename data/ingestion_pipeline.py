"""Ingestion: the closed candles a decision reads, from the store first and the exchange for the rest.

Every symbol is read by itself (``data.symbol_reading``), many at once. Where the exchange does not answer, stored candles stand in as
long as the profile lets a newest candle be, and the run says so. A damaged page of the store is fetched again; offline it is
that symbol's fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from data.market_watch import watch_rules
from data.patience import working_time
from data.source import Source
from data.streamed import begin_turn
from data.symbol_reading import Checks, SymbolReading
from shared.errors import SniperError, TransportFault
from shared.models.data import Candles, Market, MultiTimeframeData
from shared.models.profile import Profile
from shared.models.scan import SymbolFault
from shared.models.timeframe import Timeframe

CONCURRENCY: Final = 32
"""Symbols in flight at once, so that an answer's way through the network is not waited for; the request budget bounds them."""
SYMBOL_S: Final = 60.0
"""One symbol's reading has this long for its requests and what is made of them; waits for the request budget, or that the
venue asks for, do not count."""
CHECK_SHARE: Final = 20
"""One derived series of so many symbols, and at least one, is held against the exchange's own in a run."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """Candles by symbol, the faults of those that could not be read, and remarks on the trading rules, the stream and the notes."""

    data: Mapping[str, MultiTimeframeData]
    faults: tuple[SymbolFault, ...]
    flags: tuple[str, ...] = ()


async def ingest(
    markets: Mapping[str, Market],
    source: Source,
    settings: Profile,
    as_of_ms: int,
    on_symbol: Callable[[int, int], None],
) -> Ingested:
    """Candles of every market as of ``as_of_ms``; ``on_symbol`` is told (done, total). One symbol's fault stops only itself."""
    gate = asyncio.Semaphore(CONCURRENCY)
    checks = Checks(max(1, len(markets) // CHECK_SHARE))
    rules = settings.timeframes
    stream = begin_turn(source.stream, markets, rules.base, rules.trigger, as_of_ms)
    ends: dict[str, MultiTimeframeData | SymbolFault] = {}

    async def one(symbol: str, market: Market) -> None:
        async with gate:
            reading = SymbolReading(market, source, settings, as_of_ms, checks, stream=stream)
            ends[symbol] = await _symbol(reading)
            on_symbol(len(ends), len(markets))

    flags = watch_rules(markets, source)
    async with asyncio.TaskGroup() as group:
        for symbol, market in markets.items():
            group.create_task(one(symbol, market))
    ordered = [ends[symbol] for symbol in markets]
    return Ingested(
        {end.symbol: end for end in ordered if isinstance(end, MultiTimeframeData)},
        tuple(end for end in ordered if isinstance(end, SymbolFault)),
        (*flags, *(stream.flags() if stream else ()), *source.notes.remarks),
    )


async def _symbol(reading: SymbolReading) -> MultiTimeframeData | SymbolFault:
    symbol = reading.market.symbol
    try:
        async with working_time(SYMBOL_S):
            return _window(reading, await reading.series())
    except TimeoutError:
        late = f"{reading.market.exchange} {symbol}: not read within {SYMBOL_S:g} s"
        return await _kept(reading, TransportFault(late, "Scan again later"))
    except TransportFault as fault:
        return await _kept(reading, fault)
    except SniperError as error:
        return fault_of(symbol, error)


async def _kept(reading: SymbolReading, fault: TransportFault) -> MultiTimeframeData | SymbolFault:
    """What is stored in place of what the exchange did not answer, if its newest candle is as young as the profile asks for."""
    symbol, settings = reading.market.symbol, reading.settings
    if fault.policy == "never":
        return fault_of(symbol, fault)
    offline = SymbolReading(
        reading.market, replace(reading.source, feed=None), settings, reading.as_of_ms, Checks(0)
    )
    try:
        series = await offline.series()
    except SniperError:
        return fault_of(symbol, fault)
    trigger = settings.timeframes.trigger
    newest = series[trigger].close_ms[-1:]
    late = (trigger.floor(reading.as_of_ms) - int(newest[0])) // trigger.ms if len(newest) else 0
    if not len(newest) or late > settings.data.max_age_bars:
        return fault_of(symbol, fault)
    age_s = (reading.as_of_ms - int(newest[0])) // 1000
    offline.flags.append(f"from_cache: {symbol} {trigger}, age {age_s} s: {fault.problem}")
    return _window(offline, series)


def fault_of(symbol: str, error: SniperError) -> SymbolFault:
    """The record of a fault met while reading a symbol."""
    return SymbolFault(symbol, "data", type(error).__name__, error.problem, error.action)


def _window(reading: SymbolReading, series: Mapping[Timeframe, Candles]) -> MultiTimeframeData:
    """Timeframes that are only information and too short are declared absent."""
    settings = reading.settings
    short = [
        timeframe
        for timeframe in settings.timeframes.information
        if timeframe not in settings.timeframes.required
        and len(series[timeframe]) < settings.min_bars(timeframe)
    ]
    kept = {timeframe: candles for timeframe, candles in series.items() if timeframe not in short}
    return MultiTimeframeData(reading.market, reading.as_of_ms, kept, tuple(short), tuple(reading.flags))
