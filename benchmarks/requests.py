"""Requests: a re-scan of 500 symbols and a first back-fill against the loopback Binance.

The exchange runs in a process of its own, a made-up round trip away: on a bare loopback an answer is there at once, and whoever does
something with it only looks slow.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any, Final

import numpy as np

from benchmarks.pipeline import profile
from benchmarks.walk import END_MS
from data.adapters.budget_ledger import MemoryLedger, SqliteLedger
from data.adapters.ccxt_binance import BINANCE
from data.adapters.ccxt_client import VenueClient
from data.adapters.ccxt_feed import CcxtFeed
from data.adapters.request_budget import RequestBudget
from data.adapters.spending import Allowance
from data.cache import SqliteCandleStore
from data.ingestion_pipeline import CONCURRENCY, ingest
from data.series_notes import SqliteNotes
from data.source import Source
from shared.config.settings import ExchangeSettings
from shared.models.data import Candles
from shared.models.timeframe import Timeframe
from tests.servers import binance, payloads
from tests.servers.binance import BinanceServer
from tests.servers.clients import pointed_at
from tests.servers.market import ServedMarket
from tests.unit.data.virtual_time import VirtualLoop
from tests.unit.data.virtual_time import run as run_virtual

SYMBOLS: Final = 500
SERIES: Final = 10
"""Different series; symbols share them, which saves set-up and changes nothing for the client."""
DAYS: Final = 175
ROUND_TRIP_S: Final = 0.05
REPEATS: Final = 5
STEP_MS: Final = 5 * 60_000
BACKFILL_SYMBOLS: Final = 100
BACKFILL_MINUTE_S: Final = 10
BACKFILL_LIMIT: Final = 1_200
"""The first back-fill scaled down: a fifth of the symbols, a fifth of the venue's limit, a sixth of its minute."""
NO_LIMIT: Final = Allowance(60_000, 1_000_000)
"""For scans one after the other within a minute: what waits for the venue's limit takes no time of ours."""

Asked = list[tuple[str, dict[str, str]]]


def served(count: int) -> ServedMarket:
    """The same made-up market in every process."""
    own = [f"C{number:03}/USDT" for number in range(SERIES)]
    made = ServedMarket.synthetic(own, END_MS - DAYS * 86_400_000, END_MS + 86_400_000)
    return ServedMarket({f"C{number:03}/USDT": made.base[own[number % SERIES]] for number in range(count)})


