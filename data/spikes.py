"""A candle that spikes: far outside its neighbours, where the exchange's own range of the day says it never traded.

Both must hold. A real crash is far outside its neighbours and inside the day's range; a day's range alone is a rounding and a
few seconds away from the candles.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from contracts.data_contract import Ticker
from shared.errors import SpikingData
from shared.models.data import Candles
from shared.models.timeframe import DAY_MS, iso

FAR_TRUE_RANGES: Final = 10.0
"""How far beyond its neighbours, in their mean range, a wick is not believed without the day's range."""
MARGIN: Final = 1e-3
"""Share of price by which candles may leave the day's range: it is of another second."""
NEIGHBOURS: Final = 12
"""Candles on either side."""


def check_spikes(name: str, candles: Candles, day: Ticker, now_ms: int) -> None:
    """Hold the candles of the last 24 hours to the range of the ``day``; 0 in it is not known.

    Raises:
        SpikingData: one is far outside both.
    """
    if not (len(candles) > 2 and day.high > 0 and day.low > 0):
        return
    recent = candles.open_ms >= now_ms - DAY_MS + candles.timeframe.ms
    above = recent & (candles.high > day.high * (1 + MARGIN))
    below = recent & (candles.low < day.low * (1 - MARGIN))
    for row in np.flatnonzero(above | below):
        if _is_far(candles, int(row)):
            raise SpikingData(
                f"{name}: the candle of {iso(int(candles.open_ms[row]))} reaches from {candles.low[row]:g} to "
                f"{candles.high[row]:g}, far outside its neighbours and the exchange's 24 h range {day.low:g} to {day.high:g}",
                "Scan again later: it is not stored",
            )


def far_rows(candles: Candles, since_ms: int) -> tuple[int, ...]:
    """Rows of candles that open at or after ``since_ms`` and are far outside their neighbours, the widest first."""
    if len(candles) < 3:
        return ()
    ranges = candles.high - candles.low
    wide = np.flatnonzero((candles.open_ms >= since_ms) & (ranges > np.median(ranges)))
    far = [int(row) for row in wide if _is_far(candles, int(row))]
    return tuple(sorted(far, key=lambda row: -float(ranges[row])))


def _is_far(candles: Candles, row: int) -> bool:
    around = np.arange(max(0, row - NEIGHBOURS), min(len(candles), row + NEIGHBOURS + 1))
    others = around[around != row]
    high, low = float(candles.high[others].max()), float(candles.low[others].min())
    usual = float((candles.high[others] - candles.low[others]).mean())
    beyond = max(float(candles.high[row]) - high, low - float(candles.low[row]))
    return beyond > FAR_TRUE_RANGES * usual
