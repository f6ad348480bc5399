"""The event log by its rules, bar by bar: slow, plain and independent of the engine it checks.

Every function of this package says one rule. A bar is read in the order of :func:`read_bar`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shared.models.data import Candles
from tests.reference.bars import Bars, Leg, bars_of, leg_at, volume_score
from tests.reference.log import (
    DISPLACEMENT,
    FORMED,
    INTERNAL,
    MADE_FVG,
    NO_LAYER,
    SESSION_LAYER,
    SWING_LAYER,
    Log,
    Options,
    Row,
)
from tests.reference.periods import Period, SessionModel, Track, ended_periods, read_session, tracks_of
from tests.reference.pools import Book, add_level, displace_away, live_pools
from tests.reference.structure import (
    Break,
    Layer,
    find_break,
    log_swings,
    pivots_at,
    stretch_range,
    take_references,
)
from tests.reference.zones import Zone, find_block, find_gap, live_zone, spawn


@dataclass(frozen=True)
class Reference:
    """Rows in the order they became known, and the state after each bar; pairs are internal, swing."""

    rows: list[Row]
    trend: tuple[list[int], list[int]]
    range_low: tuple[list[float], list[float]]
    range_high: tuple[list[float], list[float]]
    atr: list[float]


@dataclass
class Reading:
    """Everything known after the last bar read."""

    bars: Bars
    options: Options
    tick: float
    layers: tuple[Layer, Layer]
    tracks: list[Track]
    books: dict[int, Book] = field(default_factory=lambda: {+1: Book(+1), -1: Book(-1)})
    session: SessionModel = field(default_factory=SessionModel)
    zones: list[Zone] = field(default_factory=list)
    gaps: list[Zone] = field(default_factory=list)
    blocks: dict[int, Zone] = field(default_factory=dict)
    legs: list[Leg | None] = field(default_factory=list)
    log: Log = field(default_factory=Log)


def reference_log(candles: Candles, options: Any, tick: float) -> Reference:
    """The log of a series; ``options`` has the attributes of :class:`tests.reference.log.Options`."""
    bars, chosen = bars_of(candles), Options.of(options)
    layers = (Layer(INTERNAL, chosen.internal_reach), Layer(SWING_LAYER, chosen.swing_reach))
    reading = Reading(bars, chosen, tick, layers, tracks_of(bars, candles.timeframe, chosen))
    found = Reference(reading.log.rows, ([], []), ([], []), ([], []), bars.atr)
    for t in range(len(bars)):
        read_bar(reading, t)
        for layer in layers:
            found.trend[layer.number].append(layer.trend)
            found.range_low[layer.number].append(layer.range_low)
            found.range_high[layer.number].append(layer.range_high)
    return found


def read_bar(reading: Reading, t: int) -> None:
    """Read bar t at its close: what exists lives on first, then what the bar adds is found, rank by rank."""
    invalidated = live_zones(reading, t)
    for book in reading.books.values():
        live_pools(book, reading.bars, t, reading.options, reading.log)
    spawn_zones(reading, t, invalidated)
    pivots = find_swings(reading, t)
    ended = {track.source: ended_periods(track, reading.bars, t) for track in reading.tracks}
    add_to_pools(reading, t, pivots, ended)
    find_displacement(reading, t)
    find_gaps(reading, t)
    breaks = find_breaks(reading, t, pivots)
    find_blocks(reading, t, breaks)
    follow_session(reading, t, ended)


def live_zones(reading: Reading, t: int) -> list[Zone]:
    """Rank 0: the lives of zones. Returns those the bar invalidated."""
    invalidated = [
        zone for zone in reading.zones if live_zone(zone, reading.bars, t, reading.options, reading.log)
    ]
    reading.zones = [zone for zone in reading.zones if zone.alive]
    return invalidated


def spawn_zones(reading: Reading, t: int, invalidated: list[Zone]) -> None:
    """Rank 2: inverse gaps, breakers and mitigation blocks."""
    for zone in invalidated:
        spawned = spawn(zone, reading.bars, t, reading.options, reading.log)
        if spawned is not None:
            reading.zones.append(spawned)


def find_swings(reading: Reading, t: int) -> list[list[int]]:
    """Rank 3: pivots. Returns the signs that bar t confirms, a list a layer."""
    pivots = []
    for layer in reading.layers:
        signs = pivots_at(reading.bars, layer, t)
        log_swings(reading.bars, layer, t, signs, reading.options, reading.tick, reading.log)
        pivots.append(signs)
    return pivots


def add_to_pools(reading: Reading, t: int, pivots: list[list[int]], ended: dict[int, list[Period]]) -> None:
    """Rank 4: internal pivots, swing pivots, then the extremes of days, weeks and sessions that ended."""
    bars = reading.bars

    def add(sign: int, p: int, source: int) -> None:
        add_level(reading.books[sign], bars, t, p, source, reading.options, reading.tick, reading.log)

    for layer, signs in zip(reading.layers, pivots, strict=True):
        for sign in signs:
            add(sign, t - layer.reach, layer.number)
    if not bars.atr[t] > 0:
        return
    for source, periods in ended.items():
        for period in periods:
            if period.usable:
                add(+1, period.high_at, source)
                add(-1, period.low_at, source)


def find_displacement(reading: Reading, t: int) -> None:
    """Ranks 5 and 6: a leg that is large enough, and the swept pools it leads away from."""
    leg = leg_at(reading.bars, t)
    reading.legs.append(leg)
    if leg is None or leg.size < reading.options.displacement_atr:
        return
    reading.log.add(
        t, DISPLACEMENT, FORMED, side=leg.side, layer=NO_LAYER, object=t, origin=t - leg.count + 1, a=leg.size,
        b=volume_score(reading.bars, t), c=leg.count,
    )  # fmt: skip
    for book in reading.books.values():
        displace_away(book, reading.bars, t, reading.options, reading.log)


def find_gaps(reading: Reading, t: int) -> None:
    """Ranks 7 and 8: a gap, and the displacement of its middle bar that made it."""
    gap = find_gap(reading.bars, t, reading.options, reading.tick, reading.log)
    if gap is not None:
        reading.zones.append(gap)
        reading.gaps.append(gap)
    for end in (t - 1, t):
        tell_leg(reading, t, end)


def tell_leg(reading: Reading, t: int, end: int) -> None:
    """The displacement that ended at bar ``end`` made a gap, and both are known only with bar t: the gap's middle bar is one of its."""
    leg = reading.legs[end] if end >= 0 else None
    if leg is None or leg.size < reading.options.displacement_atr:
        return
    first = end - leg.count + 1
    inside = [gap for gap in reading.gaps if gap.side == leg.side and first <= gap.origin <= end]
    if inside and max(min(gap.known for gap in inside), end) == t:
        reading.log.add(
            t, DISPLACEMENT, MADE_FVG, side=leg.side, layer=NO_LAYER, object=end, origin=first
        )  # fmt: skip


