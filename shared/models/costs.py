"""What a trade earns and loses net of costs, from printed prices: maker in, maker out at a target, taker with
slippage out at the stop.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final

from shared.models.profile import CostRules
from shared.models.smc import Side

BPS: Final = Decimal(10_000)


def loss_per_unit(entry: Decimal, stop: Decimal, costs: CostRules) -> Decimal:
    """1 R: quote currency lost per unit of base when the stop is hit, costs included. Sizes are computed from it."""
    return abs(entry - stop) + stopped_cost(entry, stop, costs)


def stopped_cost(entry: Decimal, stop: Decimal, costs: CostRules) -> Decimal:
    """Quote currency per unit of base that entry and stop cost: maker fee in, taker fee and slippage out."""
    return entry * _rate(costs.maker_bps) + stop * _rate(costs.taker_bps, costs.slippage_bps)


def gain_per_unit(entry: Decimal, target: Decimal, side: Side, costs: CostRules) -> Decimal:
    """Quote currency won per unit of base at ``target``, costs included."""
    return (target - entry) * int(side) - (entry + target) * _rate(costs.maker_bps)


def net_r(entry: Decimal, stop: Decimal, target: Decimal, side: Side, costs: CostRules) -> float:
    """Net gain at ``target`` in R; recomputes from the printed prices."""
    return float(gain_per_unit(entry, target, side, costs) / loss_per_unit(entry, stop, costs))


def paying_price(entry: Decimal, stop: Decimal, reward_r: float, side: Side, costs: CostRules) -> Decimal:
    """Price at which the net gain is ``reward_r`` R, before rounding."""
    rate, wanted = _rate(costs.maker_bps), Decimal(reward_r) * loss_per_unit(entry, stop, costs)
    return (wanted + entry * (int(side) + rate)) / (int(side) - rate)


def cost_r(entry: Decimal, stop: Decimal, costs: CostRules) -> float:
    """What a stopped trade costs over the stop distance; recomputes from the printed prices."""
    return float(stopped_cost(entry, stop, costs) / abs(entry - stop))


def break_even_price(entry: Decimal, side: Side, costs: CostRules) -> Decimal:
    """Price at which a taker exit leaves neither gain nor loss, before rounding."""
    paid, leaving = _rate(costs.maker_bps), _rate(costs.taker_bps, costs.slippage_bps)
    return entry * (1 + int(side) * paid) / (1 - int(side) * leaving)


def break_even_stop(
    entry: Decimal, first_target: Decimal, side: Side, tick: Decimal, costs: CostRules
) -> Decimal | None:
    """Where the stop goes once the first target is reached: the break-even price on the tick, rounded towards profit; None if the
    first target does not lie beyond it."""
    rounding = ROUND_CEILING if side is Side.LONG else ROUND_FLOOR
    price = (break_even_price(entry, side, costs) / tick).to_integral_value(rounding) * tick
    return price if (first_target - price) * int(side) > 0 else None


@lru_cache(maxsize=64)
def _rate(*bps: float) -> Decimal:
    return sum((Decimal(str(part)) for part in bps), Decimal(0)) / BPS
