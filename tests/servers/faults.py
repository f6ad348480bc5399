"""What can go wrong with an answer, as a table: kind → what the client gets instead of the good one."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Protocol

from tests.servers.wire import Reply, Request, cut_chunks, drip, half_a_head, hang, leave, not_http, reset

HTML = b"<!DOCTYPE html><html><body>Sign in to this network</body></html>"
HUGE_BYTES = 64 << 20
DEEP = 200
HEADER_BYTES = 1 << 17
YEAR = 364 * 86_400_000
"""In whole weeks."""
BOTTOMLESS = 100_000
ELSEWHERE = "/elsewhere"
"""Where a redirect leads: the same answer, so that only a client which refuses to follow notices."""


class Exchange(Protocol):
    """What a fault needs of the server it spoils."""

    def answer(self, request: Request) -> Reply:
        """The good answer."""

    def another(self, market_id: str) -> str:
        """Some other symbol."""

    def another_answer(self, request: Request) -> Reply:
        """The good answer to a question that was not asked."""

    def worded(self, kind: str) -> Reply:
        """Its answer when it has to say no."""

    def rows(self, document: Any) -> Rows:
        """The candles of an answer."""

    def with_rows(self, document: Any, rows: Any) -> Any:
        """The answer with other candles."""

    def retimed(self, row: list[Any], change: Callable[[int], int]) -> list[Any]:
        """A candle at another time."""

    def other_interval(self, interval: str) -> str:
        """Another interval's name."""


Responder = Callable[[Exchange, Request], Reply]
Rows = list[list[Any]]


def _plain(status: int, body: bytes, **headers: str) -> Responder:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange, request: Reply(status, body, named)


