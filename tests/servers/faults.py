"""What can go wrong with an answer, as a table: kind → what the client gets instead of the good one."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Protocol

from tests.servers.wire import Reply, Request, drip, hang, reset

HTML = b"<!DOCTYPE html><html><body>Sign in to this network</body></html>"
HUGE_BYTES = 64 << 20
DEEP = 200
BOTTOMLESS = 100_000
ELSEWHERE = "/elsewhere"
"""Where a redirect leads: the same answer, so that only a client which refuses to follow notices."""


class Exchange(Protocol):
    """What a fault needs of the server it spoils."""

    def answer(self, request: Request) -> Reply:
        """The good answer."""

    def another(self, market_id: str) -> str:
        """Some other symbol."""


Responder = Callable[[Exchange, Request], Reply]
Rows = list[list[Any]]


def _plain(status: int, body: bytes, **headers: str) -> Responder:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange, request: Reply(status, body, named)


def _venue(status: int, code: int, message: str, **headers: str) -> Responder:
    return _plain(status, json.dumps({"code": code, "msg": message}).encode(), **headers)


def _good(spoil: Callable[[Reply], Reply]) -> Responder:
    return lambda exchange, request: spoil(exchange.answer(request))


def _rows(change: Callable[[Rows], Any]) -> Responder:
    """A change of candles; an answer without any stays as it is."""

    def spoil(good: Reply) -> Reply:
        rows = json.loads(good.body)
        if not isinstance(rows, list):
            raise TypeError(f"this fault changes lists of candles, found {good.body!r:.60}")
        return replace(good, body=json.dumps(change(rows) if rows else rows).encode())

    return _good(spoil)


def _cell(place: int, column: int, value: object) -> Responder:
    """One cell of one row."""

    def change(rows: Rows) -> Rows:
        rows[place][column] = value
        return rows

    return _rows(change)


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _redirect(exchange: Exchange, request: Request) -> Reply:
    return Reply(302, b"", {"Location": ELSEWHERE + request.target})


def _wrong_symbol(exchange: Exchange, request: Request) -> Reply:
    other = exchange.another(request.query["symbol"])
    return exchange.answer(replace(request, query={**request.query, "symbol": other}))


def _wrong_interval(exchange: Exchange, request: Request) -> Reply:
    other = "1h" if request.query["interval"] != "1h" else "15m"
    return exchange.answer(replace(request, query={**request.query, "interval": other}))


@cache
def _huge() -> bytes:
    return b"[" + b" " * HUGE_BYTES + b"]"


@cache
def _bomb() -> bytes:
    return gzip.compress(_huge(), 1, mtime=0)


def _swapped(rows: Rows) -> Rows:
    """High and low of the middle row change places, and are made to differ."""
    row = rows[len(rows) // 2]
    row[2], row[3] = f"{float(row[3]) * 0.99:.12f}", row[2]
    return rows


FAULTS: dict[str, Responder] = {
    # an answer that is none
    "html_200": _plain(200, HTML, Content_Type="text/html"),
    "html_403": _plain(403, HTML, Content_Type="text/html"),
    "html_502": _plain(502, HTML, Content_Type="text/html"),
    "http_429": _venue(429, -1003, "Too many requests.", Retry_After="1"),
    "http_418": _venue(418, -1003, "Way too many requests; banned.", Retry_After="120"),
    "http_451": _venue(451, 0, "Service unavailable from a restricted location."),
    "http_500": _venue(500, -1000, "An unknown error occurred while processing the request."),
    "null_body": _plain(200, b"null"),
    "empty_body": _plain(200, b""),
    "redirect": _redirect,
    # a body cut, swollen or too deep
    "truncated_json": _good(lambda good: replace(good, body=_half(good.body))),
    "short_length": _good(lambda good: replace(good, body=_half(good.body), claimed_length=len(good.body))),
    "huge_body": lambda exchange, request: Reply(200, _huge()),
    "gzip_bomb": lambda exchange, request: Reply(200, _bomb(), {"Content-Encoding": "gzip"}),
    "deep_json": _plain(200, b"[" * DEEP + b"]" * DEEP),
    "bottomless_json": _plain(200, b"[" * BOTTOMLESS + b"]" * BOTTOMLESS),
    # a connection that fails
    "slow_drip": _good(lambda good: replace(good, send=drip)),
    "hang": lambda exchange, request: Reply(send=hang),
    "reset": _good(lambda good: replace(good, send=reset)),
    # candles that are well-formed and wrong
    "wrong_symbol": _wrong_symbol,
    "wrong_interval": _wrong_interval,
    "garbage_rows": _rows(lambda rows: ["not", "candles"]),
    "garbage_cell": _cell(-1, 4, "garbage"),
    "null_cell": _cell(-1, 4, None),
    "short_rows": _rows(lambda rows: [row[:3] for row in rows]),
    "nan_rows": _cell(0, 4, "nan"),
    "nan_literal": _cell(0, 4, float("nan")),
    "zero_price": _cell(0, 3, "0.00000000"),
    "negative_volume": _cell(0, 5, "-1.00000000"),
    "high_below_low": _rows(_swapped),
    "seconds": _rows(lambda rows: [[row[0] // 1000, *row[1:6], row[6] // 1000, *row[7:]] for row in rows]),
    "misaligned": _rows(lambda rows: [[row[0] + 1, *row[1:6], row[6] + 1, *row[7:]] for row in rows]),
    "out_of_order": _rows(lambda rows: rows[::-1]),
    "duplicate": _rows(lambda rows: [*rows, rows[-1]]),
    "conflict": _rows(lambda rows: [*rows, [rows[-1][0], *["1.00000000"] * 5, *rows[-1][6:]]]),
    "gap": _rows(lambda rows: rows[: len(rows) // 2] + rows[len(rows) // 2 + 1 :]),
}


@dataclass
class _Planned:
    path: str
    kind: str
    times: int
    symbol: str | None

    def fits(self, request: Request) -> bool:
        return (
            self.times > 0
            and self.path in request.path
            and self.symbol in (None, request.query.get("symbol"))
        )


class FaultPlan:
    """Faults waiting for the requests they fit, first come first served."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()

    def add(self, path: str, kind: str, times: int, symbol: str | None) -> None:
        """Spoil the next ``times`` requests whose path contains ``path`` and that name ``symbol``, if one is given.

        Raises:
            KeyError: there is no such kind.
        """
        if kind not in FAULTS:
            raise KeyError(f"no fault {kind!r}; there are {', '.join(FAULTS)}")
        with self._lock:
            self._planned.append(_Planned(path, kind, times, symbol))

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._planned.clear()

    def due(self, request: Request) -> Responder | None:
        """The fault this request meets, used up once."""
        with self._lock:
            for planned in self._planned:
                if planned.fits(request):
                    planned.times -= 1
                    return FAULTS[planned.kind]
        return None
