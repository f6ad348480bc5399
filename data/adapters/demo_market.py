"""The demo market's symbols and the 5m candles of each: a pure function of (seed, symbol, time).

The log price is a sum of octaves from ten minutes to half a year with the spectrum of a random walk, modulated by slow
waves and the hour of the day, plus displacements: hashed moves of a few bars that decay over days. All coins share a
factor, each with its beta. A candle opens at the close before it; some reach far beyond and come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from data.adapters.demo_noise import exp, hashed, seed_of, value_noise
from shared.models.data import Candles, Floats, Ints, Market
from shared.models.timeframe import DAY_MS, Timeframe

Bools = npt.NDArray[np.bool_]

BAR_MS: Final = Timeframe.M5.ms
BARS_A_DAY: Final = DAY_MS // BAR_MS
OCTAVES: Final = tuple(2**power for power in range(16))
BAR_VOLATILITY: Final = 0.0008
"""Standard size of the finest octave: about 0.1 % a bar, as a large coin moves."""
SHOCK_BARS: Final = 144
SHOCK_LIFE: Final = 9
"""A displacement starts in each stretch of 144 bars with some chance and fades over nine such stretches."""


@dataclass(frozen=True, slots=True)
class Coin:
    """One made-up market. ``volatility`` and ``beta`` are relative to the common factor; ``volume_musd`` a day's turnover in
    million quote units; ``listed_days`` before the default as-of (0: always); ``halted_days`` before it (0: trading);
    ``quiet`` is the share of candles without a trade."""

    base: str
    price: float
    decimals: int
    lot_decimals: int
    volatility: float
    beta: float
    volume_musd: float
    listed_days: int = 0
    halted_days: int = 0
    quiet: float = 0.0

    @property
    def symbol(self) -> str:
        """Unified symbol."""
        return f"{self.base}/USDT"

    def market(self, *, active: bool) -> Market:
        """Trading rules; both directions may be traded here."""
        tick, lot = (Decimal(1).scaleb(-places) for places in (self.decimals, self.lot_decimals))
        return Market(
            "demo", self.symbol, f"{self.base}USDT", self.base, "USDT", "perpetual", tick, lot, Decimal(5),
            active, "exchange",
        )  # fmt: skip


COINS: Final = (
    Coin("BTC", 67250.0, 2, 5, 1.0, 1.0, 1900.0),
    Coin("ETH", 3120.0, 2, 4, 0.8, 1.1, 1100.0),
    Coin("SOL", 168.0, 2, 3, 1.2, 1.3, 620.0),
    Coin("BNB", 612.0, 2, 3, 0.7, 0.8, 310.0),
    Coin("XRP", 0.6123, 4, 0, 1.1, 0.9, 420.0),
    Coin("DOGE", 0.1423, 5, 0, 1.5, 1.3, 380.0),
    Coin("ADA", 0.4581, 4, 1, 1.2, 1.1, 160.0),
    Coin("AVAX", 34.21, 2, 2, 1.3, 1.3, 140.0),
    Coin("LINK", 14.62, 3, 2, 1.1, 1.1, 130.0),
    Coin("DOT", 6.214, 3, 2, 1.1, 1.1, 95.0),
    Coin("TRX", 0.12431, 5, 1, 0.6, 0.4, 90.0),
    Coin("LTC", 84.31, 2, 3, 0.9, 0.9, 110.0),
    Coin("NEAR", 5.412, 3, 1, 1.4, 1.3, 120.0),
    Coin("ARB", 0.8123, 4, 1, 1.5, 1.3, 105.0),
    Coin("OP", 1.842, 3, 2, 1.5, 1.3, 98.0),
    Coin("SUI", 1.2431, 4, 1, 1.7, 1.3, 210.0),
    Coin("INJ", 22.131, 3, 2, 1.5, 1.2, 72.0),
    Coin("TIA", 6.1821, 4, 2, 1.8, 1.2, 66.0),
    Coin("FTM", 0.5432, 4, 0, 1.7, 1.2, 81.0),
    Coin("APT", 8.932, 3, 2, 1.4, 1.2, 77.0),
    Coin("WIF", 2.0412, 4, 2, 2.2, 1.4, 150.0),
    Coin("PEPE", 0.00001012, 8, 0, 2.0, 1.4, 340.0),
    Coin("SHIB", 0.00001834, 8, 0, 1.5, 1.3, 170.0),
    Coin("BONK", 0.00002241, 8, 0, 2.1, 1.4, 64.0),
    Coin("MKR", 2412.0, 0, 4, 1.1, 0.9, 41.0),
    Coin("ATOM", 6.512, 3, 2, 1.1, 1.1, 48.0),
    Coin("UNI", 9.214, 3, 2, 1.3, 1.1, 57.0),
    Coin("NEWX", 1.3214, 4, 1, 2.4, 1.2, 85.0, listed_days=19),
    Coin("ELF", 0.3921, 4, 1, 1.3, 0.7, 2.4, quiet=0.08),
    Coin("OLDX", 0.0871, 5, 0, 1.6, 1.0, 33.0, halted_days=12),
)
"""From a hundred-thousandth to seventy thousand; one newly listed, one thin, one halted."""

BY_SYMBOL: Final = {coin.symbol: coin for coin in COINS}


def base_candles(seed: int, coin: Coin, first_ms: int, count: int) -> Candles:
    """``count`` 5m candles from the one that opens at ``first_ms``; any two ranges agree where they overlap."""
    index = np.arange(first_ms // BAR_MS - 1, first_ms // BAR_MS + count)
    own = seed_of(seed, coin.base)
    path = _close(seed, own, coin, index)
    untraded = hashed(own + 90, index) < coin.quiet
    path = _held(path, untraded, seed, own, coin, index)
    open_, close, now = path[:-1], path[1:], index[1:]
    high, low = _wicks(own, coin, now, open_, close, untraded[1:])
    volume = np.where(untraded[1:], 0.0, _volume(own, coin, now, open_, close))
    return Candles(Timeframe.M5, now * BAR_MS, open_, high, low, close, volume)


def _close(seed: int, own: int, coin: Coin, index: Ints) -> Floats:
    """Closes on the tick."""
    common = _common(seed, int(index[0]), index.size)
    single = _walk(own, index, coin.volatility)
    return _on_tick(coin, coin.price * exp(coin.beta * common + 0.75 * single))


@lru_cache(maxsize=4)
def _common(seed: int, first: int, count: int) -> Floats:
    """The factor all coins share, kept for the coins that ask for the same range next."""
    return _walk(seed_of(seed, "market"), np.arange(first, first + count), 1.0)


def _held(path: Floats, untraded: Bools, seed: int, own: int, coin: Coin, index: Ints) -> Floats:
    """An untraded candle stays at the last traded close; runs are cut at 40 bars, so that a range needs no more before it."""
    if not untraded.any():
        return path
    reach = np.arange(index[0] - 40, index[0])
    before = _close(seed, own, coin, reach)
    quiet = np.r_[hashed(own + 90, reach) < coin.quiet, untraded]
    quiet[0] = False
    whole = np.r_[before, path]
    source = np.maximum.accumulate(np.where(quiet, 0, np.arange(whole.size)))
    return np.asarray(whole[source][reach.size :])


def _walk(seed: int, index: Ints, volatility: float) -> Floats:
    """A log price: octaves, louder in some weeks and hours than in others, plus displacements."""
    mood = 1.0 + 0.45 * value_noise(seed + 1, index, 1400) + 0.30 * value_noise(seed + 2, index, 300)
    hour = (index % BARS_A_DAY) / BARS_A_DAY
    rhythm = 0.75 + 1.6 * hour * (1.0 - hour) + 0.2 * value_noise(seed + 3, index, 30)
    total = np.zeros(index.size)
    for place, wavelength in enumerate(OCTAVES):
        loud = mood * rhythm if wavelength < 128 else 1.0
        total += value_noise(seed + 10 + place, index, wavelength) * (wavelength**0.5) * loud
    return (total * BAR_VOLATILITY + _shocks(seed + 50, index)) * volatility


def _shocks(seed: int, index: Ints) -> Floats:
    """Displacements: moves of up to about 2.5 % within three to eight bars, fading over days."""
    stretch = index // SHOCK_BARS
    total = np.zeros(index.size)
    for back in range(SHOCK_LIFE + 1):
        which = stretch - back
        happens = hashed(seed, which) < 0.42
        start = which * SHOCK_BARS + np.floor(hashed(seed + 1, which) * 120.0)
        length = 3.0 + np.floor(hashed(seed + 2, which) * 6.0)
        size = (2.0 * hashed(seed + 3, which) - 1.0) * 0.026
        passed = index - start
        rise = np.clip(passed / length, 0.0, 1.0)
        fade = np.clip(1.0 - passed / (SHOCK_BARS * (SHOCK_LIFE - 1.0)), 0.0, 1.0)
        total += np.where(happens & (passed > 0), size * rise * fade, 0.0)
    return total


def _wicks(
    own: int, coin: Coin, index: Ints, open_: Floats, close: Floats, untraded: Bools
) -> tuple[Floats, Floats]:
    """Highs and lows: short wicks mostly, now and then one that sweeps what lies beyond."""
    reach = BAR_VOLATILITY * (0.4 + coin.volatility) * np.where(untraded, 0.0, 1.0)
    spreads = []
    for side in (60, 70):
        draw = hashed(own + side, index)
        long = np.where(hashed(own + side + 1, index) < 0.02, 5.0, 1.0)
        spreads.append(reach * draw * draw * draw * 2.2 * long)
    high = _on_tick(coin, np.maximum(open_, close) * (1.0 + spreads[0]))
    low = _on_tick(coin, np.minimum(open_, close) * (1.0 - spreads[1]))
    return np.maximum(high, np.maximum(open_, close)), np.minimum(low, np.minimum(open_, close))


def _volume(own: int, coin: Coin, index: Ints, open_: Floats, close: Floats) -> Floats:
    """Base volume on the lot step: more where price moves."""
    move = np.abs(close - open_) / open_ / BAR_VOLATILITY
    draw = 0.35 + 1.3 * hashed(own + 80, index) + 0.5 * value_noise(own + 81, index, 200)
    turnover = coin.volume_musd * 1e6 / BARS_A_DAY * draw * (0.55 + 0.45 * np.minimum(move, 6.0))
    lots = 10.0**coin.lot_decimals
    return np.asarray(np.maximum(1.0, np.rint(turnover / close * lots)) / lots)


def _on_tick(coin: Coin, prices: Floats) -> Floats:
    """The nearest price on the tick, at least one tick."""
    ticks = 10.0**coin.decimals
    return np.asarray(np.maximum(1.0, np.rint(prices * ticks)) / ticks)
