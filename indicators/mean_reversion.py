"""Mean reversion: Bollinger bands and the z-score of the close.

Deviations are the population's, computed anew from each window, so that nothing drifts. A flat window has deviation 0:
its z-score is 0 and its place in the bands 0.5.
"""

from __future__ import annotations

from math import sqrt

from shared.models.market import Floats

NAN = float("nan")


def mean_of(values: Floats, last: int, count: int) -> float:
    """Mean of the ``count`` values that end at row ``last``."""
    total = 0.0
    for j in range(last - count + 1, last + 1):
        total += values[j]
    return total / count


def deviation_of(values: Floats, last: int, count: int, mean: float) -> float:
    """Population standard deviation of the same values around ``mean``; exactly 0 for equal values."""
    total = 0.0
    flat = True
    for j in range(last - count + 1, last + 1):
        total += (values[j] - mean) * (values[j] - mean)
        flat = flat and values[j] == values[last]
    return 0.0 if flat else sqrt(total / count)


def fill_bands(
    close: Floats,
    period: int,
    width: float,
    upper_out: Floats,
    middle_out: Floats,
    lower_out: Floats,
    percent_out: Floats,
    zscore_out: Floats,
) -> None:
    """Bollinger bands (Bollinger on Bollinger Bands, 2001) in quote currency, the close's place in them (0 at the lower, 1 at
    the upper), and its z-score in deviations; NaN for the first ``period`` − 1 rows."""
    for i in range(len(close)):
        if i < period - 1:
            upper_out[i] = NAN
            middle_out[i] = NAN
            lower_out[i] = NAN
            percent_out[i] = NAN
            zscore_out[i] = NAN
            continue
        mean = mean_of(close, i, period)
        deviation = deviation_of(close, i, period, mean)
        upper_out[i] = mean + width * deviation
        middle_out[i] = mean
        lower_out[i] = mean - width * deviation
        zscore_out[i] = (close[i] - mean) / deviation if deviation > 0.0 else 0.0
        percent_out[i] = 0.5 + zscore_out[i] / (2.0 * width)
