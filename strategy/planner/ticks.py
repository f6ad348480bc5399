"""The edge between float prices and the market's tick: whole steps, always to the side the caller names."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final, Literal

Rounding = Literal["up", "down"]

NOISE_STEPS: Final = 1e-6
"""A price this close to a step is on it: float arithmetic leaves such dust."""


def to_tick(price: float, tick: Decimal, rounding: Rounding) -> Decimal:
    """``price`` on the tick, moved ``rounding`` if it lies between two steps; never below one tick."""
    steps = price / float(tick)
    nearest = round(steps)
    if abs(steps - nearest) > NOISE_STEPS:
        nearest = math.ceil(steps) if rounding == "up" else math.floor(steps)
    return max(1, nearest) * tick


def price_text(price: float, tick: Decimal) -> str:
    """``price`` as people read it: on the nearest step, with the tick's decimals."""
    return f"{max(1, round(price / float(tick))) * tick:f}"


def outward(side: int, *, favourable: bool) -> Rounding:
    """Where to round so that a trade of ``side`` moves towards profit (``favourable``) or away from it."""
    return "up" if (side > 0) == favourable else "down"
