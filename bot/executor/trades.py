"""Stage an approved setup: its entry, its stop for the whole position, and a target leg for each share of it.

Pure: the same plan and size give the same orders, client ids included.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from shared.models.data import Market
from shared.models.orders import Order, OrderKind, OrderSide
from shared.models.planner import EntryKind, TradePlan
from shared.models.risk import RiskPlan
from shared.models.smc import Side

ENTERS_WITH: Final = {EntryKind.LIMIT: OrderKind.LIMIT, EntryKind.CONFIRM: OrderKind.MARKET}
OPENS: Final = {Side.LONG: OrderSide.BUY, Side.SHORT: OrderSide.SELL}
CLOSES: Final = {Side.LONG: OrderSide.SELL, Side.SHORT: OrderSide.BUY}


def stage_orders(plan: TradePlan, risk: RiskPlan, market: Market) -> tuple[Order, ...]:
    """Entry, stop, then the targets, nearest first (:func:`target_legs`)."""
    entry, stop = plan.entry, plan.stop
    opens, closes = OPENS[plan.side], CLOSES[plan.side]
    return (
        _order(plan, "entry", ENTERS_WITH[entry.kind], opens, entry.price, risk.quantity),
        _order(plan, "stop", OrderKind.STOP, closes, stop.price, risk.quantity),
        *(
            _order(plan, f"target-{place}", OrderKind.LIMIT, closes, price, quantity)
            for place, price, quantity in target_legs(plan, risk.quantity, market)
        ),
    )


def target_legs(
    plan: TradePlan, position: Decimal, market: Market
) -> tuple[tuple[int, Decimal, Decimal], ...]:
    """(place, price, quantity) of every target an order can be placed for: its share of the position in whole lots, and worth
    the market's smallest order. What falls below either goes to the next target; what is left for the last goes to the one
    before it. The quantities add up to the position exactly.
    """
    legs: list[tuple[int, Decimal, Decimal]] = []
    given = share = Decimal(0)
    for place, target in enumerate(plan.targets, 1):
        share += target.fraction
        quantity = market.whole_lots(position * share) - given
        if quantity > 0 and quantity * target.price >= market.min_notional:
            given += quantity
            legs.append((place, target.price, quantity))
    rest = position - given
    if legs and rest:
        place, price, quantity = legs.pop()
        legs.append((place, price, quantity + rest))
    return tuple(legs) or ((len(plan.targets), plan.targets[-1].price, position),)


def _order(
    plan: TradePlan, leg: str, kind: OrderKind, side: OrderSide, price: Decimal, quantity: Decimal
) -> Order:
    return Order(leg, kind, side, price, quantity, f"ss-{plan.fingerprint}-{leg}")
