"""The guard at the HTTP border: an answer that is not a well-formed answer never gets past it.

Exchange libraries return quietly on an HTML page, a cut body or a null, and follow redirects. Here one request goes to an
allowed host, over TLS that is always verified, has one deadline for all of it, is not redirected, is capped in size as unpacked and in depth, is judged by its status before its body, and its body is strict JSON;
anything else is a typed fault.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from data.adapters.request_budget import PATIENCE_S, RequestBudget, used_weight
from data.patience import uncounted
from shared.errors import RateLimited, SecurityFault, TransportFault, VenueRefusal
from shared.utils.timed_http import retry_after_s

if TYPE_CHECKING:
    from ssl import SSLContext

    import aiohttp

T = TypeVar("T")

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 32
CHUNK: Final = 64 * 1024
ATTEMPTS: Final = 3
RESTRICTED: Final = frozenset({401, 403, 451})
USUAL_WAIT_S: Final = {418: 120.0, 429: 30.0}
"""Statuses that ask us to wait, and for how long where they do not say."""
FORBIDDEN: Final = 403
TOO_OFTEN: Final = "access too frequent"
BYBIT_BAN_S: Final = 600.0
"""Bybit answers 403 with these words above its limit per address, and lifts that after ten minutes (its API documentation, "Rate
Limit Rules")."""
MAINTENANCE: Final = 503
"""Asks us to wait where it says for how long; without that it is trouble like any other."""
NESTS: Final = frozenset({dict, list})
PACKED: Final = frozenset({"gzip", "x-gzip", "deflate"})
PLAIN: Final = frozenset({"", "identity"})


class StrayPages:
    """Pages that came in place of answers, by exchange: the same from several means that something between answers for all."""

    def __init__(self) -> None:
        """None seen."""
        self._digests: dict[str, bytes] = {}

    def others(self, exchange: str, text: str) -> tuple[str, ...]:
        """Note the page; which other exchanges gave the same one last."""
        digest = self._digests[exchange] = sha256(text.encode()).digest()
        return tuple(
            sorted(name for name, seen in self._digests.items() if seen == digest and name != exchange)
        )


STRAYS: Final = StrayPages()
"""Of this process, whatever the exchange."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What one exchange's requests may do. ``deadline_s`` bounds a request from its first byte out to its last byte in. What asks
    through it spends from ``budget`` first; here the venue's own count and its wishes to wait are taken."""

    exchange: str
    hosts: frozenset[str]
    deadline_s: float
    budget: RequestBudget
    strays: StrayPages = field(default=STRAYS)
    restricted: frozenset[int] = RESTRICTED
    """Statuses that end an answer, whatever its body says."""

    async def get(
        self, session: aiohttp.ClientSession, url: Any, headers: Mapping[str, str], proxy: str
    ) -> Answer:
        """Send a GET request and take its answer.

        Raises:
            SecurityFault: the host is not allowed, or its certificate is not in order.
            TransportFault: no answer in time, a cut connection, a redirect, a body too large or not JSON, a server error.
            RateLimited: the venue asked us to wait; VenueDown during its maintenance.
            VenueRefusal: the venue does not serve us.
        """
        import aiohttp

        self.check_host(str(url))
        key = budget_key(url, proxy)
        verified = verified_tls() if urlsplit(str(url)).scheme == "https" else True
        try:
            async with asyncio.timeout(self.deadline_s):
                async with session.get(
                    url,
                    headers=headers,
                    allow_redirects=False,
                    proxy=proxy or None,
                    ssl=verified,
                    auto_decompress=False,
                ) as response:
                    self.heed(key, response.status, response.headers)
                    text = await self._read_unless_refused(key, response)
        except TimeoutError as error:
            raise TransportFault(
                f"{self.exchange}: no whole answer within {self.deadline_s:g} s",
                "Try again, or raise timeout_s",
            ) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise SecurityFault(
                f"{self.exchange}: the certificate of {_host(url)} is not in order ({error.certificate_error})",
                "Something may listen in between; certificates are always checked",
            ) from error
        except aiohttp.ClientError as error:
            raise TransportFault(
                f"{self.exchange}: {_host(url)} could not be read ({type(error).__name__})",
                "Check the network, base_url and proxy",
            ) from error
        return Answer(response.status, response.reason or "", dict(response.headers), text, self.parse(text))

    def check_host(self, url: str) -> None:
        """Refuse a host that is not on the list."""
        if _host(url) not in self.hosts:
            raise SecurityFault(
                f"{self.exchange}: {_host(url)!r} is not an allowed host ({', '.join(sorted(self.hosts))})",
                f"Add it to exchanges.{self.exchange}.allowed_hosts if you trust it",
            )

    async def _read_unless_refused(self, key: str, response: aiohttp.ClientResponse) -> str:
        """The body of an answer whose status does not end it. Bybit's ban is told from a restriction by its words alone."""
        if response.status == FORBIDDEN and TOO_OFTEN in (await self._read(response)).lower():
            raise self.budget.stop(key, BYBIT_BAN_S, FORBIDDEN)
        self.check_status(response.status)
        return await self._read(response)

    def heed(self, key: str, status: int, headers: Mapping[str, str]) -> None:
        """Take the venue's own count, and its wish that we wait."""
        self.budget.learn(key, used_weight(headers))
        asked = headers.get("Retry-After", "")
        if status in USUAL_WAIT_S or (status == MAINTENANCE and asked):
            raise self.budget.stop(key, retry_after_s(asked, USUAL_WAIT_S.get(status, 0.0)), status)

    def check_status(self, status: int) -> None:
        """Judge by the status alone; a 400 or 404 may carry the venue's own error and is judged by its body."""
        if status in self.restricted:
            raise VenueRefusal(
                f"{self.exchange}: HTTP {status}, not served from here",
                "Another exchange or a proxy may help: this country, network or key is refused",
            )
        if 300 <= status < 400:
            raise TransportFault(
                f"{self.exchange}: HTTP {status}, a redirect, which is never followed", "Check base_url"
            )
        if status >= 500:
            raise TransportFault(
                f"{self.exchange}: HTTP {status}, the exchange has trouble", "Try again later"
            )

    def parse(self, text: str) -> Any:
        """Strict JSON that is an object or a list, and not too deep."""
        try:
            document = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise self._stray(text) from error
        if not isinstance(document, (dict, list)) or _is_too_deep(text, document):
            raise TransportFault(
                f"{self.exchange}: the answer is not an object or list of at most {MAX_DEPTH} levels",
                "Try again later",
            )
        return document

    def _stray(self, text: str) -> TransportFault:
        kind = "an HTML page" if text.lstrip()[:1] == "<" else "no whole JSON"
        others = self.strays.others(self.exchange, text) if text else ()
        same = f", the same as from {', '.join(others)}" if others else ""
        advice = (
            "A proxy or sign-in page answers for all of them"
            if others
            else "A proxy or portal may stand between"
        )
        return TransportFault(f"{self.exchange}: the answer is {kind} ({len(text)} characters){same}", advice)

    async def _read(self, response: aiohttp.ClientResponse) -> str:
        """The body, unpacked no further than is allowed: a small one may unpack to gigabytes."""
        body, unpack = bytearray(), self._unpacker(response.headers.get("Content-Encoding", "").lower())
        try:
            async for chunk in response.content.iter_chunked(CHUNK):
                body += unpack(chunk, MAX_BYTES + 1 - len(body))
                if len(body) > MAX_BYTES:
                    raise TransportFault(
                        f"{self.exchange}: the answer is larger than {MAX_BYTES >> 20} MiB", "Check base_url"
                    )
        except zlib.error as error:
            raise TransportFault(
                f"{self.exchange}: the answer cannot be unpacked", "Try again later"
            ) from error
        return body.decode("utf-8", "replace")

    def _unpacker(self, encoding: str) -> Callable[[bytes, int], bytes]:
        """From a chunk and the most bytes wanted to what it holds."""
        if encoding in PLAIN:
            return lambda chunk, most: chunk
        if encoding not in PACKED:
            raise TransportFault(
                f"{self.exchange}: the answer is packed as {encoding!r:.40}", "Check base_url"
            )
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed answer."""

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str
    document: Any


async def reading(read: Callable[[], Awaitable[T]]) -> T:
    """Repeat a read that failed in transport: three attempts with jitter, each as late as the venue asks if it asks for little."""
    from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

    retrying = AsyncRetrying(
        sleep=_wait_out,
        retry=retry_if_exception(_may_repeat),
        stop=stop_after_attempt(ATTEMPTS),
        wait=_pause,
        reraise=True,
    )

    async def attempt() -> T:
        return await read()

    return await retrying(attempt)


async def _wait_out(seconds: float) -> None:
    """A pause before a repeat, which no reader's deadline counts."""
    async with uncounted():
        await asyncio.sleep(seconds)


def _may_repeat(error: BaseException) -> bool:
    if isinstance(error, RateLimited):
        return error.wait_s <= PATIENCE_S
    return isinstance(error, TransportFault) and error.policy == "retry_read"


def _pause(state: Any) -> float:
    from tenacity import wait_random_exponential

    error = state.outcome.exception()
    asked = error.wait_s if isinstance(error, RateLimited) else 0.0
    return float(asked + wait_random_exponential(multiplier=0.2, max=3.0)(state))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _is_too_deep(text: str, document: object) -> bool:
    """Few brackets cannot be deep: most answers need no walk."""
    return text.count("[") + text.count("{") > MAX_DEPTH and _depth(document) > MAX_DEPTH


def _depth(document: Any) -> int:
    """Lists and objects inside each other; of a thousand candles' cells only the types are looked at."""
    depth, level = 0, [document]
    while level and depth <= MAX_DEPTH:
        depth += 1
        inside = (item.values() if isinstance(item, dict) else item for item in level)
        children = list(chain.from_iterable(inside))
        flat = NESTS.isdisjoint(map(type, children))
        level = [] if flat else [child for child in children if type(child) in NESTS]
    return depth


def _host(url: Any) -> str:
    return urlsplit(str(url)).netloc.rpartition("@")[2]


def budget_key(url: Any, proxy: str) -> str:
    """What a venue counts by: the host, and the address we come from."""
    return f"{_host(url)} via {_host(proxy)}" if proxy else _host(url)


@cache
def verified_tls() -> SSLContext:
    """Certificates and names checked against this machine's authorities and Mozilla's; sent along with every request, so that a
    session which was told not to check does not decide."""
    import ssl

    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
