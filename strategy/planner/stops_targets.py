"""Stop beyond what would prove the idea wrong; targets where the other side of the market waits.

Prices are walked in the trade's own direction (``side * price``), so that long and short are one path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from typing import Final, NamedTuple

from shared.models.costs import cost_r, net_r, paying_price
from shared.models.planner import EntryZone, Stop, Target
from shared.models.smc import Side, Zone
from strategy.planner.draft import Candidate, Reading
from strategy.planner.entry import ZONE_WORDS, draw_entry, entry_price
from strategy.planner.levels import Level, levels_ahead, pool_words
from strategy.planner.ticks import outward, price_text, to_tick

SPACING_R: Final = 0.5
"""Targets closer together than this are one."""
CENT: Final = Decimal("0.01")


class Obstacle(NamedTuple):
    """Where a stop may not rest: [``far``, ``near``] in the trade's own direction, and the price just ``beyond``;
    ``edge`` is the price its ``name`` speaks of, which ``naming`` puts into words when it is shown.
    """

    near: float
    far: float
    beyond: float
    edge: float
    naming: Callable[[], str]

    @property
    def name(self) -> str:
        """What it is."""
        return self.naming()


def _place(held: Obstacle) -> tuple[float, float]:
    return -held.near, held.far


@dataclass(frozen=True)
class Ground:
    """What one side of a market finds in its way, looked up when a trade is drawn on it."""

    reading: Reading
    side: Side

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Prices at which its move may end, nearest first."""
        return levels_ahead(self.reading, self.side)

    @cached_property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """By their nearer edge, in which order one pass moves a stop beyond all of them."""
        found = sorted(_obstacles(self.reading, self.side), key=_place)
        if len({held[:2] for held in found}) < len(found):
            found.sort(key=lambda held: (*_place(held), held.name))
        return tuple(found)


@dataclass(frozen=True)
class Draft:
    """A trade on the tick, before any gate. Each part is drawn when it is first asked for: of most trades that are turned down
    nobody asks for targets, of the others seldom for words.
    """

    reading: Reading
    candidate: Candidate
    ground: Ground

    @cached_property
    def entry(self) -> EntryZone:
        """The entry zone and the order."""
        return draw_entry(self.reading, self.candidate)

    @cached_property
    def price(self) -> Decimal:
        """The order's price."""
        return entry_price(self.reading, self.candidate)

    @cached_property
    def placed(self) -> tuple[Decimal, list[Obstacle]]:
        """The stop's price, and what it was moved beyond."""
        return _place_stop(self.reading, self.candidate, self.price, self.ground)

    @property
    def stop_distance_atr(self) -> float:
        """From the entry, in ATR of the anchor."""
        return float(abs(self.price - self.placed[0])) / self.reading.anchor.atr

    @property
    def cost_r(self) -> float:
        """What a stopped trade costs over the stop's distance."""
        return cost_r(self.price, self.placed[0], self.reading.settings.costs)

    @property
    def stop_zones(self) -> int:
        """Active anchor zones that contain the stop."""
        return len(self.reading.anchor.inside(float(self.placed[0])))

    @cached_property
    def stop(self) -> Stop:
        """The stop with its reason."""
        return _describe_stop(self)

    @cached_property
    def ladder(self) -> tuple[Step, ...]:
        """Where it takes profit, nearest first; may be empty."""
        return find_ladder(self)

    def ends_by(self, price: float) -> bool:
        """Whether a level at ``price`` would be the first target if there were none before it: without looking for the others."""
        rules, side, tick = self.reading.settings, self.candidate.side, self.reading.tick
        if price * side <= max(self.reading.trigger.close * side, float(self.price) * side):
            return False
        least = rules.gates.min_net_rr_first
        if rules.plan.max_targets < 2:
            least = max(least, rules.gates.min_net_rr_last)
        on_tick = to_tick(price, tick, outward(side, favourable=False))
        pays = net_r(self.price, self.placed[0], on_tick, side, rules.costs) >= least
        return pays and float(on_tick) * side <= price * side

    @property
    def rewards(self) -> tuple[float, ...]:
        """R net of costs at each target."""
        return tuple(step.net_r for step in self.ladder)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The targets with their reasons."""
        return _describe_targets(self)


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
    at = float(stop) * side
    for obstacle in ground.obstacles:
        if obstacle.near < at:
            break
        if obstacle.far <= at:
            stop = to_tick(obstacle.beyond * side, reading.tick, away)
            at = float(stop) * side
            passed.append(obstacle)
    return stop, passed


def _obstacles(reading: Reading, side: Side) -> Iterator[Obstacle]:
    """Every zone of the anchor timeframe, those that others left behind included, and its pools on the stop's side."""
    anchor, as_of_ms = reading.anchor, reading.snapshot.as_of_ms
    clear = max(reading.settings.plan.pool_clearance_atr * anchor.atr, float(reading.tick))
    for zone in (*anchor.zones, *anchor.heirs):
        far, near = (zone.low * side, zone.high * side) if side > 0 else (zone.high * side, zone.low * side)
        yield Obstacle(near, far, far - clear, far * side, partial(_zone_that_ends, zone))
    for pool in anchor.pools:
        if pool.side is side:
            level = pool.level * side
            naming = partial(pool_words, pool, anchor.timeframe, as_of_ms)
            yield Obstacle(level + clear, level - clear, level - clear, pool.level, naming)


