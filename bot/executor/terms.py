"""What a paper broker needs to know of one plan, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.executor.trades import ENTERS_WITH, target_legs
from shared.models.costs import break_even_stop, loss_per_unit
from shared.models.data import Market
from shared.models.orders import OrderKind
from shared.models.planner import TradePlan
from shared.models.profile import CostRules
from shared.models.smc import Side
from shared.models.timeframe import Timeframe, from_iso


@dataclass(frozen=True, slots=True)
class Leg:
    """One resting target: its place in the plan, price and quantity in base currency."""

    place: int
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """The orders of one plan and the rules they live under.

    The entry lives from the first candle that opens at or after ``live_ms``. A limit or stop entry ends at ``expires_ms``, or
    at the close of an ``anchor`` candle beyond ``invalidation``; the position is closed at the first open ``hold_ms`` after the
    one of its fill. ``break_even`` is where the stop goes once the first target is filled (None: it stays), ``liquidation``
    where an isolated position ends (0: nothing is borrowed). Stops trigger on the last price.
    """

    fingerprint: str
    side: Side
    kind: OrderKind
    entry: Decimal
    stop: Decimal
    legs: tuple[Leg, ...]
    quantity: Decimal
    tick: Decimal
    live_ms: int
    expires_ms: int
    anchor: Timeframe
    invalidation: Decimal
    hold_ms: int
    break_even: Decimal | None
    liquidation: Decimal
    costs: CostRules
    perpetual: bool

    @property
    def risk(self) -> Decimal:
        """What the plan risks: quote currency lost if it is filled at the entry and stopped at the stop, costs included. The
        unit of every result in R."""
        return loss_per_unit(self.entry, self.stop, self.costs) * self.quantity


def terms_of(
    plan: TradePlan, quantity: Decimal, market: Market, costs: CostRules, liquidation: Decimal = Decimal(0)
) -> Terms:
    """The terms of a plan that trades ``quantity``, as its orders are staged."""
    entry, first = plan.entry.price, plan.targets[0].price
    moves = len(plan.targets) > 1
    return Terms(
        fingerprint=plan.fingerprint,
        side=plan.side,
        kind=ENTERS_WITH[plan.entry.kind],
        entry=entry,
        stop=plan.stop.price,
        legs=tuple(Leg(*leg) for leg in target_legs(plan, quantity, market)),
        quantity=quantity,
        tick=plan.tick,
        live_ms=plan.decided_ms,
        expires_ms=plan.entry.expires_ms,
        anchor=plan.anchor,
        invalidation=plan.entry.invalidation,
        hold_ms=plan.hold_bars * plan.anchor.ms,
        break_even=break_even_stop(entry, first, plan.side, plan.tick, costs) if moves else None,
        liquidation=liquidation,
        costs=costs,
        perpetual=market.kind == "perpetual",
    )


def recorded_terms(
    plan: Mapping[str, Any], costs: CostRules, *, perpetual: bool, liquidation: Decimal = Decimal(0)
) -> Terms:
    """The terms of a published plan (``snipersight.plan/1``), with the orders that were staged for it.

    Raises:
        KeyError: the document is not of that schema.
    """
    side, tick = Side[plan["side"].upper()], Decimal(plan["tick_text"])
    orders = {order["leg"]: order for order in plan["orders"]}
    entry, first = (Decimal(text) for text in (plan["entry"]["price_text"], plan["targets"][0]["price_text"]))
    anchor = Timeframe(plan["timeframes"]["anchor"])
    return Terms(
        fingerprint=plan["id"],
        side=side,
        kind=OrderKind(orders["entry"]["kind"]),
        entry=entry,
        stop=Decimal(plan["stop"]["price_text"]),
        legs=tuple(_leg(order) for leg, order in orders.items() if leg.startswith("target")),
        quantity=Decimal(orders["entry"]["quantity_text"]),
        tick=tick,
        live_ms=from_iso(plan["decided_at"]),
        expires_ms=from_iso(plan["valid_until"]),
        anchor=anchor,
        invalidation=Decimal(plan["entry"]["invalidation_text"]),
        hold_ms=plan["hold_bars"] * anchor.ms,
        break_even=break_even_stop(entry, first, side, tick, costs) if len(plan["targets"]) > 1 else None,
        liquidation=liquidation,
        costs=costs,
        perpetual=perpetual,
    )


def _leg(order: Mapping[str, Any]) -> Leg:
    place = int(order["leg"].removeprefix("target-"))
    return Leg(place, Decimal(order["price_text"]), Decimal(order["quantity_text"]))
