"""Stop beyond what would prove the idea wrong; targets where the other side of the market waits.

Prices are walked in the trade's own direction (``side * price``), so that long and short are one path.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Final

from shared.models.planner import Stop, Target
from shared.models.smc import Side, TimeframeStructure, Zone
from strategy.planner.costs import cost_r, net_r
from strategy.planner.draft import Candidate, Draft, Reading
from strategy.planner.entry import ZONE_WORDS, draw_entry
from strategy.planner.ticks import outward, price_text, to_tick

SPACING_R: Final = 0.5
"""Targets closer together than this are one."""
CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Level:
    """A price at which a move may end, with what stands there."""

    price: float
    basis: str
    why: str


def draw(reading: Reading, chosen: Candidate) -> Draft:
    """The whole trade on the tick: entry, stop and targets."""
    entry = draw_entry(reading, chosen)
    stop, moved = _place_stop(reading, chosen, entry.price)
    return Draft(
        candidate=chosen,
        entry=entry,
        stop=_describe_stop(reading, chosen, entry.price, stop, moved),
        targets=find_targets(reading, chosen.side, entry.price, stop),
        stop_zones=len(zones_holding(reading, stop)),
    )


def zones_holding(reading: Reading, price: Decimal) -> tuple[Zone, ...]:
    """Active zones of the anchor timeframe that contain ``price``, edges included."""
    return tuple(zone for zone in reading.anchor.zones if zone.low <= float(price) <= zone.high)


def _place_stop(reading: Reading, chosen: Candidate, entry: Decimal) -> tuple[Decimal, tuple[str, ...]]:
    """The stop on the tick and what it was moved beyond. Every move goes further away, so that it ends."""
    rules, side, atr = reading.settings.plan, chosen.side, reading.anchor.atr
    away = outward(side, favourable=False)
    beyond_structure = chosen.guard * side - rules.stop_buffer_atr * atr
    beyond_noise = float(entry) * side - rules.min_stop_atr * atr
    stop = to_tick(min(beyond_structure, beyond_noise) * side, reading.tick, away)
    if float(abs(entry - stop)) / atr < rules.min_stop_atr:
        stop -= int(side) * reading.tick
    moved: list[str] = []
    for obstacle in _obstacles(reading, side):
        if obstacle.holds(float(stop) * side):
            stop = to_tick(obstacle.beyond * side, reading.tick, away)
            moved.append(obstacle.what)
    return stop, tuple(moved)


@dataclass(frozen=True, slots=True)
class _Obstacle:
    """Where a stop may not rest: [``far``, ``near``] in the trade's own direction, and the price just ``beyond``."""

    near: float
    far: float
    beyond: float
    what: str

    def holds(self, price: float) -> bool:
        return self.far <= price <= self.near


def _obstacles(reading: Reading, side: Side) -> list[_Obstacle]:
    """Zones and pools of the anchor timeframe, by nearer edge: in this order one pass moves a stop beyond all of them."""
    anchor, text = reading.anchor, partial(price_text, tick=reading.tick)
    clear = max(reading.settings.plan.pool_clearance_atr * anchor.atr, float(reading.tick))
    found = []
    for zone in anchor.zones:
        far, near = sorted((zone.low * side, zone.high * side))
        found.append(
            _Obstacle(
                near,
                far,
                far - clear,
                f"the {ZONE_WORDS[zone.kind]} from {text(zone.low)} to {text(zone.high)}",
            )
        )
    for pool in anchor.pools:
        if pool.side is side:
            level = pool.level * side
            found.append(
                _Obstacle(level + clear, level - clear, level - clear, f"the pool at {text(pool.level)}")
            )
    return sorted(found, key=lambda obstacle: (-obstacle.near, obstacle.far, obstacle.what))


def _describe_stop(
    reading: Reading, chosen: Candidate, entry: Decimal, stop: Decimal, moved: tuple[str, ...]
) -> Stop:
    rules, atr = reading.settings.plan, reading.anchor.atr
    distance = float(abs(entry - stop))
    cost = cost_r(entry, stop, reading.settings.costs)
    by_structure = (
        chosen.guard - float(entry)
    ) * chosen.side - rules.stop_buffer_atr * atr <= -rules.min_stop_atr * atr
    guard = price_text(chosen.guard, reading.tick)
    basis = (
        f"{rules.stop_buffer_atr:g} ATR beyond the structure at {guard}"
        if by_structure
        else f"{rules.min_stop_atr:g} ATR from the entry, beyond the structure at {guard}"
    )
    further = f", moved beyond {' and '.join(moved)}" if moved else ""
    return Stop(
        price=stop,
        distance_atr=distance / atr,
        distance_pct=100.0 * distance / float(entry),
        cost_r=cost,
        why=f"{basis}{further}; {distance / atr:.2f} ATR away, costs are {cost:.2f} R",
    )


