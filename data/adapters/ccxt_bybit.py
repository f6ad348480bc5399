"""Bybit v5: spot and linear perpetuals.

Facts of the venue (its API documentation): errors come with HTTP 200 and a ``retCode``; lists of candles are newest first,
their cells are texts, and the newest may be forming; a market id means another market in each category; linear
instruments come in parts with a cursor; days open 00:00 UTC and weeks on Monday; volume counts base currency in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

import numpy as np

from contracts.data_contract import Ticker
from data.adapters.answers import WHOLE, Record, levels, records
from data.adapters.stream_dialect import BYBIT_LINEAR_STREAM, BYBIT_STREAM
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
from shared.errors import DataFault
from shared.models.data import Candles, Market, OrderBook
from shared.models.timeframe import MONDAY_MS, Timeframe

ROW_FIELDS: Final = 7
INTERVALS: Final = {
    Timeframe.M5: "5",
    Timeframe.M15: "15",
    Timeframe.H1: "60",
    Timeframe.H4: "240",
    Timeframe.D1: "D",
    Timeframe.W1: "W",
}
CATEGORY: Final = {"spot": "spot", "perpetual": "linear"}
KEPT_APART: Final = {"USD": "USDC"}
"""Contracts quoted in dollars and settled in this: their ids end in PERP."""


def _result(answer: Any, what: str) -> Record:
    """What a good answer wraps."""
    outer = Record.of(answer, what)
    if outer.fields.get("retCode") != 0:
        raise DataFault(f"{what}: the answer has no retCode of 0", "Try again later")
    return outer.record("result")


def read_time(answer: Any) -> int:
    """The exchange's time: that of the answer, which every answer has, where the result says the same in seconds."""
    seconds = _result(answer, "bybit time").time_ms("timeSecond")
    now_ms = Record.of(answer, "bybit time").time_ms("time")
    if abs(now_ms // 1000 - seconds) > 1:
        raise DataFault(f"bybit time: {now_ms} ms and {seconds} s are not the same time", "Try again later")
    return now_ms


def read_markets(answer: Any, exchange: str, category: str) -> tuple[list[Market], Mapping[str, str]]:
    """Markets of ``instruments-info``, and the cursor of the next part."""
    result = _result(answer, f"{exchange} markets")
    _check_category(result, category)
    entries = records(result.list("list"), f"{exchange} market")
    if category == "spot":
        return [_spot(entry, exchange) for entry in entries], {}
    contracts = [entry for entry in entries if entry.text("contractType") == "LinearPerpetual"]
    cursor = result.fields.get("nextPageCursor") or ""
    rest = {"cursor": result.text("nextPageCursor")} if cursor else {}
    return [_perpetual(entry, exchange) for entry in contracts], rest


def _check_category(result: Record, category: str) -> None:
    if result.text("category") != category:
        raise DataFault(
            f"{result.what}: the answer is of category {result.text('category')!r:.20}, not {category}",
            "The exchange answers another question: check base_url",
        )


def _spot(entry: Record, exchange: str) -> Market:
    base, quote = entry.name("baseCoin", NAMES), entry.name("quoteCoin", NAMES)
    lots = entry.record("lotSizeFilter")
    return Market(
        exchange=exchange,
        symbol=f"{base}/{quote}",
        market_id=entry.name("symbol", NAMES),
        base=base,
        quote=quote,
        kind="spot",
        tick=entry.record("priceFilter").decimal("tickSize"),
        lot_step=lots.decimal("basePrecision"),
        min_notional=lots.decimal("minOrderAmt"),
        active=entry.text("status") == "Trading",
        source="exchange",
    )


def _perpetual(entry: Record, exchange: str) -> Market:
    base, quote = entry.name("baseCoin", NAMES), entry.name("quoteCoin", NAMES)
    settle = entry.name("settleCoin", NAMES)
    settle = KEPT_APART.get(settle, settle)
    lots = entry.record("lotSizeFilter")
    smallest = lots.decimal("minNotionalValue") if "minNotionalValue" in lots.fields else Decimal(0)
    return Market(
        exchange=exchange,
        symbol=f"{base}/{quote}:{settle}",
        market_id=entry.name("symbol", NAMES),
        base=base,
        quote=quote,
        kind="perpetual",
        tick=entry.record("priceFilter").decimal("tickSize"),
        lot_step=lots.decimal("qtyStep"),
        min_notional=smallest,
        active=entry.text("status") == "Trading",
        source="exchange",
        onboard_ms=entry.time_ms("launchTime"),
        delivery_ms=entry.time_ms("deliveryTime"),
        settle=settle,
    )


def read_tickers(answers: Sequence[Any], by_id: Mapping[str, Market], category: str) -> dict[str, Ticker]:
    """24-hour figures with bid and ask; a figure there is none of is an empty text."""
    result = _result(answers[0], f"bybit {category} tickers")
    _check_category(result, category)
    found = {}
    for entry in records(result.list("list"), f"bybit {category} ticker"):
        market = by_id.get(entry.text("symbol"))
        if market is None or not (last := entry.number_if_any("lastPrice")):
            continue
        rest = ("turnover24h", "bid1Price", "ask1Price", "highPrice24h", "lowPrice24h")
        found[market.symbol] = Ticker(market.symbol, last, *(entry.number_if_any(key) for key in rest))
    return found


def ask_candles(span: Span, interval: str, weight: int) -> Ask:
    """A request for klines; both ends count by their opening."""
    query: dict[str, str | int] = {
        "category": CATEGORY[span.market.kind],
        "symbol": span.market.market_id,
        "interval": interval,
        "start": span.start_ms,
        "end": span.end_ms - 1,
        "limit": span.limit,
    }
    return Ask("public_get_v5_market_kline", query, weight)


def read_candles(answer: Any, span: Span) -> Candles:
    """Rows of seven texts, of the market asked for."""
    result = _result(answer, span.name)
    _check_market(result, "symbol", span.market)
    _check_category(result, CATEGORY[span.market.kind])
    return candles_of(result.list("list"), span, _row)


def _check_market(result: Record, key: str, market: Market) -> None:
    if result.text(key) != market.market_id:
        raise DataFault(
            f"{result.what}: the answer is of market {result.text(key)!r:.40}, not {market.market_id}",
            "The exchange answers another question: check base_url",
        )


def _row(row: list[Any], timeframe: Timeframe) -> tuple[int, list[Any]]:
    if len(row) != ROW_FIELDS or type(row[0]) is not str or not WHOLE.fullmatch(row[0]):
        raise ValueError(f"{row!r:.60} is not a time and {ROW_FIELDS - 1} numbers")
    return int(row[0]), row[1:6]


def ask_order_book(market: Market, limit: int, weight: int) -> Ask:
    """A request for an order book."""
    chosen = {"category": CATEGORY[market.kind], "symbol": market.market_id}
    return Ask("public_get_v5_market_orderbook", {**chosen, "limit": limit}, weight)


def read_order_book(answer: Any, market: Market, asked_ms: int) -> OrderBook:
    """An order book of the market asked for, as of its own time."""
    book = _result(answer, f"{market.exchange} {market.symbol} order book")
    _check_market(book, "s", market)
    sides = (np.array(levels(book.list(side), f"{book.what} {side}")) for side in ("b", "a"))
    return OrderBook(market.exchange, market.symbol, book.time_ms("ts"), *sides)


def _dialect(category: str, parts: Mapping[str, int]) -> Dialect:
    chosen = {"category": category}
    return Dialect(
        time=Ask("public_get_v5_market_time", {}, 1),
        read_time=read_time,
        markets=Ask("public_get_v5_market_instruments_info", chosen | dict(parts), 1),
        read_markets=partial(read_markets, category=category),
        tickers=(Ask("public_get_v5_market_tickers", chosen, 1),),
        read_tickers=partial(read_tickers, category=category),
        candles=ask_candles,
        read_candles=read_candles,
        order_book=ask_order_book,
        read_order_book=read_order_book,
    )


READ_ONLY: Final = {0: False, 1: True}
WITHDRAW: Final = "withdraw"
ELSEWHERE: Final = frozenset({"Wallet", "Affiliate", "Earn", "FiatP2P", "BybitPay"})
"""Groups of permissions that move or earn money and send no order; what is in any other group trades."""


def read_key_rights(answer: Any) -> KeyRights:
    """What ``query-api`` says; every key reads. A right to withdraw counts also where the key is said to be read-only."""
    said = _result(answer, "bybit key")
    read_only = READ_ONLY.get(said.whole("readOnly"))
    if read_only is None:
        raise DataFault(f"{said.what}: 'readOnly' is neither 0 nor 1", "Try again later")
    groups = {name: said.record("permissions").list(name) for name in said.record("permissions").fields}
    if not groups:
        raise DataFault(f"{said.what}: it names no group of permissions", "Try again later")
    addresses = said.list("ips")
    return KeyRights(
        reads=True,
        trades=not read_only and any(rights for name, rights in groups.items() if name not in ELSEWHERE),
        withdraws=any(
            str(right).lower().startswith(WITHDRAW) for rights in groups.values() for right in rights
        ),
        ip_bound=bool(addresses) and "*" not in addresses,
    )


KEY_CHECK: Final = KeyCheck(
    url="https://api.bybit.com",
    testnet_url="https://api-testnet.bybit.com",
    ask=Ask("private_get_v5_user_query_api", {}, 1),
    read=read_key_rights,
    code_name="retCode",
    refusals={
        10002: SKEWED,
        10003: UNKNOWN_KEY,
        10004: WRONG_SECRET,
        10005: ("the key may not be asked about", "Give the key the permission to read"),
        10007: UNKNOWN_KEY,
        10010: (
            "the key is not for this address",
            "Add this machine's address to the key's list on the exchange",
        ),
        33004: ("the key has expired", "Make a new key"),
    },
)
"""One for both markets: the key is the account's."""

BYBIT: Final = Venue(
    name="bybit",
    ccxt_class="bybit",
    error_section="",
    kind="spot",
    url="https://api.bybit.com",
    testnet_url="https://api-testnet.bybit.com",
    hosts=frozenset({"api.bybit.com", "api.bytick.com"}),
    candle_tiers=((1000, 1),),
    book_tiers=((50, 1), (200, 1)),
    window_s=5,
    window_weight=600,
    week_anchor_ms=MONDAY_MS,
    volume_unit="base",
    shows_forming=True,
    pages_forward=False,
    book_is_timed=True,
    first_ms=1_541_030_400_000,
    intervals=INTERVALS,
    dialect=_dialect("spot", {}),
    key_check=KEY_CHECK,
    stream=BYBIT_STREAM,
)

BYBIT_LINEAR: Final = Venue(
    name="bybit-linear",
    ccxt_class="bybit",
    error_section="",
    kind="perpetual",
    url="https://api.bybit.com",
    testnet_url="https://api-testnet.bybit.com",
    hosts=frozenset({"api.bybit.com", "api.bytick.com"}),
    candle_tiers=((1000, 1),),
    book_tiers=((50, 1), (200, 1), (500, 1)),
    window_s=5,
    window_weight=600,
    week_anchor_ms=MONDAY_MS,
    volume_unit="base",
    shows_forming=True,
    pages_forward=False,
    book_is_timed=True,
    first_ms=1_541_030_400_000,
    intervals=INTERVALS,
    dialect=_dialect("linear", {"limit": 1000}),
    key_check=KEY_CHECK,
    stream=BYBIT_LINEAR_STREAM,
)
