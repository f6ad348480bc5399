"""Luck: the published example, and draws of what the formula promises."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.backtest.luck import expected_best, luck_of, probability_above
from engine.backtest.worth import daily_of
from shared.models.search import Daily, Luck
from shared.models.statistics import Unsaid
from shared.models.timeframe import DAY_MS
from tests.fixtures.hand_backtest import MONDAY_MS, hand_trade


def test_the_published_example_is_met() -> None:
    """Bailey and López de Prado 2014, section "A numerical example": 100 trials whose yearly ratios vary by 1/2, five years of 250 days,
    ratio 2.5 a year, skewness −3, kurtosis 10: the luckiest shows 0.1132 a day, and the deflated ratio is 0.9004."""
    expected = expected_best(100, math.sqrt(1 / 2 / 250))
    assert expected == pytest.approx(0.1132, abs=5e-5)
    best = Daily(2.5 / math.sqrt(250), -3.0, 10.0, 1250)
    assert probability_above(best, expected) == pytest.approx(0.9004, abs=5e-5)


@pytest.mark.parametrize("tried", [10, 100, 1000])
def test_the_luckiest_of_many_is_as_lucky_as_draws_show(tried: int) -> None:
    drawn = np.random.default_rng(1).normal(0, 0.2, (4000, tried)).max(axis=1).mean()
    assert expected_best(tried, 0.2) == pytest.approx(drawn, rel=0.03)


def test_a_single_configuration_was_not_picked() -> None:
    assert expected_best(1, 0.2) == 0.0


def test_the_best_of_noise_is_likely_chance_and_an_edge_is_not() -> None:
    """200 days of 30 configurations without worth: the best has about the expected ratio."""
    chances = []
    for seed in range(200):
        days = np.random.default_rng(seed).normal(0, 1, (30, 200))
        ratios = days.mean(axis=1) / days.std(axis=1, ddof=1)
        tried = [Daily(float(ratio), 0.0, 3.0, 200) for ratio in ratios]
        found = luck_of(max(tried, key=lambda daily: daily.ratio), tried, 30)
        assert isinstance(found, Luck)
        chances.append(found.chance)
    assert np.mean(chances) == pytest.approx(0.5, abs=0.05)
    assert np.mean(np.array(chances) < 0.05) < 0.05
    edge = luck_of(Daily(0.6, 0.0, 3.0, 200), tried, 30)
    assert isinstance(edge, Luck)
    assert edge.chance < 0.001


@pytest.mark.parametrize(
    ("many", "step", "spread"),
    [
        pytest.param(11, 0.2, 0.1, id="no more than their own error, 1 over the root of 100"),
        pytest.param(11, 0.005, 0.005 * math.sqrt(11), id="as far apart as they lie"),
        pytest.param(9, 0.005, 0.1, id="too few to say"),
    ],
)
def test_worthless_configurations_lie_apart_as_those_tried_do(many: int, step: float, spread: float) -> None:
    tried = [Daily(step * place, 0.0, 3.0, 101) for place in range(many)]
    found = luck_of(tried[-1], tried, 50)
    assert isinstance(found, Luck)
    assert (found.tried, found.ratio) == (50, tried[-1].ratio)
    assert found.expected == pytest.approx(expected_best(50, spread))


def test_where_the_best_has_no_shape_nothing_is_said() -> None:
    assert luck_of(Unsaid("every day brought the same"), [], 9) == Unsaid("every day brought the same")


def test_the_shape_of_results_is_that_of_their_days() -> None:
    """Days bring 1, −1, 1, −1 and, of two trades, 5."""
    results = {0: (1.0,), 1: (-1.0,), 2: (1.0,), 3: (-1.0,), 4: (2.0, 3.0)}
    trades = [
        hand_trade(r, decided_ms=MONDAY_MS + day * DAY_MS + place)
        for day, many in results.items()
        for place, r in enumerate(many)
    ]
    daily = daily_of(trades)
    assert isinstance(daily, Daily)
    sums = np.array([1.0, -1.0, 1.0, -1.0, 5.0])
    moments = [float((((sums - 1) / sums.std()) ** power).mean()) for power in (3, 4)]
    assert (daily.ratio, daily.days) == (pytest.approx(1 / np.std(sums, ddof=1)), 5)
    assert [daily.skew, daily.kurtosis] == pytest.approx(moments)


def test_results_without_a_shape_say_why() -> None:
    same = [hand_trade(1.0, decided_ms=MONDAY_MS + day * DAY_MS) for day in range(4)]
    assert daily_of(same) == Unsaid("every day brought the same")
    assert daily_of(same[:2]) == Unsaid("2 of 3 days")
