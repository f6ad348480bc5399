"""What a trade is worth net of costs, from its printed prices."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.models.costs import break_even_price, cost_r, gain_per_unit, loss_per_unit, net_r, paying_price
from shared.models.profile import CostRules
from shared.models.smc import Side

COSTS = CostRules(maker_bps=10.0, taker_bps=20.0, slippage_bps=5.0)
FREE = CostRules(maker_bps=0.0, taker_bps=0.0, slippage_bps=0.0)


def test_one_r_holds_the_stop_distance_and_every_cost() -> None:
    assert loss_per_unit(Decimal(100), Decimal(98), COSTS) == Decimal(2) + Decimal("0.1") + Decimal("0.245")
    assert gain_per_unit(Decimal(100), Decimal(104), Side.LONG, COSTS) == Decimal(4) - Decimal("0.204")
    assert gain_per_unit(Decimal(100), Decimal(96), Side.SHORT, COSTS) == Decimal(4) - Decimal("0.196")


def test_without_costs_r_is_the_plain_ratio() -> None:
    assert net_r(Decimal(100), Decimal(98), Decimal(105), Side.LONG, FREE) == 2.5
    assert net_r(Decimal(100), Decimal(102), Decimal(95), Side.SHORT, FREE) == 2.5


def test_cost_in_r_is_what_sizing_charges_a_stopped_trade_over_the_stop_distance() -> None:
    assert cost_r(Decimal(100), Decimal(98), COSTS) == 0.1725
    assert cost_r(Decimal(98), Decimal(100), COSTS) == 0.174
    charged = loss_per_unit(Decimal(100), Decimal(98), COSTS) - 2
    assert cost_r(Decimal(100), Decimal(98), COSTS) == float(charged / 2)


@pytest.mark.parametrize("side", list(Side))
def test_leaving_at_break_even_leaves_nothing(side: Side) -> None:
    out = break_even_price(Decimal(100), side, COSTS)
    paid = Decimal(100) * Decimal("0.001") + out * Decimal("0.0025")
    assert (out - 100) * int(side) == pytest.approx(paid)


@pytest.mark.parametrize(("side", "stop"), [(Side.LONG, Decimal(98)), (Side.SHORT, Decimal(102))])
@pytest.mark.parametrize("costs", [COSTS, FREE, CostRules(maker_bps=-5.0)])
def test_the_paying_price_pays_what_it_is_asked_for(side: Side, stop: Decimal, costs: CostRules) -> None:
    for reward in (0.8, 1.0, 2.5):
        price = paying_price(Decimal(100), stop, reward, side, costs)
        assert net_r(Decimal(100), stop, price, side, costs) == pytest.approx(reward, rel=1e-12)
