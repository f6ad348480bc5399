"""Binance: spot and USDT-margined perpetuals.

Facts of the venue (its API documentation): candles open at ``startTime``, the first ``limit`` of a span are given and the
newest may be forming; days open 00:00 UTC and weeks on Monday; volume counts base currency. A spot order book does not
say as of when, and a perpetual's 24-hour figures come without bid and ask, which another address gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

from contracts.data_contract import Ticker
from data.adapters.answers import Record, levels, records
from data.adapters.stream_dialect import BINANCE_STREAM, BINANCE_USDM_STREAM
from data.adapters.venue import (
    NAMES,
    SKEWED,
    UNKNOWN_KEY,
    WRONG_SECRET,
    Ask,
    Dialect,
    KeyCheck,
    KeyRights,
    Span,
    Venue,
    candles_of,
)
from shared.models.data import Candles, Market, OrderBook
from shared.models.timeframe import MONDAY_MS, Timeframe

ROW_FIELDS: Final = 12
NEVER_MS: Final = 4_133_404_800_000
"""The delivery date of a contract that has none."""
INTERVALS: Final = {timeframe: timeframe.value for timeframe in Timeframe}
BOOK_PATH: Final = {"spot": "public_get_depth", "perpetual": "fapipublic_get_depth"}
KLINE_PATH: Final = {"spot": "public_get_klines", "perpetual": "fapipublic_get_klines"}


def read_time(answer: Any) -> int:
    """The exchange's time."""
    return Record.of(answer, "binance time").time_ms("serverTime")


def read_spot_markets(answer: Any, exchange: str) -> tuple[list[Market], Mapping[str, str]]:
    """Spot markets of ``exchangeInfo`` that have steps."""
    entries = records(Record.of(answer, f"{exchange} markets").list("symbols"), f"{exchange} market")
    found = [_market(entry, exchange, "minNotional", ("NOTIONAL", "MIN_NOTIONAL")) for entry in entries]
    return [market for market in found if market], {}


def read_perpetual_markets(answer: Any, exchange: str) -> tuple[list[Market], Mapping[str, str]]:
    """Perpetual contracts of ``exchangeInfo``; those with a delivery date of their kind are left out."""
    entries = records(Record.of(answer, f"{exchange} markets").list("symbols"), f"{exchange} market")
    contracts = [entry for entry in entries if entry.word("contractType").endswith("PERPETUAL")]
    found = [_market(entry, exchange, "notional", ("MIN_NOTIONAL",)) for entry in contracts]
    return [market for market in found if market], {}


def _market(entry: Record, exchange: str, least: str, least_filters: Sequence[str]) -> Market | None:
    """None where the venue gives no steps to trade in."""
    base, quote = entry.name("baseAsset", NAMES), entry.name("quoteAsset", NAMES)
    rules = {rule.text("filterType"): rule for rule in records(entry.list("filters"), f"{entry.what} filter")}
    if not {"PRICE_FILTER", "LOT_SIZE"} <= rules.keys():
        return None
    tick, step = rules["PRICE_FILTER"].decimal("tickSize"), rules["LOT_SIZE"].decimal("stepSize")
    if not tick or not step:
        return None
    smallest = [rules[name].decimal(least) for name in least_filters if name in rules]
    contract = "contractType" in entry.fields
    settle = entry.name("marginAsset", NAMES) if contract else ""
    delivery = entry.time_ms("deliveryDate") if contract else 0
    return Market(
        exchange=exchange,
        symbol=f"{base}/{quote}:{settle}" if contract else f"{base}/{quote}",
        market_id=entry.name("symbol", NAMES),
        base=base,
        quote=quote,
        kind="perpetual" if contract else "spot",
        tick=tick,
        lot_step=step,
        min_notional=smallest[0] if smallest else Decimal(0),
        active=entry.text("status") == "TRADING",
        source="exchange",
        onboard_ms=entry.time_ms("onboardDate") if contract else 0,
        delivery_ms=delivery if delivery < NEVER_MS else 0,
        settle=settle,
    )


def read_tickers(answers: Sequence[Any], by_id: Mapping[str, Market]) -> dict[str, Ticker]:
    """24-hour figures; bid and ask from the same answer, or from the second where there is one."""
    quotes = {quote.text("symbol"): quote for quote in records(answers[-1], "binance quote")}
    found = {}
    for entry in records(answers[0], "binance ticker"):
        market = by_id.get(entry.text("symbol"))
        quote = quotes.get(entry.text("symbol"))
        if market is None or not (last := entry.number("lastPrice")):
            continue
        found[market.symbol] = Ticker(
            market.symbol,
            last,
            entry.number("quoteVolume"),
            quote.number("bidPrice") if quote else 0.0,
            quote.number("askPrice") if quote else 0.0,
            entry.number("highPrice"),
            entry.number("lowPrice"),
        )
    return found


def ask_candles(span: Span, interval: str, weight: int) -> Ask:
    """A request for klines."""
    chosen = {"symbol": span.market.market_id, "interval": interval}
    ends = {"startTime": span.start_ms, "endTime": span.end_ms - 1, "limit": span.limit}
    return Ask(KLINE_PATH[span.market.kind], {**chosen, **ends}, weight)


def read_candles(answer: Any, span: Span) -> Candles:
    """Rows of twelve fields whose times make a candle of the timeframe asked for."""
    return candles_of(answer, span, _row)


