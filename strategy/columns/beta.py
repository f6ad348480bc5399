"""A symbol's beta at every instant, to the bit as ``strategy.confluence.regime_detection`` has it at one.

It changes only with the benchmark's newest hour: what the symbol has up to then is known by then. Returns stand on a grid of hours, so that
those which pair are a window of each grid; sums are rounded once, as ``math.fsum`` rounds them, so that their order does not matter.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shared.models.data import Bools, Candles, Floats, Ints
from shared.utils.exact_sums import column_sums
from strategy.columns.benchmark import MarketColumns, log_returns
from strategy.confluence.regime_detection import BETA_BARS, MIN_BETA_PAIRS, UNSURE_BETA

BLOCK: Final = 1024
"""Windows taken at once, so that they stay in the processor's cache."""


def betas_at(hours: Candles, bars: Ints, market: MarketColumns) -> Floats:
    """Slope of a symbol's 1h returns on the benchmark's at each instant, shape (n,). ``bars`` are its last 1h bars, −1 where there is
    none.
    """
    length = hours.timeframe.ms
    until_ms = market.returns_until_ms
    steps = np.where(bars < 0, 0, (until_ms - market.returns_after_ms) // length)
    changes = np.append(True, (np.diff(until_ms) != 0) | (np.diff(steps) != 0))
    whole = np.diff(hours.open_ms) == length
    own_ms, own = hours.close_ms[1:][whole], log_returns(hours)[whole]
    first_ms = min((*own_ms[:1].tolist(), *market.hour_ms[:1].tolist()), default=0)
    count = (max((*own_ms[-1:].tolist(), *market.hour_ms[-1:].tolist()), default=0) - first_ms) // length + 1
    mine, theirs = np.full((2, BETA_BARS + count), np.nan)
    mine[BETA_BARS + (own_ms - first_ms) // length] = own
    theirs[BETA_BARS + (market.hour_ms - first_ms) // length] = market.hour_returns
    ends = np.clip(BETA_BARS + (until_ms[changes] - first_ms) // length, BETA_BARS, BETA_BARS + count - 1)
    found = [
        _slopes(mine, theirs, ends[at : at + BLOCK], steps[changes][at : at + BLOCK])
        for at in range(0, ends.size, BLOCK)
    ]
    slopes: Floats = np.concatenate(found)[np.cumsum(changes) - 1]
    return slopes


def _slopes(own: Floats, other: Floats, ends: Ints, steps: Ints) -> Floats:
    """The slope over the ``steps`` hours that end at ``ends`` on both grids; shape (m,) each but for the grids."""
    back = np.arange(BETA_BARS)[:, None]
    mine, theirs = own[ends - back], other[ends - back]
    paired = np.isfinite(mine) & np.isfinite(theirs) & (back < steps)
    slopes = np.full(ends.size, UNSURE_BETA)
    enough = paired.sum(axis=0) >= MIN_BETA_PAIRS
    slopes[enough] = _slope_of(mine[:, enough], theirs[:, enough], paired[:, enough])
    return slopes


def _slope_of(mine: Floats, theirs: Floats, paired: Bools) -> Floats:
    mean = column_sums(np.where(paired, theirs, 0.0)) / paired.sum(axis=0)
    spread = np.where(paired, theirs - mean, 0.0)
    variance = column_sums(spread * spread)
    along = column_sums(spread * np.where(paired, mine, 0.0))
    return np.divide(along, variance, out=np.full(mean.size, UNSURE_BETA), where=variance > 0)
