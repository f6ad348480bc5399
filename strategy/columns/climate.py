"""The regime at every instant of a span, as ``strategy.confluence.regime_detection.read_regime`` reads it at one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from shared.models.data import AnyInts, Floats, Ints
from shared.models.profile import Profile
from shared.models.regime import RegimeState
from shared.models.timeframe import Timeframe
from strategy.columns.benchmark import MarketColumns
from strategy.columns.beta import betas_at
from strategy.columns.regime import CODES, read_states
from strategy.columns.span import Climate, Span
from strategy.confluence.regime_detection import (
    DIRECTION,
    IMPULSES,
    MIN_BETA,
    UNSURE_BETA,
    VOLATILITY_BARS,
)

PULLS: Final = np.array([DIRECTION[state] if state in IMPULSES.values() else 0 for state in RegimeState])
"""Which way an impulse goes, by the state's place; 0 for every other state."""


def read_climate(span: Span, market: MarketColumns, settings: Profile) -> Climate:
    """The regime at each instant of ``span`` beside the benchmark's at the same instants. The percentile is NaN where the anchor
    timeframe has no ATR %: no decision gets so far there.
    """
    bars = seen_bars(span, settings)
    state, efficiency = read_states(span.frames, bars)
    beta = _betas(span, bars, market)
    long, short = _vetoes(market, beta, span.market.base)
    asked = int(settings.gates.btc_gate)
    anchor = settings.timeframes.anchor
    return Climate(
        state=state,
        efficiency=efficiency,
        percentile=_percentiles(span.frames[anchor].columns["atr_pct"], bars[anchor]),
        beta=beta,
        market=market.state,
        appetite=market.appetite,
        veto_long=asked * long,
        veto_short=asked * short,
    )


def seen_bars(span: Span, settings: Profile) -> dict[Timeframe, Ints]:
    """The last bar at each instant of every frame, −1 where a decision does not see it: none is closed, or the timeframe is only
    information and still too short.
    """
    bars = {name: frame.last_bars(span.as_of_ms) for name, frame in span.frames.items()}
    for name in settings.timeframes.information:
        if name in bars and name not in settings.timeframes.required:
            bars[name] = np.where(bars[name] + 1 < settings.min_bars(name), -1, bars[name])
    return bars


def _percentiles(column: Floats, bars: Ints) -> Floats:
    """Rank of the value at each of ``bars`` among the last ``VOLATILITY_BARS``, ties counted half; 0–100, NaN where there is none."""
    wanted, place = np.unique(bars, return_inverse=True)
    padded = np.concatenate((np.full(VOLATILITY_BARS, np.nan), column))
    recent = sliding_window_view(padded, VOLATILITY_BARS)[wanted + 1]
    last = recent[:, -1:]
    below, level = (recent < last).sum(axis=1), (recent == last).sum(axis=1)
    size = np.isfinite(recent).sum(axis=1)
    known = level > 0
    ranks = np.full(wanted.size, np.nan)
    ranks[known] = 100.0 * (below[known] + level[known] / 2) / size[known]
    return ranks[place]


def _betas(span: Span, bars: dict[Timeframe, Ints], market: MarketColumns) -> Floats:
    if Timeframe.H1 not in span.frames:
        return np.full(span.as_of_ms.size, UNSURE_BETA)
    return betas_at(span.frames[Timeframe.H1].candles, bars[Timeframe.H1], market)


def _vetoes(market: MarketColumns, beta: Floats, base: str) -> tuple[AnyInts, AnyInts]:
    """How many vetoes stand against longs and against shorts at each instant: an unknown benchmark's against both, an impulse's against
    the side that it pulls away from.
    """
    pull = np.where(beta > 0, PULLS[market.state], -PULLS[market.state])
    heeded = (np.abs(beta) >= MIN_BETA) & (base != market.benchmark.split("/")[0])
    unknown = market.state == CODES[RegimeState.UNKNOWN]
    long, short = (unknown | (heeded & (pull == away)) for away in (-1, 1))
    return long.astype(np.int8), short.astype(np.int8)
