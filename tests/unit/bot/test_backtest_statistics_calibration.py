"""Whether a higher score was worth more, on scores and results whose answer is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bot.telemetry.calibration import brier, calibration, deciles_of, mean_ranks, spearman
from bot.telemetry.sample import sample_of
from shared.models.fills import Ending
from shared.models.statistics import Calibration, Expectancy, Figure, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS
from tests.fixtures.hand_backtest import MONDAY_MS, hand_trade


def calibrated(scores: Sequence[float], results: Sequence[float]) -> Calibration:
    """One trade a day."""
    pairs = enumerate(zip(scores, results, strict=True))
    return calibration(
        sample_of(hand_trade(r, score=score, decided_ms=MONDAY_MS + n * DAY_MS) for n, (score, r) in pairs)
    )


def value(figure: Figure | Unsaid) -> float:
    assert isinstance(figure, Figure)
    return figure.value


def test_equal_values_share_their_mean_rank() -> None:
    assert mean_ranks(np.array([3.0, 1.0, 3.0, 2.0, 3.0])).tolist() == [4.0, 1.0, 4.0, 2.0, 4.0]


def test_deciles_are_tenths_of_the_ranks() -> None:
    assert deciles_of(np.arange(30.0)[::-1]).tolist() == [n // 3 for n in range(30)][::-1]


def test_equal_scores_are_never_torn_apart() -> None:
    scores = np.array([70.0] * 15 + [80.0] * 15 + [90.0] * 10)
    assert deciles_of(scores).tolist() == [1] * 15 + [5] * 15 + [8] * 10
    assert set(deciles_of(np.full(30, 70.0))) == {5} or set(deciles_of(np.full(30, 70.0))) == {4}


def test_a_decile_has_its_scores_its_hits_and_its_worth_or_says_it_is_too_small() -> None:
    scores = [float(n) for n in range(65, 95)]
    said = calibrated(scores, [-1.0] * 29 + [2.0])
    assert [decile.trades for decile in said.deciles] == [3] * 10
    last = said.deciles[-1]
    assert (last.low, last.high, last.reached) == (92.0, 94.0, pytest.approx(1 / 3))
    assert last.worth == Insufficient(3, 3)
    many = calibrated([70.0, 90.0] * 30, [-1.0, 2.0] * 30)
    low, high = many.deciles
    assert (low.trades, low.reached, high.reached) == (30, 0.0, 1.0)
    assert isinstance(low.worth, Expectancy)
    assert isinstance(high.worth, Expectancy)
    assert (low.worth.mean, high.worth.mean) == (-1.0, 2.0)


def test_a_trade_that_was_paid_at_a_target_reached_it_whatever_came_after() -> None:
    trades = [
        hand_trade(0.1, decided_ms=MONDAY_MS + n * DAY_MS, ending=Ending.BREAK_EVEN if n % 2 else Ending.TIME)
        for n in range(30)
    ]
    (decile,) = calibration(sample_of(trades)).deciles
    assert decile.reached == 0.5


def test_scores_that_order_the_results_perfectly_correlate_fully() -> None:
    scores = [65 + n / 2 for n in range(40)]
    results = [-1.0 + n / 10 for n in range(40)]
    rising, falling = calibrated(scores, results), calibrated(scores, results[::-1])
    assert (value(rising.spearman), value(falling.spearman)) == (pytest.approx(1.0), pytest.approx(-1.0))
    assert rising.spearman_p == Figure(pytest.approx(1 / 2001), 40)


def test_scores_or_results_that_are_all_the_same_correlate_with_nothing() -> None:
    flat = calibrated([70.0] * 30, [1.0, -1.0] * 15)
    assert flat.spearman == flat.spearman_p == Unsaid("every score is the same")
    assert calibrated([70.0, 80.0] * 15, [1.0] * 30).spearman == Unsaid("every result is the same")


def test_too_few_trades_are_not_calibrated() -> None:
    few = Unsaid("29 of 30 trades on 29 of 20 days")
    assert calibrated([70.0] * 29, [1.0] * 29) == Calibration((), few, few, few, few)


def test_trades_of_one_day_are_one_bet_in_the_p_value() -> None:
    """Forty days of five equal trades each: what a t approximation takes for two hundred independent ones."""
    draw = np.random.default_rng(5)
    day = np.repeat(np.arange(40), 5)
    scores, results = draw.normal(size=40), draw.normal(size=40)
    results += 0.3 * scores
    rho, clustered = spearman(scores[day], results[day], day)
    _, alone = spearman(scores[day], results[day], np.arange(200))
    assert value(rho) > 0.15
    assert value(alone) < 0.03
    assert value(clustered) > 2 * value(alone)


def test_p_values_of_unrelated_days_are_spread_evenly() -> None:
    draw, day, low = np.random.default_rng(1), np.repeat(np.arange(25), 4), 0
    for _ in range(100):
        scores, results = draw.normal(size=25)[day], draw.normal(size=25)[day]
        low += value(spearman(scores, results, day)[1]) <= 0.2
    assert 10 <= low <= 30


def test_the_forecast_of_a_trade_never_knows_its_own_day() -> None:
    """Two trades a day that share their fate: knowing the day would forecast perfectly."""
    day = np.repeat(np.arange(30), 2)
    reached = (day % 2).astype(float)
    own, base = brier(reached, np.zeros(60, np.int64), day)
    assert value(own) == value(base) == pytest.approx((15 / 29) ** 2)


def test_deciles_that_know_better_forecast_better() -> None:
    day = np.arange(40)
    decile = day % 2
    own, base = brier(decile.astype(float), decile, day)
    assert (value(own), value(base)) == (0.0, pytest.approx((20 / 39) ** 2))


def test_a_decile_of_one_day_forecasts_nothing() -> None:
    day = np.array([0, 0, 1, 2])
    own, base = brier(np.array([1.0, 1.0, 1.0, 0.0]), np.array([3, 3, 7, 7]), day)
    assert own == Figure(1.0, 2)
    assert base == Figure(pytest.approx((1 / 9 + 1) / 2), 2)
    nothing = Unsaid("no decile has two days")
    assert brier(np.ones(2), np.array([1, 2]), np.array([0, 1])) == (nothing, nothing)
