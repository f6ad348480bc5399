"""One request with the standard library alone, with one deadline for all of it: from the first byte out to the last byte in."""

from __future__ import annotations

import http.client
import io
import ssl
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit


class _Timed(io.RawIOBase):
    """A socket's bytes, up to one instant: a limit on each read never ends an answer that comes a byte at a time."""

    def __init__(self, connection: Any, ends_s: float) -> None:
        self._connection = connection
        self._ends_s = ends_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_left(self._ends_s))
        received: int = self._connection.recv_into(buffer)
        return received


class _WholeLines(io.BufferedReader):
    """What reads an answer's head takes its end for the head's: a cut one would pass for whole."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and (size is None or size < 0 or len(line) < size):
            raise http.client.IncompleteRead(line)
        return line


class _TimedSocket:
    """What :mod:`http.client` needs of a socket."""

    def __init__(self, connection: Any, ends_s: float) -> None:
        self._connection = connection
        self._ends_s = ends_s

    def sendall(self, data: Any) -> None:
        self._connection.settimeout(_left(self._ends_s))
        self._connection.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return _WholeLines(_Timed(self._connection, self._ends_s))

    def close(self) -> None:
        self._connection.close()


def _left(ends_s: float) -> float:
    left = ends_s - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def connected(url: SplitResult, proxy: str, ends_s: float) -> tuple[http.client.HTTPConnection, str]:
    """A connection to where ``url`` is, through ``proxy`` where there is one, and what to ask for on it. Nothing is sent or received
    on it once :func:`time.monotonic` has passed ``ends_s``; certificates are always checked.

    Raises:
        TimeoutError: the time is over.
        OSError: it cannot be reached, or its certificate is not in order.
    """
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    near = urlsplit(proxy) if proxy else url
    is_tunnel = bool(proxy) and url.scheme == "https"
    host, port, left_s = near.hostname or "", near.port, _left(ends_s)
    if url.scheme == "https":
        verified = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port or (80 if proxy else None), timeout=left_s, context=verified
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=left_s)
    if is_tunnel:
        connection.set_tunnel(url.hostname or "", url.port or 443)
    try:
        connection.connect()
    except BaseException:
        connection.close()
        raise
    connection.sock = _TimedSocket(connection.sock, ends_s)
    return connection, url.geturl() if proxy and not is_tunnel else path


def retry_after_s(text: str, usual_s: float) -> float:
    """What ``Retry-After`` asks for, in seconds or as a date; ``usual_s`` where it asks for nothing that can be read, or less by a
    date."""
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return usual_s
    return max(usual_s, (date.astimezone(UTC) - datetime.now(UTC)).total_seconds())
