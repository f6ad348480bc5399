"""Binance's public REST protocol, with its limits: a loopback spot exchange, and what its other markets share with it.

Knows nothing of the product: it is the independent peer the real client is tested against.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from tests.servers import payloads
from tests.servers.exchange import Endpoint, LoopbackExchange, Query, VenueError, always
from tests.servers.faults import Rows
from tests.servers.market import INTERVAL_MS, ServedMarket
from tests.servers.signing import ServedKey, signature
from tests.servers.speeches import BinanceSpeech
from tests.servers.wire import Reply, Request

MOST_KLINES, USUAL_KLINES = 1000, 500
MOST_LEVELS, USUAL_LEVELS = 5000, 100
DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50), (MOST_LEVELS, 250))
TICKER_WEIGHTS = ((20, 2), (100, 40))
ALL_TICKERS = 80
DIGITS = re.compile(r"[0-9]{1,20}")
NAME = re.compile(r"[A-Z0-9-_.]{1,20}")
WORDS = {
    "too_fast": (429, -1003, "Too many requests."),
    "banned": (418, -1003, "Way too many requests; banned."),
    "restricted": (451, 0, "Service unavailable from a restricted location."),
    "broken": (500, -1000, "An unknown error occurred while processing the request."),
}


def error(code: int, message: str, status: int = 400) -> VenueError:
    """An error as the venue words it."""
    return VenueError(Reply(status, json.dumps({"code": code, "msg": message}).encode()))


class BinanceServer(LoopbackExchange):
    """``with BinanceServer(market, now_ms) as server:`` then point a client at ``server.base_url``. Spot.

    ``status`` of a symbol is ``TRADING`` or ``BREAK``. The weight used is that of a minute (of ``window_s`` seconds), which ends
    when a real one has passed or the clock is set to another.
    """

    speech = BinanceSpeech("/ws")
    simple_requests = (Request("GET", "/api/v3/time", {}), Request("GET", "/api/v3/ticker/24hr", {}))

    def __init__(
        self,
        market: ServedMarket,
        now_ms: int,
        weight_limit: int = payloads.WEIGHT_PER_MINUTE,
        window_s: int = 60,
    ) -> None:
        super().__init__(market, now_ms, weight_limit, window_s)
        self.status = dict.fromkeys(market.base, "TRADING")
        self.endpoints = ENDPOINTS

    def worded(self, kind: str) -> Reply:
        status, code, message = WORDS[kind]
        return error(code, message, status).reply

    def limit_headers(self, reset_ms: int) -> dict[str, str]:
        return {"x-mbx-used-weight": str(self.used), "x-mbx-used-weight-1m": str(self.used)}

    def over_limit(self, wait_s: int) -> Reply:
        message = (
            f"Too much request weight used; current limit is {self.weight_limit} request weight per 1 MINUTE."
        )
        refused = error(-1003, message, 429).reply
        return Reply(refused.status, refused.body, {"Retry-After": str(wait_s)})

    def unknown_address(self, request: Request) -> VenueError:
        return error(-5000, f"Path {request.path}, Method {request.method} is invalid", 404)

    def check_query(self, endpoint: Endpoint, query: Query) -> None:
        read = endpoint.parameters & query.keys()
        if len(read) < len(query):
            sent = len(query)
            raise error(
                -1104,
                f"Not all sent parameters were read; read '{len(read)}' parameter(s) but was sent '{sent}'.",
            )

    def signer(self, request: Request) -> ServedKey:
        key = self.keys.get(request.headers.get("x-mbx-apikey", ""))
        if key is None:
            raise error(-2014, "API-key format invalid.", 401)
        if not key.from_here or not key.reads or key.expired:
            raise error(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        asked, window = integer(request.query, "timestamp", 0), integer(request.query, "recvWindow", 5000)
        if not asked:
            raise error(-1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.")
        if not self.now_ms - window <= asked < self.now_ms + 1000:
            raise error(-1021, "Timestamp for this request is outside of the recvWindow.")
        signed, _, sign = request.target.partition("?")[2].rpartition("&signature=")
        if sign != signature(key.secret, signed):
            raise error(-1022, "Signature for this request is not valid.")
        return key

    def rows(self, document: Any) -> Rows:
        if not isinstance(document, list):
            raise TypeError(f"no list of candles: {document!r:.60}")
        return document

    def with_rows(self, document: Any, rows: Any) -> Any:
        return rows

    def retimed(self, row: list[Any], change: Callable[[int], int]) -> list[Any]:
        return [change(row[0]), *row[1:6], change(row[6]), *row[7:]]

    def other_interval(self, interval: str) -> str:
        return "1h" if interval != "1h" else "15m"

    def named(self, market_id: str) -> str:
        """The symbol of an id the venue lists."""
        if not NAME.fullmatch(market_id):
            raise error(
                -1100, f"Illegal characters found in parameter 'symbol'; legal range is '^{NAME.pattern}$'."
            )
        symbol = self.ids.get(market_id)
        if symbol is None or not self.market.is_listed(symbol, self.now_ms):
            raise error(-1121, "Invalid symbol.")
        return symbol


def mandatory(query: Query, name: str) -> str:
    if not query.get(name):
        raise error(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return query[name]


def integer(query: Query, name: str, default: int) -> int:
    if name not in query:
        return default
    if not DIGITS.fullmatch(query[name]):
        raise error(
            -1100, f"Illegal characters found in parameter '{name}'; legal range is '^{DIGITS.pattern}$'."
        )
    return int(query[name])


def limited(query: Query, usual: int, most: int) -> int:
    limit = integer(query, "limit", usual)
    if not limit:
        raise error(-1130, "Data sent for parameter 'limit' is not valid.")
    return min(limit, most)


def chosen(server: BinanceServer, query: Query) -> list[str]:
    """Symbols that ``symbol`` or ``symbols`` names; all without either."""
    if "symbol" in query and "symbols" in query:
        raise error(-1128, "Combination of optional parameters invalid.")
    if "symbol" in query:
        return [server.named(query["symbol"])]
    if "symbols" not in query:
        return server.listed()
    ids = _ids(query)
    if len(set(ids)) < len(ids):
        raise error(-1151, "Symbol is present multiple times in the list.")
    return [server.named(market_id) for market_id in ids]


def _ids(query: Query) -> list[str]:
    """The JSON list in ``symbols``."""
    try:
        ids = json.loads(query["symbols"])
    except ValueError:
        ids = None
    if not isinstance(ids, list) or not ids or not all(isinstance(market_id, str) for market_id in ids):
        raise error(
            -1100, "Illegal characters found in parameter 'symbols'; legal range is a JSON list of symbols."
        )
    return ids


def _exchange_info(server: BinanceServer, query: Query) -> dict[str, Any]:
    entries = [
        payloads.symbol_entry(symbol, server.rules[symbol], server.status[symbol])
        for symbol in chosen(server, query)
    ]
    return payloads.general(server.now_ms, server.weight_limit) | {"symbols": entries}


def _no_contracts(server: BinanceServer, query: Query) -> dict[str, Any]:
    return payloads.general(server.now_ms, server.weight_limit) | {"assets": [], "symbols": []}


def klines(server: BinanceServer, query: Query, most: int = MOST_KLINES) -> list[list[Any]]:
    """From ``startTime`` forwards, without it back from ``endTime``; both ends count."""
    symbol, interval = server.named(mandatory(query, "symbol")), mandatory(query, "interval")
    if interval not in INTERVAL_MS:
        raise error(-1120, "Invalid interval.")
    limit = limited(query, USUAL_KLINES, most)
    end = min(integer(query, "endTime", server.now_ms), server.now_ms)
    start = integer(query, "startTime", max(0, end - limit * INTERVAL_MS[interval] + 1))
    rows = server.market.candles(symbol, interval, start, server.now_ms)
    if "startTime" not in query and len(rows) < limit:
        rows = server.market.candles(symbol, interval, 0, server.now_ms)
    rows = rows[rows[:, 0] <= end]
    return payloads.klines(rows[:limit] if "startTime" in query else rows[-limit:], interval)


def _tickers(server: BinanceServer, query: Query) -> Any:
    symbols = chosen(server, query)
    found = [payloads.ticker(server.market, name, server.rules[name], server.now_ms) for name in symbols]
    return found[0] if "symbol" in query else found


def _depth(server: BinanceServer, query: Query) -> dict[str, Any]:
    symbol = server.named(mandatory(query, "symbol"))
    limit = limited(query, USUAL_LEVELS, MOST_LEVELS)
    return payloads.depth(
        server.market.last_price(symbol, server.now_ms), server.rules[symbol], limit, server.now_ms
    )


def _depth_weight(query: Query) -> int:
    sent = query.get("limit", "")
    limit = int(sent) if DIGITS.fullmatch(sent) else USUAL_LEVELS
    return next(weight for most, weight in DEPTH_WEIGHTS if min(limit, MOST_LEVELS) <= most)


def _ticker_weight(query: Query) -> int:
    if "symbol" in query:
        return TICKER_WEIGHTS[0][1]
    names = query["symbols"].count(",") + 1 if "symbols" in query else math.inf
    return next((weight for most, weight in TICKER_WEIGHTS if names <= most), ALL_TICKERS)


def key_restrictions(server: BinanceServer, key: ServedKey) -> dict[str, Any]:
    """What a key may do, in the words of the account's API management."""
    return {
        "ipRestrict": key.ip_bound,
        "createTime": 1_698_645_219_000,
        "enableReading": key.reads,
        "enableSpotAndMarginTrading": key.trades,
        "enableWithdrawals": key.withdraws,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enablePortfolioMarginTrading": False,
    }


NONE: frozenset[str] = frozenset()
KEY_ENDPOINTS = {"/sapi/v1/account/apiRestrictions": Endpoint(NONE, always(1), key_restrictions, signed=True)}
CHOICE = frozenset({"symbol", "symbols"})
SPAN = frozenset({"symbol", "interval", "startTime", "endTime", "limit"})
ENDPOINTS = KEY_ENDPOINTS | {
    "/api/v3/ping": Endpoint(NONE, always(1), lambda server, query: {}),
    "/api/v3/time": Endpoint(NONE, always(1), lambda server, query: {"serverTime": server.now_ms}),
    "/api/v3/exchangeInfo": Endpoint(CHOICE, always(20), _exchange_info),
    "/api/v3/klines": Endpoint(SPAN, always(2), klines),
    "/api/v3/ticker/24hr": Endpoint(CHOICE, _ticker_weight, _tickers),
    "/api/v3/depth": Endpoint(frozenset({"symbol", "limit"}), _depth_weight, _depth),
    "/fapi/v1/exchangeInfo": Endpoint(NONE, always(1), _no_contracts),
    "/dapi/v1/exchangeInfo": Endpoint(NONE, always(1), _no_contracts),
}