def find_targets(reading: Reading, side: Side, entry: Decimal, stop: Decimal) -> tuple[Target, ...]:
    """Targets at structure, nearest first: the nearest level worth the profile's first R, then one worth its last R,
    then the next ones spaced apart. Empty when no level pays the first.
    """
    gates, costs = reading.settings.gates, reading.settings.costs
    priced = []
    for level in _levels(reading, side, entry):
        price = to_tick(level.price, reading.tick, outward(side, favourable=False))
        reward = net_r(entry, stop, price, side, costs)
        if reward >= gates.min_net_rr_first and (price - entry) * side > 0:
            priced.append((price, reward, level))
    picked = _ladder(priced, gates.min_net_rr_last, reading.settings.plan.max_targets)
    shares = split(Decimal(str(reading.settings.plan.first_fraction)), len(picked))
    return tuple(
        Target(price, share, reward, level.basis, f"{level.why}: {reward:.2f} R net")
        for (price, reward, level), share in zip(picked, shares, strict=True)
    )


_Priced = tuple[Decimal, float, Level]


def _ladder(priced: list[_Priced], last_r: float, most: int) -> list[_Priced]:
    """At most ``most`` steps; the second, which may be the last, pays ``last_r`` if any level does."""
    if most == 1:
        return ([step for step in priced if step[1] >= last_r] or priced)[:1]
    picked = priced[:1]
    for step in priced[1:]:
        least = picked[-1][1] + SPACING_R
        least = max(least, last_r) if len(picked) == 1 else least
        if len(picked) < most and step[1] >= least:
            picked.append(step)
    alone = len(picked) == 1 and priced[-1][0] != picked[0][0]
    return [*picked, priced[-1]] if alone else picked


def split(first: Decimal, count: int) -> tuple[Decimal, ...]:
    """Shares that add up to exactly 1: ``first``, then the rest in equal parts of whole hundredths, remainder last."""
    if count < 2:
        return (Decimal(1),) * count
    share = ((1 - first) / (count - 1)).quantize(CENT)
    middle = (share,) * (count - 2)
    return (first, *middle, 1 - first - sum(middle, Decimal(0)))


def _levels(reading: Reading, side: Side, entry: Decimal) -> list[Level]:
    """Every level beyond the entry, nearest first."""
    found = [*_pools(reading, side), *_zones(reading, side), *_range_levels(reading, side)]
    ahead = [level for level in found if (level.price - float(entry)) * side > 0]
    return sorted(ahead, key=lambda level: (level.price * side, level.basis, level.why))


def _frames(reading: Reading) -> tuple[TimeframeStructure, ...]:
    return (reading.anchor, *reading.coarser)


def _pools(reading: Reading, side: Side) -> Iterator[Level]:
    extreme = "high" if side is Side.LONG else "low"
    for frame in _frames(reading):
        for pool in frame.pools:
            if pool.side is side.opposite:
                many = f"{pool.count} equal {frame.timeframe} {extreme}s"
                name = many if pool.count > 1 else f"a {frame.timeframe} {extreme}"
                yield Level(
                    pool.level, "pool", f"liquidity of {name} at {price_text(pool.level, reading.tick)}"
                )


def _zones(reading: Reading, side: Side) -> Iterator[Level]:
    least = reading.settings.gates.min_freshness
    for frame in _frames(reading):
        for zone in frame.zones:
            if zone.side is side.opposite and zone.freshness >= least:
                near = zone.low if side is Side.LONG else zone.high
                name = f"a fresh opposing {frame.timeframe} {ZONE_WORDS[zone.kind]}"
                yield Level(near, "zone", f"near edge of {name} at {price_text(near, reading.tick)}")


def _range_levels(reading: Reading, side: Side) -> Iterator[Level]:
    for name, ranges in (
        (reading.anchor.timeframe.value, reading.anchor.swing.ranges),
        ("higher", reading.bias_ranges),
    ):
        for dealing in ranges:
            extreme = dealing.high if side is Side.LONG else dealing.low
            at = price_text(extreme, reading.tick)
            yield Level(extreme, "extreme", f"running extreme of the {name} range at {at}")
    for dealing in reading.bias_ranges:
        middle = (dealing.low + dealing.high) / 2
        at = price_text(middle, reading.tick)
        yield Level(middle, "range middle", f"middle of the higher range at {at}")
