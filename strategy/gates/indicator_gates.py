"""Gates on indicators: every column the decision reads is a number, and one that can be."""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np

from shared.models.gates import Gate, GateResult
from shared.models.indicators import IndicatorSets
from shared.models.profile import Profile
from strategy.confluence.evidence import READ_COLUMNS

FINITE: Final = Gate(
    "indicators",
    "indicators.finite",
    "anchor indicator values missing in the last 50 bars",
    "values",
    "<=",
    "0",
)
BOUNDS: Final = Gate(
    "indicators",
    "indicators.bounds",
    "anchor indicator values out of bounds in the last 50 bars",
    "values",
    "<=",
    "0",
)
INDICATOR_GATES: Final = (FINITE, BOUNDS)

RECENT_BARS: Final = 50
SLACK: Final = 1e-9
"""Rounding a bounded ratio may leave beyond its bound, as a share of the bound."""
LIMITS: Final = {
    **dict.fromkeys(("rsi", "stoch_rsi_k", "stoch_rsi_d", "mfi"), (0.0, 100.0)),
    **dict.fromkeys(("atr", "atr_pct"), (0.0, inf)),
    "efficiency": (0.0, 1.0),
}


def check_indicators(multi_tf_indicators: IndicatorSets, settings: Profile) -> tuple[GateResult, ...]:
    """Both gates over the anchor timeframe's columns that the decision reads; a column that is not there counts as
    missing throughout.
    """
    held = multi_tf_indicators.get(settings.timeframes.anchor)
    columns = held.columns if held else {}
    recent = {name: columns.get(name, np.empty(0))[-RECENT_BARS:] for name in READ_COLUMNS}
    finite = {name: values[np.isfinite(values)] for name, values in recent.items()}
    lost = [name for name, values in finite.items() if values.size < RECENT_BARS]
    absent = sum(RECENT_BARS - finite[name].size for name in lost)
    named = f"{FINITE.what} ({', '.join(lost)})" if lost else ""
    outside = sum(_outside(finite[name], *limits) for name, limits in LIMITS.items())
    return FINITE.result(absent, settings, what=named), BOUNDS.result(outside, settings)


def _outside(values: np.ndarray[tuple[int], np.dtype[np.float64]], low: float, high: float) -> int:
    least, most = with_slack(low, high)
    return int(((values < least) | (values > most)).sum())


def with_slack(low: float, high: float) -> tuple[float, float]:
    """The bounds of a column, with what rounding may leave beyond them."""
    slack = SLACK * max(1.0, high if high < inf else 1.0)
    return low - slack, high + slack
