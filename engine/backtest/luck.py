"""Luck: how good the best of many worthless configurations looks, and how likely ours is no better than that.

The deflated Sharpe ratio of D. Bailey and M. López de Prado (The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest
Overfitting and Non-Normality, Journal of Portfolio Management 40(5), 2014), on results by day: days, not trades, are independent bets.
How far apart the ratios of worthless configurations lie is taken from those tried, as there; but never as more than their own
error allows, since what lies further apart is not worthless alike. Each configuration counts as one of its own, though searched ones
resemble each other: the probability of chance is rather too high.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import numpy as np

from shared.models.search import Daily, Luck
from shared.models.statistics import Unsaid

EULER: Final = 0.577215664901532860606512090082
NORMAL: Final = NormalDist()
FEWEST: Final = 10
"""Configurations below which their ratios do not say how far apart they lie; their own error then does."""


def expected_best(tried: int, spread: float) -> float:
    """The largest of ``tried`` independent normal ratios about 0 with standard deviation ``spread``, on average; 0 for a single one."""
    if tried < 2:
        return 0.0
    usual, rare = NORMAL.inv_cdf(1 - 1 / tried), NORMAL.inv_cdf(1 - 1 / (tried * math.e))
    return spread * ((1 - EULER) * usual + EULER * rare)


def luck_of(best: Daily | Unsaid, others: Sequence[Daily], tried: int) -> Luck | Unsaid:
    """What is due to luck in the best of ``tried`` configurations, ``others`` being those whose results have a shape, the best
    included."""
    if isinstance(best, Unsaid):
        return best
    variance = float(np.mean([1 / (other.days - 1) for other in others]))
    if len(others) >= FEWEST:
        variance = min(variance, float(np.var([other.ratio for other in others], ddof=1)))
    expected = expected_best(tried, math.sqrt(variance))
    return Luck(tried, best.ratio, expected, 1 - probability_above(best, expected))


def probability_above(found: Daily, ratio: float) -> float:
    """The probability that the true daily ratio is above ``ratio``, given the days' skewness and kurtosis (probabilistic Sharpe
    ratio)."""
    variance = 1 - found.skew * found.ratio + (found.kurtosis - 1) / 4 * found.ratio**2
    return NORMAL.cdf((found.ratio - ratio) * math.sqrt(found.days - 1) / math.sqrt(max(variance, 1e-12)))
