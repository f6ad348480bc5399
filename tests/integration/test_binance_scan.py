"""The main job against a loopback Binance: unmodified ccxt, the real command line, real candles where there are any."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from data.adapters.ccxt_binance import BINANCE
from data.adapters.ccxt_feed import open_feed
from data.cache import SqliteCandleStore
from shared.config.settings import ExchangeSettings
from shared.errors import (
    DataFault,
    NotFound,
    RateLimited,
    SecurityFault,
    SniperError,
    TransportFault,
    VenueRefusal,
)
from shared.models.data import Candles
from shared.models.timeframe import Timeframe
from tests.servers.binance import BinanceServer
from tests.servers.market import ServedMarket, market_folder

NOW = int(datetime(2024, 8, 2, 12, 7, 30, tzinfo=UTC).timestamp()) * 1000
START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 1000
SYMBOLS = ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
FAST = ExchangeSettings(timeout_s=1.0)


@pytest.fixture(scope="module")
def market() -> ServedMarket:
    until = NOW + 86_400_000
    if market_folder().is_dir():
        return ServedMarket.from_parquet(market_folder(), SYMBOLS, START, until)
    return ServedMarket.synthetic(SYMBOLS, START, until)


@pytest.fixture
def server(market: ServedMarket) -> Iterator[BinanceServer]:
    with BinanceServer(market, NOW) as running:
        yield running


def fetch(
    server: BinanceServer,
    symbol: str = "BTC/USDT",
    timeframe: Timeframe = Timeframe.M15,
    since: int = NOW - 3 * 86_400_000,
) -> Candles:
    async def work() -> Candles:
        feed = open_feed(BINANCE, ExchangeSettings(base_url=server.base_url, timeout_s=1.0))
        try:
            return await feed.candles(symbol, timeframe, since, NOW)
        finally:
            await feed.close()

    return asyncio.run(work())


def scan(server: BinanceServer, *flags: str, **more: str) -> tuple[int, str, str]:
    """Run the installed command line in a process of its own."""
    import subprocess
    import sys

    environ = os.environ | {"SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL": server.base_url} | more
    call = [sys.executable, "-m", "sniper_sight_cli", "scan", "--profile", "balanced", *flags]
    done = subprocess.run(call, env=environ, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_candle_still_forming_is_never_given(server: BinanceServer) -> None:
    candles = fetch(server)
    assert int(candles.close_ms[-1]) <= NOW
    assert int(candles.open_ms[-1]) == Timeframe.M15.last_closed_open(NOW)


def test_long_spans_come_in_pages_and_join_without_a_seam(
    server: BinanceServer, market: ServedMarket
) -> None:
    candles = fetch(server, since=NOW - 30 * 86_400_000)
    served = market.candles("BTC/USDT", "15m", NOW - 30 * 86_400_000, NOW)
    assert server.count("/klines") == 3
    assert np.array_equal(candles.open_ms, served[: len(candles), 0].astype(np.int64))
    assert np.array_equal(candles.close, served[: len(candles), 4])


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("html_200", TransportFault),
        ("html_502", TransportFault),
        ("http_500", TransportFault),
        ("truncated_json", TransportFault),
        ("short_length", TransportFault),
        ("null_body", TransportFault),
        ("empty_body", TransportFault),
        ("deep_json", TransportFault),
        ("redirect", TransportFault),
        ("hang", TransportFault),
        ("reset", TransportFault),
        ("http_451", VenueRefusal),
        ("html_403", VenueRefusal),
        ("http_418", RateLimited),
        ("garbage_rows", DataFault),
        ("short_rows", DataFault),
        ("nan_rows", SniperError),
        ("seconds", DataFault),
        ("conflict", DataFault),
        ("high_below_low", DataFault),
    ],
)
def test_every_broken_answer_ends_typed_and_says_what_to_do(
    server: BinanceServer, kind: str, fault: type[SniperError]
) -> None:
    server.fault("/klines", kind, times=9)
    with pytest.raises(fault) as caught:
        fetch(server)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["out_of_order", "duplicate"])
def test_order_and_repeats_do_not_matter(server: BinanceServer, kind: str) -> None:
    plain = fetch(server)
    server.fault("/klines", kind)
    assert fetch(server) == plain


@pytest.mark.parametrize("kind", ["http_429", "html_200", "reset"])
def test_a_passing_fault_is_waited_out(server: BinanceServer, kind: str) -> None:
    plain = fetch(server)
    server.fault("/klines", kind, times=1)
    assert fetch(server) == plain


def test_an_unknown_symbol_is_not_found(server: BinanceServer) -> None:
    with pytest.raises(NotFound, match="XYZ/USDT"):
        fetch(server, "XYZ/USDT")


def test_a_host_off_the_list_is_never_spoken_to(server: BinanceServer) -> None:
    async def work() -> None:
        feed = open_feed(BINANCE, ExchangeSettings(base_url="http://127.0.0.1:9"))
        feed._client._ccxt.urls["api"]["public"] = server.base_url + "/api/v3"
        try:
            await feed.time_ms()
        finally:
            await feed.close()

    with pytest.raises(SecurityFault, match="not an allowed host"):
        asyncio.run(work())
    assert server.requests == []


def test_a_first_scan_fetches_history_and_the_next_one_request_a_symbol(server: BinanceServer) -> None:
    code, out, err = scan(server, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["coverage"] == {"read": 3, "asked": 3}
    server.requests.clear()
    server.now_ms += 15 * 60_000
    code, _, err = scan(server, "--json")
    assert code == 0, err
    assert server.count("/klines") == len(SYMBOLS)


def test_what_is_derived_equals_what_the_exchange_serves(server: BinanceServer, tmp_path: Path) -> None:
    code, _, err = scan(server, "--json")
    server.now_ms += 5 * 3_600_000
    code, _, err = scan(server, "--json")
    assert code == 0, err

    store = SqliteCandleStore(Path(os.environ["SNIPERSIGHT_HOME"]) / "cache" / "candles.sqlite3")
    kept = store.read("binance", "ETH/USDT", Timeframe.H1, START, server.now_ms)
    served = server.market.candles("ETH/USDT", "1h", int(kept.open_ms[0]), server.now_ms)[: len(kept)]
    store.close()
    assert int(kept.open_ms[-1]) == Timeframe.H1.last_closed_open(server.now_ms)
    assert np.array_equal(np.column_stack([kept.open, kept.high, kept.low, kept.close]), served[:, 1:5])
    assert np.allclose(kept.volume, served[:, 5], rtol=1e-9, atol=0)


def test_one_bad_symbol_stops_only_itself_and_is_shown(server: BinanceServer) -> None:
    server.fault("/klines", "html_200", times=99, symbol="SOLUSDT")
    code, out, err = scan(server, "--json")
    document = json.loads(out)
    assert code == 10, err
    assert [fault["symbol"] for fault in document["faults"]] == ["SOL/USDT"]
    assert document["coverage"] == {"read": 2, "asked": 3}


@pytest.mark.parametrize("kind", ["html_200", "truncated_json", "http_451"])
def test_an_exchange_that_is_down_ends_in_one_line_and_code_30(server: BinanceServer, kind: str) -> None:
    server.fault("/exchangeInfo", kind, times=9)
    code, out, err = scan(server)
    assert (code, out) == (30, "")
    assert err.count("\n") == 1
    assert err.startswith("error: binance")


def test_an_exchange_that_is_not_there_ends_in_one_line(server: BinanceServer) -> None:

    server.__exit__()
    code, _, err = scan(server)
    assert code == 30
    assert err.count("\n") == 1
    assert "Traceback" not in err


def stored_symbols() -> set[str]:

    store = SqliteCandleStore(Path(os.environ["SNIPERSIGHT_HOME"]) / "cache" / "candles.sqlite3")
    try:
        return {info.symbol for info in store.series("binance")}
    finally:
        store.close()


def test_another_symbols_candles_are_a_fault_of_that_symbol_and_never_stored(server: BinanceServer) -> None:
    server.fault("klines", "wrong_symbol", 9999, "ETHUSDT")
    code, out, err = scan(server, "--json")
    assert code == 10, err
    (fault,) = json.loads(out)["faults"]
    assert (fault["symbol"], fault["error"]) == ("ETH/USDT", "DataFault")
    assert "another market's" in fault["problem"]
    assert stored_symbols() == {"BTC/USDT", "SOL/USDT"}


def test_one_answer_of_another_symbol_amid_good_ones_is_noticed(server: BinanceServer) -> None:
    """The newest 1w close is days old: the last price says nothing of it, the day inside it does."""
    assert scan(server, "--json")[0] == 0
    database = Path(os.environ["SNIPERSIGHT_HOME"]) / "cache" / "candles.sqlite3"
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("DELETE FROM tail WHERE series IN (SELECT id FROM series WHERE timeframe='1w')")
    server.fault("klines", "wrong_symbol", 9999, "ETHUSDT")
    code, out, err = scan(server, "--json")
    assert code == 10, err
    (fault,) = json.loads(out)["faults"]
    assert "ETH/USDT 1w" in fault["problem"]
    assert "1d close inside it" in fault["problem"]


def test_candles_of_another_timeframe_are_refused(server: BinanceServer) -> None:
    server.fault("/klines", "wrong_interval", times=9)
    with pytest.raises(DataFault, match="is not 15m in milliseconds"):
        fetch(server)


def test_a_damaged_page_is_fetched_again_and_flagged_once(server: BinanceServer) -> None:
    assert scan(server, "--json")[0] == 0
    database = Path(os.environ["SNIPERSIGHT_HOME"]) / "cache" / "candles.sqlite3"
    with closing(sqlite3.connect(database)) as db, db:
        series = "SELECT id FROM series WHERE symbol='ETH/USDT' AND timeframe='1h'"
        db.execute(f"UPDATE page SET digest=x'00' WHERE series=({series})")
    code, out, err = scan(server, "--json")
    document = json.loads(out)
    assert (code, document["flags"]) == (10, ["store_mended: ETH/USDT 1h"]), err
    assert document["faults"] == []
    code, again, err = scan(server, "--json")
    assert (code, json.loads(again)["flags"]) == (0, []), err


def test_an_exchange_that_hangs_on_candles_is_given_up_once_for_each_symbol(server: BinanceServer) -> None:
    server.fault("/klines", "hang", times=9999)
    began = time.monotonic()
    code, _, err = scan(server, SNIPERSIGHT_EXCHANGES__BINANCE__TIMEOUT_S="1")
    assert code == 20
    assert "refused: 0 of 3 symbols could be read, and at least half must be" in err
    assert server.count("/klines") == 3 * len(SYMBOLS)
    assert time.monotonic() - began < 15
