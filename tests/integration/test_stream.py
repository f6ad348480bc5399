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

from data import ingestion_pipeline
from data.adapters import ccxt_socket, stream_link
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
from tests.conformance.stands import SERVERS, once, plenty
from tests.servers.exchange import LoopbackExchange
from tests.servers.market import DAY, ServedMarket

CLOSE = 1_722_600_000_000
QUARTER = 15 * 60_000
AFTER = 6_000
"""A turn begins so long after the close."""
SYMBOLS = ["BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"]
PROFILE = replace(load_profile("balanced"), data=replace(load_profile("balanced").data, history_bars=400))
KLINES, BASE = "kline", ("5m", "5")
SOON_S = 8.0


@pytest.fixture(scope="module")
def market() -> ServedMarket:
    return ServedMarket.synthetic(SYMBOLS, CLOSE - 30 * DAY, CLOSE + DAY)


@pytest.fixture(autouse=True)
def one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Series get their numbers in the same order on both sides, and lie in the file by them."""
    monkeypatch.setattr(ingestion_pipeline, "CONCURRENCY", 1)


@dataclass
class Side:
    """A store and its notes, read with a stream or without."""

    venue: Venue
    server: LoopbackExchange
    store: SqliteCandleStore
    notes: SqliteNotes
    path: Path
    runner: asyncio.Runner
    client: VenueClient
    stream: CcxtStream | None = None
    flags: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def turn(self) -> Ingested:
        """One turn at the exchange's time; ``flags`` and ``asked`` are then of this turn."""
        seen = len(self.server.requests)
        ended = self.runner.run(self._turn())
        assert not ended.faults, ended.faults
        self.flags = [*ended.flags, *(flag for data in ended.data.values() for flag in data.flags)]
        asked = (query for path, query in self.server.requests[seen:] if KLINES in path)
        self.asked = [query["symbol"] for query in asked if query["interval"] in BASE]
        return ended

    async def _turn(self) -> Ingested:
        feed = CcxtFeed(self.client, once)
        markets = await feed.markets()
        wanted = {name: markets[name] for name in sorted(markets)}
        source = Source(feed, self.store, notes=self.notes, stream=self.stream)
        return await ingest(wanted, source, PROFILE, await feed.time_ms(), lambda done, total: None)

    def kept(self) -> list[tuple[object, ...]]:
        """Every stored candle, as it lies in the file."""
        tables = ("SELECT * FROM series ORDER BY id", "SELECT series, first_ms, last_ms, count, digest, body FROM page "
                  "ORDER BY series, first_ms", "SELECT * FROM tail ORDER BY series, open_ms")  # fmt: skip
        with closing(sqlite3.connect(self.path)) as db:
            return [row for query in tables for row in db.execute(query)]

    def candles(self) -> dict[tuple[str, Timeframe], str]:
        """What every series holds, however it lies."""
        return {
            (info.symbol, info.timeframe): self.store.read(
                info.exchange, info.symbol, info.timeframe, 0, CLOSE + DAY
            ).digest()
            for info in self.store.series()
        }


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
        self.server.now_ms = CLOSE + quarters * QUARTER + AFTER
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
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.streams._loop).result()
        links = self.streams._links
        self.wait(lambda: all(link.wanted == link.sent and not link._requests for link in links))
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
        settings = ExchangeSettings(base_url=server.base_url, timeout_s=5.0)
        runner, sides = stack.enter_context(asyncio.Runner()), []

        async def opened() -> VenueClient:
            return VenueClient(venue, settings, plenty(venue))

        for side, its_stream in (("streamed", stream), ("plain", None)):
            path = folder / f"{side}.sqlite3"
            store = stack.enter_context(closing(SqliteCandleStore(path)))
            notes = stack.enter_context(closing(SqliteNotes(folder / f"{side}-notes.sqlite3")))
            for file in (store.file, notes._file):
                file.db.execute("PRAGMA synchronous=OFF")
            client = runner.run(opened())
            stack.callback(lambda client=client: runner.run(client.close()))
            sides.append(Side(venue, server, store, notes, path, runner, client, its_stream))
        yield Duel(server, *sides)


