"""Reading a symbol: one deadline for all of it, and what it may be held against."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from contracts.data_contract import Ticker
from data import ingestion_pipeline
from data.adapters.budget_ledger import MemoryLedger
from data.adapters.demo import DEMO_AS_OF_MS, DemoFeed
from data.adapters.request_budget import RequestBudget
from data.adapters.spending import Allowance
from data.ingestion_pipeline import Ingested, ingest
from data.source import Source
from shared.config.profiles import load_profile
from shared.models.data import Candles
from shared.models.timeframe import Timeframe
from tests.unit.data.virtual_time import VirtualLoop
from tests.unit.data.virtual_time import run as run_virtual


async def ingested(feed: DemoFeed) -> Ingested:
    markets = {
        name: rules for name, rules in (await feed.markets()).items() if name in ("BTC/USDT", "SOL/USDT")
    }
    profile = load_profile("balanced")
    return await ingest(markets, Source(feed, None), profile, DEMO_AS_OF_MS, lambda done, total: None)


def read(feed: DemoFeed) -> Ingested:
    return asyncio.run(ingested(feed))


class Hangs(DemoFeed):
    """SOL/USDT never answers."""

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        if symbol == "SOL/USDT":
            await asyncio.sleep(3600)
        return await super().candles(symbol, timeframe, since_ms, until_ms)


def test_a_symbol_that_never_answers_ends_at_its_deadline_and_stops_only_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingestion_pipeline, "SYMBOL_S", 2.0)
    got = read(Hangs())
    (fault,) = got.faults
    assert (fault.symbol, fault.error, fault.problem) == (
        "SOL/USDT", "TransportFault", "demo SOL/USDT: not read within 2 s",
    )  # fmt: skip
    assert set(got.data) == {"BTC/USDT"}


class Swapped(DemoFeed):
    """SOL/USDT is answered with another symbol's candles from one timeframe on."""

    broken = Timeframe.D1

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        wrong = symbol == "SOL/USDT" and timeframe.ms >= self.broken.ms
        return await super().candles("BTC/USDT" if wrong else symbol, timeframe, since_ms, until_ms)


def test_a_coarser_series_is_held_against_the_finer_one() -> None:
    (fault,) = read(Swapped()).faults
    assert fault.problem.startswith("demo SOL/USDT 1d: the candles answered are another market's")
    assert "where the 4h close inside it is" in fault.problem


class Silent(Swapped):
    """Nor is there a last price."""

    async def tickers(self) -> Mapping[str, Ticker]:
        return {}


def test_without_a_last_price_the_finer_series_still_tells() -> None:
    assert [fault.symbol for fault in read(Silent()).faults] == ["SOL/USDT"]


class Budgeted(DemoFeed):
    """Every read waits for a budget that a single symbol's first reading fills several times."""

    def __init__(self, budget: RequestBudget) -> None:
        super().__init__()
        self._budget = budget
        self.reads = 0

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        self.reads += 1
        await self._budget.spend("exchange", 2)
        await asyncio.sleep(1.0)
        return await super().candles(symbol, timeframe, since_ms, until_ms)


def test_waits_for_the_request_budget_do_not_count_against_a_symbols_deadline() -> None:
    loop = VirtualLoop()
    budget = RequestBudget("demo", Allowance(60_000, 4), MemoryLedger(), loop.now_ms)
    feed = Budgeted(budget)
    got = run_virtual(loop, ingested(feed))
    assert got.faults == ()
    assert loop.time() > (feed.reads / 2 - 1) * 60 > ingestion_pipeline.SYMBOL_S


def test_a_read_that_hangs_after_its_wait_still_ends() -> None:
    class HangsLater(Budgeted):
        async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
            found = await super().candles(symbol, timeframe, since_ms, until_ms)
            await asyncio.sleep(3600 if symbol == "SOL/USDT" else 0)
            return found

    loop = VirtualLoop()
    budget = RequestBudget("demo", Allowance(60_000, 4), MemoryLedger(), loop.now_ms)
    got = run_virtual(loop, ingested(HangsLater(budget)))
    assert [fault.problem for fault in got.faults] == ["demo SOL/USDT: not read within 60 s"]
