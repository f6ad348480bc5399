"""A coin under a new name: its former candles stand before its own, where both are stored and one goes on where the other ended."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from data.adapters.demo import DemoFeed
from data.ingestion_pipeline import Ingested, ingest
from data.series_notes import MemoryNotes
from data.source import Source
from data.symbol_reading import Checks, SymbolReading
from shared.config.profiles import load_profile
from shared.models.data import COLUMNS, Candles, Market
from shared.models.profile import Profile
from shared.models.timeframe import DAY_MS, Timeframe
from tests.unit.data.test_outcomes import NAME, NOW, Exchange, Home

OLD = "OLD/USDT"
LISTED = NOW - 20 * DAY_MS
H1 = Timeframe.H1


def mapped(*renamed: str) -> Profile:
    profile = load_profile("balanced")
    return replace(profile, universe=replace(profile.universe, renamed=renamed))


RENAMED = mapped("OLDUSDT>SOLUSDT")


def listed_lately(timeframe: Timeframe, candles: Candles) -> Candles:
    """What an exchange has of a coin that it lists since then."""
    return candles.between(timeframe.floor(LISTED), 2**50)


def market() -> Market:
    return asyncio.run(DemoFeed().markets())[NAME]


class Renamed(Home):
    """A store that holds the coin under its former name until a while before it was listed under this one."""

    def __init__(self, folder: Path, pause_ms: int, factor: float = 1.0, **rules: object) -> None:
        super().__init__(folder)
        former = replace(market(), symbol=OLD, market_id="OLDUSDT", **rules)  # type: ignore[arg-type]
        self.store.save_markets({OLD: former})
        for timeframe in RENAMED.timeframes.needed:
            candles = asyncio.run(DemoFeed(NOW).candles(NAME, timeframe, 0, LISTED - pause_ms))
            columns = (getattr(candles, name) for name in COLUMNS)
            self.store.write("demo", OLD, Candles(timeframe, candles.open_ms, *(c * factor for c in columns)))

    def read(self, profile: Profile, feed: Exchange | None) -> Ingested:
        source = Source(feed, self.store, None, self.notes)
        return asyncio.run(ingest({NAME: market()}, source, profile, NOW, lambda done, total: None))

    def first_ms(self, profile: Profile = RENAMED) -> int:
        """Where the anchor's candles begin, once the coin's own are stored."""
        for timeframe in profile.timeframes.needed:
            feed = Exchange(spoil=listed_lately)
            own = asyncio.run(feed.candles(NAME, timeframe, 0, NOW))
            self.store.write("demo", NAME, own)
        source = Source(None, self.store, None, MemoryNotes())
        reading = SymbolReading(market(), source, profile, NOW, Checks(0))
        return int(asyncio.run(reading.series())[H1].open_ms[0])


def window_ms() -> int:
    return H1.window_start(NOW, RENAMED.data.history_bars)


@pytest.mark.parametrize("pause_days", [0, 3])
def test_former_candles_stand_before_its_own(tmp_path: Path, pause_days: int) -> None:
    home = Renamed(tmp_path, pause_days * DAY_MS)
    assert home.first_ms() == window_ms()
    home.store.close()


@pytest.mark.parametrize(
    ("pause_days", "factor", "rules", "renamed"),
    [
        (8, 1.0, {}, "OLDUSDT>SOLUSDT"),
        (0, 1000.0, {}, "OLDUSDT>SOLUSDT"),
        (0, 1.0, {"kind": "perpetual", "settle": "USDT"}, "OLDUSDT>SOLUSDT"),
        (0, 1.0, {}, "ELSEUSDT>SOLUSDT"),
    ],
    ids=["too long a pause", "another price", "another kind", "not mapped"],
)
def test_what_does_not_go_on_is_not_joined(
    tmp_path: Path, pause_days: int, factor: float, rules: dict[str, object], renamed: str
) -> None:
    home = Renamed(tmp_path, pause_days * DAY_MS, factor, **rules)
    assert home.first_ms(mapped(renamed)) == LISTED
    home.store.close()


def test_a_first_scan_fetches_its_own_candles_and_the_next_ones_read_both(tmp_path: Path) -> None:
    home = Renamed(tmp_path, 3 * DAY_MS)
    first = home.read(RENAMED, Exchange(spoil=listed_lately))
    assert first.faults == ()
    again = Exchange(spoil=listed_lately)
    (second, third) = (home.read(RENAMED, again), home.read(RENAMED, again))
    for got in (second, third):
        anchor = got.data[NAME].candles[H1]
        assert (int(anchor.open_ms[0]), anchor.gaps()) == (window_ms(), 3 * 24)
    assert int(home.stored(H1).open_ms[0]) == LISTED
    home.store.close()


def test_damaged_former_candles_are_left_out(tmp_path: Path) -> None:
    home = Renamed(tmp_path, 0)
    home.store.file.db.execute("UPDATE page SET body = zeroblob(length(body))")
    assert home.first_ms() == LISTED
    home.store.close()
