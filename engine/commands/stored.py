"""The candles a check reads: what is stored of an exchange, or the made-up market."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from engine.commands.edges import DEMO, exchange_names, open_store_at
from engine.commands.flags import Checks, Flags
from engine.commands.paths import candle_file, is_there
from engine.commands.reading import parse_symbols, parse_timeframes
from engine.commands.settings import configure_store
from engine.gather import BENCHMARK_BASE, BENCHMARK_TIMEFRAMES
from engine.verification.decision_laws import LEAST_MS
from engine.verification.drift import LONGEST
from engine.verification.lookahead import Evidence
from engine.verification.stock import Stock
from engine.verification.tallies import MIN_BARS
from shared.errors import DataFault, NotFound
from shared.models.data import Candles, Market
from shared.models.timeframe import Timeframe
from shared.models.verification import Examined, LeftOut, Series
from shared.utils.suggest import suggest

if TYPE_CHECKING:
    from contracts.data_contract import CandleStore, SeriesInfo
    from data.adapters.demo import DemoFeed
    from shared.config.settings import Settings

USUAL_SYMBOLS: Final = 10
MEASURED: Final = (Timeframe.H1, Timeframe.D1)
"""Timeframes that a symbol's turnover and age are read off, whatever the profile trades."""


class Shelf(Protocol):
    """Candles that are there already."""

    def symbols(self) -> tuple[str, ...]:
        """Symbols with any candles."""
        ...

    def market(self, symbol: str) -> Market:
        """The trading rules of a symbol."""
        ...

    def since(self, symbol: str, timeframe: Timeframe, since_ms: int) -> Candles:
        """The candles of a series that open at or after a time; empty if there are none."""
        ...

    def newest(self, symbol: str, timeframe: Timeframe, bars: int) -> Candles:
        """The newest candles of a series, at most ``bars``; empty if there are none."""
        ...


def known_exchanges(environ: Mapping[str, str], flags: Flags) -> tuple[str, ...]:
    """Exchanges that can be scanned, and those whose candles are stored."""
    store_settings = configure_store(flags, environ)
    if not store_settings.url and not is_there(candle_file(environ)):
        return exchange_names()
    with open_store_at(store_settings, environ) as store:
        stored = {info.exchange for info in store.series()}
    return (*exchange_names(), *sorted(stored - set(exchange_names())))


def read_series(flags: Flags, checks: Checks, settings: Settings, environ: Mapping[str, str]) -> Examined:
    """The series asked for, newest candles only; those that are too short are named beside them.

    Raises:
        ConfigFault: an unknown timeframe or a symbol that cannot be one.
        NotFound: a symbol of which nothing is stored.
        DataFault: nothing is stored, or nothing that is long enough.
    """
    with _open_shelf(settings, environ) as shelf:
        return _examined(shelf, flags, checks, settings)


def read_evidence(
    flags: Flags, checks: Checks, settings: Settings, environ: Mapping[str, str]
) -> tuple[Examined, Evidence]:
    """The same series, and beside them all the candles that decisions on their symbols read, from further back than those do.

    Raises:
        SniperError: as :func:`read_series`.
    """
    with _open_shelf(settings, environ) as shelf:
        examined = _examined(shelf, flags, checks, settings)
        symbols = tuple(dict.fromkeys(one.symbol for one in examined.series))
        stock = _stock(shelf, symbols, checks, settings)
    return examined, Evidence(examined.series, stock, symbols, checks.bars)


def _stock(shelf: Shelf, symbols: tuple[str, ...], checks: Checks, settings: Settings) -> Stock:
    """The chosen symbols and the benchmark, of every timeframe that a scan looks into, all from before the first instant decided at."""
    profile = settings.profile
    quote, frames = profile.universe.quote, profile.timeframes
    benchmarks = (f"{BENCHMARK_BASE}/{quote}", f"{BENCHMARK_BASE}/{quote}:{quote}")
    also = tuple(name for name in benchmarks if name in shelf.symbols())
    wanted = {*frames.needed, *BENCHMARK_TIMEFRAMES.needed, *MEASURED, *parse_timeframes(checks.timeframes)}
    newest = (shelf.newest(symbol, frames.trigger, checks.bars) for symbol in symbols)
    first_ms = min((int(candles.open_ms[0]) for candles in newest if len(candles)), default=0) - LEAST_MS
    held = {
        symbol: {
            timeframe: shelf.since(symbol, timeframe, timeframe.window_start(first_ms, LONGEST))
            for timeframe in sorted(wanted, key=lambda frame: frame.ms)
        }
        for symbol in dict.fromkeys((*symbols, *also))
    }
    return Stock(settings.exchange, {symbol: shelf.market(symbol) for symbol in held}, held)


