"""Rounding to the tick, and what a trade is worth net of costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.models.profile import CostRules
from shared.models.smc import Side
from strategy.planner.costs import break_even_price, cost_r, gain_per_unit, loss_per_unit, net_r
from strategy.planner.ticks import outward, price_text, to_tick

COSTS = CostRules(maker_bps=10.0, taker_bps=20.0, slippage_bps=5.0)
FREE = CostRules(maker_bps=0.0, taker_bps=0.0, slippage_bps=0.0)


@pytest.mark.parametrize(
    ("price", "tick", "up", "down"),
    [
        (100.0, "0.01", "100.00", "100.00"),
        (100.004, "0.01", "100.01", "100.00"),
        (0.1 + 0.2, "0.1", "0.3", "0.3"),
        (1.23456e-5, "1e-8", "0.00001235", "0.00001234"),
        (64123.456, "0.01", "64123.46", "64123.45"),
        (7.0, "5", "10", "5"),
        (-3.0, "0.5", "0.5", "0.5"),
    ],
)
def test_prices_land_on_the_step_the_caller_asks_for(price: float, tick: str, up: str, down: str) -> None:
    assert to_tick(price, Decimal(tick), "up") == Decimal(up)
    assert to_tick(price, Decimal(tick), "down") == Decimal(down)


def test_favourable_is_up_for_a_long_and_down_for_a_short() -> None:
    assert [outward(side, favourable=True) for side in Side] == ["up", "down"]
    assert [outward(side, favourable=False) for side in Side] == ["down", "up"]


def test_prices_are_written_with_the_ticks_decimals() -> None:
    assert price_text(64123.4, Decimal("0.01")) == "64123.40"
    assert price_text(1.234e-5, Decimal("1e-8")) == "0.00001234"


def test_one_r_holds_the_stop_distance_and_every_cost() -> None:
    assert loss_per_unit(Decimal(100), Decimal(98), COSTS) == Decimal(2) + Decimal("0.1") + Decimal("0.245")
    assert gain_per_unit(Decimal(100), Decimal(104), Side.LONG, COSTS) == Decimal(4) - Decimal("0.204")
    assert gain_per_unit(Decimal(100), Decimal(96), Side.SHORT, COSTS) == Decimal(4) - Decimal("0.196")


def test_without_costs_r_is_the_plain_ratio() -> None:
    assert net_r(Decimal(100), Decimal(98), Decimal(105), Side.LONG, FREE) == 2.5
    assert net_r(Decimal(100), Decimal(102), Decimal(95), Side.SHORT, FREE) == 2.5


def test_cost_over_stop_distance() -> None:
    assert cost_r(Decimal(100), Decimal(98), COSTS) == 0.175


@pytest.mark.parametrize("side", list(Side))
def test_leaving_at_break_even_leaves_nothing(side: Side) -> None:
    out = break_even_price(Decimal(100), side, COSTS)
    paid = Decimal(100) * Decimal("0.001") + out * Decimal("0.0025")
    assert (out - 100) * int(side) == pytest.approx(paid)
