"""Every adapter stood up for its tests, as one table: the demo market, and each venue against a loopback exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from contracts.data_contract import CandleFeed
from data.adapters.budget_ledger import MemoryLedger
from data.adapters.ccxt_client import VenueClient
from data.adapters.ccxt_feed import CcxtFeed
from data.adapters.demo import DemoFeed
from data.adapters.request_budget import RequestBudget
from data.adapters.rest_feed import BINANCE_LITE, RestClient
from data.adapters.spending import Allowance
from data.adapters.venue import Carrier, Venue
from data.adapters.venues import VENUES
from shared.config.settings import ExchangeSettings
from tests.servers.binance import BinanceServer
from tests.servers.binance_usdm import BinanceUsdmServer
from tests.servers.bybit import BybitServer
from tests.servers.exchange import LoopbackExchange
from tests.servers.market import DAY, ServedMarket

T = TypeVar("T")
Work = Callable[[Any], Awaitable[T]]

MIDNIGHT = 1_722_556_800_000
NOW = MIDNIGHT + (12 * 60 + 7) * 60_000 + 30_000
"""2024-08-02 12:07:30."""
HISTORY_DAYS, LATE_DAYS = 40, 2
SERVERS: dict[str, Callable[[ServedMarket, int], LoopbackExchange]] = {
    "binance": BinanceServer,
    "binance-lite": BinanceServer,
    "binance-usdm": BinanceUsdmServer,
    "bybit": BybitServer,
    "bybit-linear": BybitServer,
}
"""The loopback exchange of every venue; a venue without one cannot be tested."""

CARRIED: dict[str, Venue] = {**VENUES, BINANCE_LITE.name: BINANCE_LITE}
"""Every venue, the one that is reached with the standard library alone too."""


def carrier(venue: Venue, settings: ExchangeSettings, budget: RequestBudget) -> Carrier:
    """What carries the venue's requests."""
    if venue.name == BINANCE_LITE.name:
        return RestClient(venue, settings, budget)
    return VenueClient(venue, settings, budget)


def served() -> ServedMarket:
    """Three symbols for forty days, and one listed the day before yesterday."""
    until = MIDNIGHT + 2 * DAY
    names = ["BTC/USDT", "ETH/USDT", "PEPE/USDT"]
    early = ServedMarket.synthetic(names, MIDNIGHT - HISTORY_DAYS * DAY, until)
    late = ServedMarket.synthetic(["DOGS/USDT"], MIDNIGHT - LATE_DAYS * DAY, until)
    return ServedMarket(early.base | late.base)


async def once(read: Callable[[], Awaitable[T]]) -> T:
    """A read without repeats."""
    return await read()


@dataclass
class Stand:
    """An adapter ready to be asked: ``run`` gives a fresh feed to the work. ``symbols`` are some it lists, ``late`` one that was
    listed lately."""

    name: str
    symbols: tuple[str, ...]
    late: str
    make: Callable[[], CandleFeed]
    runner: asyncio.Runner

    def run(self, work: Work[T]) -> T:
        """What the work makes of a fresh feed."""

        async def with_feed() -> T:
            return await work(self.make())

        return self.runner.run(with_feed())


@dataclass
class VenueStand(Stand):
    """A venue against its loopback exchange."""

    venue: Venue = field(kw_only=True)
    server: LoopbackExchange = field(kw_only=True)
    client: Carrier = field(kw_only=True)
    ledger: MemoryLedger = field(kw_only=True)

    def forget_waits(self) -> None:
        """What the venue asked for in one case is not held against the next."""
        self.ledger._kept.clear()

    def unified(self, served_symbol: str) -> str:
        """The venue's name of a symbol the loopback exchange serves."""
        return unified(self.venue, served_symbol)


def unified(venue: Venue, served_symbol: str) -> str:
    """A symbol's unified name: contracts name what they are settled in."""
    settle = ":" + served_symbol.split("/")[1] if venue.kind == "perpetual" else ""
    return served_symbol + settle


@contextmanager
def stood_up(name: str, timeout_s: float = 5.0) -> Iterator[Stand]:
    """The adapter of that name."""
    if name not in CARRIED:
        demo = DemoFeed()
        with asyncio.Runner() as runner:
            yield Stand(name, ("BTC/USDT", "ETH/USDT", "DOT/USDT"), "", lambda: demo, runner)
        return
    with venue_stand(CARRIED[name], timeout_s) as stand:
        yield stand


def plenty(venue: Venue, ledger: MemoryLedger | None = None) -> RequestBudget:
    """A budget that no test uses up."""
    return RequestBudget(venue.name, Allowance(1000, 1_000_000), ledger or MemoryLedger())


@contextmanager
def venue_stand(venue: Venue, timeout_s: float = 5.0) -> Iterator[VenueStand]:
    """A venue of the table, or one like it."""
    market = served()
    with SERVERS[venue.name](market, NOW) as server, asyncio.Runner() as runner:
        settings = ExchangeSettings(base_url=server.base_url, timeout_s=timeout_s)

        ledger = MemoryLedger()

        async def opened() -> Carrier:
            return carrier(venue, settings, plenty(venue, ledger))

        client = runner.run(opened())
        names = [unified(venue, symbol) for symbol in market.base]
        try:
            yield VenueStand(
                venue.name,
                tuple(names[:3]),
                names[3],
                lambda: CcxtFeed(client, once),
                runner,
                venue=venue,
                server=server,
                client=client,
                ledger=ledger,
            )
        finally:
            runner.run(client.close())
