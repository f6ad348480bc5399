"""Prices at which a move may end: liquidity that still rests, zones of the other side, edges and middle of the range.

A level that price has passed is none: its stops are filled, its orders met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.models.smc import Pool, PoolSource, Side
from shared.models.timeframe import Timeframe
from strategy.planner.draft import Reading
from strategy.planner.entry import ZONE_WORDS

PERIODS: Final = {PoolSource.DAY: Timeframe.D1, PoolSource.WEEK: Timeframe.W1}


@dataclass(frozen=True, slots=True)
class Level:
    """A price at which a move may end, and what stands there."""

    price: float
    basis: str
    name: str


def levels_ahead(reading: Reading, side: Side) -> tuple[Level, ...]:
    """Every level that a move to ``side`` has before it, nearest first."""
    levels = (*_pools(reading, side), *_zones(reading, side), *_range_levels(reading, side))
    return tuple(sorted(levels, key=lambda level: (level.price * side, level.basis, level.name)))


def _pools(reading: Reading, side: Side) -> Iterator[Level]:
    for frame in (reading.anchor, *reading.coarser):
        reached = reading.reached(side, frame.closed_ms)
        for pool in frame.pools:
            if pool.side is side.opposite and not pool.taken and not _passed(pool.level, reached, side):
                name = pool_words(pool, frame.timeframe, reading.snapshot.as_of_ms)
                yield Level(pool.level, "pool", f"liquidity of {name}")


def _zones(reading: Reading, side: Side) -> Iterator[Level]:
    least, opposing = reading.settings.gates.min_freshness, side.opposite
    for frame in (reading.anchor, *reading.coarser):
        for zone in frame.zones:
            near = zone.low if side is Side.LONG else zone.high
            fresh = zone.side is opposing and zone.freshness >= least
            if fresh and not _passed(near, reading.trigger.close, side):
                name = f"a fresh opposing {frame.timeframe} {ZONE_WORDS[zone.kind]}"
                yield Level(near, "zone", f"near edge of {name}")


def _range_levels(reading: Reading, side: Side) -> Iterator[Level]:
    """Extremes that price has not run beyond, and the middle of the higher range while it lies ahead."""
    own, above = reading.anchor, (*reading.coarser, reading.anchor)[0]
    for name, frame, ranges in (
        (own.timeframe.value, own, own.swing.ranges),
        ("higher", above, reading.bias_ranges),
    ):
        for dealing in ranges:
            extreme = dealing.high if side is Side.LONG else dealing.low
            if not _passed(extreme, reading.reached(side, frame.closed_ms), side):
                yield Level(extreme, "extreme", f"running extreme of the {name} range")
    for dealing in reading.bias_ranges:
        middle = (dealing.low + dealing.high) / 2
        if not _passed(middle, reading.trigger.close, side):
            yield Level(middle, "range middle", "middle of the higher range")


def _passed(price: float, reached: float, side: Side) -> bool:
    return price * side < reached * side


def pool_words(pool: Pool, timeframe: Timeframe, as_of_ms: int) -> str:
    """What a pool is called: ``the previous day's high``, ``2 equal 1h lows``, ``a session's low``."""
    extreme = "high" if pool.side is Side.SHORT else "low"
    periods = [
        f"{_whose(pool, source, as_of_ms)} {extreme}"
        for source in pool.sources
        if source in PERIODS or source is PoolSource.SESSION
    ]
    if pool.count < 2:
        return " and ".join(periods) or f"a {timeframe} {extreme}"
    among = f" with {' and '.join(periods)} among them" if periods else ""
    return f"{pool.count} equal {timeframe} {extreme}s{among}"


def _whose(pool: Pool, source: PoolSource, as_of_ms: int) -> str:
    if source not in PERIODS:
        return "a session's"
    period = PERIODS[source]
    newest = period.last_closed_open(as_of_ms) <= pool.origin_ms
    return f"the previous {source}'s" if newest else f"a past {source}'s"
