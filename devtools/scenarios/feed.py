"""An exchange in memory: the symbols a scenario lists, their candles as an exchange would answer them, nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from contracts.data_contract import Ticker
from data.adapters.ccxt_binance import read_candles
from data.adapters.venue import Span
from data.aggregation import aggregate
from shared.errors import NotFound
from shared.models.data import COLUMNS, Candles, Market, OrderBook
from shared.models.timeframe import DAY_MS, Timeframe

EXCHANGE: Final = "demo"
"""The made-up exchange's name: nothing of it is stored or sent."""

Row = list[Any]
Tamper = Callable[[list[Row]], list[Row]]
"""What becomes of the rows of an answer on their way."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One symbol: its rules, its candles (5m or 15m), what becomes of its answers on the way, and how far apart its best bid and
    ask are in bps."""

    market: Market
    base: Candles
    tamper: Tamper | None = None
    spread_bps: float = 1.0

    def ticker(self, as_of_ms: int) -> Ticker:
        """The figures of the last 24 hours; no volume if nothing traded in them."""
        day = self.base.between(as_of_ms - DAY_MS, as_of_ms)
        if not len(day):
            return Ticker(self.market.symbol, 0.0, 0.0)
        last, half = float(day.close[-1]), self.spread_bps / 2e4
        turnover = float((day.close * day.volume).sum())
        return Ticker(
            self.market.symbol,
            last,
            turnover,
            last * (1 - half),
            last * (1 + half),
            float(day.high.max()),
            float(day.low.min()),
        )


class MemoryFeed:
    """The feed of :class:`contracts.data_contract.CandleFeed` over ``listed`` symbols, as of a fixed instant."""

    exchange = EXCHANGE

    def __init__(self, listed: Mapping[str, Listed], as_of_ms: int) -> None:
        """Stand at ``as_of_ms``."""
        self._listed = listed
        self._as_of_ms = as_of_ms

    async def time_ms(self) -> int:
        """The instant it stands at."""
        return self._as_of_ms

    async def markets(self) -> Mapping[str, Market]:
        """Every symbol's rules."""
        return {symbol: one.market for symbol, one in self._listed.items()}

    async def tickers(self) -> Mapping[str, Ticker]:
        """24-hour figures of every symbol."""
        return {symbol: one.ticker(self._as_of_ms) for symbol, one in self._listed.items()}

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        """Closed candles; coarser ones are the aggregation of the finest.

        Raises:
            NotFound: no such symbol.
            DataFault: what became of the answer on its way is not one.
        """
        one = self._one(symbol)
        end_ms = min(until_ms, self._as_of_ms)
        whole = aggregate(one.base.between(0, end_ms), timeframe).between(since_ms, end_ms)
        if one.tamper is None:
            return whole
        span = Span(one.market, timeframe, since_ms, timeframe.floor(end_ms), len(whole))
        return read_candles(one.tamper(rows_of(whole)), span)

    async def pages(
        self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int
    ) -> AsyncGenerator[Candles, None]:
        """All of them in one part."""
        yield await self.candles(symbol, timeframe, since_ms, until_ms)

    async def order_book(self, symbol: str, depth: int) -> OrderBook:
        """A level on every tick from the best bid and ask, one coin on each.

        Raises:
            NotFound: no such symbol.
        """
        one = self._one(symbol)
        day, steps = one.ticker(self._as_of_ms), np.arange(max(depth, 1)) * float(one.market.tick)
        prices = (day.bid - steps[steps < day.bid], day.ask + steps)
        sides = (np.column_stack([side, np.ones(side.size)]) for side in prices)
        return OrderBook(self.exchange, symbol, self._as_of_ms, *sides)

    async def close(self) -> None:
        """Nothing to release."""

    def _one(self, symbol: str) -> Listed:
        if symbol not in self._listed:
            raise NotFound(f"{self.exchange}: no symbol {symbol!r}", f"There are {', '.join(self._listed)}")
        return self._listed[symbol]


def rows_of(candles: Candles) -> list[Row]:
    """Candles as Binance writes them, for its own reader to read."""
    length = candles.timeframe.ms
    columns = (getattr(candles, name).tolist() for name in COLUMNS)
    return [
        [opened, *map(repr, cells), opened + length - 1, "0", 0, "0", "0", "0"]
        for opened, *cells in zip(candles.open_ms.tolist(), *columns, strict=True)
    ]