def _worded(kind: str, status: int = 0, **headers: str) -> Responder:
    """The venue's own refusal, with another HTTP status if one is given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def respond(exchange: Exchange, request: Request) -> Reply:
        reply = exchange.worded(kind)
        return replace(reply, status=status or reply.status, headers=named)

    return respond


def _good(spoil: Callable[[Reply], Reply]) -> Responder:
    return lambda exchange, request: spoil(exchange.answer(request))


def _body(change: Callable[[bytes], bytes]) -> Responder:
    return _good(lambda good: replace(good, body=change(good.body)))


def _document(change: Callable[[Any], Any]) -> Responder:
    """A change of the whole document."""
    return _body(lambda body: json.dumps(change(json.loads(body))).encode())


def _leaves(change: Callable[[Any], Any]) -> Responder:
    """A change of every value that holds no others."""

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: walk(value) for name, value in node.items()}
        return [walk(value) for value in node] if isinstance(node, list) else change(node)

    return _document(walk)


def _negative(value: Any) -> Any:
    """The same number below zero, whether written as a number or a text."""
    if isinstance(value, str) and value.replace(".", "").isdigit():
        return "-" + value
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return -value - 1 if is_number else value


def _renamed(node: Any) -> Any:
    """Every name of every object is another."""
    if isinstance(node, dict):
        return {f"x_{name}": _renamed(value) for name, value in node.items()}
    return [_renamed(value) for value in node] if isinstance(node, list) else node


def _emptied(node: Any) -> Any:
    """Every list is empty, and every object without a list in it too."""
    if isinstance(node, dict):
        inner = {name: _emptied(value) for name, value in node.items()}
        return inner if any(isinstance(value, (dict, list)) for value in node.values()) else {}
    return [] if isinstance(node, list) else node


def _rows(change: Callable[[Exchange, Rows], Any]) -> Responder:
    """A change of candles; an answer without any stays as it is."""

    def respond(exchange: Exchange, request: Request) -> Reply:
        good = exchange.answer(request)
        document = json.loads(good.body)
        rows = exchange.rows(document)
        spoiled = exchange.with_rows(document, change(exchange, rows) if rows else rows)
        return replace(good, body=json.dumps(spoiled).encode())

    return respond


def _cell(place: int, column: int, value: object) -> Responder:
    """One cell of one row."""

    def change(exchange: Exchange, rows: Rows) -> Rows:
        rows[place][column] = value
        return rows

    return _rows(change)


def _times(change: Callable[[int], int]) -> Responder:
    """Every row at another time."""
    return _rows(lambda exchange, rows: [exchange.retimed(row, change) for row in rows])


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _redirect(exchange: Exchange, request: Request) -> Reply:
    return Reply(302, b"", {"Location": ELSEWHERE + request.target})


def _wrong_symbol(exchange: Exchange, request: Request) -> Reply:
    other = exchange.another(request.query["symbol"])
    return exchange.answer(replace(request, query={**request.query, "symbol": other}))


def _wrong_interval(exchange: Exchange, request: Request) -> Reply:
    other = exchange.other_interval(request.query["interval"])
    return exchange.answer(replace(request, query={**request.query, "interval": other}))


@cache
def _huge() -> bytes:
    return b"[" + b" " * HUGE_BYTES + b"]"


@cache
def _bomb() -> bytes:
    return gzip.compress(_huge(), 1, mtime=0)


def _swapped(exchange: Exchange, rows: Rows) -> Rows:
    """High and low of the middle row change places, and are made to differ."""
    row = rows[len(rows) // 2]
    row[2], row[3] = f"{float(row[3]) * 0.99:.12f}", row[2]
    return rows


def _conflicting(exchange: Exchange, rows: Rows) -> Rows:
    """A second last row with other values."""
    last = rows[-1]
    return [*rows, [last[0], *["1.00000000"] * 5, *last[6:]]]


def _without_middle(exchange: Exchange, rows: Rows) -> Rows:
    return rows[: len(rows) // 2] + rows[len(rows) // 2 + 1 :]


FAULTS: dict[str, Responder] = {
    # an answer that is none
    "html_200": _plain(200, HTML, Content_Type="text/html"),
    "html_400": _plain(400, HTML, Content_Type="text/html"),
    "html_403": _plain(403, HTML, Content_Type="text/html"),
    "html_404": _plain(404, HTML, Content_Type="text/html"),
    "html_502": _plain(502, HTML, Content_Type="text/html"),
    "http_204": _plain(204, b""),
    "http_401": _plain(401, b"{}"),
    "http_400_good": _good(lambda good: replace(good, status=400)),
    "http_429": _worded("too_fast", 429, Retry_After="1"),
    "http_429_unsaid": _plain(429, HTML),
    "http_418": _worded("banned", 418, Retry_After="120"),
    "http_451": _worded("restricted", 451),
    "http_500": _worded("broken", 500),
    "http_503_good": _good(lambda good: replace(good, status=503, headers={"Retry-After": "1"})),
    "http_504": _plain(504, b"upstream request timeout"),
    "venue_too_fast": _worded("too_fast"),
    "venue_broken": _worded("broken"),
    "venue_error_200": _worded("broken", 200),
    "null_body": _plain(200, b"null"),
    "empty_body": _plain(200, b""),
    "number_body": _plain(200, b"42"),
    "text_body": _plain(200, b'"OK"'),
    "empty_object": _plain(200, b"{}"),
    "nested_lists": _plain(200, b"[[], [[]]]"),
    "redirect": _redirect,
    # a body cut, swollen, too deep or not quite JSON
    "truncated_json": _body(_half),
    "short_length": _good(lambda good: replace(good, body=_half(good.body), claimed_length=len(good.body))),
    "cut_chunks": _good(lambda good: replace(good, send=cut_chunks)),
    "trailing_garbage": _body(lambda body: body + b"{}"),
    "jsonp": _body(lambda body: b"callback(" + body + b");"),
    "single_quotes": _body(lambda body: body.replace(b'"', b"'") + b" "),
    "bad_utf8": _body(lambda body: body[:1] + b"\xff\xfe" + body[1:]),
    "false_gzip": _good(lambda good: replace(good, headers={"Content-Encoding": "gzip"})),
    "huge_body": lambda exchange, request: Reply(200, _huge()),
    "gzip_bomb": lambda exchange, request: Reply(200, _bomb(), {"Content-Encoding": "gzip"}),
    "deep_json": _plain(200, b"[" * DEEP + b"]" * DEEP),
    "bottomless_json": _plain(200, b"[" * BOTTOMLESS + b"]" * BOTTOMLESS),
    # a connection that fails
    "slow_drip": _good(lambda good: replace(good, send=drip)),
    "hang": lambda exchange, request: Reply(send=hang),
    "reset": _good(lambda good: replace(good, send=reset)),
    "no_answer": _good(lambda good: replace(good, send=leave)),
    "half_a_head": _good(lambda good: replace(good, send=half_a_head)),
    "not_http": _good(lambda good: replace(good, send=not_http)),
    "huge_header": _good(lambda good: replace(good, headers={"X-Long": "x" * HEADER_BYTES})),
    # a whole document that is not the one asked for
    "another_answer": lambda exchange, request: exchange.another_answer(request),
    "values_null": _leaves(lambda value: None),
    "values_garbage": _leaves(lambda value: "garbage"),
    "values_negative": _leaves(_negative),
    "values_nan": _leaves(lambda value: float("nan")),
    "values_listed": _leaves(lambda value: [value]),
    "names_changed": _document(_renamed),
    "wrapped": _document(lambda document: {"data": document}),
    "listed": _document(lambda document: [document]),
    "emptied": _document(_emptied),
    # candles that are well-formed and wrong
    "wrong_symbol": _wrong_symbol,
    "wrong_interval": _wrong_interval,
    "garbage_rows": _rows(lambda exchange, rows: ["not", "candles"]),
    "garbage_cell": _cell(-1, 4, "garbage"),
    "null_cell": _cell(-1, 4, None),
    "short_rows": _rows(lambda exchange, rows: [row[:3] for row in rows]),
    "nan_rows": _cell(0, 4, "nan"),
    "nan_literal": _cell(0, 4, float("nan")),
    "zero_price": _cell(0, 3, "0.00000000"),
    "negative_volume": _cell(0, 5, "-1.00000000"),
    "high_below_low": _rows(_swapped),
    "seconds": _times(lambda time_ms: time_ms // 1000),
    "microseconds": _times(lambda time_ms: time_ms * 1000),
    "misaligned": _times(lambda time_ms: time_ms + 1),
    "earlier": _times(lambda time_ms: time_ms - YEAR),
    "out_of_order": _rows(lambda exchange, rows: rows[::-1]),
    "duplicate": _rows(lambda exchange, rows: [*rows, rows[-1]]),
    "conflict": _rows(_conflicting),
    "gap": _rows(_without_middle),
}
OF_ROWS = tuple(FAULTS)[list(FAULTS).index("wrong_interval") :]
"""Faults that only an answer with candles can have."""
OF_A_SYMBOL = ("wrong_symbol",)
"""Those that only an answer about one symbol can have."""
OF_ANY = tuple(kind for kind in FAULTS if kind not in OF_ROWS + OF_A_SYMBOL)
"""Those that any answer can have."""


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
