"""Binance spot's public data with nothing but the standard library: the feed of a phone.

The same venue, the same strict readers and the same feed as through ccxt; only what carries the requests differs. One request
is one connection with one deadline for all of it, from the first byte out to the last byte in, to an allowed host, never
redirected, capped in size, its body strict JSON. Nothing is packed on the way, and a packed answer is refused.
"""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeVar
from urllib.parse import SplitResult, urlencode, urlsplit

from data.adapters.budget_ledger import Ledger, MemoryLedger
from data.adapters.ccxt_binance import BINANCE
from data.adapters.ccxt_feed import CcxtFeed
from data.adapters.http_guard import MAX_BYTES, Guard, budget_key
from data.adapters.request_budget import RequestBudget
from data.adapters.venue import Ask, Venue
from data.patience import uncounted
from shared.config.settings import ExchangeSettings
from shared.errors import NotFound, RateLimited, SniperError, TransportFault, VenueRefusal
from shared.utils.timed_http import connected

T = TypeVar("T")

BINANCE_LITE: Final[Venue] = replace(BINANCE, name="binance-lite", stream=None)
PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "public_get_time": "/api/v3/time",
        "public_get_exchangeinfo": "/api/v3/exchangeInfo",
        "public_get_ticker_24hr": "/api/v3/ticker/24hr",
        "public_get_klines": "/api/v3/klines",
        "public_get_depth": "/api/v3/depth",
    }
)
"""Addresses by the name that the venue's dialect has for them."""
HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
CHUNK: Final = 64 * 1024
NOT_LISTED: Final = frozenset({-1121})
TOO_FAST: Final = frozenset({-1003})
TOO_MANY: Final = 429
ATTEMPTS: Final = 3
PAUSE_S: Final = 0.3
MAX_WAIT_S: Final = 60.0


class RestClient:
    """Carries a venue's requests (:class:`data.adapters.venue.Carrier`), each in a thread of its own."""

    def __init__(self, venue: Venue, settings: ExchangeSettings, budget: RequestBudget) -> None:
        """Nothing is sent yet."""
        self.venue = venue
        self.exchange = f"{venue.name}-testnet" if settings.testnet else venue.name
        self._base_url = (settings.base_url or (venue.testnet_url if settings.testnet else venue.url)).rstrip(
            "/"
        )
        hosts = frozenset({urlsplit(self._base_url).netloc, *settings.allowed_hosts})
        hosts = hosts if settings.testnet else hosts | venue.hosts
        self._guard = Guard(self.exchange, hosts, settings.timeout_s, budget)
        self._proxy = settings.proxy
        self._key = budget_key(self._base_url, settings.proxy)

    async def ask(self, ask: Ask) -> Any:
        """The document answered.

        Raises:
            NotFound: the venue does not know the symbol.
            RateLimited: it asks us to wait.
            VenueRefusal: it says no.
            SecurityFault: the host is not allowed.
            TransportFault: no well-formed answer in time.
        """
        url = f"{self._base_url}{PATHS[ask.method]}?{urlencode(dict(ask.query))}"
        self._guard.check_host(url)
        await self._guard.budget.spend(self._key, ask.weight)
        try:
            async with asyncio.timeout(self._guard.deadline_s):
                status, text = await asyncio.to_thread(self._get, urlsplit(url))
        except TimeoutError as error:
            raise TransportFault(
                f"{self.exchange}: no whole answer within {self._guard.deadline_s:g} s",
                "Try again, or raise timeout_s",
            ) from error
        document = self._guard.parse(text)
        if status >= 400:
            raise self._refusal(status, document)
        return document

    async def close(self) -> None:
        """Nothing stays open; may be called twice."""

    def _get(self, url: SplitResult) -> tuple[int, str]:
        """Status and body of one request."""
        ends_s = time.monotonic() + self._guard.deadline_s
        try:
            connection, target = connected(url, self._proxy, ends_s)
            try:
                connection.request("GET", target, headers=HEADERS)
                answer = connection.getresponse()
                self._guard.heed(self._key, answer.status, dict(answer.headers))
                self._guard.check_status(answer.status)
                return answer.status, self._body(answer)
            finally:
                connection.close()
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise TransportFault(
                f"{self.exchange}: {url.netloc} could not be read ({type(error).__name__})",
                "Check the network, base_url and proxy",
            ) from error

    def _body(self, answer: http.client.HTTPResponse) -> str:
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise TransportFault(
                f"{self.exchange}: the answer is packed, which was not asked for",
                "A proxy may stand between",
            )
        body = bytearray()
        while chunk := answer.read(CHUNK):
            body += chunk
            if len(body) > MAX_BYTES:
                raise TransportFault(
                    f"{self.exchange}: the answer is larger than {MAX_BYTES >> 20} MiB", "Check base_url"
                )
        if answer.length:
            raise TransportFault(
                f"{self.exchange}: the answer is cut, {answer.length} bytes are missing", "Try again later"
            )
        return body.decode("utf-8", "replace")

    def _refusal(self, status: int, document: Any) -> SniperError:
        """What the venue's own error means here."""
        known = document if isinstance(document, dict) else {}
        code, said = known.get("code"), str(known.get("msg", ""))[:200]
        if code in NOT_LISTED:
            return NotFound(f"{self.exchange}: {said}", "See the exchange's list of markets")
        if code in TOO_FAST:
            return self._guard.budget.stop(self._key, self.venue.window_s, TOO_MANY)
        return VenueRefusal(
            f"{self.exchange} refused: HTTP {status}, {code}: {said}", "Report it: the request was wrong"
        )


async def repeating(read: Callable[[], Awaitable[T]]) -> T:
    """Repeat a read that failed in transport: three attempts, waiting as long as the venue asks, up to a minute."""
    for attempt in range(1, ATTEMPTS):
        try:
            return await read()
        except TransportFault as fault:
            wait_s = fault.wait_s if isinstance(fault, RateLimited) else PAUSE_S * attempt
            if fault.policy == "never" or wait_s > MAX_WAIT_S:
                raise
        async with uncounted():
            await asyncio.sleep(wait_s)
    return await read()


def open_feed(settings: ExchangeSettings, ledger: Ledger | None = None) -> CcxtFeed:
    """The feed of a phone, reached as the settings say, its requests counted in ``ledger``; without one nobody shares the count."""
    budget = RequestBudget(BINANCE_LITE.name, BINANCE_LITE.allowance, ledger or MemoryLedger())
    return CcxtFeed(RestClient(BINANCE_LITE, settings, budget), repeating)
