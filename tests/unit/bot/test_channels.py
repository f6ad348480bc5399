"""The channels that ship: a file that never says a thing twice, a webhook that is signed, and whose silence is never taken for an
answer."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.notifications.file import LinesFile
from bot.notifications.webhook import Hook, Webhook, classified, signature
from shared.errors import ConfigFault
from shared.models.notifications import Delivered, Delivery, Parcel, Refused, Unknown
from tests.servers.hook import running
from tests.unit.bot.test_notifications import NOTICE

SECRET = "canary-secret-0123456789"


class Standing:
    def now_ms(self) -> int:
        return 1_722_859_200_500


def parcel_to(path: Path) -> Parcel:
    (parcel,) = LinesFile([path]).parcels(NOTICE, {})
    return parcel


def appended(path: Path, parcel: Parcel) -> Delivery:
    return asyncio.run(LinesFile([path]).send(parcel, ""))


def test_a_repeat_of_a_line_that_is_there_adds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    parcel = parcel_to(path)
    assert appended(path, parcel) == Delivered()
    assert appended(path, replace(parcel, is_repeat=True)) == Delivered()
    assert appended(path, replace(parcel, id="other", is_repeat=True)) == Delivered()
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == [parcel.id, "other"]


def test_a_line_that_was_cut_is_ended_and_its_repeat_written(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    parcel = parcel_to(path)
    appended(path, parcel)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert appended(path, replace(parcel, is_repeat=True)) == Delivered()
    first, second = path.read_bytes().splitlines()
    assert first + b"\n" == whole
    assert json.loads(second)["repeat"] is True


def test_a_file_that_cannot_be_opened_took_nothing(tmp_path: Path) -> None:
    assert appended(tmp_path, parcel_to(tmp_path)) == Refused("cannot be opened: Is a directory", 0.0)


def test_a_disk_that_is_full_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "alerts.jsonl"
    appended(path, parcel_to(path))
    whole, calls = path.read_bytes(), []

    def full(_: int) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert appended(path, replace(parcel_to(path), id="next")) == Refused(
        "could not be written: No space left on device", 0.0
    )
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, Delivered()), (204, Delivered()), (299, Delivered()), (429, Refused("HTTP 429", 7.0)),
        *((status, Refused(f"HTTP {status}", None)) for status in (400, 401, 403, 404, 410, 413, 422, 499)),
        *((status, Unknown(f"HTTP {status}")) for status in (100, 199, 300, 301, 302, 308, 408, 409, 425, 500, 502, 503, 504, 599)),
    ],
)  # fmt: skip
def test_a_status_means_no_more_than_it_says(status: int, meaning: Delivery) -> None:
    assert classified(status, "7") == meaning


def test_a_wish_to_wait_is_bounded() -> None:
    assert classified(429, "") == Refused("HTTP 429", 0.0)
    assert classified(429, "9" * 400) == Refused("HTTP 429", 86_400.0)
    assert classified(429, "soon") == Refused("HTTP 429", 0.0)


def test_what_is_posted_is_signed_and_a_repeat_says_so() -> None:
    with running(SECRET) as remote:
        channel = Webhook([Hook("mine", f"{remote.url}/a?b=1", SECRET)], Standing(), 5.0)
        (parcel,) = channel.parcels(replace(NOTICE, document='{"text":"BTC ✓"}'), {})
        assert asyncio.run(channel.send(parcel, "")) == Delivered()
        assert asyncio.run(channel.send(replace(parcel, is_repeat=True), "")) == Delivered()
        arrived = remote.arrivals()
    assert [(one.id, one.address, one.is_signed, one.is_marked, one.text) for one in arrived] == [
        (parcel.id, "/a?b=1", True, marked, "BTC ✓") for marked in (False, True)
    ]


def test_a_signature_is_the_one_that_the_documentation_shows() -> None:
    found = signature("It's a secret to everybody", 1_722_859_200, b'{"id":"abcd"}')
    assert found == "dcc496e0fcf3c65d077a1a4beb7e90f1f01300b4ff9b6b5a61d4be375e719244"


@contextmanager
def answering(answer: bytes, *, hold: bool = False) -> Iterator[str]:
    """A server that answers each connection with these bytes, or keeps it open."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ending = threading.Event()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                if hold:
                    ending.wait(5)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            ending.set()
            thread.join()


def posted(url: str, deadline_s: float = 0.4) -> Delivery:
    channel = Webhook([Hook("mine", url, SECRET)], Standing(), deadline_s)
    (parcel,) = channel.parcels(NOTICE, {})
    return asyncio.run(channel.send(parcel, ""))


@pytest.mark.parametrize(
    ("answer", "hold"),
    [
        (b"", False), (b"", True), (b"HTTP/1.1 200", False), (b"HTTP/1.1 200 OK\r\nContent-", False),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 3, True),
        (b"\x16\x03\x01 not http\r\n\r\n", False), (b"HTTP/1.1 abc OK\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\n" + b"h: v\r\n" * 200 + b"\r\n", False), (b"HTTP/1.1 200 " + b"x" * 70_000, False),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", False),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\n", False),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_no_answer(answer: bytes, hold: bool) -> None:
    with answering(answer, hold=hold) as url:
        delivery = posted(url)
    assert isinstance(delivery, Unknown)
    assert SECRET not in repr(delivery)


def test_a_receiver_that_is_not_there_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert posted(f"http://127.0.0.1:{port}/") == Refused("cannot be reached (ConnectionRefusedError)", 0.0)


def test_a_certificate_that_is_not_in_order_took_nothing() -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\n") as url:
        delivery = posted(url.replace("http:", "https:"))
    assert isinstance(delivery, Refused)
    assert delivery.retry_after_s == 0.0


def test_a_webhook_is_https_and_its_secret_not_guessable_and_neither_is_shown() -> None:
    with pytest.raises(ConfigFault, match="webhook mine: its address must be https") as fault:
        Hook("mine", "http://example.org/canary-path")
    assert "canary" not in str(fault.value)
    with pytest.raises(ConfigFault, match="its secret has 5 characters, at least 16 are needed"):
        Hook("mine", "https://example.org", "short")
    assert "canary" not in repr(Hook("mine", "https://example.org/canary-path", SECRET))
    assert asyncio.run(
        Webhook([], Standing()).send(replace(parcel_to(Path("x")), channel="webhook", address="gone"), "")
    ) == Refused("no such webhook is set any more", None)
