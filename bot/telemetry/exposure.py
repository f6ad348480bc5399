"""The share of a period in which anything was held."""

from __future__ import annotations

import numpy as np

from shared.models.backtest import Backtest
from shared.models.statistics import Figure, Unsaid


def exposure(backtest: Backtest) -> Figure | Unsaid:
    """Time with at least one position, open ones too, over the whole period.

    A position is held from the open of the candle that filled it to the close of the one that ended it.
    """
    held = [trade.outcome for trade in backtest.trades if trade.outcome.filled]
    span_ms = backtest.until_ms - backtest.since_ms
    if not held or span_ms <= 0:
        return Unsaid("nothing was filled")
    starts, ends = (
        np.clip(times, backtest.since_ms, backtest.until_ms)
        for times in np.array(sorted((each.filled_ms, each.ended_ms) for each in held), np.int64).T
    )
    already = np.r_[backtest.since_ms, np.maximum.accumulate(ends)[:-1]]
    new_ms = np.maximum(ends - np.maximum(starts, already), 0)
    return Figure(float(new_ms.sum()) / span_ms, len(held))
