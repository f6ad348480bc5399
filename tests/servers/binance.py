"""A loopback server that speaks Binance spot's public REST protocol, with its limits and, on demand, its faults.

Knows nothing of the product: it is the independent peer the real client is tested against.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers import payloads
from tests.servers.faults import ELSEWHERE, FaultPlan
from tests.servers.market import INTERVAL_MS, ServedMarket
from tests.servers.rules import rules_of
from tests.servers.wire import Loopback, Reply, Request

Query = Mapping[str, str]

MINUTE_S = 60
MOST_KLINES, USUAL_KLINES = 1000, 500
MOST_LEVELS, USUAL_LEVELS = 5000, 100
DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50), (MOST_LEVELS, 250))
TICKER_WEIGHTS = ((20, 2), (100, 40))
ALL_TICKERS = 80
DIGITS = re.compile(r"[0-9]{1,20}")
NAME = re.compile(r"[A-Z0-9-_.]{1,20}")


class VenueError(Exception):
    """An error as the venue words it."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        self.reply = Reply(status, json.dumps({"code": code, "msg": message}).encode())
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an address takes, weighs and gives."""

    parameters: frozenset[str]
    weight: Callable[[Query], int]
    answer: Callable[[BinanceServer, Query], Any]


class BinanceServer:
    """``with BinanceServer(market, now_ms) as server:`` then point a client at ``server.base_url``.

    ``now_ms`` is the exchange's clock and may be set at any time; ``requests`` is the log, path and query, oldest first.
    ``rules`` and ``status`` (``TRADING``, ``BREAK``) may be changed for any symbol. The weight used is that of a minute,
    which ends when a real one has passed or the clock is set to another.
    """

    def __init__(
        self, market: ServedMarket, now_ms: int, weight_limit: int = payloads.WEIGHT_PER_MINUTE
    ) -> None:
        self.market = market
        self.now_ms = now_ms
        self.weight_limit = weight_limit
        self.rules = {symbol: rules_of(symbol) for symbol in market.base}
        self.status = dict.fromkeys(market.base, "TRADING")
        self.requests: list[tuple[str, Query]] = []
        self.faults = FaultPlan()
        self._ids = {symbol.replace("/", ""): symbol for symbol in market.base}
        self._minute = (0, 0)
        self._used = 0
        self._started = time.monotonic()
        self._wire = Loopback(self._reply)

    def __enter__(self) -> BinanceServer:
        self._wire.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.__exit__()

    @property
    def base_url(self) -> str:
        """Address to give the client."""
        return self._wire.base_url

    def fault(self, path: str, kind: str, times: int = 1, symbol: str | None = None) -> None:
        """Spoil the next ``times`` requests whose path contains ``path`` (and that name ``symbol``, such as ``BTCUSDT``)."""
        self.faults.add(path, kind, times, symbol)

    def count(self, path: str) -> int:
        """Requests seen whose path contains ``path``."""
        return sum(path in seen for seen, _ in self.requests)

    def another(self, market_id: str) -> str:
        """Some other listed symbol's id."""
        return next(other for other in self._ids if other != market_id)

    def answer(self, request: Request) -> Reply:
        """The good answer, or the venue's own error."""
        try:
            endpoint = _endpoint(request)
            return Reply(200, json.dumps(endpoint.answer(self, request.query)).encode())
        except VenueError as error:
            return error.reply

    def listed(self) -> list[str]:
        """Symbols whose first candle has opened."""
        return [symbol for symbol in self.market.base if self.market.is_listed(symbol, self.now_ms)]

    def named(self, market_id: str) -> str:
        """The symbol of an id the venue lists."""
        if not NAME.fullmatch(market_id):
            raise VenueError(
                -1100, f"Illegal characters found in parameter 'symbol'; legal range is '^{NAME.pattern}$'."
            )
        symbol = self._ids.get(market_id)
        if symbol is None or not self.market.is_listed(symbol, self.now_ms):
            raise VenueError(-1121, "Invalid symbol.")
        return symbol

    def _reply(self, request: Request) -> tuple[Reply, Mapping[str, str]]:
        self.requests.append((request.path, request.query))
        wait_s = self._weigh(request)
        used = {"x-mbx-used-weight": str(self._used), "x-mbx-used-weight-1m": str(self._used)}
        if wait_s:
            message = f"Too much request weight used; current limit is {self.weight_limit} request weight per 1 MINUTE."
            return VenueError(-1003, message, 429).reply, used | {"Retry-After": str(wait_s)}
        if request.path.startswith(ELSEWHERE):
            return self.answer(_followed(request)), used
        responder = self.faults.due(request)
        return responder(self, request) if responder else self.answer(request), used

    def _weigh(self, request: Request) -> int:
        """Count the request; the seconds to wait when that is too much, else 0."""
        passed = time.monotonic() - self._started
        minute = (self.now_ms // (MINUTE_S * 1000), int(passed // MINUTE_S))
        if minute != self._minute:
            self._minute, self._used = minute, 0
        endpoint = ENDPOINTS.get(request.path)
        self._used += endpoint.weight(request.query) if endpoint else 1
        return math.ceil(MINUTE_S - passed % MINUTE_S) if self._used > self.weight_limit else 0


def _followed(request: Request) -> Request:
    return Request(request.method, request.path.removeprefix(ELSEWHERE), request.query)


def _endpoint(request: Request) -> Endpoint:
    endpoint = ENDPOINTS.get(request.path)
    if endpoint is None or request.method != "GET":
        raise VenueError(-5000, f"Path {request.path}, Method {request.method} is invalid", 404)
    read = endpoint.parameters & request.query.keys()
    if len(read) < len(request.query):
        sent = len(request.query)
        raise VenueError(
            -1104,
            f"Not all sent parameters were read; read '{len(read)}' parameter(s) but was sent '{sent}'.",
        )
    return endpoint


def _mandatory(query: Query, name: str) -> str:
    if not query.get(name):
        raise VenueError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return query[name]


def _integer(query: Query, name: str, default: int) -> int:
    if name not in query:
        return default
    if not DIGITS.fullmatch(query[name]):
        raise VenueError(
            -1100, f"Illegal characters found in parameter '{name}'; legal range is '^{DIGITS.pattern}$'."
        )
    return int(query[name])


def _limit(query: Query, usual: int, most: int) -> int:
    limit = _integer(query, "limit", usual)
    if not limit:
        raise VenueError(-1130, "Data sent for parameter 'limit' is not valid.")
    return min(limit, most)


def _chosen(server: BinanceServer, query: Query) -> list[str]:
    """Symbols that ``symbol`` or ``symbols`` names; all without either."""
    if "symbol" in query and "symbols" in query:
        raise VenueError(-1128, "Combination of optional parameters invalid.")
    if "symbol" in query:
        return [server.named(query["symbol"])]
    if "symbols" not in query:
        return server.listed()
    ids = _ids(query)
    if len(set(ids)) < len(ids):
        raise VenueError(-1151, "Symbol is present multiple times in the list.")
    return [server.named(market_id) for market_id in ids]


def _ids(query: Query) -> list[str]:
    """The JSON list in ``symbols``."""
    try:
        ids = json.loads(query["symbols"])
    except ValueError:
        ids = None
    if not isinstance(ids, list) or not ids or not all(isinstance(market_id, str) for market_id in ids):
        raise VenueError(
            -1100, "Illegal characters found in parameter 'symbols'; legal range is a JSON list of symbols."
        )
    return ids


def _exchange_info(server: BinanceServer, query: Query) -> dict[str, Any]:
    entries = [
        payloads.symbol_entry(symbol, server.rules[symbol], server.status[symbol])
        for symbol in _chosen(server, query)
    ]
    return payloads.general(server.now_ms, server.weight_limit) | {"symbols": entries}


def _no_contracts(server: BinanceServer, query: Query) -> dict[str, Any]:
    return payloads.general(server.now_ms, server.weight_limit) | {"assets": [], "symbols": []}


def _klines(server: BinanceServer, query: Query) -> list[list[Any]]:
    """From ``startTime`` forwards, without it back from ``endTime``; both ends count."""
    symbol, interval = server.named(_mandatory(query, "symbol")), _mandatory(query, "interval")
    if interval not in INTERVAL_MS:
        raise VenueError(-1120, "Invalid interval.")
    limit = _limit(query, USUAL_KLINES, MOST_KLINES)
    end = min(_integer(query, "endTime", server.now_ms), server.now_ms)
    start = _integer(query, "startTime", max(0, end - limit * INTERVAL_MS[interval] + 1))
    rows = server.market.candles(symbol, interval, start, server.now_ms)
    if "startTime" not in query and len(rows) < limit:
        rows = server.market.candles(symbol, interval, 0, server.now_ms)
    rows = rows[rows[:, 0] <= end]
    return payloads.klines(rows[:limit] if "startTime" in query else rows[-limit:], interval)


def _tickers(server: BinanceServer, query: Query) -> Any:
    symbols = _chosen(server, query)
    found = [payloads.ticker(server.market, name, server.rules[name], server.now_ms) for name in symbols]
    return found[0] if "symbol" in query else found


def _depth(server: BinanceServer, query: Query) -> dict[str, Any]:
    symbol = server.named(_mandatory(query, "symbol"))
    limit = _limit(query, USUAL_LEVELS, MOST_LEVELS)
    return payloads.depth(
        server.market.last_price(symbol, server.now_ms), server.rules[symbol], limit, server.now_ms
    )


def _always(weight: int) -> Callable[[Query], int]:
    return lambda query: weight


def _depth_weight(query: Query) -> int:
    sent = query.get("limit", "")
    limit = int(sent) if DIGITS.fullmatch(sent) else USUAL_LEVELS
    return next(weight for most, weight in DEPTH_WEIGHTS if min(limit, MOST_LEVELS) <= most)


def _ticker_weight(query: Query) -> int:
    if "symbol" in query:
        return TICKER_WEIGHTS[0][1]
    names = query["symbols"].count(",") + 1 if "symbols" in query else math.inf
    return next((weight for most, weight in TICKER_WEIGHTS if names <= most), ALL_TICKERS)


NONE: frozenset[str] = frozenset()
CHOICE = frozenset({"symbol", "symbols"})
SPAN = frozenset({"symbol", "interval", "startTime", "endTime", "limit"})
ENDPOINTS = {
    "/api/v3/ping": Endpoint(NONE, _always(1), lambda server, query: {}),
    "/api/v3/time": Endpoint(NONE, _always(1), lambda server, query: {"serverTime": server.now_ms}),
    "/api/v3/exchangeInfo": Endpoint(CHOICE, _always(20), _exchange_info),
    "/api/v3/klines": Endpoint(SPAN, _always(2), _klines),
    "/api/v3/ticker/24hr": Endpoint(CHOICE, _ticker_weight, _tickers),
    "/api/v3/depth": Endpoint(frozenset({"symbol", "limit"}), _depth_weight, _depth),
    "/fapi/v1/exchangeInfo": Endpoint(NONE, _always(1), _no_contracts),
    "/dapi/v1/exchangeInfo": Endpoint(NONE, _always(1), _no_contracts),
}
