"""Where a timeframe's last close stands among the coarser ones: inside which zones, where in which ranges, whether at a weekend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from devtools.playbook_scenes import BREAK_UP
from shared.models.smc import Alignment, DealingRange, RangeSide, SMCSnapshot, TimeframeStructure
from shared.models.timeframe import Timeframe
from strategy.smc.alignment import standing
from strategy.smc.sessions import Clock, is_weekend
from tests.unit.strategy.smc.drawings import SMALL, seen

HOUR = seen(list(BREAK_UP), SMALL)
"""One block 99.75 – 100.75; swing range none, internal range 99.75 – 101.75."""
(BLOCK,) = HOUR.order_blocks


def coarse(timeframe: Timeframe, **changes: object) -> TimeframeStructure:
    zone = replace(BLOCK.zone, timeframe=timeframe)
    return replace(HOUR, timeframe=timeframe, order_blocks=(replace(BLOCK, zone=zone),), **changes)  # type: ignore[arg-type]


def snapshot(close: float, *others: TimeframeStructure, weekend: bool = False) -> SMCSnapshot:
    fine = replace(HOUR, timeframe=Timeframe.M15, close=close)
    every = {structure.timeframe: structure for structure in (fine, *others)}
    return SMCSnapshot(0, every, Alignment(0.0, 0.0, ()), weekend)


@pytest.mark.parametrize(("close", "inside"), [(99.75, 1), (100.75, 1), (100.76, 0), (99.74, 0)])
def test_a_close_stands_inside_a_coarser_zone_from_edge_to_edge(close: float, inside: int) -> None:
    place = standing(snapshot(close, coarse(Timeframe.H4)), Timeframe.M15)
    assert [zone.timeframe for zone in place.inside] == [Timeframe.H4] * inside


def test_its_own_zones_and_those_of_finer_timeframes_do_not_count() -> None:
    assert standing(snapshot(100.0, coarse(Timeframe.M5)), Timeframe.M15).inside == ()


def test_the_place_in_a_coarser_range_is_that_of_the_finer_close_and_the_layer_is_the_biass() -> None:
    swing = replace(HOUR.swing, ranges=(DealingRange(90.0, 110.0, 0.9),))
    internal = replace(HOUR.internal, ranges=(DealingRange(80.0, 120.0, 0.9),))
    frames = [coarse(frame, swing=swing, internal=internal) for frame in (Timeframe.D1, Timeframe.H4)]
    place = standing(snapshot(98.0, *frames), Timeframe.M15)
    assert place.ranges == (
        (Timeframe.H4, DealingRange(90.0, 110.0, 0.4)),
        (Timeframe.D1, DealingRange(80.0, 120.0, 0.45)),
    )
    assert [dealing.side for _, dealing in place.ranges] == [RangeSide.DISCOUNT, RangeSide.EQUILIBRIUM]


@pytest.mark.parametrize(
    ("utc", "clock", "weekend"),
    [
        ("2024-01-26T23:59", "UTC", False),
        ("2024-01-27T00:00", "UTC", True),
        ("2024-01-28T23:59", "UTC", True),
        ("2024-01-29T00:00", "UTC", False),
        ("2024-01-27T04:59", "New York", False),
        ("2024-01-27T05:00", "New York", True),
        ("2024-01-29T04:59", "New York", True),
        ("2024-07-29T04:00", "New York", False),
        ("2024-07-29T03:59", "New York", True),
        ("2024-01-27T12:00", "off", True),
    ],
)
def test_a_weekend_is_saturday_and_sunday_on_the_sessions_clock(
    utc: str, clock: Clock, weekend: bool
) -> None:
    time_ms = int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp() * 1000)
    assert is_weekend(time_ms, clock) is weekend
    assert standing(snapshot(100.0, weekend=weekend), Timeframe.M15).weekend is weekend
