"""The real command line, run after run, against a loopback Binance that asks to be left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.adapters.budget_ledger import SqliteLedger
from data.adapters.ccxt_binance import BINANCE
from tests.servers.binance import BinanceServer
from tests.servers.market import DAY, ServedMarket

NOW = 1_722_600_000_000


@pytest.fixture
def server() -> Iterator[BinanceServer]:
    with BinanceServer(ServedMarket.synthetic(["BTC/USDT"], NOW - 400 * DAY, NOW + DAY), NOW) as running:
        yield running


def scan(server: BinanceServer) -> tuple[int, str]:
    """One run in a process of its own: its exit code and what it says on stderr."""
    environ = os.environ | {"SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL": server.base_url}
    call = [sys.executable, "-m", "sniper_sight_cli", "scan", "-s", "BTC/USDT", "--json"]
    done = subprocess.run(call, env=environ, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stderr


def ledger_of_the_machine() -> Path:
    return Path(os.environ["SNIPERSIGHT_HOME"]) / "data" / "requests.sqlite3"


def test_a_ban_ends_the_run_and_the_next_run_sends_nothing(server: BinanceServer) -> None:
    server.fault("/exchangeInfo", "http_418")
    code, err = scan(server)
    assert code == 30
    assert "error: binance: this address is banned until" in err
    server.requests.clear()
    code, err = scan(server)
    assert code == 30
    assert "error: binance: this address is banned until" in err
    assert server.requests == []


def test_what_a_run_sent_is_counted_for_the_next_as_the_venue_counts_it(server: BinanceServer) -> None:
    code, err = scan(server)
    assert code == 0, err
    weighed = server.used
    ledger = SqliteLedger(ledger_of_the_machine())
    host = server.base_url.removeprefix("http://")
    kept = ledger.change(host, lambda spending: (spending, spending))
    ledger.close()
    assert kept.used(kept.seen_ms) == weighed
    assert weighed < BINANCE.allowance.weight