def _row(row: list[Any], timeframe: Timeframe) -> tuple[int, list[Any]]:
    if len(row) != ROW_FIELDS:
        raise ValueError(f"{row!r:.60} does not have {ROW_FIELDS} fields")
    opened, closed = row[0], row[6]
    if type(opened) is not int or type(closed) is not int or closed != opened + timeframe.ms - 1:
        raise ValueError(f"{opened!r:.30} to {closed!r:.30} is not {timeframe} in milliseconds")
    return opened, row[1:6]


def ask_order_book(market: Market, limit: int, weight: int) -> Ask:
    """A request for depth."""
    return Ask(BOOK_PATH[market.kind], {"symbol": market.market_id, "limit": limit}, weight)


def read_order_book(answer: Any, market: Market, asked_ms: int) -> OrderBook:
    """Depth, as of its own time or, without one, of ``asked_ms``."""
    book = Record.of(answer, f"{market.exchange} {market.symbol} order book")
    sides = (np.array(levels(book.list(side), f"{book.what} {side}")) for side in ("bids", "asks"))
    return OrderBook(market.exchange, market.symbol, asked_ms or book.time_ms("T"), *sides)


def read_key_rights(answer: Any) -> KeyRights:
    """What ``apiRestrictions`` allows; every way to trade counts."""
    said = Record.of(answer, "binance key")
    newer = [name for name in NEWER_TRADING if name in said.fields]
    trading = [said.flag(name) for name in (*TRADING, *newer)]
    return KeyRights(
        reads=said.flag("enableReading"),
        trades=any(trading),
        withdraws=said.flag("enableWithdrawals"),
        ip_bound=said.flag("ipRestrict"),
    )


TRADING: Final = ("enableSpotAndMarginTrading", "enableFutures", "enableVanillaOptions", "enableMargin")
NEWER_TRADING: Final = ("enablePortfolioMarginTrading", "enableFixApiTrade")
"""Of the documented permissions those with which orders are sent; the newer ones are not said of every account."""
REFUSED: Final = (
    "the exchange does not take this key: unknown, used from an address it is not for, or without the permission to read",
    "Look at the key on the exchange: copy it once more, allow this address, enable reading",
)
"""One code stands for all three."""
KEY_CHECK: Final = KeyCheck(
    url="https://api.binance.com",
    testnet_url="",
    ask=Ask("sapi_get_account_apirestrictions", {}, 1),
    read=read_key_rights,
    code_name="code",
    refusals={
        -1002: REFUSED,
        -1021: SKEWED,
        -1022: WRONG_SECRET,
        -2008: UNKNOWN_KEY,
        -2014: UNKNOWN_KEY,
        -2015: REFUSED,
    },
)
"""One for both markets: the key is the account's."""

BINANCE: Final = Venue(
    name="binance",
    ccxt_class="binance",
    error_section="spot",
    kind="spot",
    url="https://data-api.binance.vision",
    testnet_url="https://testnet.binance.vision",
    hosts=frozenset({"api.binance.com", "data-api.binance.vision"}),
    candle_tiers=((1000, 2),),
    book_tiers=((100, 5), (500, 25), (1000, 50), (5000, 250)),
    window_s=60,
    window_weight=6000,
    week_anchor_ms=MONDAY_MS,
    volume_unit="base",
    shows_forming=True,
    pages_forward=True,
    book_is_timed=False,
    first_ms=1_500_000_000_000,
    intervals=INTERVALS,
    dialect=Dialect(
        time=Ask("public_get_time", {}, 1),
        read_time=read_time,
        markets=Ask("public_get_exchangeinfo", {}, 20),
        read_markets=read_spot_markets,
        tickers=(Ask("public_get_ticker_24hr", {}, 80),),
        read_tickers=read_tickers,
        candles=ask_candles,
        read_candles=read_candles,
        order_book=ask_order_book,
        read_order_book=read_order_book,
    ),
    key_check=KEY_CHECK,
    stream=BINANCE_STREAM,
)

BINANCE_USDM: Final = Venue(
    name="binance-usdm",
    ccxt_class="binanceusdm",
    error_section="linear",
    kind="perpetual",
    url="https://fapi.binance.com",
    testnet_url="https://testnet.binancefuture.com",
    hosts=frozenset({"fapi.binance.com"}),
    candle_tiers=((99, 1), (499, 2), (1000, 5), (1500, 10)),
    book_tiers=((50, 2), (100, 5), (500, 10), (1000, 20)),
    window_s=60,
    window_weight=2400,
    week_anchor_ms=MONDAY_MS,
    volume_unit="base",
    shows_forming=True,
    pages_forward=True,
    book_is_timed=True,
    first_ms=1_567_900_800_000,
    intervals=INTERVALS,
    dialect=Dialect(
        time=Ask("fapipublic_get_time", {}, 1),
        read_time=read_time,
        markets=Ask("fapipublic_get_exchangeinfo", {}, 1),
        read_markets=read_perpetual_markets,
        tickers=(
            Ask("fapipublic_get_ticker_24hr", {}, 40),
            Ask("fapipublic_get_ticker_bookticker", {}, 5),
        ),
        read_tickers=read_tickers,
        candles=ask_candles,
        read_candles=read_candles,
        order_book=ask_order_book,
        read_order_book=read_order_book,
    ),
    key_check=KEY_CHECK,
    stream=BINANCE_USDM_STREAM,
)