async def far(exchange_port: int, tell: Callable[[int], None]) -> None:
    """Pass bytes on, each half a round trip late."""
    loop = asyncio.get_running_loop()

    async def one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            loop.call_later(ROUND_TRIP_S / 2, writer.write, data)
        loop.call_later(ROUND_TRIP_S, writer.close)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", exchange_port)
        await asyncio.gather(one_way(reader, back), one_way(there, writer))

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    tell(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def serve(pipe: Connection, count: int, limit: int, minute_s: int) -> None:
    """The exchange's process: says its address, then does what it is told until told to end."""
    with BinanceServer(served(count), END_MS + 5_000, limit, minute_s) as server:
        port: Future[int] = Future()
        exchange_port = int(server.base_url.rpartition(":")[2])
        Thread(target=lambda: asyncio.run(far(exchange_port, port.set_result)), daemon=True).start()
        pipe.send(f"http://127.0.0.1:{port.result()}")
        while (word := pipe.recv()) != "end":
            server.now_ms = word or server.now_ms
            pipe.send(server.requests[:])
            server.requests.clear()


@dataclass(frozen=True, slots=True)
class Venue:
    """The exchange in its own process."""

    base_url: str
    pipe: Connection

    def asked(self, now_ms: int = 0) -> Asked:
        """Requests since the last call; its clock is set when a time is given."""
        self.pipe.send(now_ms)
        asked: Asked = self.pipe.recv()
        return asked


@contextmanager
def venue(count: int, limit: int, minute_s: int = 60) -> Iterator[Venue]:
    """Start the exchange, and end it."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, count, limit, minute_s), daemon=True)
    process.start()
    yield Venue(ours.recv(), ours)
    ours.send("end")
    process.join()


def timed(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Wall and processor seconds of this process."""
    wall, cpu = time.perf_counter(), time.process_time()

    async def run() -> None:
        await work()

    asyncio.run(run())
    return time.perf_counter() - wall, time.process_time() - cpu


def fill(store: SqliteCandleStore, market: ServedMarket) -> None:
    """Store what the exchange would have given at ``END_MS``."""
    names = list(market.base)
    made = [[closed(market, name, timeframe) for timeframe in Timeframe] for name in names[:SERIES]]
    store.write_many("binance", {name: made[place % SERIES] for place, name in enumerate(names)})


def closed(market: ServedMarket, symbol: str, timeframe: Timeframe) -> Candles:
    """Candles closed at ``END_MS`` of the window a decision reads."""
    since_ms = timeframe.window_start(END_MS, profile().data.history_bars)
    rows = market.candles(symbol, timeframe.value, since_ms, END_MS)
    rows = rows[rows[:, 0] + timeframe.ms <= END_MS]
    return Candles(timeframe, rows[:, 0].astype(np.int64), *(rows[:, column] for column in range(1, 6)))


@asynccontextmanager
async def opened(settings: ExchangeSettings, folder: Path, allowance: Allowance) -> AsyncIterator[CcxtFeed]:
    """The feed, its requests counted in a ledger on disk."""
    with closing(SqliteLedger(folder / "requests.sqlite3")) as ledger:
        feed = CcxtFeed(VenueClient(BINANCE, settings, RequestBudget(BINANCE.name, allowance, ledger)))
        try:
            yield feed
        finally:
            await feed.close()


async def scan(settings: ExchangeSettings, folder: Path, allowance: Allowance, as_of_ms: int) -> None:
    """Read every market as a scan does: fetched, checked, stored, derived and read back."""
    store, notes = SqliteCandleStore(folder / "candles.sqlite3"), SqliteNotes(folder / "notes.sqlite3")
    async with opened(settings, folder, allowance) as feed:
        await feed.time_ms()
        await feed.tickers()
        with closing(store), closing(notes):
            source = Source(feed, store, None, notes)
            got = await ingest(await feed.markets(), source, profile(), as_of_ms, lambda done, total: None)
    if got.faults:
        raise RuntimeError(f"{len(got.faults)} symbols failed, the first: {got.faults[0]}")


async def fetch(settings: ExchangeSettings, folder: Path, as_of_ms: int) -> None:
    """The requests of a re-scan alone, their answers checked."""
    gate = asyncio.Semaphore(CONCURRENCY)
    async with opened(settings, folder, NO_LIMIT) as feed:
        await feed.time_ms()
        await feed.tickers()

        async def one(symbol: str) -> None:
            async with gate:
                await feed.candles(symbol, Timeframe.M5, as_of_ms - STEP_MS, as_of_ms)

        await asyncio.gather(*(one(symbol) for symbol in await feed.markets()))


async def raw(base_url: str, asked: Asked) -> None:
    """The same requests with aiohttp alone, as many at once, each answer read as JSON."""
    import aiohttp

    gate = asyncio.Semaphore(CONCURRENCY)

    async def one(session: aiohttp.ClientSession, path: str, query: dict[str, str]) -> None:
        async with gate, session.get(base_url + path, params=query) as response:
            json.loads(await response.read())

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one(session, path, query) for path, query in asked))


async def paced(base_url: str, symbols: list[str], since_ms: int) -> None:
    """The same candles through unmodified ccxt, spaced by its own limiter."""
    import ccxt.async_support

    options: dict[str, Any] = {"fetchMarkets": {"types": ["spot"]}}
    client = pointed_at(base_url, ccxt.async_support.binance({"options": options}))
    try:
        await client.load_markets()
        await client.fetch_tickers()
        await asyncio.gather(*(client.fetch_ohlcv(symbol, "5m", since_ms, 1000) for symbol in symbols))
    finally:
        await client.close()


