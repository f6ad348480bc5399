"""All indicator columns in one pass against TA-Lib and pandas computing the same ones."""

from __future__ import annotations

import numpy as np

from benchmarks.walk import cpu_s, walk
from indicators.registry import COLUMNS, compute_set
from shared.models.data import Candles


def run() -> None:
    """Print microseconds and ratios at three lengths."""
    compute_set(walk(500))
    for bars in (500, 1000, 5000):
        candles = walk(bars)
        ours = cpu_s(lambda c=candles: [compute_set(c) for _ in range(50)], 5) / 50  # type: ignore[misc]
        talib = cpu_s(lambda c=candles: [_talib(c) for _ in range(50)], 5) / 50  # type: ignore[misc]
        frame = cpu_s(lambda c=candles: _pandas(c), 3)  # type: ignore[misc]
        print(
            f"{bars:5} bars, {len(COLUMNS)} columns: {ours * 1e6:7.0f} µs · TA-Lib {talib * 1e6:7.0f} µs "
            f"(ratio {talib / ours:.2f}) · pandas, 8 of them, {frame * 1e6:7.0f} µs (ratio {frame / ours:.0f})"
        )


def _talib(c: Candles) -> list[object]:
    """The same columns from TA-Lib's building blocks."""
    import talib

    rsi = talib.RSI(c.close)
    mean, deviation = talib.SMA(c.close, 20), talib.STDDEV(c.close, 20)
    returns = np.log(c.close[1:] / c.close[:-1])
    return [
        rsi,
        talib.STOCH(rsi[14:], rsi[14:], rsi[14:], 14, 3, 0, 3, 0),
        talib.MFI(c.high, c.low, c.close, c.volume),
        talib.BBANDS(c.close, 20),
        (c.close - mean) / deviation,
        talib.ATR(c.high, c.low, c.close) / c.close,
        talib.STDDEV(returns, 20),
        talib.OBV(c.close, c.volume),
        c.volume / talib.SMA(c.volume, 20),
        (c.volume - talib.SMA(c.volume, 20)) / talib.STDDEV(c.volume, 20),
        talib.EMA(c.close, 20),
        talib.EMA(c.close, 50),
        talib.EMA(c.close, 200),
        talib.ADX(c.high, c.low, c.close),
        talib.PLUS_DI(c.high, c.low, c.close),
        talib.MINUS_DI(c.high, c.low, c.close),
        np.abs(talib.MOM(c.close, 20)) / talib.SUM(np.abs(talib.MOM(c.close, 1))[1:], 20)[-1],
    ]


def _pandas(c: Candles) -> list[object]:
    """Eight of the columns as a notebook would write them."""
    frame = c.to_frame()
    close, window = frame["close"], frame["close"].rolling(20)
    change = close.diff()
    before = close.shift()
    reach = np.maximum(frame["high"], before) - np.minimum(frame["low"], before)
    gain, loss = (part.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean() for part in (change, -change))
    return [
        100 * gain / (gain + loss),
        window.mean() + 2 * window.std(ddof=0),
        window.mean() - 2 * window.std(ddof=0),
        (close - window.mean()) / window.std(ddof=0),
        reach.ewm(alpha=1 / 14, adjust=False).mean(),
        close.ewm(span=20, adjust=False).mean(),
        (np.sign(change) * frame["volume"]).cumsum(),
        np.log(close / before).rolling(20).std(),
    ]
