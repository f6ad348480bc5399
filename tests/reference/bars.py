"""The bars and what is measured on them alone: ATR, whole runs, volume, the size of a leg."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from shared.models.data import Candles

ATR_BARS: Final = 14
VOLUME_BARS: Final = 20


@dataclass(frozen=True)
class Bars:
    """The series as plain lists, oldest first, and the two measures every rule reads."""

    step_ms: int
    open_ms: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float]
    atr: list[float]
    whole: list[int]

    def __len__(self) -> int:
        return len(self.open_ms)

    def extreme(self, sign: int, i: int) -> float:
        """The high of bar i for sign +1, its low for −1."""
        return self.high[i] if sign > 0 else self.low[i]

    def body_end(self, sign: int, i: int) -> float:
        """The upper end of the body of bar i for sign +1, its lower end for −1."""
        return max(self.open[i], self.close[i]) if sign > 0 else min(self.open[i], self.close[i])

    def colour(self, i: int) -> int:
        """+1 if bar i closed above its open, −1 below, 0 on it."""
        return (self.close[i] > self.open[i]) - (self.close[i] < self.open[i])


def bars_of(candles: Candles) -> Bars:
    """Plain lists of the candles' columns."""
    high, low, close = candles.high.tolist(), candles.low.tolist(), candles.close.tolist()
    open_ms, volume, step_ms = candles.open_ms.tolist(), candles.volume.tolist(), candles.timeframe.ms
    return Bars(
        step_ms=step_ms,
        open_ms=open_ms,
        open=candles.open.tolist(),
        high=high,
        low=low,
        close=close,
        volume=volume,
        atr=average_true_range(high, low, close),
        whole=whole_runs(open_ms, volume, step_ms),
    )


def average_true_range(high: list[float], low: list[float], close: list[float]) -> list[float]:
    """Wilder's ATR(14): the mean of the true ranges of bars 1 to 14 at bar 14, smoothed from there; NaN before."""
    atr = [math.nan] * len(close)
    true_range = [math.nan] + [
        max(high[i], close[i - 1]) - min(low[i], close[i - 1]) for i in range(1, len(close))
    ]
    for i in range(ATR_BARS, len(close)):
        if i == ATR_BARS:
            atr[i] = sum(true_range[1 : ATR_BARS + 1]) / ATR_BARS
        else:
            atr[i] = (13 * atr[i - 1] + true_range[i]) / 14
    return atr


def whole_runs(open_ms: list[int], volume: list[float], step_ms: int) -> list[int]:
    """How many bars ending at each one stand on adjacent grid steps and all traded."""
    whole: list[int] = []
    for t in range(len(open_ms)):
        adjacent = t > 0 and open_ms[t] - open_ms[t - 1] == step_ms
        if volume[t] <= 0:
            whole.append(0)
        else:
            whole.append(whole[t - 1] + 1 if adjacent else 1)
    return whole


def relative_volume(bars: Bars, i: int) -> float:
    """Volume of bar i over the mean of the up to 20 bars ending at it; 0 if none of them traded."""
    window = bars.volume[max(0, i - VOLUME_BARS + 1) : i + 1]
    mean = sum(window) / len(window)
    return bars.volume[i] / mean if mean > 0 else 0.0


def volume_score(bars: Bars, t: int) -> float:
    """Volume of bar t in population deviations from the mean of the 20 bars ending at it; 0 where that is undefined."""
    if t + 1 < VOLUME_BARS:
        return 0.0
    window = bars.volume[t - VOLUME_BARS + 1 : t + 1]
    mean = sum(window) / VOLUME_BARS
    deviation = math.sqrt(sum((one - mean) ** 2 for one in window) / VOLUME_BARS)
    return (bars.volume[t] - mean) / deviation if deviation > 0 else 0.0


@dataclass(frozen=True)
class Leg:
    """The largest push of one to three bars that ends at a bar: its side, size in ATR and number of bars."""

    side: int
    size: float
    count: int


def leg_at(bars: Bars, t: int, most: int = 3) -> Leg | None:
    """The largest leg of at most ``most`` bars ending at t, the shortest of equals; None if bar t is part of none.

    A leg of k bars opens with a bar of the colour of bar t, is whole, and is measured in the ATR before it. One bar
    alone must have a body of at least half its range to count.
    """
    side = bars.colour(t)
    best: Leg | None = None
    for count in range(1, most + 1):
        first = t - count + 1
        if side == 0 or first < 1 or bars.whole[t] < count:
            break
        if not bars.atr[first - 1] > 0 or bars.colour(first) != side:
            break
        size = side * (bars.close[t] - bars.open[first]) / bars.atr[first - 1]
        full = side * (bars.close[t] - bars.open[t]) >= 0.5 * (bars.high[t] - bars.low[t])
        counts = count > 1 or full
        if counts and (best is None or size > best.size):
            best = Leg(side, size, count)
    return best


def largest_leg(bars: Bars, side: int, first: int, last: int) -> float:
    """The largest size of a leg of the side that lies inside the bars first..last; 0 without one."""
    sizes = [0.0]
    for i in range(first, last + 1):
        leg = leg_at(bars, i, min(3, i - first + 1))
        if leg is not None and leg.side == side:
            sizes.append(leg.size)
    return max(sizes)
