"""Volatility: average true range and realized volatility."""

from __future__ import annotations

from math import log

from indicators.mean_reversion import deviation_of, mean_of
from shared.models.market import Floats

NAN = float("nan")


def fill_atr(
    high: Floats, low: Floats, close: Floats, period: int, atr_out: Floats, percent_out: Floats
) -> None:
    """Wilder's average true range in quote currency, seeded by the mean of the first ``period`` true ranges, and in percent of
    the close; NaN for the first ``period`` rows (a true range needs the close before it)."""
    average = 0.0
    for i in range(len(close)):
        if i > 0:
            true_range = max(high[i], close[i - 1]) - min(low[i], close[i - 1])
            if i <= period:
                average += true_range / period
            else:
                average = (average * (period - 1) + true_range) / period
        atr_out[i] = average if i >= period else NAN
        percent_out[i] = 100.0 * average / close[i] if i >= period else NAN


def fill_realized(close: Floats, period: int, returns_out: Floats, realized_out: Floats) -> None:
    """Sample standard deviation of the last ``period`` log returns, per bar; NaN for the first ``period`` rows. ``returns_out``
    is left with the log returns, its first row 0."""
    scale = (period / (period - 1.0)) ** 0.5
    for i in range(len(close)):
        returns_out[i] = log(close[i] / close[i - 1]) if i > 0 else 0.0
        if i < period:
            realized_out[i] = NAN
        else:
            mean = mean_of(returns_out, i, period)
            realized_out[i] = deviation_of(returns_out, i, period, mean) * scale
