"""Impulse and trend states: one state per closed bar, each from that bar and earlier ones alone.

An impulse is a four-bar move that is large for the market's own recent volatility:
``z = ln(C[t] / C[t-4]) / (sigma * 2)``, sigma being the root of an exponentially weighted mean of squared one-bar log
returns (half-life 96 bars) up to ``t - 4``, so that the move does not inflate its own yardstick.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.models.data import Candles, Floats, Ints
from shared.utils.kernels import kernel

SPAN: Final = 4
"""Bars the tested move takes."""
HALF_LIFE: Final = 96.0
SEED_BARS: Final = 96
"""Returns whose plain mean square starts the weighted one; no z-score before."""
ENTER_Z: Final = 2.5
LEAVE_Z: Final = 1.0
MIN_HOLD: Final = 8
MAX_HOLD: Final = 12

EFFICIENCY_BARS: Final = 20
TREND_ENTER: Final = 0.35
TREND_LEAVE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Impulses:
    """Shape (n,) each. ``z``: NaN while there is no yardstick or a bar of the move is missing; ``state``: +1 impulse up,
    −1 impulse down, 0 none.
    """

    z: Floats
    state: Ints


def find_impulses(candles: Candles) -> Impulses:
    """Impulse states of a series. A return over a missing candle counts neither as a move nor as volatility."""
    count = len(candles)
    z, state = np.full(count, np.nan), np.zeros(count, np.int64)
    if count:
        whole = np.ones(count, np.int64)
        whole[1:] = np.diff(candles.open_ms) == candles.timeframe.ms
        impulse_scores(np.log(candles.close), whole, z)
        impulse_states(z, state)
    return Impulses(z, state)


@kernel
def impulse_scores(log_close: Floats, whole: Ints, z_out: Floats) -> None:
    """Z-scores of four-bar moves.

    ``log_close`` shape (n,), ``whole[t]`` is 1 when bar t follows bar t − 1 without a hole. ``z_out`` shape (n,),
    handed over as NaN; stays NaN for the first ``SEED_BARS + SPAN`` bars, over holes and without volatility.
    """
    decay = 0.5 ** (1.0 / HALF_LIFE)
    variance = 0.0
    seen = 0
    run = 0
    for t in range(len(log_close)):
        run = run + 1 if whole[t] == 1 else 0
        lagged = t - SPAN
        if lagged >= 1 and whole[lagged] == 1:
            change = log_close[lagged] - log_close[lagged - 1]
            seen += 1
            if seen <= SEED_BARS:
                variance += change * change / SEED_BARS
            else:
                variance = decay * variance + (1.0 - decay) * change * change
        if seen >= SEED_BARS and run >= SPAN and variance > 0.0:
            z_out[t] = (log_close[t] - log_close[lagged]) / math.sqrt(variance * SPAN)


@kernel
def impulse_states(z: Floats, state_out: Ints) -> None:
    """Hysteresis over z-scores, shape (n,) each; a NaN score neither starts nor ends anything but the clock runs on.

    A fresh crossing of ``ENTER_Z`` on a side starts (or restarts) that side's impulse. It lasts at least ``MIN_HOLD``
    bars, then ends once the score along it is below ``LEAVE_Z``, and after ``MAX_HOLD`` bars in any case. It starts
    again only at another crossing from below.
    """
    state = 0
    age = 0
    beyond = 0
    for t in range(len(z)):
        score = z[t]
        now = 1 if score >= ENTER_Z else (-1 if score <= -ENTER_Z else 0)
        if now != 0 and now != beyond:
            state = now
            age = 0
        elif state != 0:
            age += 1
            if age >= MAX_HOLD or (age >= MIN_HOLD and score * state < LEAVE_Z):
                state = 0
        beyond = now
        state_out[t] = state


def signed_efficiency(close: Floats, bars: int = EFFICIENCY_BARS) -> Floats:
    """Kaufman's efficiency ratio with the sign of the move: net change over the sum of changes, in [−1, 1].

    Shape (n,); NaN for the first ``bars`` rows; 0 where nothing moved.
    """
    ratio = np.full(close.size, np.nan)
    if close.size > bars:
        steps = np.abs(np.diff(close))
        path = np.lib.stride_tricks.sliding_window_view(steps, bars).sum(axis=1)
        net = close[bars:] - close[:-bars]
        ratio[bars:] = np.divide(net, path, out=np.zeros_like(net), where=path > 0)
    return ratio


@kernel
def trend_states(efficiency: Floats, swing_trend: Ints, state_out: Ints) -> None:
    """Trend with hysteresis, shape (n,) each: +1, −1, or 0 for chop.

    Entered when the signed ``efficiency`` agrees with ``swing_trend`` (+1, 0, −1) at ``TREND_ENTER`` or more; left
    below ``TREND_LEAVE``, or when the swing trend is no longer the same.
    """
    state = 0
    for t in range(len(efficiency)):
        state = next_trend(state, swing_trend[t], efficiency[t])
        state_out[t] = state


def next_trend(state: int, swing_trend: int, efficiency: float) -> int:
    """The trend after one more bar."""
    along = efficiency * swing_trend
    if swing_trend != 0 and along >= TREND_ENTER:
        return swing_trend
    if state != 0 and not (swing_trend == state and along >= TREND_LEAVE):
        return 0
    return state
