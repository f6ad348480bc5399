"""The loopback server answers plain requests, and fails loudly when it is itself at fault."""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import socket
from collections.abc import Mapping
from email.message import Message
from urllib.parse import urlsplit

import pytest

from tests.servers.wire import Loopback, Reply, Request, Send, drip, hang, whole


def echo(request: Request) -> tuple[Reply, Mapping[str, str]]:
    return Reply(200, json.dumps([request.path, dict(request.query)]).encode()), {"X-Seen": "yes"}


def talk(wire: Loopback) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(wire.base_url).netloc, timeout=5)


def ask(client: http.client.HTTPConnection, target: str) -> tuple[Message, bytes]:
    client.request("GET", target)
    answer = client.getresponse()
    return answer.headers, answer.read()


def test_one_connection_carries_many_requests() -> None:
    with Loopback(echo) as wire:
        client = talk(wire)
        for number in range(3):
            headers, body = ask(client, f"/a%20b?n={number}&empty=")
            assert headers["X-Seen"] == "yes"
            assert json.loads(body) == ["/a%20b", {"n": str(number), "empty": ""}]
        client.close()


def test_the_end_closes_connections_and_the_port() -> None:
    with Loopback(echo) as wire:
        client = talk(wire)
        ask(client, "/")
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(client, "/")
    client.close()
    with pytest.raises(ConnectionRefusedError):
        ask(talk(wire), "/")
    wire.__exit__()


@pytest.mark.filterwarnings("error")
def test_connections_that_arrive_as_the_end_comes_are_closed_too() -> None:
    for _ in range(50):
        with Loopback(echo) as wire:
            address = urlsplit(wire.base_url)
            clients = [socket.create_connection((address.hostname, address.port)) for _ in range(8)]
        for client in clients:
            client.settimeout(5)
            with contextlib.suppress(ConnectionError):
                assert client.recv(1) == b""
            client.close()
    gc.collect()


@pytest.mark.parametrize("send", [whole, drip, hang])
def test_a_client_that_does_not_read_never_holds_up_the_end(send: Send) -> None:
    big = Reply(200, b"[" + b" " * (32 << 20) + b"]", send=send)
    with Loopback(lambda request: (big, {})) as wire:
        client = talk(wire)
        client.request("GET", "/", headers={"Connection": "keep-alive"})
        if send is not hang:
            client.getresponse()
    client.close()


def test_a_defect_of_the_server_comes_out_at_its_end() -> None:
    def broken(request: Request) -> tuple[Reply, Mapping[str, str]]:
        raise ZeroDivisionError(request.path)

    wire = Loopback(broken)
    wire.__enter__()
    client = talk(wire)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(client, "/x")
    client.close()
    with pytest.raises(ZeroDivisionError, match="/x"):
        wire.__exit__()
