"""The demo exchange: a deterministic, made-up market that needs no network, no key and no store."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import numpy as np

from contracts.data_contract import Ticker
from data.adapters.demo_market import BAR_MS, BY_SYMBOL, COINS, Coin, base_candles
from data.aggregation import aggregate
from shared.errors import NotFound
from shared.models.data import Candles, Market, OrderBook
from shared.models.timeframe import DAY_MS, Timeframe

SEED: Final = 7
DEMO_AS_OF_MS: Final = int(datetime(2026, 11, 8, 16, tzinfo=UTC).timestamp()) * 1000
"""The instant the demo stands at unless asked otherwise: of the forty tried, eight hours apart, one where both ``balanced``
and ``mobile`` find plans. Nothing of a result is written down anywhere."""
LEVEL_NOTIONAL: Final = 20_000.0
"""What a level of its order book is worth, in quote currency."""
HISTORY_MS: Final = 300 * DAY_MS
"""How far back it goes at least, wherever it stands: enough for every profile's 1w context."""


def start_ms(as_of_ms: int) -> int:
    """Its first candle when it stands at ``as_of_ms``: the first of January at least ``HISTORY_MS`` before. What a candle is does
    not depend on it: any range of any year comes at once."""
    year = datetime.fromtimestamp((as_of_ms - HISTORY_MS) // 1000, UTC).year
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000


START_MS: Final = start_ms(DEMO_AS_OF_MS)
"""Its first candle at its usual instant."""


class DemoFeed:
    """The feed of :class:`contracts.data_contract.CandleFeed` over the made-up market, as of a fixed instant."""

    exchange = "demo"

    def __init__(self, as_of_ms: int = DEMO_AS_OF_MS, seed: int = SEED) -> None:
        """Stand at ``as_of_ms``; another ``seed`` is another market."""
        self._as_of_ms = as_of_ms
        self._tickers: Mapping[str, Ticker] = {}
        self._seed = seed
        self._whole = lru_cache(maxsize=16)(lambda symbol: _made(seed, BY_SYMBOL[symbol], as_of_ms, 0))

    async def time_ms(self) -> int:
        """The instant it stands at."""
        return self._as_of_ms

    async def markets(self) -> Mapping[str, Market]:
        """Every symbol's rules; one that is halted later still trades."""
        return {coin.symbol: coin.market(active=self._as_of_ms <= _last_ms(coin)) for coin in COINS}

    async def tickers(self) -> Mapping[str, Ticker]:
        """24-hour figures of every symbol that traded."""
        if not self._tickers:
            found = (self._ticker(coin) for coin in COINS)
            self._tickers = {ticker.symbol: ticker for ticker in found if ticker}
        return self._tickers

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        """Closed candles of a symbol; coarser ones are the aggregation of the 5m ones.

        Raises:
            NotFound: no such symbol.
        """
        if symbol not in BY_SYMBOL:
            raise NotFound(f"demo: no symbol {symbol!r}", f"There are {', '.join(BY_SYMBOL)}")
        if timeframe is Timeframe.H4:
            return _four_hours(self._seed, symbol, self._as_of_ms).between(since_ms, until_ms)
        base = self._whole(symbol).between(0, min(until_ms, self._as_of_ms))
        return aggregate(base, timeframe).between(since_ms, until_ms)

    async def pages(
        self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int
    ) -> AsyncGenerator[Candles, None]:
        """All of them in one part."""
        yield await self.candles(symbol, timeframe, since_ms, until_ms)

    async def order_book(self, symbol: str, depth: int) -> OrderBook:
        """A book one tick wide at the last price, a level on every tick, each worth the same.

        Raises:
            NotFound: no such symbol, or it has not traded in 24 hours.
        """
        ticker = (await self.tickers()).get(symbol)
        if ticker is None:
            raise NotFound(f"demo: no order book of {symbol!r}", f"There are {', '.join(BY_SYMBOL)}")
        steps = np.arange(max(depth, 1)) * 10.0 ** -BY_SYMBOL[symbol].decimals
        prices = (ticker.bid - steps[steps < ticker.bid], ticker.ask + steps)
        sides = (np.column_stack([side, LEVEL_NOTIONAL / side]) for side in prices)
        return OrderBook(self.exchange, symbol, self._as_of_ms, *sides)

    async def close(self) -> None:
        """Nothing to release."""

    def _ticker(self, coin: Coin) -> Ticker | None:
        day = _made(self._seed, coin, self._as_of_ms, self._as_of_ms - DAY_MS).between(
            self._as_of_ms - DAY_MS, self._as_of_ms
        )
        if not len(day):
            return None
        last, tick = float(day.close[-1]), 10.0**-coin.decimals
        turnover = float((day.close * day.volume).sum())
        return Ticker(
            coin.symbol, last, turnover, last, last + tick, float(day.high.max()), float(day.low.min())
        )


def _made(seed: int, coin: Coin, as_of_ms: int, since_ms: int) -> Candles:
    """A coin's 5m candles from ``since_ms``, or its beginning, to ``as_of_ms``."""
    first = max(start_ms(as_of_ms), since_ms // BAR_MS * BAR_MS)
    if coin.listed_days:
        first = max(first, DEMO_AS_OF_MS - coin.listed_days * DAY_MS)
    count = (min(_last_ms(coin), as_of_ms) - first) // BAR_MS
    return base_candles(seed, coin, first, count) if count > 0 else Candles.empty(Timeframe.M5)


@lru_cache(maxsize=64)
def _four_hours(seed: int, symbol: str, as_of_ms: int) -> Candles:
    """A coin's 4h candles, made once: whoever looks at one symbol reads everybody's."""
    return aggregate(_made(seed, BY_SYMBOL[symbol], as_of_ms, 0), Timeframe.H4)


def _last_ms(coin: Coin) -> int:
    """When a halted coin's trading ends; for the others, the end of the demo."""
    return DEMO_AS_OF_MS - coin.halted_days * DAY_MS
