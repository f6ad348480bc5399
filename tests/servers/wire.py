"""HTTP/1.1 on the loopback, byte by byte: an answer can be whole, or late, cut, dripping or none at all.

The server runs in a thread of its own, so that plain tests can use it. A defect in the function that answers is not
swallowed: the connection closes, and leaving the ``with`` block raises it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

DRIP_S = 0.05
HEAD_LIMIT = 1 << 16
WORTH_PACKING = 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    target: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Talk = Callable[[Request, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Send = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes, bytes], Awaitable[None]]


async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes) -> None:
    """All of it at once."""
    writer.write(head + body)
    await writer.drain()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes) -> None:
    """The body a byte at a time: a limit on each read never ends it, only one on the whole answer."""
    writer.write(head)
    for byte in body:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DRIP_S)


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes) -> None:
    """Nothing, until the client goes away."""
    await reader.read()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes) -> None:
    """Half the answer, then the connection is torn down."""
    writer.write(head + body[: len(body) // 2])
    await writer.drain()
    at_once = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    writer.transport.abort()


async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes) -> None:
    """Not a byte, and the connection closes."""


async def half_a_head(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes
) -> None:
    """The connection closes amid the headers."""
    writer.write(head[: len(head) // 2])
    await writer.drain()


async def not_http(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes
) -> None:
    """Another protocol's greeting."""
    writer.write(b"220 mail.example ESMTP ready\r\n" + body)
    await writer.drain()


async def cut_chunks(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes
) -> None:
    """A chunked body whose last chunk never comes."""
    half = body[: len(body) // 2]
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    chunked = b"\r\n".join([lines[0], b"Transfer-Encoding: chunked", *lines[1:]])
    writer.write(chunked + f"{len(half):x}\r\n".encode() + half + b"\r\n")
    await writer.drain()


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes over the wire. ``claimed_length`` is a Content-Length that is not the body's own."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    claimed_length: int | None = None
    send: Send = whole

    @property
    def is_honest(self) -> bool:
        """Whether the connection can go on after it."""
        return self.send is whole and self.claimed_length is None

    def packed_for(self, request: Request) -> Reply:
        """Compressed, if the client takes that and the answer is an ordinary one."""
        takes = "gzip" in request.headers.get("accept-encoding", "")
        if not takes or not self.is_honest or self.headers or len(self.body) < WORTH_PACKING:
            return self
        return Reply(self.status, gzip.compress(self.body, 1, mtime=0), {"Content-Encoding": "gzip"})

    def head(self, extra: Mapping[str, str]) -> bytes:
        """Status line and headers."""
        length = len(self.body) if self.claimed_length is None else self.claimed_length
        headers = {"Content-Type": "application/json;charset=UTF-8", **extra, **self.headers}
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Loopback:
    """``with Loopback(answer) as wire:`` serves ``wire.base_url``; ``answer`` gives the reply and headers to add."""

    def __init__(
        self, answer: Callable[[Request], tuple[Reply, Mapping[str, str]]], talk: Talk | None = None
    ) -> None:
        """``talk`` gets what asks for a websocket; without it that is a request like any other."""
        self._answer = answer
        self._socket = talk
        self._port = 0
        self._running: Future[None] | None = None

    def __enter__(self) -> Loopback:
        listener = socket.create_server(("127.0.0.1", 0))
        self._port = listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="loopback")
        self._running = self._thread.submit(self._loop.run_until_complete, self._serve(listener))
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection; may be called twice."""
        running, self._running = self._running, None
        if running is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.shutdown()
        self._loop.close()
        running.result()

    @property
    def base_url(self) -> str:
        """Address to give a client; it stays the same after the end, when nobody listens there."""
        return f"http://127.0.0.1:{self._port}"

    async def _serve(self, listener: socket.socket) -> None:
        """Accepts by itself: asyncio's own server of Python 3.11 loses a connection that arrives as it closes."""
        talks: dict[asyncio.Task[None], socket.socket] = {}

        def accept() -> None:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                connection, _ = listener.accept()
                talks[asyncio.ensure_future(self._talk(connection))] = connection

        listener.setblocking(False)
        self._loop.add_reader(listener, accept)
        await self._stopping.wait()
        self._loop.remove_reader(listener)
        listener.close()
        await _end(talks)

    async def _talk(self, connection: socket.socket) -> None:
        """One connection, until the client leaves, an answer breaks it or the server stops."""
        reader, writer = await asyncio.open_connection(sock=connection, limit=HEAD_LIMIT)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._exchange(reader, writer):
                    pass
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether another may follow."""
        request = _parse(await reader.readuntil(b"\r\n\r\n"))
        if self._socket and request.headers.get("upgrade", "").lower() == "websocket":
            await self._socket(request, reader, writer)
            return False
        reply, extra = self._answer(request)
        reply = reply.packed_for(request)
        await reply.send(reader, writer, reply.head(extra), reply.body)
        return reply.is_honest and request.headers.get("connection", "").lower() != "close"


async def _end(talks: Mapping[asyncio.Task[None], socket.socket]) -> None:
    """Tear down every connection, also one just accepted; a defect in a talk is raised."""
    for talk in talks:
        talk.cancel()
    outcomes = await asyncio.gather(*talks, return_exceptions=True)
    await asyncio.sleep(0)
    for connection in talks.values():
        connection.close()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def _parse(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = (line.partition(":") for line in lines if line)
    split = urlsplit(target)
    return Request(
        method,
        split.path,
        dict(parse_qsl(split.query, keep_blank_values=True)),
        target,
        {name.lower(): value.strip() for name, _, value in headers},
    )
