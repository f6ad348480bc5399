"""A market's regime state at every instant, the benchmark's as any symbol's: an impulse on 15m or 1h, else the 4h trend, else chop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from shared.models.data import AnyInts, Floats, Ints
from shared.models.regime import RegimeState
from shared.models.timeframe import Timeframe
from strategy.columns.shown_trend import shown_trends
from strategy.columns.span import Frame, at_bars
from strategy.confluence.impulse import find_impulses, signed_efficiency
from strategy.confluence.regime_detection import IMPULSE_TIMEFRAMES, IMPULSES, TREND_TIMEFRAME, TRENDS

CODES: Final = {state: place for place, state in enumerate(RegimeState)}
"""A state's place in ``tuple(RegimeState)``."""
IMPULSE_CODES: Final = np.array([CODES[IMPULSES.get(way, RegimeState.CHOP)] for way in (-1, 0, 1)], np.int8)
TREND_CODES: Final = np.array([CODES[TRENDS[way]] for way in (-1, 0, 1)], np.int8)


def read_states(frames: Mapping[Timeframe, Frame], bars: Mapping[Timeframe, Ints]) -> tuple[AnyInts, Floats]:
    """The state at each instant, as its place in ``tuple(RegimeState)``, and the 4h efficiency ratio (unsigned); shape (n,) each.
    ``bars`` are the last bars at each instant of every frame there is, −1 where nothing is read of it.
    """
    impulse = _impulses(frames, bars)
    if TREND_TIMEFRAME not in frames:
        return IMPULSE_CODES[impulse + 1], np.zeros(impulse.size)
    frame, held = frames[TREND_TIMEFRAME], bars[TREND_TIMEFRAME]
    efficiency = signed_efficiency(frame.candles.close)
    trend = at_bars(shown_trends(efficiency, frame.log), held, 0)
    state = np.where(impulse == 0, TREND_CODES[trend + 1], IMPULSE_CODES[impulse + 1])
    return state, at_bars(np.abs(np.nan_to_num(efficiency, nan=0.0)), held, 0.0)


def _impulses(frames: Mapping[Timeframe, Frame], bars: Mapping[Timeframe, Ints]) -> Ints:
    """The impulse at each instant, +1, −1 or 0; of two, that of the larger score."""
    count = next(iter(bars.values())).size
    impulse, strongest = np.zeros(count, np.int64), np.full(count, -1.0)
    for timeframe in IMPULSE_TIMEFRAMES:
        if timeframe not in frames:
            continue
        found, held = find_impulses(frames[timeframe].candles), bars[timeframe]
        state = at_bars(found.state, held, 0)
        score = at_bars(np.abs(np.nan_to_num(found.z, nan=0.0)), held, 0.0)
        taken = (state != 0) & (score > strongest)
        impulse, strongest = np.where(taken, state, impulse), np.where(taken, score, strongest)
    return impulse
