"""Stage an approved setup: its entry, its stop for the whole position, and a target leg for each share of it.

Pure: the same plan and size give the same orders, client ids included.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    """Entry, stop, then the targets, nearest first. The targets' quantities add up to the position exactly; a share below the
    lot step goes to the next target.
    """
    entry, stop = plan.entry, plan.stop
    opens, closes = OPENS[plan.side], CLOSES[plan.side]
    return (
        _order(plan, "entry", ENTERS_WITH[entry.kind], opens, entry.price, risk.quantity),
        _order(plan, "stop", OrderKind.STOP, closes, stop.price, risk.quantity),
        *(
            _order(plan, f"target-{place}", OrderKind.LIMIT, closes, price, quantity)
            for place, price, quantity in _legs(plan, risk.quantity, market)
        ),
    )


def _legs(plan: TradePlan, position: Decimal, market: Market) -> Iterator[tuple[int, Decimal, Decimal]]:
    """(place, price, quantity) of every target that has a whole lot to sell: what all shares so far come to, less what has
    been given out.
    """
    given = share = Decimal(0)
    for place, target in enumerate(plan.targets, 1):
        share += target.fraction
        quantity = market.whole_lots(position * share) - given
        if quantity > 0:
            given += quantity
            yield place, target.price, quantity


def _order(
    plan: TradePlan, leg: str, kind: OrderKind, side: OrderSide, price: Decimal, quantity: Decimal
) -> Order:
    return Order(leg, kind, side, price, quantity, f"ss-{plan.fingerprint}-{leg}")
