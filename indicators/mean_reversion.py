"""Mean reversion: Bollinger bands and the z-score of the close.

Deviations are the population's. A flat window has deviation 0: its z-score is 0 and its place in the bands 0.5.
"""

from __future__ import annotations

from indicators.windows import fill_moments
from shared.models.data import Floats

NAN = float("nan")


def fill_bands(
    close: Floats,
    period: int,
    width: float,
    room_out: Floats,
    deviation_out: Floats,
    upper_out: Floats,
    middle_out: Floats,
    lower_out: Floats,
    percent_out: Floats,
    zscore_out: Floats,
) -> None:
    """Bollinger bands (Bollinger on Bollinger Bands, 2001) in quote currency, the close's place in them (0 at the lower, 1 at
    the upper), and its z-score in deviations; NaN for the first ``period`` − 1 rows."""
    fill_moments(close, period, room_out, middle_out, deviation_out)
    for i in range(len(close)):
        mean = middle_out[i]
        deviation = deviation_out[i]
        upper_out[i] = mean + width * deviation
        lower_out[i] = mean - width * deviation
        if i < period - 1:
            zscore_out[i] = NAN
        else:
            zscore_out[i] = (close[i] - mean) / deviation if deviation > 0.0 else 0.0
        percent_out[i] = 0.5 + zscore_out[i] / (2.0 * width)
