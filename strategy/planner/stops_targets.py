"""Stop beyond what would prove the idea wrong; targets where the other side of the market waits.

Prices are walked in the trade's own direction (``side * price``), so that long and short are one path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.models.costs import cost_r, net_r
from shared.models.planner import Stop, Target
from shared.models.smc import Side
from strategy.planner.draft import Candidate, Draft, Reading
from strategy.planner.entry import ZONE_WORDS, draw_entry
from strategy.planner.levels import Level, levels_ahead, pool_words
from strategy.planner.ticks import outward, price_text, to_tick

SPACING_R: Final = 0.5
"""Targets closer together than this are one."""
CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Where a stop may not rest: [``far``, ``near``] in the trade's own direction, and the price just ``beyond``;
    ``edge`` is the price its ``name`` speaks of.
    """

    near: float
    far: float
    beyond: float
    edge: float
    name: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What one side of a market finds in its way: ``levels`` nearest first; ``obstacles`` by their nearer edge, in which
    order one pass moves a stop beyond all of them.
    """

    levels: tuple[Level, ...]
    obstacles: tuple[Obstacle, ...]

    @classmethod
    def of(cls, reading: Reading, side: Side) -> Ground:
        """Read it off the structure."""
        obstacles = sorted(_obstacles(reading, side), key=lambda held: (-held.near, held.far, held.name))
        return cls(levels_ahead(reading, side), tuple(obstacles))


def draw(reading: Reading, chosen: Candidate, ground: Ground) -> Draft:
    """The whole trade on the tick: entry, stop and targets."""
    entry = draw_entry(reading, chosen)
    stop, passed = _place_stop(reading, chosen, entry.price, ground)
    return Draft(
        candidate=chosen,
        entry=entry,
        stop=_describe_stop(reading, chosen, entry.price, stop, passed),
        targets=find_targets(reading, chosen.side, entry.price, stop, ground),
        stop_zones=len(reading.anchor.inside(float(stop))),
    )


def _place_stop(
    reading: Reading, chosen: Candidate, entry: Decimal, ground: Ground
) -> tuple[Decimal, list[Obstacle]]:
    """The stop on the tick and what it was moved beyond. Every move goes further away, so that it ends."""
    rules, side, atr = reading.settings.plan, chosen.side, reading.anchor.atr
    away = outward(side, favourable=False)
    beyond_structure = chosen.guard * side - rules.stop_buffer_atr * atr
    beyond_noise = float(entry) * side - rules.min_stop_atr * atr
    stop = to_tick(min(beyond_structure, beyond_noise) * side, reading.tick, away)
    if float(abs(entry - stop)) / atr < rules.min_stop_atr:
        stop -= int(side) * reading.tick
    passed = []
    for obstacle in ground.obstacles:
        if obstacle.far <= float(stop) * side <= obstacle.near:
            stop = to_tick(obstacle.beyond * side, reading.tick, away)
            passed.append(obstacle)
    return stop, passed


def _obstacles(reading: Reading, side: Side) -> Iterator[Obstacle]:
    """Every zone of the anchor timeframe, those that others left behind included, and its pools on the stop's side."""
    anchor = reading.anchor
    clear = max(reading.settings.plan.pool_clearance_atr * anchor.atr, float(reading.tick))
    for zone in (*anchor.zones, *anchor.heirs):
        far, near = sorted((zone.low * side, zone.high * side))
        yield Obstacle(near, far, far - clear, far * side, f"the {ZONE_WORDS[zone.kind]} that ends")
    for pool in anchor.pools:
        if pool.side is side:
            level = pool.level * side
            name = pool_words(pool, anchor.timeframe, reading.snapshot.as_of_ms)
            yield Obstacle(level + clear, level - clear, level - clear, pool.level, name)


def _describe_stop(
    reading: Reading, chosen: Candidate, entry: Decimal, stop: Decimal, passed: list[Obstacle]
) -> Stop:
    rules, atr, side = reading.settings.plan, reading.anchor.atr, chosen.side
    distance = float(abs(entry - stop))
    cost = cost_r(entry, stop, reading.settings.costs)
    depth = (float(entry) - chosen.guard) * side + rules.stop_buffer_atr * atr
    by = (
        f"{rules.stop_buffer_atr:g} ATR beyond"
        if depth >= rules.min_stop_atr * atr
        else f"{rules.min_stop_atr:g} ATR away or more, beyond"
    )
    named = [f"{held.name} at {price_text(held.edge, reading.tick)}" for held in passed]
    further = f", moved beyond {' and '.join(named)}" if named else ""
    return Stop(
        price=stop,
        distance_atr=distance / atr,
        distance_pct=100.0 * distance / float(entry),
        cost_r=cost,
        why=(
            f"{by} the structure at {price_text(chosen.guard, reading.tick)}{further}; "
            f"{distance / atr:.2f} ATR from the entry, costs are {cost:.2f} R"
        ),
    )


def find_targets(
    reading: Reading, side: Side, entry: Decimal, stop: Decimal, ground: Ground
) -> tuple[Target, ...]:
    """Targets at structure, nearest first: the nearest level worth the profile's first R, then one worth its last R,
    then the next ones spaced apart. Empty when no level pays the first.
    """
    rules = reading.settings
    picked = _ladder(
        _priced(reading, side, entry, stop, ground), rules.gates.min_net_rr_last, rules.plan.max_targets
    )
    shares = split(Decimal(str(rules.plan.first_fraction)), len(picked))
    return tuple(
        Target(
            price, share, reward, level.basis, f"{level.name} at {_at(level, reading)}: {reward:.2f} R net"
        )
        for (price, reward, level), share in zip(picked, shares, strict=True)
    )


_Priced = tuple[Decimal, float, Level]


def _at(level: Level, reading: Reading) -> str:
    return price_text(level.price, reading.tick)


def _priced(reading: Reading, side: Side, entry: Decimal, stop: Decimal, ground: Ground) -> Iterator[_Priced]:
    """Levels beyond the entry that pay the first R, on the tick, nearest first."""
    inward, start = outward(side, favourable=False), float(entry) * side
    for level in ground.levels:
        if level.price * side > start:
            price = to_tick(level.price, reading.tick, inward)
            reward = net_r(entry, stop, price, side, reading.settings.costs)
            if reward >= reading.settings.gates.min_net_rr_first:
                yield price, reward, level


def _ladder(priced: Iterable[_Priced], last_r: float, most: int) -> list[_Priced]:
    """At most ``most`` steps; the second (the only one if one is allowed) pays ``last_r``. If none does, the furthest
    level stands for it, so that the gate can say how far away it is; one on the same tick as the first is no second target.
    """
    picked: list[_Priced] = []
    furthest: list[_Priced] = []
    for step in priced:
        furthest = [step]
        least = picked[-1][1] + SPACING_R if picked else step[1]
        must_pay = len(picked) == min(1, most - 1)
        if step[1] >= max(least, last_r if must_pay else least):
            picked.append(step)
        if len(picked) == most:
            return picked
    further = [step for step in furthest if not picked or step[1] > picked[-1][1]]
    return [*picked, *further] if len(picked) < min(2, most) else picked


def split(first: Decimal, count: int) -> tuple[Decimal, ...]:
    """Shares that add up to exactly 1: ``first``, then the rest in equal parts of whole hundredths, remainder last."""
    if count < 2:
        return (Decimal(1),) * count
    share = ((1 - first) / (count - 1)).quantize(CENT)
    middle = (share,) * (count - 2)
    return (first, *middle, 1 - first - sum(middle, Decimal(0)))
