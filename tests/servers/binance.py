"""A loopback server that speaks Binance spot's public REST protocol, with its limits and, on demand, its faults.

Knows nothing of the product: it is the independent peer the real client is tested against.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.market import INTERVAL_MS, ServedMarket

WEIGHTS = {
    "/api/v3/klines": 2,
    "/api/v3/exchangeInfo": 20,
    "/api/v3/ticker/24hr": 80,
    "/api/v3/time": 1,
    "/api/v3/ping": 1,
}
DAY_MS = 86_400_000
HTML = b"<!DOCTYPE html><html><body>Sign in to this network</body></html>"


class VenueError(Exception):
    """An error as the venue words it: HTTP 400 with code and message."""

    def __init__(self, code: int, message: str) -> None:
        self.body = {"code": code, "msg": message}
        super().__init__(message)


@dataclass
class Reply:
    """What goes over the wire."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    claimed_length: int | None = None


def _html(status: int) -> Callable[[Reply], Reply]:
    return lambda good: Reply(status, HTML, {"Content-Type": "text/html"})


def _rows(change: Callable[[list[Any]], Any]) -> Callable[[Reply], Reply]:
    return lambda good: Reply(200, json.dumps(change(json.loads(good.body))).encode())


def _seconds(rows: list[Any]) -> list[Any]:
    return [[row[0] // 1000, *row[1:]] for row in rows]


def _conflict(rows: list[Any]) -> list[Any]:
    return [*rows, [rows[-1][0], *["1.0"] * 5, *rows[-1][6:]]]


def _too_low(rows: list[Any]) -> list[Any]:
    return [[row[0], row[1], "0.00000001", *row[3:]] for row in rows]


FAULTS: dict[str, Callable[[Reply], Reply]] = {
    "html_200": _html(200),
    "html_403": _html(403),
    "html_502": _html(502),
    "http_451": lambda good: Reply(451, b"{}"),
    "http_500": lambda good: Reply(500, b"{}"),
    "http_429": lambda good: Reply(429, b'{"code":-1003,"msg":"Too many requests."}', {"Retry-After": "1"}),
    "http_418": lambda good: Reply(418, b'{"code":-1003,"msg":"Banned."}', {"Retry-After": "120"}),
    "truncated_json": lambda good: Reply(200, good.body[: len(good.body) // 2]),
    "short_length": lambda good: Reply(200, good.body[: len(good.body) // 2], claimed_length=len(good.body)),
    "null_body": lambda good: Reply(200, b"null"),
    "empty_body": lambda good: Reply(200, b""),
    "redirect": lambda good: Reply(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"}),
    "deep_json": lambda good: Reply(200, b"[" * 200 + b"]" * 200),
    "garbage_rows": _rows(lambda rows: ["not", "candles"]),
    "short_rows": _rows(lambda rows: [row[:3] for row in rows]),
    "nan_rows": _rows(lambda rows: [[*rows[0][:4], "nan", *rows[0][5:]], *rows[1:]]),
    "seconds": _rows(_seconds),
    "out_of_order": _rows(lambda rows: list(reversed(rows))),
    "duplicate": _rows(lambda rows: [*rows, rows[-1]]),
    "conflict": _rows(_conflict),
    "high_below_low": _rows(_too_low),
}
"""Kind of fault → what becomes of the good answer; ``hang`` and ``reset`` are the connection's."""


@dataclass
class Planned:
    """A fault waiting for a request whose path and symbol it fits."""

    path: str
    kind: str
    times: int
    symbol: str | None


class BinanceServer:
    """``with BinanceServer(market, now_ms) as server:`` then point a client at ``server.base_url``."""

    def __init__(self, market: ServedMarket, now_ms: int, ticks: dict[str, str] | None = None) -> None:
        self.market = market
        self.now_ms = now_ms
        self.ticks = ticks or {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.planned: list[Planned] = []
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> BinanceServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def base_url(self) -> str:
        """Address to give the client."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def fault(self, path: str, kind: str, times: int = 1, symbol: str | None = None) -> None:
        """Answer the next ``times`` requests whose path contains ``path`` (and that name ``symbol``) with a fault."""
        if kind not in FAULTS and kind not in {"hang", "reset"}:
            raise ValueError(kind)
        self.planned.append(Planned(path, kind, times, symbol))

    def count(self, path: str) -> int:
        """Requests seen whose path contains ``path``."""
        return sum(path in seen for seen, _ in self.requests)

    def _due(self, path: str, query: dict[str, str]) -> str | None:
        with self._lock:
            self.requests.append((path, query))
            for plan in self.planned:
                if plan.times > 0 and plan.path in path and plan.symbol in (None, query.get("symbol")):
                    plan.times -= 1
                    return plan.kind
        return None

    def _handler(server: BinanceServer) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                split = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(split.query).items()}
                due = server._due(split.path, query)
                if due == "hang":
                    server._stopped.wait(30)
                if due in ("hang", "reset"):
                    self.close_connection = True
                    self.connection.close()
                    return
                good = server._answer(split.path, query)
                self._send(FAULTS[due](good) if due else good)

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                headers = {"Content-Type": "application/json", "X-MBX-USED-WEIGHT-1M": "1"} | reply.headers
                length = len(reply.body) if reply.claimed_length is None else reply.claimed_length
                for name, value in (headers | {"Content-Length": str(length)}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
                if reply.claimed_length is not None:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Silent."""

        return Handler

    def _answer(self, path: str, query: dict[str, str]) -> Reply:
        routes = {
            "/api/v3/ping": lambda query: {},
            "/api/v3/time": lambda query: {"serverTime": self.now_ms},
            "/api/v3/exchangeInfo": self._exchange_info,
            "/api/v3/klines": self._klines,
            "/api/v3/ticker/24hr": self._tickers,
        }
        if path not in routes:
            return Reply(404, b'{"code":-1000,"msg":"No such path."}')
        try:
            return Reply(200, json.dumps(routes[path](query)).encode())
        except VenueError as error:
            return Reply(400, json.dumps(error.body).encode())

    def _exchange_info(self, query: dict[str, str]) -> dict[str, Any]:
        return {
            "timezone": "UTC",
            "serverTime": self.now_ms,
            "rateLimits": [
                {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}
            ],
            "exchangeFilters": [],
            "symbols": [self._symbol_entry(symbol) for symbol in self.market.base],
        }

    def _symbol_entry(self, symbol: str) -> dict[str, Any]:
        base, quote = symbol.split("/")
        tick = self.ticks.get(symbol, "0.01000000")
        return {
            "symbol": base + quote,
            "status": "TRADING",
            "baseAsset": base,
            "baseAssetPrecision": 8,
            "quoteAsset": quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
            "icebergAllowed": True,
            "ocoAllowed": True,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "permissions": [],
            "permissionSets": [["SPOT"]],
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
                {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000", "stepSize": "0.00001000"},
                {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True, "maxNotional": "9000000.00000000", "applyMaxToMarket": False, "avgPriceMins": 5},
            ],
        }  # fmt: skip

    def _named(self, query: dict[str, str]) -> str:
        if "symbol" not in query:
            raise VenueError(
                -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
            )
        names = {symbol.replace("/", ""): symbol for symbol in self.market.base}
        if query["symbol"] not in names:
            raise VenueError(-1121, "Invalid symbol.")
        return names[query["symbol"]]

    def _klines(self, query: dict[str, str]) -> list[list[Any]]:
        symbol, interval = self._named(query), query.get("interval", "")
        if interval not in INTERVAL_MS:
            raise VenueError(-1120, "Invalid interval.")
        limit = min(1000, int(query.get("limit", "500")))
        until = min(int(query.get("endTime", self.now_ms)), self.now_ms)
        since = int(query["startTime"]) if "startTime" in query else until - limit * INTERVAL_MS[interval]
        rows = self.market.candles(symbol, interval, since, self.now_ms)
        rows = rows[rows[:, 0] <= until]
        rows = rows[:limit] if "startTime" in query else rows[-limit:]
        return [_kline(row, INTERVAL_MS[interval]) for row in rows.tolist()]

    def _tickers(self, query: dict[str, str]) -> Any:
        wanted = json.loads(query["symbols"]) if "symbols" in query else None
        if "symbol" in query:
            return self._ticker(self._named(query))
        symbols = [name for name in self.market.base if wanted is None or name.replace("/", "") in wanted]
        return [self._ticker(symbol) for symbol in symbols]

    def _ticker(self, symbol: str) -> dict[str, Any]:
        rows = self.market.candles(symbol, "5m", self.now_ms - DAY_MS, self.now_ms)
        last = rows[-1, 4] if len(rows) else 0.0
        return {
            "symbol": symbol.replace("/", ""),
            "lastPrice": _number(last),
            "openPrice": _number(rows[0, 1] if len(rows) else 0.0),
            "highPrice": _number(rows[:, 2].max() if len(rows) else 0.0),
            "lowPrice": _number(rows[:, 3].min() if len(rows) else 0.0),
            "volume": _number(rows[:, 5].sum()),
            "quoteVolume": _number(float((rows[:, 4] * rows[:, 5]).sum())),
            "openTime": self.now_ms - DAY_MS,
            "closeTime": self.now_ms,
            "count": 1,
        }


def _kline(row: list[float], length: int) -> list[Any]:
    opened, open_, high, low, close, volume = row
    turnover = _number(volume * close)
    prices = [_number(value) for value in (open_, high, low, close, volume)]
    return [int(opened), *prices, int(opened) + length - 1, turnover, 100, _number(volume / 2), turnover, "0"]


def _number(value: float) -> str:
    return f"{value:.8f}"
