"""What becomes of data that is stale, gapped, contradictory, revised, spiking or in a wrong unit: each a typed outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from contracts.data_contract import Ticker
from data.adapters.ccxt_binance import BINANCE
from data.adapters.demo import DEMO_AS_OF_MS, DemoFeed
from data.adapters.venue import Span
from data.cache import SqliteCandleStore
from data.ingestion_pipeline import Ingested, ingest
from data.series_notes import MemoryNotes
from data.source import Source
from engine.edges import Edges, ScanRequest
from shared.config.profiles import load_profile
from shared.errors import ClockFault, ConflictingData, DataFault, TransportFault
from shared.models.data import COLUMNS, Candles, Market
from shared.models.risk import Account
from shared.models.timeframe import DAY_MS, Timeframe

NAME = "SOL/USDT"
M5, M15, H1 = Timeframe.M5, Timeframe.M15, Timeframe.H1
NOW = DEMO_AS_OF_MS - DAY_MS
"""A whole hour, so that every later scan knows what closed since."""
PROFILE = load_profile("balanced")
Spoil = Callable[[Timeframe, Candles], Candles]


def as_it_is(_timeframe: Timeframe, candles: Candles) -> Candles:
    return candles


class Exchange(DemoFeed):
    """The demo market, its candles spoilt on the way; ``asked`` says what for."""

    def __init__(self, now_ms: int = NOW, spoil: Spoil = as_it_is) -> None:
        super().__init__(now_ms)
        self.spoil = spoil
        self.asked: list[tuple[Timeframe, int, int]] = []

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        self.asked.append((timeframe, since_ms, until_ms))
        return self.spoil(timeframe, await super().candles(symbol, timeframe, since_ms, until_ms))


class Home:
    """A store and its notes, as they are between runs."""

    def __init__(self, folder: Path) -> None:
        self.store = SqliteCandleStore(folder / "candles.sqlite3")
        self.notes = MemoryNotes()

    def scan(self, feed: Exchange, as_of_ms: int = 0, **changes: object) -> Ingested:
        async def work() -> Ingested:
            at_ms = as_of_ms or await feed.time_ms()
            market = replace((await feed.markets())[NAME], **changes)  # type: ignore[arg-type]
            source = Source(feed, self.store, None, self.notes)
            return await ingest({NAME: market}, source, PROFILE, at_ms, lambda done, total: None)

        return asyncio.run(work())

    def stored(self, timeframe: Timeframe) -> Candles:
        return self.store.read("demo", NAME, timeframe, 0, 2**50)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.store.close()


def flags(got: Ingested) -> tuple[str, ...]:
    assert got.faults == ()
    return got.data[NAME].flags


def scaled(candles: Candles, row: int, factor: float) -> Candles:
    columns = [np.array(getattr(candles, name)) for name in COLUMNS]
    for column in columns:
        column[row] *= factor
    return Candles(candles.timeframe, candles.open_ms, *columns)


def without(candles: Candles, first_ms: int, end_ms: int) -> Candles:
    kept = (candles.open_ms < first_ms) | (candles.open_ms >= end_ms)
    return Candles(
        candles.timeframe, candles.open_ms[kept], *(getattr(candles, name)[kept] for name in COLUMNS)
    )


def test_a_rescan_asks_once_from_the_newest_stored_candle_on(home: Home) -> None:
    assert flags(home.scan(Exchange())) == ()
    later = Exchange(NOW + 3_600_000)
    assert flags(home.scan(later)) == ()
    assert later.asked == [(M5, NOW - M5.ms, NOW + 3_600_000)]
    assert int(home.stored(H1).close_ms[-1]) == NOW + 3_600_000


def test_a_hole_is_asked_for_once_more_and_then_known_to_be_the_exchanges_own(home: Home) -> None:
    hole = (NOW - 40 * M15.ms, NOW - 30 * M15.ms)

    def spoil(timeframe: Timeframe, candles: Candles) -> Candles:
        return without(candles, *hole) if timeframe is M15 else candles

    first = Exchange(spoil=spoil)
    got = home.scan(first)
    assert [asked for asked in first.asked if asked[0] is M15][1:] == [(M15, *hole)]
    assert got.data[NAME].candles[M15].gaps() == 10
    again = Exchange(spoil=spoil)
    home.scan(again)
    assert M15 not in {asked[0] for asked in again.asked}


def test_a_hole_that_an_answer_left_by_mistake_is_filled(home: Home) -> None:
    answers: list[Timeframe] = []

    def spoil(timeframe: Timeframe, candles: Candles) -> Candles:
        answers.append(timeframe)
        mistaken = timeframe is M15 and answers.count(M15) == 1
        return without(candles, NOW - 40 * M15.ms, NOW - 30 * M15.ms) if mistaken else candles

    got = home.scan(Exchange(spoil=spoil))
    assert got.data[NAME].candles[M15].gaps() == 0


def test_candles_that_a_mended_store_lacks_come_back(home: Home) -> None:
    home.scan(Exchange())
    whole = home.stored(H1)
    home.store.file.db.execute("DELETE FROM page WHERE rowid=(SELECT max(rowid) FROM page)")
    home.scan(Exchange())
    assert home.stored(H1) == whole


@pytest.mark.parametrize("times", [1, 99])
def test_an_answer_that_contradicts_itself_is_asked_for_once_more_and_then_refused(
    home: Home, times: int
) -> None:
    left = [times]

    def spoil(timeframe: Timeframe, candles: Candles) -> Candles:
        if timeframe is H1 and left[0]:
            left[0] -= 1
            raise ConflictingData("two candles of one time")
        return candles

    got = home.scan(Exchange(spoil=spoil))
    assert [fault.error for fault in got.faults] == ([] if times == 1 else ["ConflictingData"])
    assert left[0] == max(0, times - 2)


@pytest.mark.parametrize(("factor", "revised"), [(1 + 1e-12, 0), (1.001, 1)])
def test_a_closed_candle_that_comes_again_with_other_values_is_flagged_and_its_former_ones_are_kept(
    home: Home, factor: float, revised: int
) -> None:
    home.scan(Exchange())
    before = home.stored(M5)
    later = Exchange(NOW + M5.ms, lambda timeframe, candles: scaled(candles, 0, factor))
    expected = (f"revised: {NAME} 5m 1",) if revised else ()
    assert flags(home.scan(later)) == expected
    former = home.store.revisions("demo", NAME, M5)
    assert [one.candles.close[0] for one in former] == ([before.close[-1]] if revised else [])


class Down(Exchange):
    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        raise TransportFault("demo: no answer", "Try again later")


@pytest.mark.parametrize(
    ("later_ms", "is_read"), [(10 * 60_000, True), (20 * 60_000, True), (40 * 60_000, False)]
)
def test_stored_candles_stand_in_for_an_exchange_that_is_down_while_they_are_young(
    home: Home, later_ms: int, is_read: bool
) -> None:
    home.scan(Exchange())
    got = home.scan(Down(NOW + later_ms))
    if is_read:
        assert flags(got) == (f"from_cache: {NAME} 15m, age {later_ms // 1000} s: demo: no answer",)
    else:
        assert [fault.error for fault in got.faults] == ["TransportFault"]


class Calm(Exchange):
    """The day's range is that of the true candles."""

    async def tickers(self) -> Mapping[str, Ticker]:
        return await DemoFeed(NOW).tickers()


