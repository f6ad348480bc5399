"""Prices at which a move may end: liquidity that still rests, zones of the other side, edges and middle of the range.

A level that price has passed is none: its stops are filled, its orders met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Final, NamedTuple

from shared.models.smc import Pool, PoolSource, Side, Zone
from shared.models.timeframe import Timeframe
from strategy.planner.draft import Reading
from strategy.planner.entry import ZONE_WORDS

PERIODS: Final = {PoolSource.DAY: Timeframe.D1, PoolSource.WEEK: Timeframe.W1}


class Mark(NamedTuple):
    """Something that stands at a price. It is put into words when it is shown: ``naming`` does that."""

    price: float
    basis: str
    naming: Callable[[], str]


class Level(NamedTuple):
    """A price at which a move may end, and what stands there."""

    price: float
    marks: list[Mark]

    @property
    def basis(self) -> str:
        """What kind of thing stands there; of several the first by name."""
        return min(mark.basis for mark in self.marks)

    @property
    def name(self) -> str:
        """What stands there, in words; of several of its basis the first by name."""
        basis = self.basis
        return min(mark.naming() for mark in self.marks if mark.basis == basis)


def levels_ahead(reading: Reading, side: Side) -> tuple[Level, ...]:
    """Every level that a move to ``side`` has before it, nearest first."""
    found: dict[float, list[Mark]] = {}
    for mark in chain(_pools(reading, side), _zones(reading, side), _range_levels(reading, side)):
        found.setdefault(mark.price, []).append(mark)
    return tuple(Level(price, found[price]) for price in sorted(found, reverse=side is Side.SHORT))


def _pools(reading: Reading, side: Side) -> Iterator[Mark]:
    opposing, as_of_ms = side.opposite, reading.snapshot.as_of_ms
    for frame in (reading.anchor, *reading.coarser):
        reached = reading.reached(side, frame.closed_ms) * side
        for pool in frame.pools:
            if pool.side is opposing and not pool.taken and pool.level * side >= reached:
                yield Mark(pool.level, "pool", partial(_liquidity, pool, frame.timeframe, as_of_ms))


def _liquidity(pool: Pool, timeframe: Timeframe, as_of_ms: int) -> str:
    return f"liquidity of {pool_words(pool, timeframe, as_of_ms)}"


def _zones(reading: Reading, side: Side) -> Iterator[Mark]:
    least, opposing = reading.settings.gates.min_freshness, side.opposite
    close = reading.trigger.close
    for frame in (reading.anchor, *reading.coarser):
        for zone in frame.zones:
            if zone.side is opposing and zone.freshness >= least:
                near = zone.low if side is Side.LONG else zone.high
                if not _passed(near, close, side):
                    yield Mark(near, "zone", partial(_edge, zone, frame.timeframe))


def _edge(zone: Zone, timeframe: Timeframe) -> str:
    return f"near edge of a fresh opposing {timeframe} {ZONE_WORDS[zone.kind]}"


def _range_levels(reading: Reading, side: Side) -> Iterator[Mark]:
    """Extremes that price has not run beyond, and the middle of the higher range while it lies ahead."""
    own, above = reading.anchor, (*reading.coarser, reading.anchor)[0]
    for name, frame, ranges in (
        (own.timeframe.value, own, own.swing.ranges),
        ("higher", above, reading.bias_ranges),
    ):
        for dealing in ranges:
            extreme = dealing.high if side is Side.LONG else dealing.low
            if not _passed(extreme, reading.reached(side, frame.closed_ms), side):
                yield Mark(extreme, "extreme", partial("running extreme of the {} range".format, name))
    for dealing in reading.bias_ranges:
        middle = (dealing.low + dealing.high) / 2
        if not _passed(middle, reading.trigger.close, side):
            yield Mark(middle, "range middle", partial(str, "middle of the higher range"))


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
