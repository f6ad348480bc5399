"""Volatility: average true range and realized volatility."""

from __future__ import annotations

from math import log

from indicators.windows import fill_moments
from shared.models.data import Floats

NAN = float("nan")


def fill_atr(
    high: Floats, low: Floats, close: Floats, period: int, atr_out: Floats, percent_out: Floats
) -> None:
    """Wilder's average true range in quote currency, and in percent of the close; NaN for the first ``period`` rows."""
    extend_atr(0, high, low, close, period, atr_out)
    for i in range(len(close)):
        percent_out[i] = 100.0 * atr_out[i] / close[i]


def extend_atr(start: int, high: Floats, low: Floats, close: Floats, period: int, atr_out: Floats) -> None:
    """Rows from ``start`` on of Wilder's average true range, seeded by the mean of the first ``period`` true ranges (a true range needs
    the close before it); NaN for the first ``period`` rows. The rows before ``start`` are filled already."""
    first = start if start > period + 1 else 0
    average = atr_out[first - 1] if first > 0 else 0.0
    for i in range(first, len(close)):
        if i > 0:
            true_range = max(high[i], close[i - 1]) - min(low[i], close[i - 1])
            if i < period:
                average += true_range
            elif i == period:
                average = (average + true_range) / period
            else:
                average = (average * (period - 1) + true_range) / period
        atr_out[i] = average if i >= period else NAN


def fill_realized(
    close: Floats, period: int, room_out: Floats, returns_out: Floats, mean_out: Floats, realized_out: Floats
) -> None:
    """Sample standard deviation of the last ``period`` log returns, per bar; NaN for the first ``period`` rows. ``returns_out``
    is left with the log returns, its first row 0, and ``mean_out`` with their means."""
    for i in range(len(close)):
        returns_out[i] = log(close[i] / close[i - 1]) if i > 0 else 0.0
    fill_moments(returns_out, period, room_out, mean_out, realized_out)
    scale = (period / (period - 1.0)) ** 0.5
    for i in range(len(close)):
        realized_out[i] = realized_out[i] * scale if i >= period else NAN
