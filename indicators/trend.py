"""Trend: exponential averages, directional movement, efficiency ratio."""

from __future__ import annotations

from indicators.windows import fill_sums
from shared.models.data import Floats

NAN = float("nan")


def fill_ema(close: Floats, period: int, ema_out: Floats) -> None:
    """Exponential average in quote currency, weight 2 / (period + 1), seeded by the mean of the first ``period`` closes;
    NaN for the first ``period`` − 1 rows."""
    weight = 2.0 / (period + 1.0)
    average = 0.0
    for i in range(len(close)):
        if i < period:
            average += close[i] / period
        else:
            average += (close[i] - average) * weight
        ema_out[i] = average if i >= period - 1 else NAN


def fill_adx(
    high: Floats,
    low: Floats,
    close: Floats,
    period: int,
    adx_out: Floats,
    plus_out: Floats,
    minus_out: Floats,
) -> None:
    """Wilder's directional movement: +DI and −DI (NaN for the first ``period`` rows) and ADX (NaN for the first
    2·period − 1), 0–100. A bar without direction leaves ADX where it was."""
    rising = 0.0
    falling = 0.0
    ranges = 0.0
    average = 0.0
    for i in range(len(close)):
        adx_out[i] = NAN
        plus_out[i] = NAN
        minus_out[i] = NAN
        if i == 0:
            continue
        up = high[i] - high[i - 1]
        down = low[i - 1] - low[i]
        keep = 1.0 if i < period else 1.0 - 1.0 / period
        rising = rising * keep + (up if up > down and up > 0.0 else 0.0)
        falling = falling * keep + (down if down > up and down > 0.0 else 0.0)
        ranges = ranges * keep + max(high[i], close[i - 1]) - min(low[i], close[i - 1])
        if i < period:
            continue
        plus_out[i] = 100.0 * rising / ranges if ranges > 0.0 else 0.0
        minus_out[i] = 100.0 * falling / ranges if ranges > 0.0 else 0.0
        both = plus_out[i] + minus_out[i]
        if both > 0.0:
            directional = 100.0 * abs(plus_out[i] - minus_out[i]) / both
            if i < 2 * period:
                average += directional / period
            else:
                average = (average * (period - 1) + directional) / period
        if i >= 2 * period - 1:
            adx_out[i] = average


def fill_efficiency(
    close: Floats, period: int, room_out: Floats, step_out: Floats, efficiency_out: Floats
) -> None:
    """Kaufman's efficiency ratio (Trading Systems and Methods), 0–1: net move over the path of the last ``period`` steps;
    0 where nothing moved, NaN for the first ``period`` rows."""
    for i in range(len(close)):
        step_out[i] = abs(close[i] - close[i - 1]) if i > 0 else 0.0
    fill_sums(step_out, period, room_out, efficiency_out)
    for i in range(len(close)):
        path = efficiency_out[i]
        if i < period:
            efficiency_out[i] = NAN
        else:
            efficiency_out[i] = min(1.0, abs(close[i] - close[i - period]) / path) if path > 0.0 else 0.0
