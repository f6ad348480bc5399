"""Every fault of the table strikes where it is told to, and what unmodified ccxt makes of it."""

from __future__ import annotations

import time
import urllib.request
from typing import Any

import ccxt
import pytest

from tests.servers.binance import BinanceServer
from tests.servers.clients import get, get_json
from tests.servers.faults import FAULTS

HOUR = 3_600_000
BTC = "BTC/USDT"
NOT_IN_THE_TEXT = {
    "slow_drip", "hang", "reset", "short_length", "redirect", "huge_body", "gzip_bomb", "cut_chunks", "no_answer",
    "half_a_head", "not_http", "huge_header", "false_gzip", "names_changed",
}  # fmt: skip
"""Faults of the connection or of size, each proved on its own."""


def test_a_fault_strikes_so_many_times_where_it_is_told_to(server: BinanceServer) -> None:
    server.fault("/klines", "http_500", times=2, symbol="ETHUSDT")
    asked = ["BTCUSDT", "ETHUSDT", "ETHUSDT", "ETHUSDT"]
    seen = [
        get_json(server.base_url, "/api/v3/klines", symbol=name, interval="5m", limit=1)[0] for name in asked
    ]
    assert seen == [200, 500, 500, 200]


def test_faults_can_be_taken_back(server: BinanceServer) -> None:
    server.fault("/", "http_500", times=99)
    server.faults.clear()
    assert get_json(server.base_url, "/api/v3/ping")[0] == 200


def test_an_unknown_kind_is_refused(server: BinanceServer) -> None:
    with pytest.raises(KeyError, match="html_200"):
        server.fault("/klines", "gremlins")


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("http_429", ccxt.DDoSProtection),
        ("http_418", ccxt.DDoSProtection),
        ("http_451", ccxt.ExchangeNotAvailable),
        ("http_500", ccxt.OperationFailed),
        ("html_502", ccxt.ExchangeNotAvailable),
        ("html_403", ccxt.ExchangeNotAvailable),
        ("hang", ccxt.RequestTimeout),
        ("reset", ccxt.NetworkError),
        ("short_length", ccxt.NetworkError),
    ],
)
def test_what_ccxt_makes_of_a_failed_answer(
    server: BinanceServer, client: Any, kind: str, raised: type[Exception]
) -> None:
    client.load_markets()
    server.fault("/klines", kind)
    with pytest.raises(raised):
        client.fetch_ohlcv(BTC, "5m", limit=2)
    assert len(client.fetch_ohlcv(BTC, "5m", limit=2)) == 2


@pytest.mark.parametrize("kind", ["html_200", "truncated_json", "null_body", "empty_body", "garbage_rows"])
def test_what_ccxt_says_nothing_about(server: BinanceServer, client: Any, kind: str) -> None:
    """Why the product reads through a guard of its own."""
    client.load_markets()
    plain = client.fetch_ohlcv(BTC, "5m", limit=2)
    server.fault("/klines", kind)
    assert client.fetch_ohlcv(BTC, "5m", limit=2) != plain


def test_a_client_that_follows_a_redirect_does_not_notice_it(server: BinanceServer, client: Any) -> None:
    client.load_markets()
    plain = client.fetch_ohlcv(BTC, "5m", limit=2)
    server.fault("/klines", "redirect")
    assert client.fetch_ohlcv(BTC, "5m", limit=2) == plain
    assert server.requests[-1][0] == "/elsewhere/api/v3/klines"


def test_a_drip_never_ends_a_read_but_is_slow(server: BinanceServer) -> None:
    server.fault("/time", "slow_drip")
    before = time.monotonic()
    assert get_json(server.base_url, "/api/v3/time")[2] == {"serverTime": server.now_ms}
    assert time.monotonic() - before > 1


def test_swollen_answers(server: BinanceServer) -> None:
    for kind, on_the_wire in (("huge_body", 1 << 26), ("gzip_bomb", 1 << 16)):
        server.fault("/ping", kind)
        with urllib.request.urlopen(server.base_url + "/api/v3/ping", timeout=20) as answer:
            size = sum(len(part) for part in iter(lambda: answer.read(1 << 20), b""))
            packed = answer.headers["Content-Encoding"] == "gzip"
        assert packed == (kind == "gzip_bomb")
        assert on_the_wire <= size < 8 * on_the_wire


@pytest.mark.parametrize("kind", sorted(FAULTS.keys() - NOT_IN_THE_TEXT))
def test_every_kind_spoils_the_answer(server: BinanceServer, kind: str) -> None:
    """None gives the good answer by mistake."""
    query = {"symbol": "BTCUSDT", "interval": "5m", "limit": 6, "endTime": server.now_ms - HOUR}

    def fetch() -> tuple[int, bytes]:
        status, _, body = get(server.base_url, "/api/v3/klines", **query)
        return status, body

    good = fetch()
    server.fault("/klines", kind)
    assert fetch() != good
    assert fetch() == good


def test_rows_of_another_symbol_and_interval(server: BinanceServer) -> None:
    query = {"symbol": "BTCUSDT", "interval": "5m", "limit": 2}
    pepe = get_json(server.base_url, "/api/v3/klines", **query | {"symbol": "ETHUSDT"})[2]
    server.fault("/klines", "wrong_symbol")
    assert get_json(server.base_url, "/api/v3/klines", **query)[2] == pepe
    server.fault("/klines", "wrong_interval")
    rows = get_json(server.base_url, "/api/v3/klines", **query)[2]
    assert rows[1][0] - rows[0][0] == HOUR


def test_row_faults_leave_an_answer_without_rows_alone(server: BinanceServer) -> None:
    server.fault("/klines", "conflict")
    assert (
        get_json(server.base_url, "/api/v3/klines", symbol="BTCUSDT", interval="5m", startTime=server.now_ms)[
            2
        ]
        == []
    )
