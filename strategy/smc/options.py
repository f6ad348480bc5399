"""The options as the kernel reads them."""

from __future__ import annotations

import numpy as np

from shared.models.data import Floats, Ints
from shared.models.profile import SmcRules

TICK, BUFFER_ATR, GAP_ATR, DISPLACED_ATR, EQUAL_ATR = 0, 1, 2, 3, 4
"""Distances."""
INTERNAL_REACH, SWING_REACH, RECLAIM, ZONE_EXPIRY, SPAWN_EXPIRY, POOL_EXPIRY = 0, 1, 2, 3, 4, 5
BODY_ONLY, BREAK_BY_WICK, AT_EXTREME, LOST_BY_WICK = 6, 7, 8, 9
"""Counts and choices."""


def numbers_of(options: SmcRules, tick: float) -> Floats:
    """The tick, and options that are distances."""
    return np.array(
        [tick, options.break_buffer_atr, options.min_gap_atr, options.displacement_atr, options.equal_atr]
    )


def switches_of(options: SmcRules) -> Ints:
    """Options that are counts or choices."""
    return np.array(
        [
            options.internal_reach, options.swing_reach, options.reclaim_bars, options.zone_expiry_bars,
            options.spawn_expiry_bars, options.pool_expiry_bars, options.zone_body_only, options.break_on == "wick",
            options.block_candle == "extreme", options.invalidate_on == "wick",
        ],
        np.int64,
    )  # fmt: skip
