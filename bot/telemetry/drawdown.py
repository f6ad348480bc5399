"""The deepest fall of mark-to-market equity."""

from __future__ import annotations

import numpy as np

from bot.telemetry.marks import marks
from shared.models.backtest import Backtest
from shared.models.statistics import Drawdown, Unsaid
from shared.models.timeframe import DAY_MS


def drawdown(backtest: Backtest) -> Drawdown | Unsaid:
    """The fall that took the largest share of its peak, the first of equal ones; the capital at the start is the first peak.

    Points are a day apart, so what fell and came back within one day is not seen.

    Raises:
        ContractError: a total is not a number.
    """
    times, totals = marks(backtest)
    peaks = np.maximum.accumulate(totals)
    falls = peaks - totals
    if peaks[0] <= 0:
        return Unsaid("no capital")
    if not falls.any():
        return Unsaid("equity never fell")
    trough = int((falls / peaks).argmax())
    peak = int(np.flatnonzero(totals[:trough] == peaks[trough])[-1])
    again = np.flatnonzero(totals[trough:] >= peaks[trough])
    end = trough + int(again[0]) if len(again) else len(times) - 1
    return Drawdown(
        pct=float(falls[trough] / peaks[trough] * 100),
        peak_ms=int(times[peak]),
        trough_ms=int(times[trough]),
        days=float(times[end] - times[peak]) / DAY_MS,
        is_open=not len(again),
    )
