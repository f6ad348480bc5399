"""Streamed candles: real ccxt pro classes against loopback exchanges, side by side with a reading that knows REST alone.

Whatever goes wrong with the stream, both end with the same stores, byte for byte, and the run says what went wrong.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from data.adapters.ccxt_client import VenueClient
from data.adapters.ccxt_feed import CcxtFeed
from data.adapters.ccxt_stream import CcxtStream
from data.adapters.venue import Venue
from data.adapters.venues import VENUES
from data.cache import SqliteCandleStore
from data.ingestion_pipeline import Ingested, ingest
from data.series_notes import SqliteNotes
from data.source import Source
from shared.config.profiles import load_profile
from shared.config.settings import ExchangeSettings
from shared.models.timeframe import Timeframe
from tests.conformance.stands import SERVERS, once, plenty, unified
from tests.servers.exchange import LoopbackExchange
from tests.servers.market import DAY, ServedMarket

CLOSE = 1_722_600_000_000
MINUTE = 60_000
QUARTER = 15 * MINUTE
AFTER = 6_000
"""A turn begins so long after the close."""
SYMBOLS = ["BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"]
PROFILE = replace(load_profile("balanced"), data=replace(load_profile("balanced").data, history_bars=400))
KLINES = "kline"
SOON_S = 8.0


@pytest.fixture(scope="module")
def market() -> ServedMarket:
    return ServedMarket.synthetic(SYMBOLS, CLOSE - 30 * DAY, CLOSE + DAY)


@dataclass
class Side:
    """A store and its notes, read with a stream or without."""

    venue: Venue
    server: LoopbackExchange
    store: SqliteCandleStore
    notes: SqliteNotes
    path: Path
    stream: CcxtStream | None = None
    flags: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def turn(self) -> Ingested:
        """One turn at the exchange's time; ``flags`` and ``asked`` are then of this turn."""
        seen = len(self.server.requests)
        ended = asyncio.run(self._turn())
        assert not ended.faults, ended.faults
        self.flags = [*ended.flags, *(flag for data in ended.data.values() for flag in data.flags)]
        self.asked = [query["symbol"] for path, query in self.server.requests[seen:] if KLINES in path]
        return ended

    async def _turn(self) -> Ingested:
        settings = ExchangeSettings(base_url=self.server.base_url, timeout_s=5.0)
        feed = CcxtFeed(VenueClient(self.venue, settings, plenty(self.venue)), once)
        try:
            markets = await feed.markets()
            wanted = {name: markets[name] for name in sorted(markets)}
            source = Source(feed, self.store, None, self.notes, self.stream)
            return await ingest(wanted, source, PROFILE, await feed.time_ms(), lambda done, total: None)
        finally:
            await feed.close()

    def kept(self) -> list[tuple[object, ...]]:
        """Every stored candle, as it lies in the file."""
        tables = ("SELECT * FROM series ORDER BY id", "SELECT series, first_ms, last_ms, count, digest, body FROM page "
                  "ORDER BY series, first_ms", "SELECT * FROM tail ORDER BY series, open_ms")  # fmt: skip
        with closing(sqlite3.connect(self.path)) as db:
            return [row for query in tables for row in db.execute(query)]


@dataclass
class Duel:
    """Both sides of one venue, and the exchange."""

    server: LoopbackExchange
    streamed: Side
    plain: Side

    @property
    def streams(self) -> CcxtStream:
        assert self.streamed.stream
        return self.streamed.stream

    def at(self, quarters: int) -> None:
        """Let the exchange's clock go to a turn after the start, and the client read what that brings."""
        target = CLOSE + quarters * QUARTER + AFTER
        while self.server.now_ms < target:
            closes = self.server.now_ms - self.server.now_ms % (5 * MINUTE) + 5 * MINUTE + 1_000
            self.server.now_ms = min(target, closes if closes > self.server.now_ms else target)
            self.wait(lambda: self.server.streams.is_read(self.server.now_ms))

    def wait(self, done: Callable[[], object], seconds: float = SOON_S) -> None:
        ends = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < ends, "it did not happen"
            time.sleep(0.003)

    def turn(self, quarters: int) -> list[str]:
        """A turn of both at that close; the stream side's flags."""
        self.at(quarters)
        self.streamed.turn()
        self.plain.turn()
        return [flag for flag in self.streamed.flags if flag.startswith("stream")]

    def subscribed(self) -> None:
        """Wait until everything is subscribed to and the first of it was read."""
        self.wait(lambda: len(self.server.streams.topics()) == len(SYMBOLS))
        self.wait(lambda: self.server.streams.is_read(self.server.now_ms))

    def warmed(self) -> None:
        """Two turns: subscribed, then compared."""
        self.turn(0)
        self.subscribed()
        self.turn(1)


@contextmanager
def duel(name: str, market: ServedMarket, folder: Path) -> Iterator[Duel]:
    venue = VENUES[name]
    with ExitStack() as stack:
        server = stack.enter_context(SERVERS[name](market, CLOSE + AFTER))
        stream = stack.enter_context(closing(CcxtStream(venue, ExchangeSettings(base_url=server.base_url))))
        sides = []
        for side, its_stream in (("streamed", stream), ("plain", None)):
            path = folder / f"{side}.sqlite3"
            store = stack.enter_context(closing(SqliteCandleStore(path)))
            notes = stack.enter_context(closing(SqliteNotes(folder / f"{side}-notes.sqlite3")))
            sides.append(Side(venue, server, store, notes, path, its_stream))
        yield Duel(server, *sides)


@pytest.mark.parametrize("name", sorted(VENUES))
def test_a_healthy_stream_saves_every_request_but_those_of_the_symbols_in_turn(
    name: str, market: ServedMarket, tmp_path: Path
) -> None:
    with duel(name, market, tmp_path) as both:
        first = both.turn(0)
        assert [flag.partition(": ")[2].partition(",")[0] for flag in first] == ["4 of 4 asked over REST"]
        both.subscribed()
        assert len(set(both.streamed.asked)) == len(SYMBOLS)
        assert both.turn(1) == [f"stream: 4 of 4 asked over REST, just subscribed: {names(VENUES[name])}"]
        asked = []
        for quarters in range(2, 6):
            assert both.turn(quarters) == []
            assert len(both.plain.asked) >= len(SYMBOLS)
            asked.append(tuple(both.streamed.asked))
        assert sorted(asked) == sorted((symbol.replace("/", ""),) for symbol in SYMBOLS)
        assert both.streamed.kept() == both.plain.kept()
        assert len(both.server.streams.handshakes) == 1


def names(venue: Venue) -> str:
    return ", ".join(sorted(unified(venue, symbol) for symbol in SYMBOLS)[:3]) + " and 1 more"
