"""Momentum: relative strength index, stochastic RSI, money flow index.

Fill functions are kernels' parts: one source, compiled or plain (``shared/utils/kernels.py``). Every ``_out`` has shape
(n,) and is NaN for its warm-up. Where nothing moved, RSI, MFI and the stochastic of RSI are 50: neither side won.
"""

from __future__ import annotations

from indicators.windows import fill_sums
from shared.models.data import Floats

NAN = float("nan")


def fill_rsi(close: Floats, period: int, rsi_out: Floats) -> None:
    """Wilder's RSI (New Concepts in Technical Trading Systems, 1978), 0–100; NaN for the first ``period`` rows."""
    gain = 0.0
    loss = 0.0
    for i in range(len(close)):
        change = close[i] - close[i - 1] if i > 0 else 0.0
        up = max(0.0, change)
        down = -change if change < 0.0 else 0.0
        if i <= period:
            gain += up / period
            loss += down / period
        else:
            gain = (gain * (period - 1) + up) / period
            loss = (loss * (period - 1) + down) / period
        if i < period:
            rsi_out[i] = NAN
        elif gain + loss > 0.0:
            rsi_out[i] = 100.0 * gain / (gain + loss)
        else:
            rsi_out[i] = 50.0


def fill_stoch_rsi(rsi: Floats, start: int, k_out: Floats, d_out: Floats) -> None:
    """Stochastic of RSI over 14 rows, smoothed by 3 (%K) and again by 3 (%D), 0–100 (Chande and Kroll, 1994).

    ``start`` is the RSI's first row with a value; %K begins 15 rows later, %D 17.
    """
    first = start + 13
    previous = 0.0
    before = 0.0
    for i in range(len(rsi)):
        k_out[i] = NAN
        d_out[i] = NAN
        if i >= first:
            raw = _place_in_range(rsi, i, 14)
            if i >= first + 2:
                k_out[i] = (before + previous + raw) / 3.0
            if i >= first + 4:
                d_out[i] = (k_out[i - 2] + k_out[i - 1] + k_out[i]) / 3.0
            before = previous
            previous = raw


def _place_in_range(values: Floats, last: int, count: int) -> float:
    lowest = values[last]
    highest = values[last]
    for j in range(last - count + 1, last):
        lowest = min(lowest, values[j])
        highest = max(highest, values[j])
    if highest > lowest:
        return float(100.0 * (values[last] - lowest) / (highest - lowest))
    return 50.0


def fill_mfi(
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    period: int,
    room_out: Floats,
    rising_out: Floats,
    falling_out: Floats,
    sum_out: Floats,
    mfi_out: Floats,
) -> None:
    """Money flow index (Quong and Soudack, 1989), 0–100; NaN for the first ``period`` rows."""
    before = 0.0
    for i in range(len(close)):
        typical = (high[i] + low[i] + close[i]) / 3.0
        rising_out[i] = typical * volume[i] if i > 0 and typical > before else 0.0
        falling_out[i] = typical * volume[i] if i > 0 and typical < before else 0.0
        before = typical
    fill_sums(rising_out, period, room_out, mfi_out)
    fill_sums(falling_out, period, room_out, sum_out)
    for i in range(len(close)):
        total = mfi_out[i] + sum_out[i]
        if i < period:
            mfi_out[i] = NAN
        else:
            mfi_out[i] = 100.0 * mfi_out[i] / total if total > 0.0 else 50.0
