"""How much worse than its price an order that takes liquidity is filled."""

from __future__ import annotations

from typing import Final

from shared.models.profile import CostRules

IMPACT: Final = 0.1
"""Price impact is this times the squared share of the candle's volume, of the price."""
MAX_SHARE: Final = 0.025
"""Beyond this share of a candle's volume (also where nothing was traded) the impact is not raised further."""
STOP_RANGE: Final = 0.05
"""A stop is filled this share of its candle's range worse."""


def slippage(
    price: float, quantity: float, volume: float, tick: float, costs: CostRules, stop_range: float = 0.0
) -> float:
    """Quote currency per unit: half the spread (its stated proxy ``slippage_bps``, at least a tick), the impact of ``quantity``
    on a candle of ``volume``, and for a stop a share of its candle's range ``stop_range``."""
    share = min(quantity / volume, MAX_SHARE) if volume > 0 else MAX_SHARE
    half_spread = max(abs(price) * costs.slippage_bps / 10_000, tick)
    return half_spread + IMPACT * share**2 * abs(price) + STOP_RANGE * stop_range
