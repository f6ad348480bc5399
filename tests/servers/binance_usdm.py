"""Binance USDT-margined perpetuals on the loopback: the addresses, weights and shapes in which they differ from spot."""

from __future__ import annotations

from typing import Any

from tests.servers import binance, payloads, payloads_usdm
from tests.servers.binance import NONE, SPAN, BinanceServer, integer, klines, mandatory
from tests.servers.exchange import Endpoint, Query, always
from tests.servers.market import ServedMarket
from tests.servers.speeches import BinanceSpeech
from tests.servers.wire import Request

MOST_KLINES, USUAL_KLINES = 1500, 500
BOOK_SIZES = (5, 10, 20, 50, 100, 500, 1000)
KLINE_WEIGHTS = ((99, 1), (499, 2), (1000, 5), (MOST_KLINES, 10))
DEPTH_WEIGHTS = ((50, 2), (100, 5), (500, 10), (1000, 20))


class BinanceUsdmServer(BinanceServer):
    """Perpetuals of the same symbols, and a quarterly contract of the first of them."""

    speech = BinanceSpeech("/market/ws")
    simple_requests = (Request("GET", "/fapi/v1/time", {}), Request("GET", "/fapi/v1/ticker/24hr", {}))

    def __init__(
        self, market: ServedMarket, now_ms: int, weight_limit: int = payloads_usdm.WEIGHT_PER_MINUTE
    ) -> None:
        super().__init__(market, now_ms, weight_limit)
        self.delivery_ms = dict.fromkeys(market.base, payloads_usdm.NEVER_MS)
        self.endpoints = ENDPOINTS


def _exchange_info(server: BinanceUsdmServer, query: Query) -> dict[str, Any]:
    listed = server.listed()
    entries = [
        payloads_usdm.symbol_entry(
            symbol,
            server.rules[symbol],
            server.status[symbol],
            server.onboard_ms(symbol),
            server.delivery_ms[symbol],
        )
        for symbol in listed
    ]
    quarterly = payloads_usdm.quarterly_entry(listed[0], server.rules[listed[0]], server.now_ms)
    return payloads_usdm.general(server.now_ms, server.weight_limit) | {"symbols": [*entries, quarterly]}


def _tickers(server: BinanceUsdmServer, query: Query) -> Any:
    found = [
        payloads_usdm.ticker(server.market, name, server.rules[name], server.now_ms)
        for name in binance.chosen(server, query)
    ]
    return found[0] if "symbol" in query else found


def _quotes(server: BinanceUsdmServer, query: Query) -> Any:
    found = [
        payloads_usdm.quote(server.market, name, server.rules[name], server.now_ms)
        for name in binance.chosen(server, query)
    ]
    return found[0] if "symbol" in query else found


def _depth(server: BinanceUsdmServer, query: Query) -> dict[str, Any]:
    symbol = server.named(mandatory(query, "symbol"))
    limit = integer(query, "limit", 500)
    if limit not in BOOK_SIZES:
        raise binance.error(-4021, f"'{limit}' is not valid depth limit.")
    last = server.market.last_price(symbol, server.now_ms)
    book = payloads.depth(last, server.rules[symbol], limit, server.now_ms)
    return book | {"E": server.now_ms, "T": server.now_ms}


def _klines(server: BinanceUsdmServer, query: Query) -> list[list[Any]]:
    return klines(server, query, MOST_KLINES)


def _kline_weight(query: Query) -> int:
    return _tier(KLINE_WEIGHTS, query, USUAL_KLINES)


def _depth_weight(query: Query) -> int:
    return _tier(DEPTH_WEIGHTS, query, USUAL_KLINES)


def _tier(tiers: tuple[tuple[int, int], ...], query: Query, usual: int) -> int:
    sent = query.get("limit", "")
    rows = int(sent) if binance.DIGITS.fullmatch(sent) else usual
    return next((weight for most, weight in tiers if rows <= most), tiers[-1][1])


def _per_symbol(one: int, every: int) -> Any:
    return lambda query: one if "symbol" in query else every


SYMBOL = frozenset({"symbol"})
ENDPOINTS = binance.KEY_ENDPOINTS | {
    "/fapi/v1/ping": Endpoint(NONE, always(1), lambda server, query: {}),
    "/fapi/v1/time": Endpoint(NONE, always(1), lambda server, query: {"serverTime": server.now_ms}),
    "/fapi/v1/exchangeInfo": Endpoint(NONE, always(1), _exchange_info),
    "/fapi/v1/klines": Endpoint(SPAN, _kline_weight, _klines),
    "/fapi/v1/ticker/24hr": Endpoint(SYMBOL, _per_symbol(1, 40), _tickers),
    "/fapi/v1/ticker/bookTicker": Endpoint(SYMBOL, _per_symbol(2, 5), _quotes),
    "/fapi/v1/depth": Endpoint(frozenset({"symbol", "limit"}), _depth_weight, _depth),
}