def test_a_spike_outside_its_neighbours_and_the_days_range_is_refused_and_not_stored(home: Home) -> None:
    def spoil(timeframe: Timeframe, candles: Candles) -> Candles:
        if timeframe is not M5:
            return candles
        high = np.array(candles.high)
        high[-20] *= 1.4
        return replace(candles, high=high)

    (fault,) = home.scan(Calm(spoil=spoil)).faults
    assert fault.error == "SpikingData"
    assert "far outside its neighbours" in fault.problem
    assert len(home.stored(M5)) == 0


@pytest.mark.parametrize("unit", [1e-3, 1e3, 1e6])
def test_times_in_another_unit_are_refused(unit: float) -> None:
    market = asyncio.run(DemoFeed().markets())[NAME]
    opened = NOW - H1.ms
    rows = [[int(opened * unit), *["1.0"] * 5, int((opened + H1.ms - 1) * unit), "0", 1, "0", "0", "0"]]
    with pytest.raises(DataFault):
        BINANCE.dialect.read_candles(rows, Span(market, H1, opened, NOW, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ()),
        ({"tick": Decimal("0.5")}, ("rules_changed: SOL/USDT tick 0.01 -> 0.5",)),
        ({"market_id": "SOLNEW"}, ("rules_changed: SOL/USDT market_id SOLUSDT -> SOLNEW",)),
    ],
)
def test_trading_rules_that_changed_since_the_last_run_are_said(
    home: Home, change: dict[str, object], said: tuple[str, ...]
) -> None:
    was: Market = asyncio.run(DemoFeed().markets())[NAME]
    home.scan(Exchange())
    assert home.store.markets("demo") == {NAME: was}
    got = home.scan(Exchange(NOW + M5.ms), **change)
    assert got.flags == said
    assert home.scan(Exchange(NOW + M5.ms), **change).flags == ()


