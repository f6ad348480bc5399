"""What counts as equal highs, what belongs to a sweep, and how a pool ages: a few hand-made candles each."""

from __future__ import annotations

import pytest

from devtools.hand_made import Bar, quiet
from devtools.playbook_scenes import CLOSE_OVER_AND_STAY, DAY_MS, HILL, TO_THE_HIGH
from shared.models.events import Kind
from shared.models.smc import PoolSource, Side
from shared.models.timeframe import Timeframe
from tests.unit.strategy.smc.drawings import SMALL, Said, drawn, said, seen

LONG, SHORT = 1, -1
TOP: Bar = (100.0, 101.5, 99.5, 100.0)
THREE_TOPS: list[Bar] = [*quiet(2), TOP, *quiet(4), TOP, *quiet(5), TOP, *quiet(5)]
"""Six candles of four hours are a day. Bar 2 is yesterday's high and, since bar 7 equals it, no swing; bar 7 is today's high and a
swing, known at bar 12; bar 13 is a swing too."""


def test_the_highs_of_two_days_at_one_price_are_one_pool_but_only_two_swings_make_equal_highs() -> None:
    candles = drawn(THREE_TOPS, timeframe=Timeframe.H4, first_ms=DAY_MS)
    rows = [row for row in said(candles, Kind.POOL) if row.origin == 2 and row.side == SHORT]
    assert [(row.bar, row.event, row.layer, row.payload["a"]) for row in rows] == [
        (5, "FORMED", "day", 1.0),
        (11, "JOINED", "day", 1.0),
        (12, "LAYER_ADDED", "internal", 1.0),
        (17, "JOINED", "day", 1.0),
        (18, "JOINED", "internal", 2.0),
    ]


@pytest.mark.parametrize(
    ("bars", "count", "sources"),
    [
        (12, 1, (PoolSource.DAY,)),
        (13, 1, (PoolSource.INTERNAL, PoolSource.DAY)),
        (19, 2, (PoolSource.INTERNAL, PoolSource.DAY)),
    ],
)
def test_a_trader_sees_the_members_and_the_sources_of_a_pool_as_they_become_known(
    bars: int, count: int, sources: tuple[PoolSource, ...]
) -> None:
    candles = drawn(THREE_TOPS[:bars], timeframe=Timeframe.H4, first_ms=DAY_MS)
    (pool,) = (pool for pool in seen(candles).pools if pool.level == 101.5)
    assert (pool.count, pool.sources) == (count, sources)


def test_the_fall_that_belongs_to_a_sweep_begins_after_the_sweeping_candle() -> None:
    """Bars 6 and 7 together fall far enough, but bar 6 is the sweep; bars 7 and 8 do so by themselves."""
    swept: list[Bar] = [
        *TO_THE_HIGH,
        (101.0, 101.75, 100.0, 100.125),
        (100.125, 100.25, 99.25, 99.375),
        (99.375, 99.5, 98.5, 98.5),
    ]
    legs = [row for row in said(swept, Kind.DISPLACEMENT) if row.event == "FORMED"]
    assert next((row.bar, row.origin, row.payload["a"]) for row in legs) == (7, 6, 1.625)
    away = [row for row in said(swept, Kind.POOL, SMALL) if row.event == "DISPLACED_AWAY" and row.origin == 2]
    atr = (13 * 1.0 + 1.75) / 14
    assert away == [
        Said(8, "DISPLACED_AWAY", SHORT, 2, {"low": 101.25, "a": round(1.625 / atr, 4), "b": 2.0}, "internal")
    ]


@pytest.mark.parametrize(
    ("close", "event"), [(101.25, "SWEPT_RECLAIM"), (101.0, "SWEPT_RECLAIM"), (101.3125, "BROKEN")]
)
def test_a_close_back_on_the_third_bar_is_still_a_reclaim_and_the_level_itself_is_inside(
    close: float, event: str
) -> None:
    bars = [*CLOSE_OVER_AND_STAY[:9], (101.75, 102.0, 100.75, close)]
    rows = [row for row in said(bars, Kind.POOL, SMALL) if row.origin == 2 and row.side == SHORT]
    assert (rows[1].bar, rows[1].event) == (6, "TAKEN")
    assert (rows[-1].bar, rows[-1].event, rows[-1].payload["b"]) == (9, event, 3.0)


def test_a_pool_has_lost_half_its_freshness_after_two_hundred_bars() -> None:
    shares = []
    for bars in (0, 100, 200, 400):
        pools = seen([*HILL, *[(100.5, 101.0, 100.0, 100.5)] * bars], SMALL).pools
        (pool,) = (pool for pool in pools if pool.side is Side.SHORT and pool.level == 101.25)
        shares.append((pool.age_bars, pool.freshness))
    assert shares == [(0, 1.0), (100, 2**-0.5), (200, 0.5), (400, 0.25)]
