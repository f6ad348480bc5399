"""How good one finding is, in [0, 1]: evidence keeps the best of its kind, the factors give points for it."""

from __future__ import annotations

from math import exp2
from typing import Final

FULL_LEG_ATR: Final = 2.5
FULL_FRESHNESS: Final = 0.6
FULL_VOLUME: Final = 2.0
FULL_GAP_ATR: Final = 1.0
FULL_DEPTH_ATR: Final = 0.5


def clip(value: float) -> float:
    """``value`` held within [0, 1]."""
    return min(1.0, max(0.0, value))


def block_quality(freshness: float, leg_atr: float, volume: float, has_gap: int, swept: int) -> float:
    """Freshness, the leg behind a block, its volume, a gap in the leg and a sweep before it; 0 for a used-up one."""
    if freshness <= 0:
        return 0.0
    leg, busy = clip(leg_atr / FULL_LEG_ATR), clip(volume / FULL_VOLUME)
    return clip(
        0.35 * clip(freshness / FULL_FRESHNESS) + 0.3 * leg + 0.15 * busy + 0.1 * has_gap + 0.1 * swept
    )


def gap_quality(freshness: float, height_atr: float) -> float:
    """Freshness and height of a gap; 0 for a filled one."""
    return (
        0.6 * clip(freshness / FULL_FRESHNESS) + 0.4 * clip(height_atr / FULL_GAP_ATR)
        if freshness > 0
        else 0.0
    )


def break_quality(age_bars: float, leg_atr: float, half_life_bars: float) -> float:
    """Recency and strength of a break, half each."""
    return break_worth(exp2(-age_bars / half_life_bars), leg_atr)


def break_worth(recency: float, leg_atr: float) -> float:
    """The same, where the recency is known."""
    return 0.5 * recency + 0.5 * clip(leg_atr / FULL_LEG_ATR)


def sweep_quality(age_bars: float, depth_atr: float, half_life_bars: float) -> float:
    """Recency of a sweep, more for a deeper one."""
    return sweep_worth(exp2(-age_bars / half_life_bars), depth_atr)


def sweep_worth(recency: float, depth_atr: float) -> float:
    """The same, where the recency is known."""
    return recency * (0.6 + 0.4 * clip(depth_atr / FULL_DEPTH_ATR))
