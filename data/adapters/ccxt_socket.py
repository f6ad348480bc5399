"""One websocket through ccxt's pro classes: they connect, ping, answer pings and pace new attempts; every message is read here.

ccxt follows redirects of the handshake, takes messages of 10 MiB, and stops listening for ever, without a word, where a message cannot
be parsed. Here hosts are held to the list, certificates always checked, redirects refused, messages capped, and whatever
cannot be read ends the connection with a reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from data.adapters.http_guard import Guard, verified_tls
from data.adapters.stream_dialect import Sent
from shared.errors import SecurityFault, SniperError, TransportFault, VenueRefusal

if TYPE_CHECKING:
    import aiohttp

MOST_BYTES: Final = 256 * 1024
"""A message: a candle has about 400."""
PING_MS: Final = 15_000
"""A connection that answers no ping for twice as long is taken for dead."""
CONNECT_MS: Final = 10_000
ENDED: Final = "ended"

Hear = Callable[[Any], bool]
"""Told every document; whether it was the answer to a ping."""


def open_session() -> aiohttp.ClientSession:
    """A session that follows no redirect and takes nothing from the environment. To be made inside a running event loop."""
    import aiohttp

    async def refuse(_session: object, _context: object, params: aiohttp.TraceRequestRedirectParams) -> None:
        raise TransportFault(f"{params.url.host}: a redirect, which is never followed", "Check base_url")

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(refuse)
    return aiohttp.ClientSession(trace_configs=[trace], trust_env=False)


class Socket:
    """One connection at a time to ``url``, opened anew by every :meth:`connect`."""

    def __init__(self, pro: Any, url: str) -> None:
        """``pro`` comes from :func:`guarded_pro`; nothing is sent yet."""
        self._pro = pro
        self._url = url
        self._client: Any = None
        self._ended: asyncio.Future[None] | None = None

    async def connect(self, hear: Hear) -> None:
        """Open the connection; ``hear`` is told every document.

        Raises:
            TransportFault: it cannot be opened.
        """
        await self._leave()
        self._ended = self._pro.watch_multiple(self._url, [ENDED])
        self._client = self._pro.client(self._url)
        self._client.hear = hear
        await asyncio.wait((self._ended, self._client.connected), return_when=asyncio.FIRST_COMPLETED)
        if self._ended.done():
            await self.ended()

    async def send(self, document: Sent) -> None:
        """Send a request.

        Raises:
            TransportFault: the connection is gone.
        """
        try:
            await self._client.send(document)
        except OSError as error:
            raise TransportFault(f"{self._host}: the connection is gone", "It is opened anew") from error

    async def ended(self) -> None:
        """Wait for the end of the connection.

        Raises:
            TransportFault: it ended; the message says why.
        """
        import ccxt

        if self._ended is None:
            return
        await asyncio.wait((self._ended,))
        try:
            self._ended.result()
        except (ccxt.BaseError, asyncio.CancelledError) as error:
            line = (str(error).splitlines() or [""])[0][:120]
            raise TransportFault(f"{self._host}: {line or 'closed'}", "It is opened anew") from error

    async def _leave(self) -> None:
        """Leave nothing of the connection before: ccxt would go on with one that ended without a word."""
        self._pro.clients.pop(self._url, None)
        if self._client is not None:
            await self._client.close()

    @property
    def _host(self) -> str:
        return urlsplit(self._url).netloc


def load_pro(ccxt_class: str) -> Any:
    """ccxt's pro class. To be called before a thread is started: two threads that import ccxt at once block each other."""
    import ccxt.pro

    return getattr(ccxt.pro, ccxt_class)


def guarded_pro(ccxt_class: str, guard: Guard, session: aiohttp.ClientSession, proxy: str) -> Any:
    """ccxt's pro class with every connection guarded. It sends no request of its own, and its connections are its own: ccxt keeps
    them in one table of all its objects, of which any that is closed closes them all."""
    base: Any = load_pro(ccxt_class)
    client_class = _guarded_client(guard, proxy)

    class Pro(base):  # type: ignore[misc]
        async def fetch(self, url: str, *_rest: Any, **_more: Any) -> Any:
            raise VenueRefusal(
                f"{guard.exchange}: a stream asks nothing of {urlsplit(url).netloc}", "Report it"
            )

        def client(self, url: str) -> Any:
            self.open()
            if url not in self.clients:
                options = self.extend(
                    self.streaming,
                    {
                        "ping": getattr(self, "ping", None),
                        "asyncio_loop": self.asyncio_loop,
                        "connectionTimeout": CONNECT_MS,
                        "keepAlive": PING_MS,
                    },
                )
                callbacks = (self.handle_message, self.on_error, self.on_close, self.on_connected)
                self.clients[url] = client_class(url, *callbacks, options)
            return self.clients[url]

    pro = Pro({"enableRateLimit": False, "session": session, "asyncio_loop": asyncio.get_running_loop()})
    pro.clients = {}
    pro.timeout_on_exit = 0
    return pro


async def close_pro(pro: Any) -> None:
    """Close every connection."""
    for client in list(pro.clients.values()):
        await client.close()
    pro.clients.clear()
    pro.session = None
    await pro.close()


def _guarded_client(guard: Guard, proxy: str) -> Any:
    import ccxt
    from ccxt.async_support.base.ws.client import Client

    class GuardedClient(Client):  # type: ignore[misc]
        hear: Hear = staticmethod(lambda document: False)

        def create_connection(self, session: aiohttp.ClientSession) -> Any:
            guard.check_host(self.url)
            return session.ws_connect(
                self.url,
                autoping=False,
                autoclose=False,
                proxy=proxy or None,
                ssl=verified_tls() if urlsplit(self.url).scheme == "wss" else True,
                max_msg_size=MOST_BYTES,
            ).__aenter__()

        def handle_text_or_binary_message(self, data: str | bytes) -> None:
            if self.error:
                return
            try:
                text = data if isinstance(data, str) else data.decode("utf-8", "replace")
                if self.hear(guard.parse(text)):
                    self.lastPong = ccxt.Exchange.milliseconds()
            except SniperError as fault:
                self.on_error(ccxt.NetworkError(fault.problem))

    return GuardedClient


def stream_guard(guard: Guard, url: str) -> Guard:
    """The same guard, if it lets ``url`` pass.

    Raises:
        SecurityFault: the host is not allowed, or the address is no websocket's.
    """
    if urlsplit(url).scheme not in ("ws", "wss"):
        raise SecurityFault(f"{guard.exchange}: {url!r:.80} is no address of a stream", "Check base_url")
    guard.check_host(url)
    return guard
