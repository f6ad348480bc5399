"""Staging: legs whose sizes add up to the position, with the same names every time."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.executor.trades import stage_orders
from shared.errors import ContractError
from shared.models.data import Market
from shared.models.orders import Order, OrderKind, OrderSide
from shared.models.planner import EntryKind, TradePlan
from shared.models.smc import Side
from tests.fixtures.hand_scan import BTC, SHIB, plan


def market(lot: str = "0.00001", smallest: str = "0") -> Market:
    return Market(
        "x",
        "A/USDT",
        "AUSDT",
        "A",
        "USDT",
        "spot",
        Decimal(1),
        Decimal(lot),
        Decimal(smallest),
        True,
        "exchange",
    )


def staged(quantity: str, *shares: str, lot: str = "0.1", smallest: str = "0") -> tuple[Order, ...]:
    prices = " ".join(str(120 + 10 * place) for place in range(len(shares)))
    made = plan("A/USDT", Side.LONG, "1", f"90 99 101 {prices}")
    targets = tuple(
        replace(target, fraction=Decimal(share)) for target, share in zip(made.targets, shares, strict=True)
    )
    risk = replace(BTC.risk, quantity=Decimal(quantity))
    return stage_orders(replace(made, targets=targets), risk, market(lot, smallest))


def targets_of(orders: tuple[Order, ...]) -> dict[str, str]:
    return {order.leg: str(order.quantity) for order in orders if order.leg.startswith("target")}


def test_a_long_buys_at_its_limit_and_sells_at_stop_and_targets() -> None:
    orders = stage_orders(BTC.plan, BTC.risk, market())
    assert [(order.leg, order.kind, order.side, str(order.price), str(order.quantity)) for order in orders] == [
        ("entry", OrderKind.LIMIT, OrderSide.BUY, "67300.0", "0.13150"),
        ("stop", OrderKind.STOP, OrderSide.SELL, "66540.0", "0.13150"),
        ("target-1", OrderKind.LIMIT, OrderSide.SELL, "68900.0", "0.06575"),
        ("target-2", OrderKind.LIMIT, OrderSide.SELL, "70450.0", "0.06575"),
    ]  # fmt: skip


def test_a_short_mirrors_it() -> None:
    sides = [order.side for order in stage_orders(SHIB.plan, SHIB.risk, market())]
    assert sides == [OrderSide.SELL, *[OrderSide.BUY] * 3]


def test_a_confirmed_entry_is_taken_at_the_market() -> None:
    confirmed = replace(BTC.plan, entry=replace(BTC.plan.entry, kind=EntryKind.CONFIRM))
    assert stage_orders(confirmed, BTC.risk, market())[0].kind is OrderKind.MARKET


@pytest.mark.parametrize(
    ("quantity", "shares", "legs"),
    [
        ("1.0", ("0.5", "0.25", "0.25"), {"target-1": "0.5", "target-2": "0.2", "target-3": "0.3"}),
        ("0.2", ("0.25", "0.25", "0.5"), {"target-2": "0.1", "target-3": "0.1"}),
        ("0.1", ("0.5", "0.25", "0.25"), {"target-3": "0.1"}),
        ("0.3", ("1",), {"target-1": "0.3"}),
    ],
)
def test_a_share_below_the_lot_step_goes_to_the_next_target(
    quantity: str, shares: tuple[str, ...], legs: dict[str, str]
) -> None:
    assert targets_of(staged(quantity, *shares)) == legs


@pytest.mark.parametrize(
    ("shares", "smallest", "legs"),
    [
        (("0.5", "0.3", "0.2"), "20", {"target-1": "0.5", "target-2": "0.3", "target-3": "0.2"}),
        (("0.2", "0.5", "0.3"), "40", {"target-2": "0.7", "target-3": "0.3"}),
        (("0.5", "0.3", "0.2"), "30", {"target-1": "0.5", "target-2": "0.5"}),
        (("0.5", "0.3", "0.2"), "200", {"target-3": "1.0"}),
    ],
)
def test_a_share_worth_less_than_the_smallest_order_joins_another(
    shares: tuple[str, ...], smallest: str, legs: dict[str, str]
) -> None:
    assert targets_of(staged("1.0", *shares, smallest=smallest)) == legs


@given(
    lots=st.integers(1, 10**9),
    lot=st.sampled_from(["0.00001", "0.1", "0.3", "1", "7"]),
    cuts=st.lists(st.integers(1, 99), max_size=4, unique=True).map(sorted),
)
def test_the_targets_add_up_to_the_position_on_whole_lots(lots: int, lot: str, cuts: list[int]) -> None:
    edges = [0, *cuts, 100]
    shares = [str(Decimal(after - before) / 100) for before, after in itertools.pairwise(edges)]
    position = lots * Decimal(lot)
    legs = [order for order in staged(str(position), *shares, lot=lot) if order.leg.startswith("target")]
    assert sum(order.quantity for order in legs) == position
    assert all(order.quantity % Decimal(lot) == 0 for order in legs)


def test_ids_are_the_same_every_time_differ_by_leg_and_suit_an_exchange() -> None:
    def ids(of: TradePlan) -> list[str]:
        return [order.client_id for order in stage_orders(of, BTC.risk, market())]

    assert ids(BTC.plan) == ids(BTC.plan)
    assert len({*ids(BTC.plan), *ids(SHIB.plan)}) == len(ids(BTC.plan)) + len(ids(SHIB.plan))
    whole = ids(replace(BTC.plan, fingerprint="0123456789ab"))
    assert whole[0] == "ss-0123456789ab-entry"
    assert max(map(len, whole)) <= 36


def test_an_order_for_nothing_is_refused() -> None:
    with pytest.raises(ContractError, match="must be above 0"):
        replace(stage_orders(BTC.plan, BTC.risk, market())[0], quantity=Decimal(0))
