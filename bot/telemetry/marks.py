"""Mark-to-market equity as the backtest noted it, and by the UTC day."""

from __future__ import annotations

import numpy as np

from shared.errors import ContractError
from shared.models.backtest import Backtest
from shared.models.data import Floats, Ints
from shared.models.timeframe import DAY_MS


def marks(backtest: Backtest) -> tuple[Ints, Floats]:
    """UTC ms and totals, in the account's currency: the capital at the start, then every point after it; shape (points + 1,) each.

    Raises:
        ContractError: a total is not a number.
    """
    points = sorted((p for p in backtest.equity if p.time_ms > backtest.since_ms), key=lambda p: p.time_ms)
    times = np.array([backtest.since_ms, *(point.time_ms for point in points)], np.int64)
    totals = np.array([float(backtest.capital), *(float(point.total) for point in points)], np.float64)
    if not np.isfinite(totals).all():
        wrong = int(np.flatnonzero(~np.isfinite(totals))[0])
        raise ContractError(f"backtest: equity at {times[wrong]} must be finite, found {totals[wrong]}")
    return times, totals


def daily_equity(backtest: Backtest) -> Floats:
    """The capital, then the last total of every UTC day up to the last point; shape (days + 1,), in the account's currency.

    A day without a point has the total of the day before. The first and the last day may be parts of one.
    """
    times, totals = marks(backtest)
    ends = np.arange(times[0] // DAY_MS, (times[-1] - 1) // DAY_MS + 1) * DAY_MS + DAY_MS
    equity: Floats = np.r_[totals[0], totals[np.searchsorted(times, ends, "right") - 1]]
    return equity


def daily_returns(equity: Floats) -> Floats:
    """Change of each day over the day before, as a share; shape (days,) for equity of shape (days + 1,), all above 0."""
    returns: Floats = equity[1:] / equity[:-1] - 1
    return returns
