"""What holds of every plan, whatever the market: order, tick, sums, and R as it follows from the printed prices.

One implementation for generated markets (``tests/laws``) and recorded ones (``devtools.instants``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import isfinite
from types import MappingProxyType
from typing import Final

from shared.errors import ContractError
from shared.models.costs import cost_r, net_r
from shared.models.planner import EntryKind, TradePlan
from shared.models.profile import Profile
from shared.utils.error_policy import validate_no_nulls

Law = Callable[[TradePlan, Profile], bool]


def is_in_order(plan: TradePlan, _: Profile) -> bool:
    """Stop, entry and targets follow each other towards the target."""
    ladder = (plan.stop.price, plan.entry.price, *(target.price for target in plan.targets))
    return all((after - before) * int(plan.side) > 0 for before, after in pairwise(ladder))


def is_on_tick(plan: TradePlan, _: Profile) -> bool:
    """Every price is one that can be ordered."""
    entry = plan.entry
    prices = (plan.stop.price, entry.price, entry.near, entry.far, entry.invalidation)
    return all(price % plan.tick == 0 for price in (*prices, *(target.price for target in plan.targets)))


def stands_inside_its_zone(plan: TradePlan, _: Profile) -> bool:
    """A resting order lies between the zone's edges."""
    entry, side = plan.entry, int(plan.side)
    return entry.kind is not EntryKind.LIMIT or (
        (entry.near - entry.price) * side >= 0 <= (entry.price - entry.far) * side
    )


def is_given_up_before_it_is_stopped(plan: TradePlan, _: Profile) -> bool:
    """The level that ends the idea before the fill lies before the stop."""
    return (plan.entry.invalidation - plan.stop.price) * int(plan.side) > 0


def has_a_stop_that_is_far_enough(plan: TradePlan, settings: Profile) -> bool:
    """At least the profile's ATR from the entry."""
    return plan.stop.distance_atr >= settings.plan.min_stop_atr


def has_r_as_its_prices_say(plan: TradePlan, settings: Profile) -> bool:
    """Reward and cost, net of fees and slippage, follow from the printed prices."""
    entry, stop = plan.entry.price, plan.stop.price
    return plan.stop.cost_r == cost_r(entry, stop, settings.costs) and all(
        target.net_r == net_r(entry, stop, target.price, plan.side, settings.costs) for target in plan.targets
    )


def sells_exactly_what_it_buys(plan: TradePlan, _: Profile) -> bool:
    """The targets' shares add up to 1, none of them empty."""
    shares = [target.fraction for target in plan.targets]
    return sum(shares) == 1 and min(shares) > 0


def passed_every_gate(plan: TradePlan, _: Profile) -> bool:
    """No gate it names is failed, and every measure is a number."""
    return bool(plan.gates) and all(
        gate.passed and isfinite(gate.measured) and isfinite(gate.threshold) for gate in plan.gates
    )


def misses_nothing(plan: TradePlan, _: Profile) -> bool:
    """No value anywhere in it is missing."""
    try:
        validate_no_nulls(plan, "plan")
    except ContractError:
        return False
    return True


LAWS: Final = MappingProxyType(
    {
        law.__name__: law
        for law in (
            is_in_order,
            is_on_tick,
            stands_inside_its_zone,
            is_given_up_before_it_is_stopped,
            has_a_stop_that_is_far_enough,
            has_r_as_its_prices_say,
            sells_exactly_what_it_buys,
            passed_every_gate,
            misses_nothing,
        )
    }
)
"""Laws of any plan, by name."""


def broken_laws(plan: TradePlan, settings: Profile) -> Iterator[str]:
    """Names of the laws that ``plan`` breaks; ``settings`` are those it was made with."""
    yield from (name for name, law in LAWS.items() if not law(plan, settings))
