"""A made-up market on the loopback exchange, and ccxt pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from tests.servers.binance import BinanceServer
from tests.servers.clients import pointed_at
from tests.servers.market import DAY, ServedMarket

MIDNIGHT = 1_722_556_800_000
NOW = MIDNIGHT + (12 * 60 + 7) * 60_000 + 30_000
"""2024-08-02 12:07:30."""


@pytest.fixture(scope="session")
def market() -> ServedMarket:
    """Three symbols for twelve days, and one listed tomorrow."""
    until = MIDNIGHT + 2 * DAY
    early = ServedMarket.synthetic(["BTC/USDT", "ETH/USDT", "PEPE/USDT"], MIDNIGHT - 10 * DAY, until)
    return ServedMarket(early.base | ServedMarket.synthetic(["DOGS/USDT"], MIDNIGHT + DAY, until).base)


@pytest.fixture
def server(market: ServedMarket) -> Iterator[BinanceServer]:
    """The exchange at noon."""
    with BinanceServer(market, NOW) as running:
        yield running


@pytest.fixture
def client(server: BinanceServer) -> Iterator[Any]:
    """ccxt's sync client."""
    made = pointed_at(server.base_url, ccxt.binance({"enableRateLimit": False, "timeout": 1000}))
    yield made
    made.close()
