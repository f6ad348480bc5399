"""Entry: which zone, and how to get in.

``limit``: an untouched zone ahead of price, a resting order at its middle. ``confirm``: a zone touched for the first
time not long ago, then a break of the trigger timeframe in the trade's direction; entry at that close. A block and a
gap that overlap make one entry zone, their common part, and are preferred.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from shared.models.data import Candles
from shared.models.planner import EntryKind, EntryZone
from shared.models.smc import OrderBlock, Side, StructureBreak, Zone, ZoneKind
from shared.models.timeframe import iso
from strategy.planner.draft import Candidate, Reading, place_in
from strategy.planner.ticks import outward, to_tick

MIN_HEIGHT_TICKS: Final = 3
ZONE_WORDS: Final = {kind: kind.value.replace("_", " ") for kind in ZoneKind}


@dataclass(frozen=True, slots=True)
class _Area:
    """One zone, or the common part of a block and a gap, of which ``touches`` counts those of the more touched one; ``near`` is the
    edge price meets first. ``blocks`` holds the block, if there is one."""

    parts: tuple[Zone, ...]
    blocks: tuple[OrderBlock, ...]
    low: float
    high: float
    near: float
    touches: int


WAYS: Final = {"limit": 0, "confirm": 1}
"""How often a zone has been touched where it is entered so."""


def find_entries(reading: Reading, side: Side) -> tuple[Candidate, ...]:
    """Every way in that the anchor timeframe's zones offer to ``side``, unordered by merit."""
    found = []
    kinds = reading.settings.plan.entry_kinds
    for area in _areas(reading, side):
        for kind in kinds:
            if area.touches == WAYS[kind]:
                found += _limit(reading, side, area) if kind == "limit" else _confirm(reading, side, area)
    return tuple(found)


def entry_price(reading: Reading, chosen: Candidate) -> Decimal:
    """The order's price on the tick, rounded away from profit."""
    return to_tick(chosen.price, reading.tick, outward(chosen.side, favourable=True))


def draw_entry(reading: Reading, chosen: Candidate) -> EntryZone:
    """The chosen way in on the tick: the zone rounded inward, the order away from profit."""
    rules, tick, side = reading.settings.plan, reading.tick, chosen.side
    inward, back = outward(side, favourable=False), outward(side, favourable=True)
    price = entry_price(reading, chosen)
    expires_ms = reading.decided_ms + rules.expiry_bars * reading.settings.timeframes.anchor.ms
    return EntryZone(
        kind=chosen.kind,
        zone_kind=chosen.zone_kind,
        object_id=chosen.object_id,
        near=to_tick(chosen.near, tick, inward),
        far=to_tick(chosen.far, tick, back),
        price=price,
        expires_ms=expires_ms,
        invalidation=to_tick(chosen.guard, tick, back),
        reach_atr=chosen.reach_atr,
        why=_why(reading, chosen, price),
    )


def _areas(reading: Reading, side: Side) -> Iterator[_Area]:
    """Zones of ``side`` that may still be entered, each block followed by what it has in common with a gap."""
    anchor, most = reading.anchor, max(WAYS.values())
    long = side is Side.LONG
    gaps = [gap.zone for gap in anchor.fair_value_gaps if gap.zone.side is side and gap.zone.touches <= most]
    least = MIN_HEIGHT_TICKS * float(reading.tick)
    for block in anchor.order_blocks:
        zone = block.zone
        if zone.side is side and zone.touches <= most:
            yield _Area((zone,), (block,), zone.low, zone.high, zone.high if long else zone.low, zone.touches)
            for gap in gaps:
                low, high = max(zone.low, gap.low), min(zone.high, gap.high)
                if high - low >= least:
                    touches = max(zone.touches, gap.touches)
                    yield _Area((zone, gap), (block,), low, high, high if long else low, touches)
    for gap in gaps:
        yield _Area((gap,), (), gap.low, gap.high, gap.high if long else gap.low, gap.touches)


def _displacement(reading: Reading, area: _Area) -> float:
    """Behind a block its own, behind a gap the largest that its middle candle is part of, in ATR; 0 if there is none."""
    for block in area.blocks:
        return block.displacement_atr
    (gap,) = area.parts
    return max(
        (
            leg.size_atr
            for leg in reading.anchor.displacements
            if leg.side is gap.side and leg.origin_ms <= gap.origin_ms < leg.known_ms
        ),
        default=0.0,
    )