def _examined(shelf: Shelf, flags: Flags, checks: Checks, settings: Settings) -> Examined:
    found: list[Series] = []
    left_out: list[LeftOut] = []
    timeframes = parse_timeframes(checks.timeframes)
    for symbol in _chosen(flags, settings, shelf.symbols()):
        for timeframe in timeframes:
            candles = shelf.newest(symbol, timeframe, checks.bars)
            if len(candles) < MIN_BARS:
                left_out.append(LeftOut(symbol, timeframe, len(candles), MIN_BARS))
            else:
                found.append(Series(symbol, candles, float(shelf.market(symbol).tick)))
    if not found:
        raise _too_short(left_out)
    return Examined(settings.exchange, settings.profile.name, checks.seed, tuple(found), tuple(left_out))


def _chosen(flags: Flags, settings: Settings, stored: Sequence[str]) -> Sequence[str]:
    if not stored:
        raise DataFault(
            f"nothing of {settings.exchange} is stored",
            "Import candles with 'data import PATH', scan the exchange first, or try -e demo",
        )
    asked = parse_symbols(flags.symbols, settings.profile.universe.quote)
    for symbol in asked:
        if symbol not in stored:
            raise NotFound(
                f"--symbols: no candles of {symbol} on {settings.exchange}", suggest(symbol, stored)
            )
    return (asked or stored)[: flags.top or (len(asked) or USUAL_SYMBOLS)]


def _too_short(left_out: Sequence[LeftOut]) -> DataFault:
    longest = max(left_out, key=lambda one: one.bars)
    return DataFault(
        f"too few candles: a check needs {longest.needed}, the longest series, {longest.symbol} {longest.timeframe}, has {longest.bars}",
        "Name a finer timeframe with --timeframes, or store more candles",
    )


@contextmanager
def _open_shelf(settings: Settings, environ: Mapping[str, str]) -> Iterator[Shelf]:
    exchange = settings.exchange
    if exchange == DEMO:
        from data.adapters.demo import DemoFeed

        feed = DemoFeed()
        yield DemoShelf(feed, asyncio.run(feed.markets()))
        return
    with open_store_at(settings.store, environ) as store:
        series = {(info.symbol, info.timeframe): info for info in store.series(exchange)}
        yield StoreShelf(store, exchange, series, store.markets(exchange))


@dataclass(frozen=True, slots=True)
class StoreShelf:
    """What the candle store holds of one exchange."""

    store: CandleStore
    exchange: str
    series: Mapping[tuple[str, Timeframe], SeriesInfo]
    markets: Mapping[str, Market]

    def symbols(self) -> tuple[str, ...]:
        """Symbols with any candles, by name."""
        return tuple(dict.fromkeys(symbol for symbol, _ in self.series))

    def market(self, symbol: str) -> Market:
        """The trading rules of a symbol.

        Raises:
            DataFault: no trading rules are stored beside its candles.
        """
        if symbol not in self.markets:
            raise DataFault(
                f"no trading rules of {symbol} on {self.exchange} are stored", "Import or scan it again"
            )
        return self.markets[symbol]

    def since(self, symbol: str, timeframe: Timeframe, since_ms: int) -> Candles:
        """The candles of a series that open at or after a time."""
        info = self.series.get((symbol, timeframe))
        if info is None:
            return Candles.empty(timeframe)
        return self.store.read(self.exchange, symbol, timeframe, since_ms, info.last_ms + timeframe.ms)

    def newest(self, symbol: str, timeframe: Timeframe, bars: int) -> Candles:
        """The newest candles of a series; across holes as many as without."""
        info = self.series.get((symbol, timeframe))
        if info is None:
            return Candles.empty(timeframe)
        end = info.last_ms + timeframe.ms
        since = info.first_ms if info.missing else end - bars * timeframe.ms
        held = self.store.read(self.exchange, symbol, timeframe, since, end)
        return held.rows(max(0, len(held) - bars), len(held))


@dataclass(frozen=True, slots=True)
class DemoShelf:
    """The made-up market; a series is made once."""

    feed: DemoFeed
    markets: Mapping[str, Market]
    made: dict[tuple[str, Timeframe], Candles] = field(default_factory=dict)

    def symbols(self) -> tuple[str, ...]:
        """Every symbol, as the market lists them."""
        return tuple(self.markets)

    def market(self, symbol: str) -> Market:
        """The trading rules of a symbol."""
        return self.markets[symbol]

    def since(self, symbol: str, timeframe: Timeframe, since_ms: int) -> Candles:
        """The candles of a series that open at or after a time."""
        whole = self._whole(symbol, timeframe)
        first = int(np.searchsorted(whole.open_ms, since_ms))
        return whole.rows(first, len(whole))

    def newest(self, symbol: str, timeframe: Timeframe, bars: int) -> Candles:
        """The newest candles of a series."""
        held = self._whole(symbol, timeframe)
        return held.rows(max(0, len(held) - bars), len(held))

    def _whole(self, symbol: str, timeframe: Timeframe) -> Candles:
        key = symbol, timeframe
        if key not in self.made:
            self.made[key] = asyncio.run(self._make(symbol, timeframe))
        return self.made[key]

    async def _make(self, symbol: str, timeframe: Timeframe) -> Candles:
        return await self.feed.candles(symbol, timeframe, 0, await self.feed.time_ms())
