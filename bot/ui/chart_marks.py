"""Findings as marks of a chart, in words a trader reads on it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from bot.ui.chart_scene import Box, Line, LineKind
from bot.ui.numbers import price_shown
from shared.models.data import Candles
from shared.models.smc import Layer, Side, StructureBreak, Sweep, SweepKind, Zone, ZoneKind

ZONE_NAMES: Final = {
    ZoneKind.ORDER_BLOCK: "order block",
    ZoneKind.FAIR_VALUE_GAP: "fair value gap",
    ZoneKind.INVERSE_GAP: "inverse gap",
    ZoneKind.BREAKER: "breaker",
    ZoneKind.MITIGATION_BLOCK: "mitigation block",
}
SIDES: Final = {Side.LONG: "demand", Side.SHORT: "supply"}
WAYS: Final = {Side.LONG: "up", Side.SHORT: "down"}
BREAKS: Final = {Layer.SWING: LineKind.SWING_BREAK, Layer.INTERNAL: LineKind.INTERNAL_BREAK}


def box_of(zone: Zone) -> Box:
    """A zone with its timeframe and what it is."""
    text = f"{zone.timeframe} {ZONE_NAMES[zone.kind]} ({SIDES[zone.side]})"
    return Box(zone.object_id, zone.kind, zone.side, zone.low, zone.high, zone.origin_ms, zone.known_ms, text)


def break_of(event: StructureBreak) -> Line:
    """A break from the swing it broke to the close that broke it."""
    shift = " (MSS)" if event.structure_shift else ""
    text = f"{event.label}{shift} {WAYS[event.side]}"
    times = event.origin_ms, event.known_ms, event.known_ms
    return Line(event.object_id, BREAKS[event.layer], event.side, event.level, event.level, *times, text)


def sweep_of(sweep: Sweep, candles: Candles, tick: Decimal) -> Line:
    """A sweep from its pool to the close that refused it, with the price it went to on ``candles``."""
    since_ms = sweep.known_ms - (sweep.bars + 1) * candles.timeframe.ms
    during = (candles.close_ms > since_ms) & (candles.open_ms < sweep.known_ms)
    beyond = candles.low[during] if sweep.side is Side.LONG else candles.high[during]
    tip = float(beyond[np.argmin(beyond * sweep.side)]) if beyond.size else sweep.level
    what = "low" if sweep.side is Side.LONG else "high"
    how = "swept" if sweep.kind is SweepKind.WICK else "swept, reclaimed"
    text = f"{what} {price_shown(Decimal(str(sweep.level)), tick)} {how}"
    times = sweep.origin_ms, sweep.known_ms, sweep.known_ms
    return Line(sweep.object_id, LineKind.SWEEP, sweep.side, sweep.level, tip, *times, text)


def pool_of(mark_id: str, side: Side, level: float, since: tuple[int, int, int], text: str) -> Line:
    """A pool that still rests; ``since`` is when it began, when it was known and how far it is drawn."""
    return Line(mark_id, LineKind.POOL, side, level, level, *since, text)
