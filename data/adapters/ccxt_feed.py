"""The one feed of :class:`contracts.data_contract.CandleFeed` for every venue of the table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final, TypeVar

import numpy as np

from contracts.data_contract import Ticker
from data.adapters.budget_ledger import Ledger, MemoryLedger
from data.adapters.ccxt_client import VenueClient
from data.adapters.http_guard import reading
from data.adapters.request_budget import RequestBudget
from data.adapters.venue import Ask, Carrier, Span, Venue, in_base_units
from data.echo import check_price
from shared.config.settings import ExchangeSettings
from shared.errors import DataFault, NotFound, TransportFault
from shared.models.data import COLUMNS, Candles, Market, OrderBook
from shared.models.timeframe import Timeframe

T = TypeVar("T")
Reading = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]
"""How often and when a read is repeated."""

GRACE_MS: Final = 2_000
"""A candle counts as closed this long after its close time by the exchange's clock."""
MOST_PARTS: Final = 50
"""A list of markets in more parts than this is endless."""
LEAST_TICKERS: Final = 0.5
"""An answer with figures, or with bids and asks, for fewer of the markets than this share is not a whole one."""


class CcxtFeed:
    """One venue's public data. Time, markets and tickers are asked once a run, by whoever needs them first."""

    def __init__(self, client: Carrier, repeat: Reading = reading) -> None:
        """``repeat`` says how a failed read is repeated."""
        self._client = client
        self._venue = client.venue
        self._repeat = repeat
        self._markets: Mapping[str, Market] = {}
        self._tickers: Mapping[str, Ticker] = {}
        self._now_ms = 0
        self._first = asyncio.Lock()

    @property
    def exchange(self) -> str:
        """The venue's name; its test network has another."""
        return self._client.exchange

    async def time_ms(self) -> int:
        """The exchange's own time, asked once a run: what closed later waits for the next one."""
        async with self._first:
            if not self._now_ms:
                self._now_ms = await self._time_now()
        return self._now_ms

    async def markets(self) -> Mapping[str, Market]:
        """Trading rules of the venue's kind of market by unified symbol.

        Raises:
            DataFault: an entry breaks a rule.
            TransportFault: no well-formed answer, or one without any market.
        """
        async with self._first:
            if not self._markets:
                found = await self._listing()
                if not found:
                    raise TransportFault(
                        f"{self.exchange}: it lists no {self._venue.kind} market", "Try again later"
                    )
                self._markets = {market.symbol: market for market in found}
        return self._markets

    async def tickers(self) -> Mapping[str, Ticker]:
        """24-hour figures by unified symbol of every market that traded.

        Raises:
            DataFault: an entry breaks a rule, or most markets are missing.
            TransportFault: no well-formed answer.
        """
        if self._tickers:
            return self._tickers
        by_id = {market.market_id: market for market in (await self.markets()).values()}
        async with self._first:
            if not self._tickers:
                asks = self._venue.dialect.tickers
                documents = [await self._read(ask, _as_it_is) for ask in asks]
                found = self._venue.dialect.read_tickers(documents, by_id)
                self._check_whole(found, by_id)
                self._tickers = found
        return self._tickers

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        """Closed candles that open at or after ``since_ms`` and are closed at ``until_ms``.

        Raises:
            NotFound: the exchange does not list the symbol.
            DataFault: a row is no candle, or not one of those asked for.
            TransportFault: no well-formed answer.
        """
        pages = [Candles.empty(timeframe)]
        async with aclosing(self.pages(symbol, timeframe, since_ms, until_ms)) as parts:
            pages += [page async for page in parts]
        columns = ("open_ms", *COLUMNS)
        joined = (np.concatenate([getattr(page, name) for page in pages]) for name in columns)
        return Candles(timeframe, *joined)

    async def pages(
        self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int
    ) -> AsyncGenerator[Candles, None]:
        """The same in parts as they arrive, oldest first.

        Raises:
            NotFound: the exchange does not list the symbol.
            DataFault: a row is no candle, or not one of those asked for.
            TransportFault: no well-formed answer.
        """
        market = await self._market(symbol)
        until_ms = min(until_ms, await self.time_ms() - GRACE_MS)
        first = timeframe.floor(max(since_ms, self._venue.first_ms) + timeframe.ms - 1)
        start = max(first, timeframe.floor(market.onboard_ms))
        while start + timeframe.ms <= until_ms:
            span = self._span(market, timeframe, start, until_ms)
            page = await self._page(span)
            yield page.between(since_ms, until_ms)
            start = await self._next_start(span, page, until_ms)

    async def order_book(self, symbol: str, depth: int) -> OrderBook:
        """The best levels now. A venue that does not say as of when is asked for its time first. Where the run has tickers, the
        book is held against the last price.

        Raises:
            NotFound: the exchange does not list the symbol.
            DataFault: it is no order book, or another symbol's.
            TransportFault: no well-formed answer.
        """
        market = await self._market(symbol)
        dialect = self._venue.dialect
        asked_ms = 0 if self._venue.book_is_timed else await self._time_now()
        levels = self._venue.book_levels(depth)
        ask = dialect.order_book(market, levels, self._venue.book_weight(levels))
        book = await self._read(ask, lambda answer: dialect.read_order_book(answer, market, asked_ms))
        if symbol in self._tickers:
            check_price(f"{self.exchange} {symbol} order book", book.mid, self._tickers[symbol].last)
        return book

    async def close(self) -> None:
        """Release connections; may be called twice."""
        await self._client.close()

    async def _time_now(self) -> int:
        return await self._read(self._venue.dialect.time, self._read_time)

    def _read_time(self, answer: Any) -> int:
        now_ms = self._venue.dialect.read_time(answer)
        if now_ms <= self._venue.first_ms:
            raise DataFault(f"{self.exchange}: the time is not a time: {now_ms} ms", "Try again later")
        return now_ms

    def _check_whole(self, found: Mapping[str, Ticker], by_id: Mapping[str, Market]) -> None:
        """Refuse figures that leave most markets out, or most bids and asks."""
        trading = sum(market.active for market in by_id.values())
        answered = sum(market.active and market.symbol in found for market in by_id.values())
        quoted = sum(ticker.bid > 0 and ticker.ask > 0 for ticker in found.values())
        for what, count, of in (("figures", answered, trading), ("bids and asks", quoted, len(found))):
            if count < LEAST_TICKERS * of:
                raise DataFault(
                    f"{self.exchange}: {what} of {count} of {of} markets were answered", "Try again later"
                )

    async def _listing(self) -> list[Market]:
        """Every part of the list of markets."""
        dialect = self._venue.dialect
        found: list[Market] = []
        rest: Mapping[str, str] = {}
        for _ in range(MOST_PARTS):
            ask = replace(dialect.markets, query={**dialect.markets.query, **rest})
            part, rest = await self._read(ask, lambda answer: dialect.read_markets(answer, self.exchange))
            found += part
            if not rest:
                return found
        raise DataFault(
            f"{self.exchange}: the list of markets has no end after {MOST_PARTS} parts", "Try again later"
        )

    async def _market(self, symbol: str) -> Market:
        market = (await self.markets()).get(symbol)
        if market is None:
            raise NotFound(f"{self.exchange}: no symbol {symbol!r}", "See the exchange's list of markets")
        return market

    def _span(self, market: Market, timeframe: Timeframe, start: int, until_ms: int) -> Span:
        """The next request: no more rows than there can be, and no more than a page."""
        limit = min(self._venue.page, (until_ms - start) // timeframe.ms)
        end = until_ms if self._venue.pages_forward else start + limit * timeframe.ms
        return Span(market, timeframe, start, end, limit)

    async def _page(self, span: Span) -> Candles:
        venue = self._venue
        ask = venue.dialect.candles(span, venue.intervals[span.timeframe], venue.candle_weight(span.limit))
        page = await self._read(ask, lambda answer: venue.dialect.read_candles(answer, span))
        return in_base_units(page, venue.volume_unit, float(span.market.contract_size))

    async def _next_start(self, span: Span, page: Candles, until_ms: int) -> int:
        """Where the next page starts; past the end when there is none."""
        if self._venue.pages_forward:
            return int(page.close_ms[-1]) if len(page) else until_ms
        if len(page) or span.timeframe is Timeframe.W1 or span.end_ms + span.timeframe.ms > until_ms:
            return span.end_ms
        return await self._resumes(span, until_ms)

    async def _resumes(self, span: Span, until_ms: int) -> int:
        """After a page without a candle: the first week with one, so that years without trading cost one request."""
        week = Timeframe.W1
        start = week.floor(span.end_ms)
        limit = min(self._venue.page, (until_ms - start) // week.ms + 1)
        weeks = await self._page(Span(span.market, week, start, start + limit * week.ms, limit))
        return max(span.end_ms, int(weeks.open_ms[0])) if len(weeks) else until_ms

    async def _read(self, ask: Ask, read: Callable[[Any], T]) -> T:
        async def attempt() -> T:
            return read(await self._client.ask(ask))

        found: T = await self._repeat(attempt)
        return found


def _as_it_is(answer: Any) -> Any:
    return answer


def open_feed(venue: Venue, settings: ExchangeSettings, ledger: Ledger | None = None) -> CcxtFeed:
    """The feed of a venue, reached as the settings say, its requests counted in ``ledger``; without one nobody shares the count. To be
    called inside a running event loop."""
    budget = RequestBudget(venue.name, venue.allowance, ledger or MemoryLedger())
    return CcxtFeed(VenueClient(venue, settings, budget))
