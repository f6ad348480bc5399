"""A loopback server that speaks Bybit v5's public REST protocol for spot and linear, with its limits and, on demand, its faults.

Knows nothing of the product: it is the independent peer the real client is tested against.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.servers import payloads_bybit as payloads
from tests.servers.exchange import Endpoint, LoopbackExchange, Query, VenueError, always
from tests.servers.faults import Rows
from tests.servers.market import INTERVAL_MS, ServedMarket
from tests.servers.signing import ServedKey, signature
from tests.servers.speeches import BybitSpeech
from tests.servers.wire import Reply, Request

REQUESTS_PER_WINDOW, WINDOW_S = 600, 5
MOST_KLINES, USUAL_KLINES = 1000, 200
MOST_LEVELS = {"spot": (1, 200), "linear": (25, 500)}
INTERVALS = {
    "1": "1m", "3": "3m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "120": "2h", "240": "4h", "360": "6h",
    "720": "12h", "D": "1d", "W": "1w",
}  # fmt: skip
DIGITS = re.compile(r"[0-9]{1,20}")
WORDS = {
    "too_fast": (200, 10006, "Too many visits. Exceeded the API Rate Limit."),
    "banned": (403, 10018, "Exceeded the IP Rate Limit."),
    "restricted": (403, 10024, "Service is restricted."),
    "broken": (200, 10016, "System error. Please try again later."),
}


class BybitServer(LoopbackExchange):
    """``with BybitServer(market, now_ms) as server:`` then point a client at ``server.base_url``. Both categories list the same
    symbols; ``linear`` a dated contract of the first of them too. ``status`` of a symbol is ``Trading`` or ``Closed``;
    ``part`` is how many linear instruments come at once at most.
    """

    speech = BybitSpeech()
    simple_requests = (
        Request("GET", "/v5/market/time", {}),
        Request("GET", "/v5/market/tickers", {"category": "spot"}),
    )

    def __init__(self, market: ServedMarket, now_ms: int, weight_limit: int = REQUESTS_PER_WINDOW) -> None:
        super().__init__(market, now_ms, weight_limit, WINDOW_S)
        self.status = dict.fromkeys(market.base, "Trading")
        self.delivery_ms = dict.fromkeys(market.base, 0)
        self.part = 1000
        self.endpoints = ENDPOINTS

    def worded(self, kind: str) -> Reply:
        status, code, message = WORDS[kind]
        return error(code, message, self.now_ms, status).reply

    def limit_headers(self, reset_ms: int) -> dict[str, str]:
        left = max(0, self.weight_limit - self.used)
        return {
            "X-Bapi-Limit": str(self.weight_limit),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str(reset_ms),
        }

    def over_limit(self, wait_s: int) -> Reply:
        return self.worded("too_fast")

    def unknown_address(self, request: Request) -> VenueError:
        return VenueError(Reply(404, b"404 page not found"))

    def signer(self, request: Request) -> ServedKey:
        said = request.headers
        name, asked, window = (
            said.get(f"x-bapi-{part}", "") for part in ("api-key", "timestamp", "recv-window")
        )
        key = self.keys.get(name)
        if key is None:
            raise error(10003, "API key is invalid.", self.now_ms)
        if key.expired:
            raise error(33004, "Your api key has expired.", self.now_ms)
        if not key.from_here:
            raise error(10010, "Unmatched IP, please check your API key's bound IP addresses.", self.now_ms)
        if not DIGITS.fullmatch(asked) or not self.now_ms - int(window) <= int(asked) < self.now_ms + 1000:
            raise error(
                10002, "invalid request, please check your server timestamp or recv_window param", self.now_ms
            )
        query = request.target.partition("?")[2]
        if said.get("x-bapi-sign") != signature(key.secret, asked + name + window + query):
            raise error(10004, "error sign! please check your signature generation algorithm.", self.now_ms)
        return key

    def rows(self, document: Any) -> Rows:
        return document["result"]["list"]

    def with_rows(self, document: Any, rows: Any) -> Any:
        return {**document, "result": {**document["result"], "list": rows}}

    def retimed(self, row: list[Any], change: Callable[[int], int]) -> list[Any]:
        return [str(change(int(row[0]))), *row[1:]]

    def other_interval(self, interval: str) -> str:
        return "60" if interval != "60" else "15"

    def category(self, query: Query) -> str:
        """The category asked for."""
        if query.get("category") not in MOST_LEVELS:
            raise self.wrong("params error: Category is invalid")
        return query["category"]

    def named(self, query: Query) -> str:
        """The symbol asked for."""
        symbol = self.ids.get(query.get("symbol", ""))
        if symbol is None or not self.market.is_listed(symbol, self.now_ms):
            raise self.wrong("Not supported symbols")
        return symbol

    def wrong(self, message: str) -> VenueError:
        """A question that is not understood."""
        return error(10001, message, self.now_ms)

    def integer(self, query: Query, name: str, default: int) -> int:
        """A parameter that is a number."""
        if not DIGITS.fullmatch(query.get(name, str(default))):
            raise self.wrong(f"params error: {name} is invalid")
        return int(query.get(name, default))


def error(code: int, message: str, now_ms: int, status: int = 200) -> VenueError:
    """An error as the venue words it: HTTP 200 and a code."""
    body = {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": now_ms}
    return VenueError(Reply(status, json.dumps(body).encode()))


def _time(server: BybitServer, query: Query) -> dict[str, Any]:
    seconds, nanos = server.now_ms // 1000, server.now_ms * 1_000_000
    return payloads.envelope({"timeSecond": str(seconds), "timeNano": str(nanos)}, server.now_ms)


def _instruments(server: BybitServer, query: Query) -> dict[str, Any]:
    category, listed = server.category(query), server.listed()
    if category == "spot":
        entries = [payloads.spot_entry(name, server.rules[name], server.status[name]) for name in listed]
        return payloads.envelope({"category": category, "list": entries}, server.now_ms)
    entries = [
        payloads.linear_entry(
            name, server.rules[name], server.status[name], server.onboard_ms(name), server.delivery_ms[name]
        )
        for name in listed
    ]
    entries.append(payloads.dated_entry(listed[0], server.rules[listed[0]], server.now_ms))
    start = server.integer(query, "cursor", 0)
    stop = start + min(server.integer(query, "limit", 500), server.part)
    cursor = str(stop) if stop < len(entries) else ""
    result = {"category": category, "list": entries[start:stop], "nextPageCursor": cursor}
    return payloads.envelope(result, server.now_ms)


def _klines(server: BybitServer, query: Query) -> dict[str, Any]:
    """Newest first; of a span with both ends the newest, with a start alone the first."""
    category, symbol = server.category(query), server.named(query)
    if query.get("interval") not in INTERVALS:
        raise server.wrong("params error: interval is invalid")
    interval = INTERVALS[query["interval"]]
    limit = min(server.integer(query, "limit", USUAL_KLINES), MOST_KLINES)
    end = min(server.integer(query, "end", server.now_ms), server.now_ms)
    start = server.integer(query, "start", max(0, end - limit * INTERVAL_MS[interval] + 1))
    rows = server.market.candles(symbol, interval, start, server.now_ms)
    rows = rows[rows[:, 0] <= end]
    rows = rows[:limit] if "start" in query and "end" not in query else rows[-limit:]
    result = {"category": category, "symbol": query["symbol"], "list": payloads.klines(rows)}
    return payloads.envelope(result, server.now_ms)


def _tickers(server: BybitServer, query: Query) -> dict[str, Any]:
    category = server.category(query)
    names = [server.named(query)] if "symbol" in query else server.listed()
    found = [
        payloads.ticker(server.market, name, server.rules[name], server.now_ms, category) for name in names
    ]
    return payloads.envelope({"category": category, "list": found}, server.now_ms)


def _order_book(server: BybitServer, query: Query) -> dict[str, Any]:
    usual, most = MOST_LEVELS[server.category(query)]
    symbol, limit = server.named(query), server.integer(query, "limit", usual)
    if not 1 <= limit <= most:
        raise server.wrong("params error: limit is invalid")
    last = server.market.last_price(symbol, server.now_ms)
    book = payloads.depth(last, server.rules[symbol], limit, server.now_ms, query["symbol"])
    return payloads.envelope(book, server.now_ms)


def _key(server: BybitServer, key: ServedKey) -> dict[str, Any]:
    trade = ["Order", "Position"] if key.trades else []
    wallet = ["AccountTransfer", *(["Withdraw"] if key.withdraws else [])]
    name = next(name for name, served in server.keys.items() if served is key)
    result = {
        "id": "13770661",
        "note": "scanner",
        "apiKey": name,
        "readOnly": 0 if key.trades or key.withdraws else 1,
        "secret": "",
        "permissions": {
            "ContractTrade": trade,
            "Spot": ["SpotTrade"] if key.trades else [],
            "Wallet": wallet,
            "Options": [],
            "Derivatives": [],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
            "Affiliate": [],
            "Earn": [],
        },
        "ips": ["203.0.113.7"] if key.ip_bound else ["*"],
        "type": 1,
        "deadlineDay": 83,
        "expiredAt": "2027-05-15T03:21:05Z",
        "createdAt": "2026-10-16T02:24:40Z",
        "unified": 0,
        "uta": 1,
        "isMaster": True,
    }
    return payloads.envelope(result, server.now_ms)


ANY: frozenset[str] = frozenset()
ENDPOINTS = {
    "/v5/user/query-api": Endpoint(ANY, always(1), _key, signed=True),
    "/v5/market/time": Endpoint(ANY, always(1), _time),
    "/v5/market/instruments-info": Endpoint(ANY, always(1), _instruments),
    "/v5/market/kline": Endpoint(ANY, always(1), _klines),
    "/v5/market/tickers": Endpoint(ANY, always(1), _tickers),
    "/v5/market/orderbook": Endpoint(ANY, always(1), _order_book),
}
