"""The feed of a phone: whatever the network does ends typed and in time, and nothing is spoken to that is not allowed."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from data.adapters import EXCHANGES
from data.adapters.budget_ledger import MemoryLedger
from data.adapters.rest_feed import ATTEMPTS, BINANCE_LITE, PATHS, RestClient, repeating
from data.adapters.venue import Ask
from shared.config.settings import ExchangeSettings
from shared.errors import NotFound, RateLimited, SecurityFault, SniperError, TransportFault, VenueRefusal
from tests.conformance.stands import NOW, plenty, served
from tests.servers.binance import BinanceServer

DEADLINE_S = 0.8
TIME = BINANCE_LITE.dialect.time


@pytest.fixture(scope="module")
def server() -> Iterator[BinanceServer]:
    with BinanceServer(served(), NOW) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(server: BinanceServer) -> None:
    server.requests.clear()
    server.faults.clear()


def ask(base_url: str, what: Ask = TIME, **settings: object) -> object:
    reached = ExchangeSettings(base_url=base_url, timeout_s=DEADLINE_S, **settings)  # type: ignore[arg-type]
    return asyncio.run(RestClient(BINANCE_LITE, reached, plenty(BINANCE_LITE)).ask(what))


def klines(**query: str | int) -> Ask:
    return Ask("public_get_klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": 500, **query}, 1)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("html_200", TransportFault),
        ("html_403", VenueRefusal),
        ("html_502", TransportFault),
        ("http_429", RateLimited),
        ("http_418", RateLimited),
        ("http_451", VenueRefusal),
        ("http_500", TransportFault),
        ("null_body", TransportFault),
        ("empty_body", TransportFault),
        ("redirect", TransportFault),
        ("truncated_json", TransportFault),
        ("short_length", TransportFault),
        ("huge_body", TransportFault),
        ("gzip_bomb", TransportFault),
        ("deep_json", TransportFault),
        ("bottomless_json", TransportFault),
        ("slow_drip", TransportFault),
        ("hang", TransportFault),
        ("reset", TransportFault),
    ],
)
def test_every_broken_answer_ends_typed_in_one_line_and_in_time(
    server: BinanceServer, kind: str, fault: type[SniperError]
) -> None:
    server.fault("/klines", kind)
    began = time.monotonic()
    with pytest.raises(fault) as caught:
        ask(server.base_url, klines())
    assert time.monotonic() - began < DEADLINE_S + 1.0
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("binance-lite")
    assert caught.value.action
    assert server.count("/klines") == 1, "a redirect is not followed"


@contextmanager
def speaking(speak: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server of one connection that says what it likes; its address, and what it was sent."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                heard.append(connection.recv(65536))
                try:
                    speak(connection)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
        thread.join()


def test_headers_that_drip_are_given_up_at_the_deadline() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            connection.sendall(b"X: y\r\n")
            time.sleep(0.05)

    began = time.monotonic()
    with (
        speaking(drip) as (address, _),
        pytest.raises(TransportFault, match=r"no whole answer within 0\.8 s"),
    ):
        ask(address)
    assert time.monotonic() - began < DEADLINE_S + 1.0


def test_an_answer_in_chunks_is_read_and_a_cut_one_is_not() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with speaking(lambda one: one.sendall(head + b'f\r\n{"serverTime": \r\n2\r\n7}\r\n0\r\n\r\n')) as (
        address,
        heard,
    ):
        assert ask(address) == {"serverTime": 7}
    assert heard[0].startswith(b"GET /api/v3/time? HTTP/1.1\r\n") or heard[0].startswith(b"GET /api/v3/time ")
    assert b"Accept-Encoding: identity" in heard[0]
    with (
        speaking(lambda one: one.sendall(head + b'f\r\n{"serverTime":')) as (address, _),
        pytest.raises(TransportFault),
    ):
        ask(address)


def test_a_proxy_is_asked_for_the_whole_address() -> None:
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"serverTime":7}'
    with speaking(lambda one: one.sendall(answer)) as (address, heard):
        assert ask("http://127.0.0.1:9", proxy=address) == {"serverTime": 7}
    assert heard[0].startswith(b"GET http://127.0.0.1:9/api/v3/time")


def test_a_secure_address_is_reached_through_a_tunnel_and_never_in_the_clear() -> None:
    refusing = speaking(lambda one: one.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n"))
    with refusing as (address, heard), pytest.raises(TransportFault, match="could not be read"):
        ask("https://data-api.binance.vision", proxy=address)
    assert heard[0].startswith(b"CONNECT data-api.binance.vision:443 HTTP/1.")


def test_nobody_there_is_a_typed_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(TransportFault, match=r"could not be read \(ConnectionRefusedError\)"):
        ask(f"http://127.0.0.1:{port}")


def test_a_host_off_the_list_is_never_spoken_to(server: BinanceServer) -> None:
    client = RestClient(BINANCE_LITE, ExchangeSettings(base_url="http://127.0.0.1:9"), plenty(BINANCE_LITE))
    client._base_url = server.base_url
    with pytest.raises(SecurityFault, match="not an allowed host"):
        asyncio.run(client.ask(TIME))
    assert server.requests == []


def test_the_test_network_is_another_exchange_at_another_address() -> None:
    client = RestClient(BINANCE_LITE, ExchangeSettings(testnet=True), plenty(BINANCE_LITE))
    assert client.exchange == "binance-lite-testnet"
    client._base_url = BINANCE_LITE.url
    with pytest.raises(SecurityFault):
        asyncio.run(client.ask(TIME))


@pytest.mark.parametrize(
    ("query", "fault", "said"),
    [
        ({"symbol": "NOPEUSDT"}, NotFound, "Invalid symbol"),
        ({"interval": "7m"}, VenueRefusal, "HTTP 400, -1120: Invalid interval"),
    ],
)
def test_the_venues_own_errors_are_typed(
    server: BinanceServer, query: dict[str, str], fault: type[SniperError], said: str
) -> None:
    with pytest.raises(fault, match=said):
        ask(server.base_url, klines(**query))


def test_every_question_the_dialect_asks_has_an_address() -> None:
    dialect = BINANCE_LITE.dialect
    asked = {one.method for one in (dialect.time, dialect.markets, *dialect.tickers)}
    assert asked | {"public_get_klines", "public_get_depth"} == set(PATHS)


@pytest.mark.parametrize(
    ("faults", "calls"),
    [
        ([TransportFault("x")], 2),
        ([TransportFault("x"), RateLimited("x", "", 0.01)], 3),
        ([TransportFault("x")] * ATTEMPTS, ATTEMPTS),
        ([VenueRefusal("x")], 1),
        ([RateLimited("x", "", 600.0)], 1),
    ],
)
def test_only_what_may_pass_is_tried_again(
    faults: list[TransportFault], calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.adapters.rest_feed.PAUSE_S", 0.0)
    left, seen = list(faults), []

    async def read() -> str:
        seen.append(1)
        if left:
            raise left.pop(0)
        return "read"

    if len(faults) < calls:
        assert asyncio.run(repeating(read)) == "read"
    else:
        with pytest.raises(TransportFault):
            asyncio.run(repeating(read))
    assert len(seen) == calls


def test_the_table_of_exchanges_opens_it(server: BinanceServer) -> None:
    async def work() -> tuple[str, set[str], set[str]]:
        feed = EXCHANGES["binance-lite"](ExchangeSettings(base_url=server.base_url), None, MemoryLedger())
        markets = await feed.markets()
        await feed.close()
        await feed.close()
        return feed.exchange, {market.exchange for market in markets.values()}, set(markets)

    exchange, of_markets, symbols = asyncio.run(work())
    assert (exchange, of_markets) == ("binance-lite", {"binance-lite"})
    assert "BTC/USDT" in symbols
