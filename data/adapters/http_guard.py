"""The guard at the HTTP border: an answer that is not a well-formed answer never gets past it.

Exchange libraries return quietly on an HTML page, a cut body or a null, and follow redirects. Here one request has one
deadline for all of it, goes to an allowed host, is not redirected, is capped in size and depth, is judged by its
status before its body, and its body is strict JSON; anything else is a typed fault.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from shared.errors import RateLimited, SecurityFault, TransportFault, VenueRefusal

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 32
CHUNK: Final = 64 * 1024
DEFAULT_WAIT_S: Final = 30.0
MAX_WAIT_S: Final = 60.0
ATTEMPTS: Final = 3
RESTRICTED: Final = frozenset({401, 403, 451})
TOO_FAST: Final = frozenset({418, 429})


@dataclass(frozen=True, slots=True)
class Guard:
    """What one exchange's requests may do. ``deadline_s`` bounds a request from its first byte out to its last byte in."""

    exchange: str
    hosts: frozenset[str]
    deadline_s: float

    async def get(
        self, session: aiohttp.ClientSession, url: Any, headers: Mapping[str, str], proxy: str
    ) -> Answer:
        """Send a GET request and take its answer.

        Raises:
            SecurityFault: the host is not allowed.
            TransportFault: no answer in time, a cut connection, a redirect, a body too large or not JSON, a server error.
            RateLimited: the venue asked us to wait.
            VenueRefusal: the venue does not serve us.
        """
        import aiohttp

        self.check_host(str(url))
        try:
            async with asyncio.timeout(self.deadline_s):
                async with session.get(
                    url, headers=headers, allow_redirects=False, proxy=proxy or None
                ) as response:
                    self.check_status(response.status, response.headers)
                    text = await self._read(response)
        except TimeoutError as error:
            raise TransportFault(
                f"{self.exchange}: no whole answer within {self.deadline_s:g} s",
                "Try again, or raise timeout_s",
            ) from error
        except aiohttp.ClientError as error:
            raise TransportFault(
                f"{self.exchange}: {self._host(url)} could not be read ({type(error).__name__})",
                "Check the network, base_url and proxy",
            ) from error
        return Answer(response.status, response.reason or "", dict(response.headers), text, self.parse(text))

    def check_host(self, url: str) -> None:
        """Refuse a host that is not on the list."""
        if self._host(url) not in self.hosts:
            raise SecurityFault(
                f"{self.exchange}: {self._host(url)!r} is not an allowed host ({', '.join(sorted(self.hosts))})",
                f"Add it to exchanges.{self.exchange}.allowed_hosts if you trust it",
            )

    def check_status(self, status: int, headers: Mapping[str, str]) -> None:
        """Judge by the status alone; a 400 or 404 may carry the venue's own error and is judged by its body."""
        if status in TOO_FAST:
            wait_s = _seconds(headers.get("Retry-After", ""))
            raise RateLimited(
                f"{self.exchange}: HTTP {status}, too many requests",
                f"Wait {wait_s:g} s, then scan again",
                wait_s,
            )
        if status in RESTRICTED:
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
            kind = "an HTML page" if text.lstrip()[:1] == "<" else "no whole JSON"
            raise TransportFault(
                f"{self.exchange}: the answer is {kind} ({len(text)} characters)",
                "A proxy or portal may stand between",
            ) from error
        if not isinstance(document, (dict, list)) or _depth(document) > MAX_DEPTH:
            raise TransportFault(f"{self.exchange}: the answer is not an object or list", "Try again later")
        return document

    async def _read(self, response: aiohttp.ClientResponse) -> str:
        body = bytearray()
        async for chunk in response.content.iter_chunked(CHUNK):
            body += chunk
            if len(body) > MAX_BYTES:
                raise TransportFault(
                    f"{self.exchange}: the answer is larger than {MAX_BYTES >> 20} MiB", "Check base_url"
                )
        return body.decode("utf-8", "replace")

    @staticmethod
    def _host(url: Any) -> str:
        return urlsplit(str(url)).netloc.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed answer."""

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str
    document: Any


async def reading(read: Callable[[], Awaitable[T]]) -> T:
    """Repeat a read that failed in transport: three attempts with jitter, waiting as long as the venue asks, up to a minute."""
    from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

    retrying = AsyncRetrying(
        retry=retry_if_exception(_may_repeat), stop=stop_after_attempt(ATTEMPTS), wait=_pause, reraise=True
    )

    async def attempt() -> T:
        return await read()

    return await retrying(attempt)


def _may_repeat(error: BaseException) -> bool:
    if isinstance(error, RateLimited):
        return error.wait_s <= MAX_WAIT_S
    return isinstance(error, TransportFault) and error.policy == "retry_read"


def _pause(state: Any) -> float:
    from tenacity import wait_random_exponential

    error = state.outcome.exception()
    asked = error.wait_s if isinstance(error, RateLimited) else 0.0
    return float(asked + wait_random_exponential(multiplier=0.2, max=3.0)(state))


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else DEFAULT_WAIT_S


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _depth(document: object) -> int:
    depth, level = 0, [document]
    while level and depth <= MAX_DEPTH:
        depth += 1
        inner = [item for item in level if isinstance(item, (dict, list))]
        level = [child for item in inner for child in (item.values() if isinstance(item, dict) else item)]
    return depth
