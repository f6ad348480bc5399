"""The same figures as others compute them: SciPy, empyrical, and the formulas once more in plain loops.

Where the definitions differ it is said: empyrical takes yearly means and deviations apart, which cancels; its days are those it is
given, so it is given 365 a year. SciPy's p-value of Spearman's coefficient takes all trades for independent, ours days: they are
compared where every day has one trade.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from bot.telemetry.analytics import Result, expectancy
from bot.telemetry.calibration import spearman
from bot.telemetry.equity_ratios import chance_above_zero, probabilistic_sharpe, sharpe, sortino
from bot.telemetry.summary import summarise
from shared.models.data import Floats
from shared.models.statistics import Drawdown, Expectancy, Figure, Unsaid
from shared.models.timeframe import DAY_MS
from tests.fixtures.hand_backtest import CAPITAL, hand_backtest

NEEDS = "a reference of the dev extra, not installed here"
SEEDS = (1, 2, 3)


def returns_of(seed: int, days: int = 200) -> Floats:
    """Lopsided returns, a third of the days still."""
    draw = np.random.default_rng(seed)
    moves = draw.gamma(2.0, 0.01, days) - 0.018
    moves[draw.random(days) < 1 / 3] = 0.0
    return moves


def value(figure: Figure | Unsaid) -> float:
    assert isinstance(figure, Figure)
    return figure.value


def equity_of(returns: Floats) -> list[float]:
    return list(float(CAPITAL) * np.cumprod(1 + returns))


@pytest.mark.parametrize("seed", SEEDS)
def test_ratios_agree_with_their_formulas_in_plain_loops(seed: int) -> None:
    returns = [float(r) for r in returns_of(seed)]
    n = len(returns)
    mean = sum(returns) / n
    second, third, fourth = (sum((r - mean) ** power for r in returns) / n for power in (2, 3, 4))
    deviation = math.sqrt(second * n / (n - 1))
    downside = math.sqrt(sum(min(r, 0) ** 2 for r in returns) / n)
    s, skew, kurtosis = mean / deviation, third / second**1.5, fourth / second**2
    z = s * math.sqrt(n - 1) / math.sqrt(1 - skew * s + (kurtosis - 1) / 4 * s**2)
    array = np.array(returns)
    assert value(sharpe(array)) == pytest.approx(s * math.sqrt(365), rel=1e-10)
    assert value(sortino(array)) == pytest.approx(mean / downside * math.sqrt(365), rel=1e-10)
    assert value(probabilistic_sharpe(array)) == pytest.approx(NormalDist().cdf(z), rel=1e-10)


@pytest.mark.parametrize(("skew", "kurtosis", "chance"), [(0.0, 3.0, 0.982), (-2.448, 10.164, 0.913)])
def test_the_probabilistic_ratio_is_that_of_the_papers_example(
    skew: float, kurtosis: float, chance: float
) -> None:
    """Two years of months with a ratio of 0.458 a month, as if normal and as it was."""
    assert chance_above_zero(0.458, 24, skew, kurtosis) == pytest.approx(chance, abs=0.001)


@pytest.mark.parametrize("seed", SEEDS)
def test_skew_kurtosis_and_normal_distribution_are_scipys(seed: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason=NEEDS)
    returns = returns_of(seed)
    s = returns.mean() / returns.std(ddof=1)
    skew, kurtosis = stats.skew(returns), stats.kurtosis(returns, fisher=False)
    z = s * math.sqrt(len(returns) - 1) / math.sqrt(1 - skew * s + (kurtosis - 1) / 4 * s**2)
    assert value(probabilistic_sharpe(returns)) == pytest.approx(stats.norm.cdf(z), rel=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rank_correlation_is_scipys_ties_and_all(seed: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason=NEEDS)
    draw = np.random.default_rng(seed)
    scores = draw.integers(65, 80, 150).astype(float)
    results = np.round(draw.normal(size=150) + (scores - 72) / 20, 1)
    rho, p = spearman(scores, results, np.arange(150))
    other = stats.spearmanr(scores, results)
    assert value(rho) == pytest.approx(other.statistic, rel=1e-10)
    assert value(p) == pytest.approx(other.pvalue, abs=0.02)


def intervals(seed: int) -> tuple[Floats, Expectancy]:
    """The results of 150 days with one trade each, and what is said of them."""
    results = np.random.default_rng(seed).normal(0.1, 1.2, 150)
    worth = expectancy([Result(day * DAY_MS, float(r), float(r)) for day, r in enumerate(results)])
    assert isinstance(worth, Expectancy)
    return results, worth


@pytest.mark.parametrize("seed", SEEDS)
def test_the_interval_of_many_single_days_is_nearly_the_normal_one(seed: int) -> None:
    results, worth = intervals(seed)
    error = NormalDist().inv_cdf(0.975) * float(results.std()) / math.sqrt(len(results))
    assert (worth.low, worth.high) == pytest.approx((worth.mean - error, worth.mean + error), abs=error * 0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_interval_of_single_days_is_scipys_bootstrap(seed: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason=NEEDS)
    results, worth = intervals(seed)
    other = stats.bootstrap((results,), np.mean, n_resamples=10_000, method="percentile", rng=1)
    assert (worth.low, worth.high) == pytest.approx(tuple(other.confidence_interval), abs=0.01)


EMPYRICAL = {
    1: (0.16682834897796064, 0.31825343158446917, 13.43516224333382),
    2: (1.4538190402278826, 3.040449714464115, 8.664138608970381),
    3: (4.901305188216859, 13.046443949674659, 3.851222111801426),
}
"""Sharpe ratio, Sortino ratio and deepest fall in percent of the same returns, by seed, as empyrical-reloaded 0.7.1 gave them with 365
days a year. It needs a library without wheels, so it is not among what is installed for tests."""


@pytest.mark.parametrize("seed", SEEDS)
def test_sharpe_sortino_and_drawdown_are_empyricals(seed: int) -> None:
    said = summarise(hand_backtest(equity=equity_of(returns_of(seed))))
    assert isinstance(said.drawdown, Drawdown)
    found = value(said.sharpe), value(said.sortino), said.drawdown.pct
    assert found == pytest.approx(EMPYRICAL[seed], rel=1e-9)


def test_the_deepest_fall_agrees_with_every_pair_of_days() -> None:
    equity = [float(CAPITAL), *equity_of(returns_of(4, 80))]
    falls = [1 - late / early for place, early in enumerate(equity) for late in equity[place:]]
    said = summarise(hand_backtest(equity=equity[1:]))
    assert isinstance(said.drawdown, Drawdown)
    assert said.drawdown.pct == pytest.approx(100 * max(falls), rel=1e-9)
