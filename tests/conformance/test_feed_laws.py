"""The laws of CandleFeed, held by every adapter there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from contracts.data_contract import CandleFeed
from data.adapters.ccxt_feed import GRACE_MS
from data.adapters.venue import NAMES
from data.aggregation import aggregate
from shared.errors import NotFound
from shared.models.data import Candles
from shared.models.timeframe import DAY_MS, Timeframe
from tests.conformance.stands import Stand

SPANS = {
    Timeframe.M5: DAY_MS,
    Timeframe.M15: 3 * DAY_MS,
    Timeframe.H1: 7 * DAY_MS,
    Timeframe.H4: 20 * DAY_MS,
    Timeframe.D1: 30 * DAY_MS,
    Timeframe.W1: 35 * DAY_MS,
}


def read(stand: Stand, timeframe: Timeframe, back_ms: int, symbol: str = "") -> Candles:
    """Candles of the last while, or of one that ended before now."""

    async def work(feed: CandleFeed) -> Candles:
        now = await feed.time_ms()
        return await feed.candles(symbol or stand.symbols[0], timeframe, now - back_ms, now + DAY_MS)

    return stand.run(work)


def joined(*parts: Candles) -> Candles:
    columns = ("open_ms", "open", "high", "low", "close", "volume")
    return Candles(
        parts[0].timeframe, *(np.concatenate([getattr(part, name) for part in parts]) for name in columns)
    )


def test_a_feed_is_called_what_the_table_calls_it(stand: Stand) -> None:
    assert stand.make().exchange == stand.name


def test_the_time_is_one_of_this_century_and_stands_for_the_run(stand: Stand) -> None:
    async def work(feed: CandleFeed) -> tuple[int, int]:
        return await feed.time_ms(), await feed.time_ms()

    first, second = stand.run(work)
    assert first == second
    assert 1_000_000_000_000 < first < 4_000_000_000_000


def test_every_market_is_filed_under_its_own_symbol_with_its_exchange(stand: Stand) -> None:
    markets = stand.run(lambda feed: feed.markets())
    assert set(stand.symbols) <= markets.keys()
    for symbol, market in markets.items():
        assert (market.symbol, market.exchange) == (symbol, stand.name)
        assert symbol.startswith(f"{market.base}/{market.quote}")
        assert symbol.partition(":")[2] == market.settle
        assert NAMES.fullmatch(market.market_id)
    assert len({market.market_id for market in markets.values()}) == len(markets)


def test_tickers_are_of_listed_markets_and_make_sense(stand: Stand) -> None:
    async def work(feed: CandleFeed) -> Any:
        return await feed.markets(), await feed.tickers()

    markets, tickers = stand.run(work)
    assert set(stand.symbols) <= tickers.keys() <= markets.keys()
    for symbol, ticker in tickers.items():
        assert ticker.symbol == symbol
        assert 0 < ticker.low <= ticker.last <= ticker.high
        assert 0 < ticker.bid < ticker.ask
        assert ticker.quote_volume > 0


@pytest.mark.parametrize("timeframe", SPANS)
def test_only_closed_candles_of_the_span_in_order_and_on_the_grid(stand: Stand, timeframe: Timeframe) -> None:
    now = stand.run(lambda feed: feed.time_ms())
    candles = read(stand, timeframe, SPANS[timeframe])
    assert candles.timeframe is timeframe
    assert int(candles.open_ms[0]) >= now - SPANS[timeframe]
    grace = 0 if stand.name == "demo" else GRACE_MS
    assert int(candles.open_ms[-1]) == timeframe.last_closed_open(now - grace)
    assert candles.gaps() == 0


@pytest.mark.parametrize("timeframe", [Timeframe.M5, Timeframe.H1])
def test_two_spans_that_meet_give_what_one_gives(stand: Stand, timeframe: Timeframe) -> None:
    now = stand.run(lambda feed: feed.time_ms())
    since, cut = now - SPANS[timeframe], timeframe.floor(now - SPANS[timeframe] // 3)

    async def parts(feed: CandleFeed) -> list[Candles]:
        ends = ((since, cut), (cut, now), (since, now))
        return [await feed.candles(stand.symbols[0], timeframe, *pair) for pair in ends]

    early, late, whole = stand.run(parts)
    assert joined(early, late) == whole


def test_a_span_of_many_pages_has_no_seam(stand: Stand) -> None:
    candles = read(stand, Timeframe.M5, 12 * DAY_MS)
    assert len(candles) >= 12 * 288 - 1
    assert candles.gaps() == 0


@pytest.mark.parametrize("timeframe", [Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1])
def test_coarse_candles_are_what_the_fine_ones_make(stand: Stand, timeframe: Timeframe) -> None:
    fine, coarse = read(stand, Timeframe.M5, 5 * DAY_MS), read(stand, timeframe, 4 * DAY_MS)
    made = aggregate(fine, timeframe).between(int(coarse.open_ms[0]), int(coarse.close_ms[-1]))
    for name in ("open_ms", "open", "high", "low", "close"):
        assert np.array_equal(getattr(coarse, name), getattr(made, name))
    assert np.allclose(coarse.volume, made.volume, rtol=1e-9, atol=0)


@pytest.mark.parametrize(("since", "until"), [(0, 0), (1, 1000), (-DAY_MS, -2 * DAY_MS)])
def test_a_span_without_a_closed_candle_is_empty(stand: Stand, since: int, until: int) -> None:
    async def work(feed: CandleFeed) -> Candles:
        now = await feed.time_ms()
        return await feed.candles(stand.symbols[0], Timeframe.H1, now - since, now - until)

    assert len(stand.run(work)) == 0


def test_asking_again_changes_nothing(stand: Stand) -> None:
    assert read(stand, Timeframe.H1, DAY_MS) == read(stand, Timeframe.H1, DAY_MS)


def test_symbols_are_not_mixed_up(stand: Stand) -> None:
    tickers = stand.run(lambda feed: feed.tickers())
    for symbol in stand.symbols:
        assert read(stand, Timeframe.M5, DAY_MS, symbol).close[-1] == pytest.approx(
            tickers[symbol].last, rel=0.1
        )


@pytest.mark.parametrize("depth", [1, 5, 50])
def test_an_order_book_is_of_now_and_around_the_last_price(stand: Stand, depth: int) -> None:
    async def work(feed: CandleFeed) -> Any:
        symbol = stand.symbols[0]
        return await feed.time_ms(), (await feed.tickers())[symbol], await feed.order_book(symbol, depth)

    now, ticker, book = stand.run(work)
    assert book.symbol == stand.symbols[0]
    assert abs(book.time_ms - now) <= 1000
    assert min(len(book.bids), len(book.asks)) >= depth
    assert book.bids[0, 0] <= ticker.last <= book.asks[0, 0]
    assert 0 < book.spread_bps < 10


ASKED_BY_NAME: dict[str, Callable[[CandleFeed, str], Any]] = {
    "candles": lambda feed, symbol: feed.candles(symbol, Timeframe.H1, 0, 4_000_000_000_000),
    "order_book": lambda feed, symbol: feed.order_book(symbol, 5),
}


@pytest.mark.parametrize("call", ASKED_BY_NAME)
@pytest.mark.parametrize("symbol", ["XYZ/USDT", "", "btc/usdt", "BTC/USDT/../../x"])
def test_a_symbol_that_is_not_listed_is_not_found(stand: Stand, call: str, symbol: str) -> None:
    with pytest.raises(NotFound):
        stand.run(lambda feed: ASKED_BY_NAME[call](feed, symbol))
