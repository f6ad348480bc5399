"""Style: how long such a trade is expected to last, from the anchor timeframe, the stop and the first target."""

from __future__ import annotations

from typing import Final

from shared.models.planner import Style
from shared.models.timeframe import Timeframe

HOUR_MS: Final = Timeframe.H1.ms
LIMITS: Final = ((Style.SCALP, 4.0, 1.5), (Style.INTRADAY, 48.0, 4.0))
"""(style, longest expected hold in hours, widest stop in ATR of the anchor): the first row that holds both."""


def classify_style(anchor: Timeframe, stop_atr: float, first_target_atr: float, hold_bars: int) -> Style:
    """The first style whose limits hold, else swing."""
    hours = expected_hours(anchor, first_target_atr, hold_bars)
    for style, longest, widest in LIMITS:
        if hours <= longest and stop_atr <= widest:
            return style
    return Style.SWING


def expected_hours(anchor: Timeframe, first_target_atr: float, hold_bars: int) -> float:
    """Hours until the first target if price diffuses one ATR a bar: the square of its distance, at most the time stop."""
    return min(float(hold_bars), first_target_atr**2) * anchor.ms / HOUR_MS
