"""Rounding to the tick."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.models.smc import Side
from strategy.planner.ticks import outward, price_text, to_tick


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
