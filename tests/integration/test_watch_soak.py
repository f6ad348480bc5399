"""``watch`` for months of virtual time with seeded faults: the real loop, turns and slots; the clocks and the waits are made up.

Once with scans of paper, 180 days of 15-minute closes in a nightly run (``SNIPERSIGHT_HYPOTHESIS=nightly``); once with all that a
turn of ``watch`` opens — feed, store, notes, universes, journal, the cache of series — against a loopback Binance, for fewer, or
for ``SNIPERSIGHT_SOAK_TURNS`` from ``SNIPERSIGHT_SOAK_SEED`` (``make soak``). Memory and descriptors stay flat, and every close is decided or has a reason.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from data.adapters.budget_ledger import MemoryLedger
from data.adapters.ccxt_binance import BINANCE
from data.adapters.ccxt_client import VenueClient
from data.adapters.ccxt_feed import CcxtFeed
from data.adapters.request_budget import RequestBudget
from data.cache import SqliteCandleStore
from data.journal import SqliteJournal
from data.series_notes import SqliteNotes
from data.slots import Slot, SqliteSlots, Taken
from data.universe_store import SqliteUniverseStore
from engine.edges import Edges, ScanRequest
from engine.exchange_time import Reading, read_exchange_time
from engine.orchestrator import UNRECORDED, run_scan
from engine.series_cache import SeriesCache
from engine.watching.loop import Watcher, World
from engine.watching.turn import LEASE_MS, Beat, Turn, schedule_of
from risk.audit_pipeline import chain, check_chain
from shared.config.profiles import load_profile
from shared.config.settings import ExchangeSettings
from shared.errors import DataFault, RateLimited, StorageFault, TransportFault, VenueDown, VenueRefusal
from shared.models.journal import Appended
from shared.models.risk import Account
from shared.models.scan import RunStatus, ScanResult
from shared.models.timeframe import Timeframe
from shared.models.watching import Missed, Overlapped, Scanned, Troubled, WatchEvent
from tests.fixtures.hand_scan import EMPTY
from tests.servers.binance import BinanceServer
from tests.servers.market import DAY, ServedMarket
from tests.unit.engine.watching.virtual_world import QUARTER, VirtualTimes

NIGHTLY = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
OF_PAPER = 17_280 if NIGHTLY else 1_000
OF_PIPELINE = int(os.environ.get("SNIPERSIGHT_SOAK_TURNS", "1000" if NIGHTLY else "16"))
SEED = int(os.environ.get("SNIPERSIGHT_SOAK_SEED", "7"))
LOOKS = 8
"""Looks at memory and descriptors."""
START = 1_704_067_200_000
FAULTS = (
    "http_500",
    "http_429",
    "html_200",
    "reset",
    "empty_body",
    "truncated_json",
    "http_503_good",
    "wrapped",
)
PATHS = ("/time", "/exchangeInfo", "/ticker/24hr", "/klines")
LOST_S = 3_600.0
SYMBOLS = ("BTC/USDT", "ETH/USDT")
OF_PAPER_FAULTS = (
    TransportFault("binance: down", "Try again later"),
    RateLimited("binance: too many requests", "Wait 40 s", 40.0),
    VenueDown("binance: down for maintenance", "Wait 30 min", 1_800.0),
    VenueRefusal("binance refused: 451"),
    DataFault("binance: a row is not a candle"),
    StorageFault("candle store: disk full"),
)


async def impatient(read: Callable[[], Awaitable[Any]]) -> Any:
    """A read that is not repeated: the loop has to live with every fault."""
    return await read()


@dataclass
class Soak:
    """Everything of a run but what is real."""

    server: BinanceServer
    folder: Path
    slots: SqliteSlots
    times: VirtualTimes = field(default_factory=lambda: VirtualTimes(START + 60_000))
    draw: random.Random = field(default_factory=lambda: random.Random(SEED))
    told: Counter[str] = field(default_factory=Counter)
    decided: set[int] = field(default_factory=set)
    excused: set[int] = field(default_factory=set)
    spoiled: Counter[str] = field(default_factory=Counter)
    recorded: int = 0
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    cache: SeriesCache = field(default_factory=lambda: SeriesCache(Timeframe.M15))
    out_until_ms: int = 0

    def feed(self) -> CcxtFeed:
        settings = ExchangeSettings(base_url=self.server.base_url, timeout_s=2.0)

        async def sleep(seconds: float) -> None:
            self.pass_time(seconds)

        budget = RequestBudget(BINANCE.name, BINANCE.allowance, self.ledger, self.times.now_ms, sleep)
        return CcxtFeed(VenueClient(BINANCE, settings, budget), impatient)

    def pass_time(self, seconds: float) -> None:
        self.times.go(seconds)
        self.server.now_ms = self.times.wall_ms

    def read_time(self) -> Reading:
        self.pass_time(0.05)
        gc.collect()
        return asyncio.run(read_exchange_time(self.feed, self.times))

    def take(self, boundary_ms: int) -> ScanResult | Taken:
        self.cache.open_turn(boundary_ms)
        return Turn(self.slots, schedule_of(REQUEST), "soak", self.times).take(boundary_ms, self.scan)

    def scan(self, beat: Beat) -> ScanResult:
        with self.edges() as edges:
            result = run_scan(REQUEST, edges, progress=lambda stage, done, total: beat())
        assert not [flag for flag in result.flags if flag.startswith(UNRECORDED)]
        self.pass_time(self.draw.uniform(1, 20))
        return result

    @contextmanager
    def edges(self) -> Iterator[Edges]:
        """Everything opened and closed each turn, as the command does."""
        with (
            closing(SqliteCandleStore(self.folder / "candles.sqlite3")) as store,
            closing(SqliteNotes(self.folder / "notes.sqlite3")) as notes,
            closing(SqliteUniverseStore(self.folder / "universes.sqlite3")) as universes,
        ):
            yield Edges(
                self.feed,
                store,
                self.times,
                universes=universes,
                open_journal=self.journal,
                on_record=self.note,
                notes=notes,
                compute=self.cache,
            )

    def journal(self) -> closing[SqliteJournal]:
        return closing(SqliteJournal(self.folder / "journal.sqlite3", chain))

    def note(self, run_id: str, appended: Appended) -> None:
        self.recorded += appended.added

    def wait(self, seconds: float) -> bool:
        self.pass_time(seconds)
        return False

    def tell(self, event: WatchEvent) -> None:
        self.told[type(event).__name__] += 1
        match event:
            case Scanned(boundary_ms, result):
                if result.status is not RunStatus.REFUSED:
                    assert boundary_ms not in self.decided
                    self.decided.add(boundary_ms)
                else:
                    self.excused.add(boundary_ms)
            case Missed(first_ms, last_ms):
                self.excused |= set(range(first_ms, last_ms + 1, QUARTER))
            case Troubled(boundary_ms, _, _, 0.0):
                self.excused.add(boundary_ms)
            case Overlapped(boundary_ms):
                self.excused.add(boundary_ms)
        self.spoil()

    def spoil(self) -> None:
        """Seeded trouble for what comes next: single faults, outages of minutes to hours, a machine that sleeps, a slot leased by
        another run that died."""
        luck = self.draw.random()
        if luck < 0.10:
            fault, times = self.draw.choice(FAULTS), self.draw.randint(1, 4)
            self.server.fault(self.draw.choice(PATHS), fault, times=times)
            self.spoiled[fault] += times
        elif luck < 0.115:
            times = self.draw.randint(10, 60)
            self.server.fault("/time", "http_500", times=times)
            self.spoiled["outage"] += times
        elif luck < 0.125:
            self.times.wall_ms += round(self.draw.uniform(1, LOST_S) * 1000)
            self.server.now_ms = self.times.wall_ms
            self.spoiled["asleep"] += 1
        elif luck < 0.135:
            slot = Slot(schedule_of(REQUEST), Timeframe.M15.floor(self.times.wall_ms) + QUARTER)
            self.slots.claim(slot, "died", slot.boundary_ms, LEASE_MS)
            self.spoiled["slot of a dead run"] += 1


REQUEST = ScanRequest(load_profile("balanced"), "binance", Account(Decimal(10_000), "USDT"), symbols=SYMBOLS)


@dataclass
class Paper(Soak):
    """Scans and times of paper: a result, or a fault."""

    def read_time(self) -> Reading:
        self.pass_time(0.05)
        self.fail(0.02)
        return Reading(self.times.wall_ms + 1_234, self.times.now_ms(), self.times.monotonic_s(), 50.0)

    def scan(self, beat: Beat) -> ScanResult:
        began_ms = self.times.wall_ms
        for _ in range(3):
            self.pass_time(self.draw.uniform(1, 20))
            beat()
        self.fail(0.05)
        bar_ms = Timeframe.M15.floor(began_ms + 1_234)
        status = self.draw.choices((RunStatus.OK, RunStatus.DEGRADED, RunStatus.REFUSED), (90, 8, 2))[0]
        return replace(EMPTY, status=status, bar_ms=bar_ms, run_id=f"r-{began_ms}")

    def fail(self, share: float) -> None:
        if self.draw.random() < share or self.times.wall_ms < self.out_until_ms:
            raise self.draw.choice(OF_PAPER_FAULTS)

    def spoil(self) -> None:
        luck = self.draw.random()
        if luck < 0.01:
            self.out_until_ms = self.times.wall_ms + round(self.draw.uniform(1, 3 * LOST_S) * 1000)
        elif luck < 0.02:
            self.times.wall_ms += round(self.draw.uniform(-60, LOST_S) * 1000)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    ("kind", "runs"), [(Paper, OF_PAPER), (Soak, OF_PIPELINE)], ids=["paper", "pipeline"]
)
def test_months_of_closes_with_faults_leave_no_unexplained_hole_and_nothing_that_grows(
    tmp_path: Path, kind: type[Soak], runs: int
) -> None:
    until = START + (OF_PIPELINE * 2 + 600) * QUARTER
    market = ServedMarket.synthetic(SYMBOLS, START - 400 * DAY, until)
    sizes, open_files = [], []
    with (
        BinanceServer(market, START + 60_000) as server,
        closing(SqliteSlots(tmp_path / "slots.sqlite3")) as slots,
    ):
        slots._file.db.execute("PRAGMA synchronous=OFF")
        soak = kind(server, tmp_path, slots)
        world = World(soak.times, soak.read_time, soak.take, soak.wait, soak.tell, soak.draw.random)
        watcher = Watcher(Timeframe.M15, world)
        for _ in range(LOOKS):
            watcher.run(runs // LOOKS)
            server.requests.clear()
            sizes.append(resident_mb())
            open_files.append(descriptors())
            print(
                f"\n{len(soak.decided):,} decided, {sizes[-1]:.0f} MB, {open_files[-1]} descriptors", end=""
            )
        with soak.journal() as journal:
            checked = check_chain(journal.records(), journal.head())
    handled = soak.decided | soak.excused
    span = set(range(min(handled), max(handled) + 1, QUARTER))
    print(
        f"\n{len(soak.decided):,} decided, {len(soak.excused - soak.decided):,} excused of {len(span):,} closes; "
        f"{dict(soak.told)}; faults {dict(soak.spoiled)}; cache {soak.cache.hits:,} found, {soak.cache.misses:,} not, "
        f"{soak.cache.size_bytes / 1e6:.1f} MB"
    )
    assert span - handled == set()
    assert len(soak.decided) > 0.7 * runs
    assert soak.told["Troubled"] > 0
    assert checked.head.seq == soak.recorded
    assert open_files[-1] <= open_files[0] + 2
    assert sizes[-1] <= sizes[LOOKS // 4] + 40
