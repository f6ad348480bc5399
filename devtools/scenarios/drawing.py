"""A small language to draw a market in: legs such as "rise 5 % in 40 hours", laid end to end, with a little noise on them.

The same legs and seed are the same 15m candles on every machine; :mod:`data.adapters.demo_noise` says why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from data.adapters.demo_noise import exp, hashed, value_noise
from shared.models.data import Candles, Floats, Ints
from shared.models.timeframe import Timeframe

BAR: Final = Timeframe.M15
BARS_AN_HOUR: Final = 4
OCTAVES: Final = (2, 4, 8, 16, 32)
QUIET_PCT: Final = 0.1
"""Standard size of the finest octave, in % of price."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of ``hours`` in which price moves by ``pct`` %. ``noise`` and ``volume`` are relative to the usual; ``wick_pct``
    is how far the first candle reaches beyond its body and comes back (below it where negative)."""

    pct: float
    hours: float
    noise: float = 1.0
    volume: float = 1.0
    wick_pct: float = 0.0

    @property
    def bars(self) -> int:
        """Candles of it."""
        return round(self.hours * BARS_AN_HOUR)


Legs = tuple[Leg, ...]


def rise(pct: float, hours: float, *, volume: float = 1.0, noise: float = 1.0) -> Leg:
    """Up by ``pct`` % in ``hours``."""
    return Leg(pct, hours, noise, volume)


def fall(pct: float, hours: float, *, volume: float = 1.0, noise: float = 1.0) -> Leg:
    """Down by ``pct`` % in ``hours``."""
    return Leg(-pct, hours, noise, volume)


def rest(hours: float, *, noise: float = 1.0) -> Leg:
    """Nowhere for ``hours``."""
    return Leg(0.0, hours, noise)


def spike(pct: float) -> Leg:
    """One candle that reaches ``pct`` % beyond and comes back: up, or down where negative."""
    return Leg(0.0, 1 / BARS_AN_HOUR, volume=3.0, wick_pct=pct)


def waves(times: int, *legs: Leg) -> Legs:
    """The same legs again and again."""
    return legs * times


@dataclass(frozen=True, slots=True)
class Drawing:
    """Legs from a first price on a ``tick``. ``turnover`` is in quote currency a 15m candle; ``flipped`` turns highs into lows
    about the last price, so that a drawing for one direction is one for the other."""

    legs: Legs
    start: float = 100.0
    tick: float = 0.01
    seed: int = 1
    turnover: float = 1.5e6
    flipped: bool = False

    def then(self, *legs: Leg) -> Drawing:
        """With more legs at its end."""
        return replace(self, legs=(*self.legs, *legs))

    @property
    def bars(self) -> int:
        """Candles of it."""
        return sum(leg.bars for leg in self.legs)

    def candles(self, until_ms: int) -> Candles:
        """Its 15m candles; the last closes at ``until_ms``."""
        index = np.arange(self.bars, dtype=np.int64)
        close = self._on_tick(self.start * exp(self._path(index)))
        open_ = np.r_[self._on_tick(np.array([self.start])), close[:-1]]
        high, low = self._wicks(index, open_, close)
        volume = self._volume(index, open_, close)
        opens = until_ms - (self.bars - index) * BAR.ms
        if self.flipped:
            around = 2.0 * float(close[-1])
            open_, high, low, close = (self._on_tick(around - side) for side in (open_, low, high, close))
        return Candles(BAR, opens, open_, high, low, close, volume)

    def _each(self, values: Iterable[float]) -> Floats:
        """A leg's value at each of its candles."""
        return np.repeat(np.array(list(values)), [leg.bars for leg in self.legs])

    def _path(self, index: Ints) -> Floats:
        """The log of price over the first price: straight legs and noise."""
        corners = np.cumsum([0.0, *(math.log1p(leg.pct / 100) for leg in self.legs)])
        ends = np.cumsum([0, *(leg.bars for leg in self.legs)])
        straight = np.interp(index + 1.0, ends, corners)
        wiggle = sum(
            (
                value_noise(self.seed + place, index, wave) * math.sqrt(wave)
                for place, wave in enumerate(OCTAVES)
            ),
            np.zeros(index.size),
        )
        return np.asarray(straight + wiggle * self._each(leg.noise for leg in self.legs) * QUIET_PCT / 100)

    def _wicks(self, index: Ints, open_: Floats, close: Floats) -> tuple[Floats, Floats]:
        """Highs and lows: short wicks, and the spikes that are drawn."""
        usual = self._each(leg.noise for leg in self.legs) * QUIET_PCT / 100
        above, below = (usual * 3 * hashed(self.seed + side, index) ** 2 for side in (50, 60))
        for first, leg in zip(self._firsts(), self.legs, strict=True):
            if leg.wick_pct > 0:
                above[first] = leg.wick_pct / 100
            elif leg.wick_pct < 0:
                below[first] = -leg.wick_pct / 100
        top, bottom = np.maximum(open_, close), np.minimum(open_, close)
        return (
            np.maximum(top, self._on_tick(top * (1 + above))),
            np.minimum(bottom, self._on_tick(bottom * (1 - below))),
        )

    def _firsts(self) -> list[int]:
        ends = [0, *np.cumsum([leg.bars for leg in self.legs]).tolist()]
        return [first for first, _ in pairwise(ends)]

    def _volume(self, index: Ints, open_: Floats, close: Floats) -> Floats:
        """Base volume: more where price moves, and where a leg says so."""
        move = np.abs(close - open_) / open_ / (QUIET_PCT / 100)
        turnover = self.turnover * (0.6 + 0.3 * np.minimum(move, 6.0) + 0.4 * hashed(self.seed + 70, index))
        return np.round(turnover * self._each(leg.volume for leg in self.legs) / close, 3)

    def _on_tick(self, prices: Floats) -> Floats:
        """The nearest price on the tick; the float its decimal text reads back to."""
        steps = np.maximum(1.0, np.rint(prices / self.tick))
        per_unit = round(1 / self.tick)
        return np.asarray(steps / per_unit if per_unit > 1 else steps * self.tick)
