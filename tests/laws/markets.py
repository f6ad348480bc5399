"""Markets to hold laws against: walks, jumps, flat stretches, equal prices, holes and untraded bars, at any scale."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from shared.models.data import Candles
from shared.models.timeframe import Timeframe

STEP = 2.0**-10
"""Prices are whole numbers of this, so that mirroring and scaling by powers of two are exact."""


def market(seed: int, count: int, mood: str, timeframe: Timeframe = Timeframe.H1) -> Candles:
    """``count`` candles of one mood, the same for the same arguments; ``count`` only cuts the end off."""
    draw = np.random.default_rng(seed)
    whole = 1000
    steps = draw.normal(0, 6, whole).round()
    if mood == "jumps":
        steps += np.where(draw.random(whole) < 0.04, draw.normal(0, 60, whole).round(), 0)
    if mood == "flat":
        steps *= draw.random(whole) < np.repeat(draw.random(whole // 50) < 0.6, 50)
    if mood == "coarse":
        steps = np.round(steps / 6) * 6
    close = 20000 + np.cumsum(steps)
    open_ = np.r_[20000, close[:-1]] + (draw.normal(0, 3, whole).round() if mood == "jumps" else 0)
    high = np.maximum(open_, close) + np.abs(draw.normal(0, 4, whole)).round()
    low = np.minimum(open_, close) - np.abs(draw.normal(0, 4, whole)).round()
    volume = draw.integers(1, 500, whole).astype(float)
    opens = 1_700_006_400_000 + np.arange(whole) * timeframe.ms
    if mood == "holes":
        volume[draw.random(whole) < 0.05] = 0.0
        opens += np.cumsum(draw.random(whole) < 0.02) * timeframe.ms * 3
    columns = (column[:count] for column in (open_ * STEP, high * STEP, low * STEP, close * STEP, volume))
    return Candles(timeframe, opens[:count], *columns)


MOODS = ("walk", "jumps", "flat", "coarse", "holes")
markets = st.builds(
    market,
    st.integers(0, 10_000),
    st.just(700),
    st.sampled_from(MOODS),
    st.sampled_from([Timeframe.M15, Timeframe.H1]),
)
cuts = st.integers(20, 699)


def scaled(candles: Candles, factor: float) -> Candles:
    """Every price times ``factor``."""
    prices = (getattr(candles, name) * factor for name in ("open", "high", "low", "close"))
    return Candles(candles.timeframe, candles.open_ms, *prices, candles.volume)


def mirrored(candles: Candles, around: float) -> Candles:
    """The market C − p: highs become lows."""
    flipped = (around - getattr(candles, name) for name in ("open", "low", "high", "close"))
    return Candles(candles.timeframe, candles.open_ms, *flipped, candles.volume)