def _limit(reading: Reading, side: Side, area: _Area) -> list[Candidate]:
    if (reading.anchor.close - area.near) * side < 0 or (reading.trigger.close - area.near) * side < 0:
        return []
    return [_candidate(reading, side, area, EntryKind.LIMIT, (area.low + area.high) / 2, (0, 0))]


def _confirm(reading: Reading, side: Side, area: _Area) -> list[Candidate]:
    triggers = _breaks(reading, side)
    if not triggers:
        return []
    candles = reading.data.candles[reading.trigger.timeframe]
    touched_ms = first_touch_ms(candles, side, area.near, max(part.known_ms for part in area.parts))
    longest_ms = reading.settings.plan.touch_max_age_bars * reading.settings.timeframes.anchor.ms
    if not touched_ms or reading.decided_ms - touched_ms > longest_ms:
        return []
    for trigger in triggers:
        if trigger.known_ms > touched_ms:
            price = _close_at(candles, trigger.known_ms)
            guard = (
                min(part.low for part in area.parts) if side is Side.LONG else max(p.high for p in area.parts)
            )
            if min((price - guard) * side, (reading.trigger.close - guard) * side) > 0:
                times = touched_ms, trigger.known_ms
                return [_candidate(reading, side, area, EntryKind.CONFIRM, price, times)]
    return []


def _breaks(reading: Reading, side: Side) -> list[StructureBreak]:
    """Breaks of the trigger timeframe to ``side`` that may still time an entry, newest first, then the smaller layer first."""
    trigger, oldest = reading.trigger, reading.settings.plan.trigger_max_age_bars
    both = (*trigger.internal.breaks, *trigger.swing.breaks)
    found = [event for event in both if event.side is side and event.age_bars <= oldest]
    return sorted(found, key=lambda event: -event.known_ms)


def first_touch_ms(candles: Candles, side: Side, near: float, known_ms: int) -> int:
    """Close time of the first candle to enter a zone after it was known and price had closed outside; 0 if none did."""
    start = int(np.searchsorted(candles.close_ms, known_ms, "left"))
    close = candles.close[start:]
    outside = close > near if side is Side.LONG else close < near
    if not outside.any():
        return 0
    left = int(outside.argmax()) + 1
    entered = (
        candles.low[start + left :] <= near if side is Side.LONG else candles.high[start + left :] >= near
    )
    return int(candles.close_ms[start + left + int(entered.argmax())]) if entered.any() else 0


def _close_at(candles: Candles, close_ms: int) -> float:
    return float(candles.close[int(np.searchsorted(candles.close_ms, close_ms, "right")) - 1])


def _candidate(
    reading: Reading, side: Side, area: _Area, kind: EntryKind, price: float, times: tuple[int, int]
) -> Candidate:
    main, atr = area.parts[0], reading.anchor.atr
    meets = area.near if kind is EntryKind.LIMIT else price
    return Candidate(
        side=side,
        kind=kind,
        zone_kind=main.kind,
        object_id=main.object_id,
        low=area.low,
        high=area.high,
        guard_low=min(part.low for part in area.parts),
        guard_high=max(part.high for part in area.parts),
        price=price,
        reach_atr=max(0.0, (reading.trigger.close - meets) * side / atr),
        height_atr=main.height_atr,
        freshness=min(part.freshness for part in area.parts),
        displacement_atr=_displacement(reading, area),
        range_position=place_in(reading.bias_ranges, side, price),
        origin_ms=main.origin_ms,
        known_ms=max(part.known_ms for part in area.parts),
        touched_ms=times[0],
        trigger_ms=times[1],
        overlap=len(area.parts) > 1,
    )


def _why(reading: Reading, chosen: Candidate, price: Decimal) -> str:
    anchor = reading.settings.timeframes.anchor
    name = f"{anchor} {'order block with a gap over it' if chosen.overlap else ZONE_WORDS[chosen.zone_kind]}"
    drawn = f"{name} of {iso(chosen.origin_ms)}, {chosen.height_atr:.2f} ATR high, freshness {chosen.freshness:.2f}"
    if chosen.kind is EntryKind.LIMIT:
        return f"{drawn}, untouched; one limit order at its middle, {price:f}"
    return (
        f"{drawn}, first touched by {iso(chosen.touched_ms)}; {reading.settings.timeframes.trigger} broke structure "
        f"at {iso(chosen.trigger_ms)}, entry at that close, {price:f}"
    )