def _zone_that_ends(zone: Zone) -> str:
    return f"the {ZONE_WORDS[zone.kind]} that ends"


def _describe_stop(draft: Draft) -> Stop:
    reading, chosen, entry, (stop, passed) = draft.reading, draft.candidate, draft.price, draft.placed
    rules, atr, side = reading.settings.plan, reading.anchor.atr, chosen.side
    distance, cost = float(abs(entry - stop)), draft.cost_r
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


class Step(NamedTuple):
    """A level on the tick and what it pays."""

    price: Decimal
    net_r: float
    level: Level


def find_ladder(draft: Draft) -> tuple[Step, ...]:
    """Steps at structure, nearest first: the nearest level worth the profile's first R, then one worth its last R,
    then the next ones spaced apart. Empty when no level pays the first.
    """
    rules = draft.reading.settings
    return tuple(_ladder(_priced(draft), rules.gates.min_net_rr_last, rules.plan.max_targets))


def _describe_targets(draft: Draft) -> tuple[Target, ...]:
    reading, steps = draft.reading, draft.ladder
    shares = split(Decimal(str(reading.settings.plan.first_fraction)), len(steps))
    return tuple(
        Target(
            price,
            share,
            reward,
            level.basis,
            f"{level.name} at {price_text(level.price, reading.tick)}: {reward:.2f} R net",
        )
        for (price, reward, level), share in zip(steps, shares, strict=True)
    )


def _priced(draft: Draft) -> Iterator[Step]:
    """Levels beyond the entry that pay the first R, on the tick, nearest first."""
    reading, side, entry, stop = draft.reading, draft.candidate.side, draft.price, draft.placed[0]
    costs, least = reading.settings.costs, reading.settings.gates.min_net_rr_first
    inward, start = outward(side, favourable=False), float(entry) * side
    nearest = float(paying_price(entry, stop, least, side, costs)) * side - float(reading.tick)
    for level in draft.ground.levels:
        if level.price * side > start and level.price * side >= nearest:
            price = to_tick(level.price, reading.tick, inward)
            reward = net_r(entry, stop, price, side, costs)
            if reward >= least:
                yield Step(price, reward, level)


def _ladder(priced: Iterable[Step], last_r: float, most: int) -> list[Step]:
    """At most ``most`` steps; the second (the only one if one is allowed) pays ``last_r``. If none does, the furthest
    level stands for it, so that the gate can say how far away it is; one on the same tick as the first is no second target.
    """
    picked: list[Step] = []
    furthest: list[Step] = []
    for step in priced:
        furthest = [step]
        least = picked[-1].net_r + SPACING_R if picked else step.net_r
        must_pay = len(picked) == min(1, most - 1)
        if step.net_r >= max(least, last_r if must_pay else least):
            picked.append(step)
        if len(picked) == most:
            return picked
    further = [step for step in furthest if not picked or step.net_r > picked[-1].net_r]
    return [*picked, *further] if len(picked) < min(2, most) else picked


def split(first: Decimal, count: int) -> tuple[Decimal, ...]:
    """Shares that add up to exactly 1: ``first``, then the rest in equal parts of whole hundredths, remainder last."""
    if count < 2:
        return (Decimal(1),) * count
    share = ((1 - first) / (count - 1)).quantize(CENT)
    middle = (share,) * (count - 2)
    return (first, *middle, 1 - first - sum(middle, Decimal(0)))
