"""What trades of a backtest are worth: the few figures by which configurations are compared."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bot.telemetry.analytics import Result, expectancy
from shared.models.backtest import Trade
from shared.models.search import Daily
from shared.models.statistics import Expectancy, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS

FEWEST_DAYS = 3
"""Days below which results have no shape."""


def worth_of(trades: Iterable[Trade]) -> Expectancy | Insufficient:
    """Mean R of the finished ones, or how many too few there are."""
    return expectancy(
        [
            Result(trade.decided_ms, trade.outcome.result_r, trade.outcome.best_r)
            for trade in trades
            if trade.is_finished
        ]
    )


def daily_of(trades: Iterable[Trade]) -> Daily | Unsaid:
    """The shape of the results by UTC day of decision, over days that have any."""
    finished = [trade for trade in trades if trade.is_finished]
    days, day = np.unique([trade.decided_ms // DAY_MS for trade in finished], return_inverse=True)
    if len(days) < FEWEST_DAYS:
        return Unsaid(f"{len(days)} of {FEWEST_DAYS} days")
    sums = np.bincount(day, [trade.outcome.result_r for trade in finished])
    spread = float(sums.std(ddof=1))
    if not spread > 0:
        return Unsaid("every day brought the same")
    scores = (sums - sums.mean()) / sums.std()
    return Daily(
        ratio=float(sums.mean()) / spread,
        skew=float((scores**3).mean()),
        kurtosis=float((scores**4).mean()),
        days=len(days),
    )
