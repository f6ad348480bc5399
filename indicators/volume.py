"""Volume: on-balance volume with its slope, and how unusual the bar's volume is."""

from __future__ import annotations

from indicators.windows import fill_moments, fill_sums
from shared.models.data import Floats

NAN = float("nan")


def fill_obv(
    close: Floats,
    volume: Floats,
    period: int,
    room_out: Floats,
    flow_out: Floats,
    total_out: Floats,
    obv_out: Floats,
    slope_out: Floats,
) -> None:
    """On-balance volume (Granville, 1963) in base currency, from the first row's volume, and its change over ``period`` rows as
    a share of their volume, −1 to 1. Only differences of OBV mean anything; the slope is NaN for the first ``period`` rows.
    """
    for i in range(len(close)):
        flow_out[i] = _signed(close, volume, i) if i > 0 else 0.0
        obv_out[i] = volume[0] if i == 0 else obv_out[i - 1] + flow_out[i]
    fill_sums(flow_out, period, room_out, slope_out)
    fill_sums(volume, period, room_out, total_out)
    for i in range(len(close)):
        if i < period:
            slope_out[i] = NAN
        else:
            slope_out[i] = slope_out[i] / total_out[i] if total_out[i] > 0.0 else 0.0


def _signed(close: Floats, volume: Floats, row: int) -> float:
    if close[row] > close[row - 1]:
        return float(volume[row])
    if close[row] < close[row - 1]:
        return float(-volume[row])
    return 0.0


def fill_spike(
    volume: Floats, period: int, room_out: Floats, deviation_out: Floats, ratio_out: Floats, z_out: Floats
) -> None:
    """The bar's volume over the mean of the last ``period`` rows, itself included (0 where none traded), and its z-score
    among them; NaN for the first ``period`` − 1 rows."""
    fill_moments(volume, period, room_out, ratio_out, deviation_out)
    for i in range(len(volume)):
        mean = ratio_out[i]
        deviation = deviation_out[i]
        if i < period - 1:
            z_out[i] = NAN
            continue
        ratio_out[i] = volume[i] / mean if mean > 0.0 else 0.0
        z_out[i] = (volume[i] - mean) / deviation if deviation > 0.0 else 0.0
