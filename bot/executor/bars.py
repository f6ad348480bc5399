"""Candles as a broker sees them: in the frame of the trade, so that each rule is written once, for a long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.models.data import Candles, Floats, Ints
from shared.models.smc import Side


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Closed candles of ``bar_ms``, oldest first, shape (n,) each. For a short, prices are negated: what falls against a long
    rises here, and the high is the negated low."""

    bar_ms: int
    open_ms: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @classmethod
    def of(cls, candles: Candles, side: Side) -> Bars:
        """``candles`` in the frame of a trade of ``side``."""
        if side is Side.LONG:
            return cls(
                candles.timeframe.ms, candles.open_ms, candles.open, candles.high, candles.low, candles.close,
                candles.volume,
            )  # fmt: skip
        return cls(
            candles.timeframe.ms, candles.open_ms, -candles.open, -candles.low, -candles.high, -candles.close,
            candles.volume,
        )  # fmt: skip

    def __len__(self) -> int:
        """Number of candles."""
        return int(self.open_ms.size)

    def start(self, time_ms: int) -> int:
        """Index of the first candle that opens at or after ``time_ms``."""
        return int(np.searchsorted(self.open_ms, time_ms, "left"))

    def within(self, bars: Bars, index: int) -> Bars | None:
        """Our candles inside candle ``index`` of coarser ``bars``; None unless they reach from its low to its high."""
        first = self.start(int(bars.open_ms[index]))
        last = self.start(int(bars.open_ms[index]) + bars.bar_ms)
        part = self.rows(first, last)
        whole = last > first and part.low.min() == bars.low[index] and part.high.max() == bars.high[index]
        return part if whole else None

    def rows(self, first: int, last: int) -> Bars:
        """Candles ``first`` up to, not including, ``last``."""
        cut = slice(first, last)
        return Bars(
            self.bar_ms, self.open_ms[cut], self.open[cut], self.high[cut], self.low[cut], self.close[cut],
            self.volume[cut],
        )  # fmt: skip
