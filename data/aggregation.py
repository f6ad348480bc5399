"""Coarser candles from finer ones, exactly as the exchange builds them.

An untraded candle carries the previous close as its prices and no volume, while the exchange builds a coarser candle
from trades only: so untraded candles are left out of a window, unless the whole window is untraded.

A window is made of the candles there are: an exchange that was down for ten minutes still shows that hour. It is made
once the candles given reach its close, and only if they begin at or before its open, so that no window is half-read.
"""

from __future__ import annotations

import numpy as np

from shared.errors import DataFault
from shared.models.data import Candles, Floats, Ints
from shared.models.timeframe import Timeframe
from shared.utils.kernels import kernel


def aggregate(candles: Candles, to: Timeframe) -> Candles:
    """Candles of the coarser timeframe ``to``, UTC anchored (weeks open on Monday).

    Causal: a window appears with the candle that closes it and never changes after.

    Raises:
        DataFault: ``to`` is not a multiple of the candles' own timeframe.
    """
    if to is candles.timeframe:
        return candles
    if to.ms % candles.timeframe.ms or to.ms < candles.timeframe.ms:
        raise DataFault(f"aggregate: {to} candles cannot be made of {candles.timeframe} ones")
    if not len(candles):
        return Candles.empty(to)
    windows = (candles.open_ms - to.anchor_ms) // to.ms
    rows = int(windows[-1] - windows[0]) + 1
    open_out = np.empty(rows, np.int64)
    columns = [np.empty(rows) for _ in range(5)]
    prices = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    made = _merge(windows, *prices, open_out, *columns)
    whole = _whole_windows(candles, to, open_out[:made])
    opens = open_out[:made][whole] * to.ms + to.anchor_ms
    return Candles(to, opens, *(column[:made][whole] for column in columns))


def _whole_windows(candles: Candles, to: Timeframe, windows: Ints) -> slice:
    """Drop a first window begun before the candles were, and a last one they do not reach the end of."""
    start = int(candles.open_ms[0] > windows[0] * to.ms + to.anchor_ms)
    reached = int(candles.close_ms[-1])
    stop = len(windows) - int(reached < (windows[-1] + 1) * to.ms + to.anchor_ms)
    return slice(start, max(start, stop))


@kernel
def _merge(
    windows: Ints,
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    window_out: Ints,
    open_out: Floats,
    high_out: Floats,
    low_out: Floats,
    close_out: Floats,
    volume_out: Floats,
) -> int:
    """Merge runs of equal ``windows``; returns how many there are. Outputs shape (m,), m the number of runs."""
    row = -1
    traded = False
    for i in range(len(windows)):
        if row < 0 or windows[i] != window_out[row]:
            row += 1
            window_out[row] = windows[i]
            fresh = True
            traded = False
        else:
            fresh = volume[i] > 0.0 and not traded
        if fresh:
            open_out[row] = open_[i]
            high_out[row] = high[i]
            low_out[row] = low[i]
            close_out[row] = close[i]
            volume_out[row] = volume[i]
        elif volume[i] > 0.0:
            high_out[row] = max(high_out[row], high[i])
            low_out[row] = min(low_out[row], low[i])
            close_out[row] = close[i]
            volume_out[row] += volume[i]
        elif not traded:
            high_out[row] = max(high_out[row], high[i])
            low_out[row] = min(low_out[row], low[i])
            close_out[row] = close[i]
        traded = traded or volume[i] > 0.0
    return row + 1