def find_breaks(reading: Reading, t: int, pivots: list[list[int]]) -> list[Break]:
    """Rank 9: breaks of the internal layer, then of the swing layer."""
    swept_at = {sign: book.swept_at for sign, book in reading.books.items()}
    breaks = []
    for layer, signs in zip(reading.layers, pivots, strict=True):
        take_references(reading.bars, layer, t, signs)
        stretch_range(reading.bars, layer, t)
        found = find_break(reading.bars, layer, t, reading.options, swept_at, reading.log)
        if found is not None:
            breaks.append(found)
    return breaks


def find_blocks(reading: Reading, t: int, breaks: list[Break]) -> None:
    """Rank 10: the order block behind each break."""
    for found in breaks:
        block = find_block(
            reading.bars, found, t, reading.blocks, reading.gaps, reading.options, reading.tick,
            reading.log,
        )  # fmt: skip
        if block is not None:
            reading.blocks[block.object] = block
            reading.zones.append(block)


def follow_session(reading: Reading, t: int, ended: dict[int, list[Period]]) -> None:
    """Rank 11: the session model, on timeframes that have sessions."""
    for track in reading.tracks:
        if track.source == SESSION_LAYER:
            opens_in = track.key_of(reading.bars.open_ms[t])
            read_session(reading.session, reading.bars, t, opens_in, ended[track.source], reading.log)
