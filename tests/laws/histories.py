"""Histories to hold columns against: made-up and recorded candles with holes, late starts and coarse prices, and what a scan at one
instant reads of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from data.aggregation import aggregate
from data.parquet_import import read_candles
from indicators.registry import compute_set
from shared.config.profiles import load_profile
from shared.models.data import Candles, Market, MultiTimeframeData
from shared.models.profile import Profile
from shared.models.timeframe import Timeframe
from strategy.columns.span import Frame, Span
from strategy.smc.engine import detect

START_MS = 1_704_067_200_000
"""2024-01-01T00:00:00Z, a Monday."""
PROFILES = ("balanced", "trend", "range", "aggressive", "mobile")
M5 = Timeframe.M5.ms


def walk(seed: int, days: int, late_days: float = 0.0, *, whole: bool = False) -> Candles:
    """15m candles from ``START_MS`` (or later) that rush, drift and rest by turns; unless ``whole``, with holes short and long."""
    draw = np.random.default_rng(seed)
    count = days * 96
    mood = np.repeat(draw.choice([0.3, 1.0, 3.0], count // 32 + 1), 32)[:count]
    drift = np.repeat(draw.choice([-0.25, 0.0, 0.25], count // 480 + 1), 480)[:count]
    close = 100 * np.exp(np.cumsum(0.002 * mood * (draw.standard_normal(count) + drift)))
    open_ = np.r_[100.0, close[:-1]]
    reach = 0.001 * mood * np.abs(draw.standard_normal((2, count)))
    high, low = np.maximum(open_, close) * (1 + reach[0]), np.minimum(open_, close) * (1 - reach[1])
    volume = draw.lognormal(10, 1, count) * (draw.random(count) > 0.02)
    times = START_MS + np.arange(count) * Timeframe.M15.ms
    kept = np.arange(count) >= late_days * 96
    if not whole:
        kept &= draw.random(count) > 0.001
        for length, start in zip((3, 9, 90), draw.integers(0, count, 3), strict=True):
            kept[start : start + length] = False
    return Candles(Timeframe.M15, *(part[kept] for part in (times, open_, high, low, close, volume)))


def market_of(base: str, tick: str = "0.01") -> Market:
    """The rules of a made-up market."""
    return Market(
        "x", f"{base}/USDT", f"{base}USDT", base, "USDT", "spot",
        Decimal(tick), Decimal("0.01"), Decimal(0), True, "inferred",
    )  # fmt: skip


def series_of(fine: Candles, timeframes: tuple[Timeframe, ...]) -> dict[Timeframe, Candles]:
    """Every timeframe as the exchange would have it: a coarse candle of which something traded is there."""
    return {name: aggregate(fine, name) for name in timeframes}


def recorded(folder: Path, coin: str, first_ms: int, end_ms: int) -> dict[Timeframe, Candles]:
    """Native candles of a coin."""
    names = [name for name in Timeframe if name is not Timeframe.M5]
    whole = {
        name: read_candles(folder / "native" / f"binance__{coin}-USDT__{name}.parquet", name)
        for name in names
    }
    return {name: candles.between(first_ms, end_ms) for name, candles in whole.items()}


def span_of(
    market: Market, series: Mapping[Timeframe, Candles], settings: Profile, as_of_ms: np.ndarray
) -> Span:
    """The span over all of ``series``."""
    frames = {
        name: Frame(candles, compute_set(candles).columns, detect(candles, settings.smc, float(market.tick)))
        for name, candles in series.items()
    }
    return Span(market, frames, as_of_ms)


def read_at(
    market: Market, series: Mapping[Timeframe, Candles], settings: Profile, as_of_ms: int
) -> MultiTimeframeData:
    """What a scan at one instant reads; timeframes that are only information and too short are absent."""
    rules = settings.timeframes
    found = {name: candles.between(0, as_of_ms) for name, candles in series.items()}
    short = tuple(
        name
        for name in rules.information
        if name not in rules.required and len(found[name]) < settings.min_bars(name)
    )
    kept = {name: candles for name, candles in found.items() if name not in short}
    return MultiTimeframeData(market, as_of_ms, kept, short)


def profile_of(name: str, history_bars: int = 200) -> Profile:
    """A profile that is content with a short history."""
    profile = load_profile(name)
    rules = replace(
        profile.data,
        history_bars=history_bars,
        min_context_bars=50,
        min_context_bars_1d=20,
        min_context_bars_1w=5,
    )
    return replace(profile, data=rules)