@pytest.mark.parametrize("name", sorted(VENUES))
def test_a_healthy_stream_saves_every_request_but_those_of_the_symbols_in_turn(
    name: str, market: ServedMarket, tmp_path: Path
) -> None:
    with duel(name, market, tmp_path) as both:
        assert both.turn(0) == []
        both.subscribed()
        assert both.turn(1) == []
        assert len(set(both.streamed.asked)) == len(SYMBOLS)
        asked = []
        for quarters in range(2, 6):
            assert both.turn(quarters) == []
            assert len(both.plain.asked) >= len(SYMBOLS)
            asked.append(tuple(both.streamed.asked))
        assert sorted(asked) == sorted((symbol.replace("/", ""),) for symbol in SYMBOLS)
        assert both.streamed.kept() == both.plain.kept()
        assert len(both.server.streams.handshakes) == 1


ENDED = "the connection ended"
NOTHING_CAME = "no candle up to the close"
"""What is said where the end of the connection was not noticed yet."""
SPOILT = {
    "duplicate": "",
    "skip": "a closed candle did not come",
    "slow": "a message came late",
    "late_update": "a message came late",
    "revised": "came again with other values",
    "other_prices": "where the one before closed at",
    "early": "came before its time",
    "no_number": "are not five numbers",
    "no_candle": "high",
    "other_length": "a candle from",
    "drop": ENDED,
    "close": ENDED,
    "binary": ENDED,
    "garbage": ENDED,
    "html": ENDED,
    "deep": ENDED,
    "another_event": ENDED,
    "oversize": ENDED,
    "other_symbol": "nobody asked for",
}
"""What can go wrong with one closed candle, and what the run says of it."""
OF_ANOTHER_VENUE = ("skip", "revised", "no_number", "garbage", "other_symbol")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """New connections after hardly a pause."""
    monkeypatch.setattr(stream_link, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(stream_link, "LONGEST_PAUSE_S", 0.02)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("name", "kinds"),
    [("binance", tuple(SPOILT)), ("bybit-linear", OF_ANOTHER_VENUE)],
)
def test_whatever_is_wrong_with_a_candle_ends_in_rests_candles_and_is_said(
    name: str, kinds: tuple[str, ...], market: ServedMarket, tmp_path: Path
) -> None:
    with duel(name, market, tmp_path) as both:
        both.warmed()
        quarters = 2
        for kind in kinds:
            both.server.streams.fault(kind, symbol="ETH/USDT")
            flags = both.turn(quarters)
            assert bool(flags) == bool(SPOILT[kind]), (kind, flags)
            assert SPOILT[kind] in " ".join(flags) or (
                SPOILT[kind] is ENDED and NOTHING_CAME in " ".join(flags)
            )
            assert both.streamed.kept() == both.plain.kept(), kind
            both.subscribed()
            later = [both.turn(quarters + step) for step in (1, 2)]
            assert later[1] == [], (kind, later)
            assert len(both.streamed.asked) == 1, kind
            assert both.streamed.kept() == both.plain.kept(), kind
            quarters += 3


@pytest.mark.usefixtures("quick")
def test_a_candle_that_only_the_exchange_can_give_the_lie_is_put_right_when_its_turn_comes(
    market: ServedMarket, tmp_path: Path
) -> None:
    with duel("binance", market, tmp_path) as both:
        both.warmed()
        both.server.streams.fault("lie", symbol="ETH/USDT")
        quarters = 1
        flags: list[str] = []
        while not flags:
            quarters += 1
            flags = both.turn(quarters)
            both.subscribed()
        assert [flag.partition(":")[0] for flag in flags] == ["stream_differs"]
        assert quarters < 2 + len(SYMBOLS)
        assert both.streamed.candles() == both.plain.candles()
        assert both.turn(quarters + 1) == [
            "stream: 1 of 4 asked over REST, the exchange's answer differed: ETH/USDT"
        ]
        assert both.turn(quarters + 2) == []


