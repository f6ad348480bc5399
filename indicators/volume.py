"""Volume: on-balance volume with its slope, and how unusual the bar's volume is."""

from __future__ import annotations

from indicators.mean_reversion import deviation_of, mean_of
from shared.models.market import Floats

NAN = float("nan")


def fill_obv(close: Floats, volume: Floats, period: int, obv_out: Floats, slope_out: Floats) -> None:
    """On-balance volume (Granville, 1963) in base currency, from the first row's volume, and its change over ``period`` rows as
    a share of their volume, −1 to 1. Only differences of OBV mean anything; the slope is NaN for the first ``period`` rows.
    """
    for i in range(len(close)):
        obv_out[i] = volume[0] if i == 0 else obv_out[i - 1] + _signed(close, volume, i)
        if i < period:
            slope_out[i] = NAN
            continue
        flow = 0.0
        total = 0.0
        for j in range(i - period + 1, i + 1):
            flow += _signed(close, volume, j)
            total += volume[j]
        slope_out[i] = flow / total if total > 0.0 else 0.0


def _signed(close: Floats, volume: Floats, row: int) -> float:
    if close[row] > close[row - 1]:
        return float(volume[row])
    if close[row] < close[row - 1]:
        return float(-volume[row])
    return 0.0


def fill_spike(volume: Floats, period: int, ratio_out: Floats, z_out: Floats) -> None:
    """The bar's volume over the mean of the last ``period`` rows, itself included (0 where none traded), and its z-score
    among them; NaN for the first ``period`` − 1 rows."""
    for i in range(len(volume)):
        if i < period - 1:
            ratio_out[i] = NAN
            z_out[i] = NAN
            continue
        mean = mean_of(volume, i, period)
        deviation = deviation_of(volume, i, period, mean)
        ratio_out[i] = volume[i] / mean if mean > 0.0 else 0.0
        z_out[i] = (volume[i] - mean) / deviation if deviation > 0.0 else 0.0
