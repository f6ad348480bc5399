"""A webhook's receiver in a process of its own: ``python hook.py SECRET`` prints its port.

It takes what is posted and counts it by id, and may close without a word after taking or before, answer 503 after taking, or 429.
``GET /report`` says what arrived, ``POST /mode`` sets how often it misbehaves, ``POST /reset`` forgets.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import random
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Arrival:
    """One request that had its effect."""

    id: str
    address: str
    is_marked: bool
    is_signed: bool
    is_alone: bool
    text: str


class Receiver:
    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()
        self.draw = random.Random(5)
        self.lock = threading.Lock()
        self.modes: dict[str, float] = {}
        self.arrivals: list[Arrival] = []
        self.at_it: dict[str, int] = {}

    def mode(self) -> str:
        dice = self.draw.random()
        for name, share in self.modes.items():
            dice -= share
            if dice < 0:
                return name
        return "taken"

    def is_signed(self, header: str, body: bytes) -> bool:
        parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
        expected = hmac.new(self.secret, parts.get("t", "").encode() + b"." + body, hashlib.sha256)
        return hmac.compare_digest(expected.hexdigest(), parts.get("v1", ""))


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_GET(self) -> None:
        with self.receiver.lock:
            self.answer(200, json.dumps([asdict(arrival) for arrival in self.receiver.arrivals]).encode())

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return
        if self.path in ("/mode", "/reset"):
            with self.receiver.lock:
                if self.path == "/mode":
                    self.receiver.modes = json.loads(body)
                else:
                    self.receiver.arrivals.clear()
            self.answer(200, b"")
            return
        self.take(body)

    def take(self, body: bytes) -> None:
        receiver = self.receiver
        with receiver.lock:
            mode = receiver.mode()
            receiver.at_it[self.path] = receiver.at_it.get(self.path, 0) + 1
            is_alone = receiver.at_it[self.path] == 1
        try:
            if mode not in ("lost", "busy"):
                self.note(body, is_alone=is_alone)
        finally:
            with receiver.lock:
                receiver.at_it[self.path] -= 1
        status = {"taken": 200, "broken": 503, "busy": 429}.get(mode)
        if status:
            self.answer(status, b"")

    def note(self, body: bytes, *, is_alone: bool) -> None:
        """Let it have its effect."""
        receiver, document = self.receiver, json.loads(body)
        arrival = Arrival(
            self.headers["Idempotency-Key"], self.path,
            document["repeat"] and self.headers.get("X-SniperSight-Repeat") == "1",
            receiver.is_signed(self.headers.get("X-SniperSight-Signature", ""), body), is_alone,
            document["notice"]["text"] if document["id"] == self.headers["Idempotency-Key"] else "",
        )  # fmt: skip
        with receiver.lock:
            receiver.arrivals.append(arrival)

    def answer(self, status: int, body: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is said."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()


class Remote:
    """The receiver as its user sees it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def modes(self, **shares: float) -> None:
        self._post("/mode", json.dumps(shares).encode())

    def reset(self) -> None:
        self._post("/reset", b"")

    def arrivals(self) -> list[Arrival]:
        with urllib.request.urlopen(f"{self.url}/report", timeout=10) as answer:
            return [Arrival(**one) for one in json.loads(answer.read())]

    def _post(self, path: str, body: bytes) -> None:
        with urllib.request.urlopen(f"{self.url}{path}", body, timeout=10) as answer:
            answer.read()


@contextlib.contextmanager
def running(secret: str) -> Iterator[Remote]:
    process = subprocess.Popen([sys.executable, __file__, secret], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Remote(int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no error."""


if __name__ == "__main__":
    Handler.receiver = Receiver(sys.argv[1])
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