def test_what_a_run_took_and_did_not_live_to_ask_for_is_asked_for_by_the_next_one(
    market: ServedMarket, tmp_path: Path
) -> None:
    with duel("binance", market, tmp_path) as both:
        both.warmed()
        both.server.streams.fault("lie", times=4)
        both.turn(2)
        assert both.streamed.candles() != both.plain.candles()
        both.streamed.notes.close()
        both.streamed.notes = SqliteNotes(tmp_path / "streamed-notes.sqlite3")
        with closing(both.streamed.notes):
            both.streamed.stream = None
            flags = both.turn(3)
        assert {flag.partition(":")[0] for flag in flags} == {"stream_differs"}
        assert both.streamed.candles() == both.plain.candles()


def test_where_nothing_can_be_noted_the_exchange_is_asked_for_what_the_stream_has(
    market: ServedMarket, tmp_path: Path
) -> None:
    with duel("binance", market, tmp_path) as both:
        both.warmed()
        both.streamed.notes.close()
        (tmp_path / "no-file").mkdir()
        both.streamed.notes = SqliteNotes(tmp_path / "no-file")
        (stream,) = both.turn(2)
        assert stream.startswith("stream: 3 of 4 asked over REST, it could not be noted: ")
        assert any(flag.startswith("notes_not_kept: notes on series in ") for flag in both.streamed.flags)
        assert both.streamed.candles() == both.plain.candles()


@pytest.mark.usefixtures("quick")
def test_a_stream_that_dies_before_the_close_leaves_the_turn_as_fast_as_without_it(
    market: ServedMarket, tmp_path: Path
) -> None:
    with duel("binance", market, tmp_path) as both:
        both.warmed()
        both.server.streams.fault("forbidden", times=1000)
        both.server.streams.fault("drop")
        both.at(2)
        both.wait(lambda: len(both.server.streams.handshakes) > 1)
        began = time.monotonic()
        both.streamed.turn()
        assert time.monotonic() - began < 2.0
        both.plain.turn()
        assert f"stream: {len(SYMBOLS)} of {len(SYMBOLS)} asked over REST" in " ".join(both.streamed.flags)
        assert both.streamed.kept() == both.plain.kept()


@pytest.mark.usefixtures("quick")
def test_a_connection_that_falls_silent_is_given_up_and_opened_anew(
    market: ServedMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ccxt_socket, "PING_MS", 400)
    with duel("binance", market, tmp_path) as both:
        both.warmed()
        both.server.streams.fault("silence")
        assert "no candle up to the close" in " ".join(both.turn(2))
        both.wait(lambda: len(both.server.streams.handshakes) > 1)
        both.subscribed()
        both.turn(3)
        assert both.turn(4) == []
        assert both.streamed.kept() == both.plain.kept()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["binance", "bybit"])
def test_a_refused_subscription_is_said_and_tried_again_at_the_next_close(
    name: str, market: ServedMarket, tmp_path: Path
) -> None:
    with duel(name, market, tmp_path) as both:
        both.server.streams.fault("refuse_subscription")
        both.turn(0)
        both.wait(lambda: both.server.streams.requests)
        assert "the exchange refused the subscription" in " ".join(both.turn(1))
        both.subscribed()
        both.turn(2)
        assert both.turn(3) == []
        assert both.streamed.kept() == both.plain.kept()


@pytest.mark.usefixtures("quick")
def test_a_redirect_of_the_handshake_is_never_followed(market: ServedMarket, tmp_path: Path) -> None:
    with SERVERS["binance"](market, CLOSE) as other, duel("binance", market, tmp_path) as both:
        both.server.streams.elsewhere = f"{other.base_url}/ws/0"
        both.server.streams.fault("redirect")
        both.turn(0)
        both.subscribed()
        assert len(both.server.streams.handshakes) == 2
        assert other.streams.handshakes == []
        assert other.requests == []
        assert "the connection ended" in " ".join(both.turn(1))


def test_what_no_turn_names_any_more_is_unsubscribed(market: ServedMarket, tmp_path: Path) -> None:
    with duel("binance", market, tmp_path) as both:
        both.turn(0)
        both.subscribed()
        stream, base = both.streams, Timeframe.M5
        for turn in (1, 2):
            stream.follow([], base, turn)
        both.wait(lambda: not both.server.streams.topics())
        assert stream.closed("BTC/USDT", base, 0).doubt == "not followed"