def rescan() -> None:
    """A scan five minutes after the last one; the quickest of a few, each beside the others."""
    import ccxt.async_support  # noqa: F401  (loading it is not what is measured)

    market = served(SYMBOLS)
    with tempfile.TemporaryDirectory() as name, venue(SYMBOLS, 1_000_000) as exchange:
        folder, settings = Path(name), ExchangeSettings(base_url=exchange.base_url, timeout_s=60.0)
        with closing(SqliteCandleStore(folder / "candles.sqlite3")) as store:
            fill(store, market)
        exchange.asked(END_MS + 5_000)
        timed(partial(scan, settings, folder, NO_LIMIT, END_MS))
        every: dict[str, list[tuple[float, float]]] = {"ours": [], "fed": [], "bare": []}
        for as_of_ms in range(END_MS + STEP_MS, END_MS + STEP_MS * (REPEATS + 1), STEP_MS):
            exchange.asked(as_of_ms + 5_000)
            every["ours"].append(timed(partial(scan, settings, folder, NO_LIMIT, as_of_ms)))
            asked = exchange.asked()
            every["fed"].append(timed(partial(fetch, settings, folder, as_of_ms)))
            every["bare"].append(timed(partial(raw, exchange.base_url, asked)))
        ours, fed, bare = (min(times) for times in every.values())
        spaced = timed(lambda: paced(exchange.base_url, list(market.base), END_MS))
    print(
        f"re-scan of {SYMBOLS} symbols, {ROUND_TRIP_S * 1000:.0f} ms a round trip, {CONCURRENCY} at once: "
        f"{len(asked)} requests, {len(asked) / SYMBOLS:.3f} a symbol (aim: 1.1)"
    )
    print(f"  all of it, checked, stored, read {said(ours)} · {times(ours, bare)} (aim: 2 by the clock)")
    print(f"  the feed alone, checked          {said(fed)} · {times(fed, bare)}")
    print(f"  raw aiohttp, same requests       {said(bare)}")
    print(f"  ccxt with its own limiter        {said(spaced)} · {spaced[0] / ours[0]:.1f} times all of ours")


def times(ours: tuple[float, float], theirs: tuple[float, float]) -> str:
    """How many times theirs, by the clock and by the processor."""
    return f"{ours[0] / theirs[0]:.2f} times raw, {ours[1] / theirs[1]:.1f} times its CPU"


def said(seconds: tuple[float, float]) -> str:
    """Wall and processor time."""
    return f"{seconds[0]:6.2f} s wall {seconds[1]:6.2f} s CPU"


def backfill() -> None:
    """The first scan: all the history the profile needs."""
    allowance = Allowance(BACKFILL_MINUTE_S * 1000, BACKFILL_LIMIT * 9 // 10)
    exchange_of = venue(BACKFILL_SYMBOLS, BACKFILL_LIMIT, BACKFILL_MINUTE_S)
    with tempfile.TemporaryDirectory() as name, exchange_of as exchange:
        settings = ExchangeSettings(base_url=exchange.base_url, timeout_s=60.0)
        ours = timed(lambda: scan(settings, Path(name), allowance, END_MS))
        asked = exchange.asked()
    weights = [binance.ENDPOINTS[path].weight(query) for path, query in asked]
    print(f"first back-fill of {BACKFILL_SYMBOLS} symbols: {len(asked)} requests of weight {sum(weights)}")
    print(f"  {said(ours)} · {beside(ours[0], sum(weights), BACKFILL_LIMIT, BACKFILL_MINUTE_S)}")
    full = weights * (SYMBOLS // BACKFILL_SYMBOLS)
    waited = waited_s(full)
    print(
        f"the same for {SYMBOLS} symbols in made-up time, where only the budget and the round trips take any"
    )
    print(f"  {waited:6.1f} s · {beside(waited, sum(full), payloads.WEIGHT_PER_MINUTE, 60)}")


def beside(seconds: float, weight: int, limit: int, minute_s: int) -> str:
    """A time beside what the venue's limit allows."""
    even, bursts = weight / limit * minute_s, (ceil(weight / limit) - 1) * minute_s
    return (
        f"{limit} in {minute_s} s allow {even:.1f} s spread evenly ({seconds / even:.2f} times, aim: 1.2), "
        f"{bursts} s in bursts ({seconds / bursts:.2f} times)"
    )


def waited_s(weights: list[int]) -> float:
    """How long requests of these weights take under the product's own allowance, all else being instant."""
    loop = VirtualLoop()
    budget = RequestBudget("binance", BINANCE.allowance, MemoryLedger(), loop.now_ms)

    async def work() -> float:
        gate = asyncio.Semaphore(CONCURRENCY)

        async def one(weight: int) -> None:
            async with gate:
                await budget.spend("exchange", weight)
                await asyncio.sleep(ROUND_TRIP_S)

        await asyncio.gather(*map(one, weights))
        return loop.time()

    return run_virtual(loop, work())


def run() -> None:
    """Print both."""
    rescan()
    backfill()
