"""What every loopback exchange shares: a virtual clock, a log of requests, weights in a window, and faults on demand.

Knows nothing of the product: these are the independent peers the real client is tested against.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from tests.servers.faults import ELSEWHERE, FaultPlan, Rows
from tests.servers.market import ServedMarket
from tests.servers.rules import rules_of
from tests.servers.signing import ServedKey, carries_key
from tests.servers.streams import Conversation, Speech, Streams
from tests.servers.wire import Loopback, Reply, Request

Query = Mapping[str, str]


class VenueError(Exception):
    """An error in the venue's own words."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(reply.body.decode())


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an address takes, weighs and gives."""

    parameters: frozenset[str]
    weight: Callable[[Query], int]
    answer: Callable[[Any, Query], Any]
    signed: bool = False
    """Answered with the key that signed the question in place of the query."""


def always(weight: int) -> Callable[[Query], int]:
    """The same weight whatever is asked."""
    return lambda query: weight


class LoopbackExchange:
    """``now_ms`` is the exchange's clock and may be set at any time; ``requests`` is the log, path and query, oldest first.
    ``rules`` may be changed for any symbol. ``used`` is the weight spent in this window of ``window_s`` seconds, which
    ends when real ones have passed or the clock is set to another.
    """

    endpoints: Mapping[str, Endpoint]
    simple_requests: tuple[Request, Request]
    """For the time, and for all 24-hour figures."""

    def __init__(self, market: ServedMarket, now_ms: int, weight_limit: int, window_s: int) -> None:
        self.market = market
        self.now_ms = now_ms
        self.weight_limit = weight_limit
        self.rules = {symbol: rules_of(symbol) for symbol in market.base}
        self.requests: list[tuple[str, Query]] = []
        self.faults = FaultPlan()
        self.ids = {symbol.replace("/", ""): symbol for symbol in market.base}
        self.used = 0
        self.keys: dict[str, ServedKey] = {}
        self.keyed: list[str] = []
        """Addresses of requests that carried a key or a signature."""
        self._window_s = window_s
        self._window = (0, 0)
        self._started = time.monotonic()
        self.streams = Streams()
        self._wire = Loopback(self._reply, self._talk)

    def __enter__(self) -> Self:
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
        return next(other for other in self.ids if other != market_id)

    def another_answer(self, request: Request) -> Reply:
        """The good answer to a question that was not asked."""
        time_path, other = self.simple_requests
        return self.answer(other if request.path == time_path.path else time_path)

    def answer(self, request: Request) -> Reply:
        """The good answer, or the venue's own error."""
        try:
            endpoint = self.endpoints.get(request.path)
            if endpoint is None or request.method != "GET":
                raise self.unknown_address(request)
            if endpoint.signed:
                return Reply(200, json.dumps(endpoint.answer(self, self.signer(request))).encode())
            self.check_query(endpoint, request.query)
            return Reply(200, json.dumps(endpoint.answer(self, request.query)).encode())
        except VenueError as error:
            return error.reply

    def listed(self) -> list[str]:
        """Symbols whose first candle has opened."""
        return [symbol for symbol in self.market.base if self.market.is_listed(symbol, self.now_ms)]

    def onboard_ms(self, symbol: str) -> int:
        """When its first candle opened."""
        return int(self.market.base[symbol][0, 0])

    # what a venue says in its own way

    speech: Speech
    """How it speaks over websockets."""

    async def _talk(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await Conversation(self, self.speech, self.streams, reader, writer).run(request)

    def worded(self, kind: str) -> Reply:
        """Its answer when it has to say no: ``too_fast``, ``banned``, ``restricted``, ``broken``."""
        raise NotImplementedError

    def limit_headers(self, reset_ms: int) -> dict[str, str]:
        """Headers that tell of the budget."""
        raise NotImplementedError

    def over_limit(self, wait_s: int) -> Reply:
        """Its answer when the budget is spent."""
        raise NotImplementedError

    def unknown_address(self, request: Request) -> VenueError:
        """Its answer where there is nothing."""
        raise NotImplementedError

    def check_query(self, endpoint: Endpoint, query: Query) -> None:
        """Refuse parameters it does not read."""

    def signer(self, request: Request) -> ServedKey:
        """The key that signed a question, once the signature is found right."""
        raise NotImplementedError

    def rows(self, document: Any) -> Rows:
        """The candles of an answer."""
        raise NotImplementedError

    def with_rows(self, document: Any, rows: Any) -> Any:
        """The answer with other candles."""
        raise NotImplementedError

    def retimed(self, row: list[Any], change: Callable[[int], int]) -> list[Any]:
        """A candle at another time."""
        raise NotImplementedError

    def other_interval(self, interval: str) -> str:
        """Another interval's name."""
        raise NotImplementedError

    def _reply(self, request: Request) -> tuple[Reply, Mapping[str, str]]:
        self.requests.append((request.path, request.query))
        if carries_key(request):
            self.keyed.append(request.path)
        wait_s = self._weigh(request)
        headers = self.limit_headers(self.now_ms - self.now_ms % 1000 + self._window_s * 1000)
        if wait_s:
            return self.over_limit(wait_s), headers
        if request.path.startswith(ELSEWHERE):
            return self.answer(replace(request, path=request.path.removeprefix(ELSEWHERE))), headers
        responder = self.faults.due(request)
        return responder(self, request) if responder else self.answer(request), headers

    def _weigh(self, request: Request) -> int:
        """Count the request; the seconds to wait when that is too much, else 0."""
        passed = time.monotonic() - self._started
        window = (self.now_ms // (self._window_s * 1000), int(passed // self._window_s))
        if window != self._window:
            self._window, self.used = window, 0
        endpoint = self.endpoints.get(request.path)
        self.used += endpoint.weight(request.query) if endpoint else 1
        return math.ceil(self._window_s - passed % self._window_s) if self.used > self.weight_limit else 0