def test_derived_candles_are_held_against_the_exchanges_own_once_a_day_which_take_their_place(
    home: Home,
) -> None:
    home.scan(Exchange(NOW - 2 * DAY_MS))

    def spoil(timeframe: Timeframe, candles: Candles) -> Candles:
        return scaled(candles, len(candles) - 1, 1.01) if timeframe is M15 and len(candles) else candles

    said: list[str] = []
    checked = 0
    for hour in range(48):
        feed = Exchange(NOW - 2 * DAY_MS + (hour + 1) * 3_600_000, spoil)
        said += flags(home.scan(feed))
        checked += sum(timeframe is M15 for timeframe, *_ in feed.asked)
    assert checked == 2
    assert said == [f"derived_differs: {NAME} 15m 1"] * 2


def test_derived_candles_over_a_gap_are_held_against_the_exchanges_own_at_once(home: Home) -> None:
    home.scan(Exchange())
    hole = (NOW + 7 * M5.ms, NOW + 8 * M5.ms)

    def spoil(timeframe: Timeframe, candles: Candles) -> Candles:
        return without(candles, *hole) if timeframe is M5 else candles

    quarters = Exchange(NOW + 3_600_000, spoil)
    said = flags(home.scan(quarters))
    asked = [(timeframe, until) for timeframe, _, until in quarters.asked if timeframe is not M5]
    assert asked == [(M15, NOW + 3_600_000), (H1, NOW + 3_600_000)]
    assert said == (f"derived_differs: {NAME} 15m 1", f"derived_differs: {NAME} 1h 1")
    for timeframe in (M15, H1):
        own = asyncio.run(Exchange(NOW + 3_600_000).candles(NAME, timeframe, NOW, NOW + 3_600_000))
        assert home.stored(timeframe).between(NOW, 2**50) == own
    later = Exchange(NOW + 7_200_000)
    assert flags(home.scan(later)) == ()
    assert {timeframe for timeframe, *_ in later.asked} == {M5}


class Apart:
    """A clock of ours that is ``ahead_ms`` before the exchange's."""

    def __init__(self, ahead_ms: int) -> None:
        self.ahead_ms = ahead_ms

    def now_ms(self) -> int:
        return DEMO_AS_OF_MS + self.ahead_ms


@pytest.mark.parametrize(
    ("ahead_ms", "said"),
    [
        (1_500, ()),
        (30_000, ("clock_offset: ours is 30.0 s ahead of demo's",)),
        (-30_000, ("clock_offset: ours is 30.0 s behind demo's",)),
    ],
)
def test_a_run_decides_by_the_exchanges_clock_and_says_how_far_ours_is_from_it(
    ahead_ms: int, said: tuple[str, ...]
) -> None:
    from engine.orchestrator import run_scan

    edges = Edges(DemoFeed, None, Apart(ahead_ms), clock_limit_ms=2_000)
    request = ScanRequest(PROFILE, "demo", Account(Decimal(10_000), "USDT"), symbols=(NAME,))
    result = run_scan(request, edges)
    assert result.as_of_ms == DEMO_AS_OF_MS
    assert tuple(flag for flag in result.flags if flag.startswith("clock")) == said


@pytest.mark.parametrize("ahead_ms", [-7_200_000, 7_200_000])
def test_a_run_whose_clock_cannot_be_one_ends_before_anything_is_fetched(ahead_ms: int) -> None:
    from engine.orchestrator import run_scan

    edges = Edges(Untouched, None, Apart(ahead_ms), clock_limit_ms=2_000)
    request = ScanRequest(PROFILE, "demo", Account(Decimal(10_000), "USDT"), symbols=(NAME,))
    with pytest.raises(ClockFault, match="something else answers for the exchange"):
        run_scan(request, edges)


class Untouched(DemoFeed):
    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        raise AssertionError("a candle was asked for")


@pytest.mark.parametrize("offset_ms", [0, 1_500, 30_000, -30_000])
def test_a_clock_apart_from_the_exchanges_is_said(offset_ms: int) -> None:
    from engine.gather import _clock_flags

    found = _clock_flags("binance", NOW, (NOW + offset_ms, NOW + offset_ms), 2_000)
    words = {30_000: "30.0 s ahead of", -30_000: "30.0 s behind"}.get(offset_ms)
    assert found == ((f"clock_offset: ours is {words} binance's",) if words else ())


def test_a_clock_that_cannot_be_one_ends_the_run() -> None:
    from engine.gather import _clock_flags

    with pytest.raises(ClockFault, match="behind"):
        _clock_flags("binance", NOW, (NOW - 7_200_000, NOW - 7_199_000), 2_000)
