"""The main job on perpetuals and on a test network: the real command line against loopback exchanges, from nothing and from the store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data.adapters.venues import VENUES
from data.cache import SqliteCandleStore
from shared.config.environment import variable
from tests.conformance.stands import MIDNIGHT, NOW, SERVERS, unified
from tests.servers.exchange import LoopbackExchange
from tests.servers.market import DAY, ServedMarket

NAMES = ["BTC/USDT", "ETH/USDT"]
CONTRACTS = ("binance-usdm", "bybit-linear")


@pytest.fixture(scope="module")
def market() -> ServedMarket:
    return ServedMarket.synthetic(NAMES, MIDNIGHT - 430 * DAY, MIDNIGHT + DAY)


def scan(name: str, server: LoopbackExchange, **settings: str) -> tuple[int, str, str]:
    told = {variable(f"exchanges.{name}.{key}"): value for key, value in settings.items()}
    environ = os.environ | {variable(f"exchanges.{name}.base_url"): server.base_url} | told
    call = [sys.executable, "-m", "sniper_sight_cli", "scan", "-e", name, "--json"]
    done = subprocess.run(call, env=environ, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def stored(name: str) -> set[str]:
    store = SqliteCandleStore(Path(os.environ["SNIPERSIGHT_HOME"]) / "cache" / "candles.sqlite3")
    try:
        return {info.symbol for info in store.series(name)}
    finally:
        store.close()


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_first_scan_fetches_history_and_the_next_one_request_a_symbol(
    name: str, market: ServedMarket
) -> None:
    with SERVERS[name](market, NOW) as server:
        code, out, err = scan(name, server)
        assert code == 0, err
        document = json.loads(out)
        assert document["exchange"] == name
        assert document["coverage"] == {"read": 2, "asked": 2}
        server.requests.clear()
        server.now_ms += 15 * 60_000
        code, _, err = scan(name, server)
        assert code == 0, err
        assert server.count("kline") == len(NAMES)
    assert stored(name) == {unified(VENUES[name], symbol) for symbol in NAMES}


def test_candles_of_a_test_network_are_kept_apart(market: ServedMarket) -> None:
    with SERVERS["bybit"](market, NOW) as server:
        code, _, err = scan("bybit", server, testnet="true")
    assert code == 0, err
    assert stored("bybit") == set()
    assert stored("bybit-testnet") == set(NAMES)
