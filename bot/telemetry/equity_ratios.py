"""Return against its deviation, from daily mark-to-market equity.

Sharpe and Sortino ratios are yearly, for markets that trade on 365 days; the benchmark is 0. Beside them the probability that the
true Sharpe ratio is above 0, given skew, kurtosis and length of the record (D. H. Bailey, M. López de Prado, The Sharpe Ratio Efficient
Frontier, Journal of Risk 15(2), 2012).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Final

import numpy as np

from shared.models.data import Floats
from shared.models.statistics import MIN_EQUITY_DAYS, Figure, Unsaid

DAYS_A_YEAR: Final = 365
NOTHING: Final = 1e-12
"""A daily deviation below this is rounding."""

Ratio = Callable[[Floats], Figure | Unsaid]


def _of_enough(figure: Ratio) -> Ratio:
    """``figure`` of daily returns, told of at least 60 days."""

    @wraps(figure)
    def told(returns: Floats) -> Figure | Unsaid:
        days = len(returns)
        return figure(returns) if days >= MIN_EQUITY_DAYS else Unsaid(f"{days} of {MIN_EQUITY_DAYS} days")

    return told


@_of_enough
def sharpe(returns: Floats) -> Figure | Unsaid:
    """Mean over standard deviation (of a sample: n − 1), × √365."""
    daily = _daily_sharpe(returns)
    return Figure(daily * math.sqrt(DAYS_A_YEAR), len(returns)) if math.isfinite(daily) else _still()


@_of_enough
def sortino(returns: Floats) -> Figure | Unsaid:
    """Mean over the root of the mean squared loss, × √365; days without a loss count as 0 in that mean."""
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0) ** 2)))
    if downside <= NOTHING:
        return Unsaid("no losing day")
    return Figure(float(returns.mean()) / downside * math.sqrt(DAYS_A_YEAR), len(returns))


@_of_enough
def probabilistic_sharpe(returns: Floats) -> Figure | Unsaid:
    """:func:`chance_above_zero` of the daily ratio, with skew and kurtosis of the population."""
    daily = _daily_sharpe(returns)
    if not math.isfinite(daily):
        return _still()
    centred = returns - returns.mean()
    spread = float(np.mean(centred**2))
    skew = float(np.mean(centred**3)) / spread**1.5
    kurtosis = float(np.mean(centred**4)) / spread**2
    return Figure(chance_above_zero(daily, len(returns), skew, kurtosis), len(returns))


def chance_above_zero(ratio: float, n: int, skew: float, kurtosis: float) -> float:
    """Φ(s·√(n − 1) / √(1 − γ₃·s + (γ₄ − 1)/4·s²)) for a ratio s of ``n`` returns, not made yearly, with skew γ₃ and kurtosis γ₄ (3 for
    a normal distribution)."""
    variance = 1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2
    z = ratio * math.sqrt((n - 1) / max(variance, NOTHING))
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _daily_sharpe(returns: Floats) -> float:
    """NaN where nothing moves."""
    deviation = float(returns.std(ddof=1))
    return float(returns.mean()) / deviation if deviation > NOTHING else math.nan


def _still() -> Unsaid:
    return Unsaid("equity does not vary")
