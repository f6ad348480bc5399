"""The past that a backtest reads: every symbol's candles from the start of the first window on, out of the store, or of the made-up market.

Candles come by the reading that an offline scan uses, one read a series instead of one a scan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from data.ingestion_pipeline import fault_of
from data.source import Source
from data.symbol_reading import Checks, SymbolReading
from data.universe_history import Stored
from engine.backtest.request import BacktestRequest
from engine.edges import Edges, Progress
from engine.gather import BENCHMARK_TIMEFRAMES, benchmark_symbol, open_source, run_now
from shared.errors import DataFault, NotFound, SniperError
from shared.models.data import Candles, Market
from shared.models.scan import SymbolFault
from shared.models.timeframe import Timeframe
from shared.utils.suggest import suggest
from strategy.confluence.breadth import BREADTH_TIMEFRAME

RANKED_BY: Final = (Timeframe.H1, Timeframe.D1)
"""What the universe's figures are taken from, besides the anchor timeframe."""
Series = Mapping[Timeframe, Candles]
END_MS: Final = 2**62
"""After every candle."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Markets by symbol, each one's candles by timeframe (a renamed one's under its former name before its own), what could not be
    read, and when each series' first candle under its own name opens. ``benchmark`` is the benchmark's symbol, listed or not."""

    exchange: str
    benchmark: str
    markets: Mapping[str, Market]
    candles: Mapping[str, Series]
    begins_ms: Mapping[tuple[str, Timeframe], int]
    faults: tuple[SymbolFault, ...] = ()

    @property
    def stored(self) -> Stored:
        """What the universe is chosen from: every market under its own name."""
        return Stored(
            self.markets,
            {
                symbol: {
                    name: series[name].between(self.begins_ms.get((symbol, name), 0), END_MS)
                    for name in series
                }
                for symbol, series in self.candles.items()
            },
            {
                symbol: begins_ms
                for (symbol, name), begins_ms in self.begins_ms.items()
                if name is Timeframe.D1
            },
        )


def read_history(request: BacktestRequest, edges: Edges, progress: Progress) -> History:
    """Read what ``request`` needs.

    Raises:
        NotFound: a symbol asked for is not listed.
        DataFault: nothing is listed or stored.
        SniperError: the store as a whole cannot be read.
    """
    return run_now(lambda: _read(request, edges, progress))


async def _read(request: BacktestRequest, edges: Edges, progress: Progress) -> History:
    async with open_source(edges) as source:
        markets = await source.listed(request.exchange)
        _check_names(request, markets)
        benchmark = benchmark_symbol(markets, request.profile.universe.quote)
        traded = frozenset(request.symbols or markets)
        candles: dict[str, Series] = {}
        faults: list[SymbolFault] = []
        for done, (symbol, market) in enumerate(sorted(markets.items()), 1):
            wanted = wanted_timeframes(request, is_traded=symbol in traded, is_benchmark=symbol == benchmark)
            try:
                candles[symbol] = await _series(market, wanted, source, request)
            except SniperError as error:
                faults.append(fault_of(symbol, error))
            progress("candles", done, len(markets))
        return History(
            exchange=request.exchange,
            benchmark=benchmark,
            markets=markets,
            candles=candles,
            begins_ms=_begins(source, request.exchange, candles),
            faults=tuple(faults),
        )


def _check_names(request: BacktestRequest, markets: Mapping[str, Market]) -> None:
    if not markets:
        raise DataFault(
            f"no market of {request.exchange} is known", "Import candles with 'data import PATH' first"
        )
    for symbol in request.symbols:
        if symbol not in markets:
            raise NotFound(f"symbol {symbol!r} is not listed", suggest(symbol, tuple(markets)))


def wanted_timeframes(
    request: BacktestRequest, *, is_traded: bool, is_benchmark: bool
) -> tuple[Timeframe, ...]:
    """The timeframes read of a symbol, finest first. The base is read of traded ones, to fill orders on."""
    rules = request.profile.timeframes
    wanted = {*RANKED_BY, rules.anchor, BREADTH_TIMEFRAME}
    if is_traded:
        wanted |= {*rules.needed, rules.base, request.profile.risk.correlation_timeframe}
    if is_benchmark:
        wanted |= set(BENCHMARK_TIMEFRAMES.needed)
    return tuple(timeframe for timeframe in Timeframe if timeframe in wanted)


async def _series(
    market: Market, wanted: Collection[Timeframe], source: Source, request: BacktestRequest
) -> Series:
    """Candles of each timeframe from the first decision's window on. Those of the base alone go on after the period: setups decided in
    it are followed to their ends."""
    base, bars = request.profile.timeframes.base, request.profile.data.history_bars
    first_ms = int(request.closes_ms[0])
    found: dict[Timeframe, Candles] = {}
    for timeframe in wanted:
        until_ms = request.followed_ms if timeframe is base else request.until_ms
        reading = SymbolReading(
            market,
            source,
            request.profile,
            until_ms,
            Checks(0),
            since_ms=timeframe.window_start(first_ms, bars),
        )
        found |= await reading.series((timeframe,))
    return found


def _begins(
    source: Source, exchange: str, candles: Mapping[str, Series]
) -> Mapping[tuple[str, Timeframe], int]:
    if source.store is not None:
        return {(info.symbol, info.timeframe): info.first_ms for info in source.store.series(exchange)}
    return {
        (symbol, name): int(held.open_ms[0])
        for symbol, series in candles.items()
        for name, held in series.items()
        if len(held)
    }
