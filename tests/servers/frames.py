"""Websockets (RFC 6455) from the server's side, byte by byte: the handshake, and whole frames in both directions."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct
from dataclasses import dataclass

from tests.servers.wire import Request

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a client, unmasked."""

    opcode: int
    body: bytes


def accepted(request: Request) -> bytes:
    """The answer that opens a websocket."""
    key = request.headers["sec-websocket-key"] + MAGIC
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def framed(opcode: int, body: bytes) -> bytes:
    """A whole frame, not masked, as servers send them."""
    head = bytes([0x80 | opcode])
    if len(body) < 126:
        return head + bytes([len(body)]) + body
    if len(body) < 1 << 16:
        return head + bytes([126]) + struct.pack(">H", len(body)) + body
    return head + bytes([127]) + struct.pack(">Q", len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """The next frame."""
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack(">H", await reader.readexactly(2))
    elif length == 127:
        (length,) = struct.unpack(">Q", await reader.readexactly(8))
    mask = await reader.readexactly(4)
    body = await reader.readexactly(length)
    return Frame(first & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(body)))
