"""Walk-forward over made-up backtests: what is chosen, on what, and what counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.walk_forward import Run, best_of, folds, longest_ms, trades_in, walk_forward
from shared.config.digest import config_digest
from shared.config.profiles import load_profile
from shared.errors import ConfigFault, ContractError
from shared.models.backtest import Backtest, Trade
from shared.models.profile import Profile
from shared.models.statistics import Expectancy, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS
from shared.models.walk_forward import Choice, FoldPlan, WalkForward
from tests.fixtures.hand_backtest import MONDAY_MS, hand_backtest, hand_trade
from tests.fixtures.hand_scan import HOUR_MS
from tests.fixtures.made_run import YEAR_MS, Made

PLAN = FoldPlan(90, 40, 40, 4 * DAY_MS)
FOLDS = folds(MONDAY_MS, MONDAY_MS + YEAR_MS, PLAN)


def scored(score: float) -> Profile:
    return load_profile("balanced", {"gates": {"min_score": score}})


CANDIDATES = tuple(scored(score) for score in (60, 65, 70, 75, 80))


def choices(result: WalkForward) -> Sequence[Choice]:
    found = [fold.choice for fold in result.folds if isinstance(fold.choice, Choice)]
    assert len(found) == len(result.folds)
    return found


def test_a_planted_edge_is_found_and_kept() -> None:
    run = Made(lambda profile, _: 0.6 if profile.gates.min_score == 70 else 0.0)
    result = walk_forward(run, best_of(CANDIDATES), FOLDS)
    assert {choice.profile.gates.min_score for choice in choices(result)} == {70}
    assert {choice.digest for choice in choices(result)} == {config_digest(scored(70))}
    assert result.drift == 0
    assert isinstance(result.worth, Expectancy)
    assert result.worth.low > 0.3


def test_among_worthless_candidates_training_promises_what_tests_do_not_keep() -> None:
    result = walk_forward(Made(lambda *_: 0.0, noise=2.0), best_of(CANDIDATES, few=1), FOLDS)
    assert isinstance(result.worth, Expectancy)
    assert result.worth.low < 0 < result.worth.high
    assert np.mean([choice.train.mean for choice in choices(result)]) > result.worth.mean + 0.1
    assert result.drift > 0


def test_what_fades_after_training_fails_in_validation() -> None:
    """70 is the best of all up to a fold's validation; 60 is good and stays it."""
    fold = FOLDS[2]
    turn = (fold.validate.since_ms - MONDAY_MS) / DAY_MS

    def edge(profile: Profile, day: float) -> float:
        return {70: 2.0 if day < turn else -1.0, 60: 0.5}.get(profile.gates.min_score, 0.0)

    (result,) = walk_forward(Made(edge, noise=0.3), best_of(CANDIDATES, few=2), [fold]).folds
    assert isinstance(result.choice, Choice)
    assert result.choice.profile.gates.min_score == 60
    assert result.choice.promised == result.choice.validate
    assert isinstance(result.did, Expectancy)
    assert result.did.mean == pytest.approx(0.5, abs=0.2)


def test_only_the_trades_of_tests_count_in_the_order_of_time() -> None:
    result = walk_forward(Made(lambda *_: 0.0), best_of(CANDIDATES), FOLDS)
    times = [trade.decided_ms for trade in result.trades]
    assert times == sorted(set(times))
    assert all(sum(fold.test.holds(at_ms) for fold in FOLDS) == 1 for at_ms in times)
    assert sum(fold.trades for fold in result.folds) == len(times)
    span = (FOLDS[-1].test.until_ms - FOLDS[0].test.since_ms) / DAY_MS
    assert len(times) == pytest.approx(2 * span, abs=1)


def test_a_choice_looks_at_nothing_after_its_validation() -> None:
    run = Made(lambda *_: 0.0)
    for fold in FOLDS:
        run.asked.clear()
        best_of(CANDIDATES, few=2)(run, fold)
        assert max(until_ms for _, _, until_ms in run.asked) == fold.validate.until_ms
        assert [since for _, since, _ in run.asked].count(fold.validate.since_ms) == 2


def test_where_training_tells_nothing_nothing_is_traded() -> None:
    short = FoldPlan(10, 10, 40, 4 * DAY_MS)
    turns = folds(MONDAY_MS, MONDAY_MS + 100 * DAY_MS, short)
    result = walk_forward(Made(lambda *_: 1.0), best_of(CANDIDATES), turns)
    why = "no candidate of 5 had 30 trades on 20 days in training; 20 were the most trades"
    assert {fold.choice for fold in result.folds} == {Unsaid(why)}
    assert result.worth == Insufficient(0, 0)
    assert result.promised == Unsaid("no trade in any test")


def test_where_validation_tells_nothing_the_best_in_training_is_taken() -> None:
    turns = folds(MONDAY_MS, MONDAY_MS + 120 * DAY_MS, FoldPlan(60, 5, 40, 4 * DAY_MS))
    run = Made(lambda profile, _: 0.8 if profile.gates.min_score == 75 else 0.0)
    (choice,) = choices(walk_forward(run, best_of(CANDIDATES), turns[:1]))
    assert choice.profile.gates.min_score == 75
    assert isinstance(choice.validate, Insufficient)
    assert choice.promised == choice.train


def test_the_promise_is_weighted_by_the_trades_it_was_for() -> None:
    result = walk_forward(Made(lambda *_: 0.0), best_of(CANDIDATES), FOLDS)
    counts = [fold.trades for fold in result.folds]
    means = [choice.promised.mean for choice in choices(result)]
    assert not isinstance(result.promised, Unsaid)
    assert result.promised.value == pytest.approx(np.average(means, weights=counts))
    assert result.promised.n == sum(counts)


def test_the_same_arguments_give_the_same() -> None:
    once, again = (walk_forward(Made(lambda *_: 0.1), best_of(CANDIDATES), FOLDS[:2]) for _ in range(2))
    assert once == again


def one_trade_at(at_ms: int) -> Run:
    return lambda *_: hand_backtest([hand_trade(decided_ms=at_ms)])


@pytest.mark.parametrize("late_ms", [-15 * 60_000, 90 * DAY_MS + 1])
def test_a_trade_from_outside_its_window_is_refused(late_ms: int) -> None:
    window = FOLDS[0].train
    with pytest.raises(ContractError, match="was decided at"):
        trades_in(one_trade_at(window.since_ms + late_ms), load_profile(), window)


def test_a_plan_that_stands_on_the_close_a_window_begins_at_belongs_to_the_one_before() -> None:
    before, after = FOLDS[0].test, FOLDS[1].test
    run = one_trade_at(after.since_ms)
    assert len(trades_in(run, load_profile(), before)) == 1
    assert trades_in(run, load_profile(), after) == ()


def test_a_setup_that_an_earlier_fold_took_is_not_taken_again() -> None:
    """One zone is there in both tests; in the second it is traded an hour after another."""
    one = hand_trade(decided_ms=FOLDS[0].test.until_ms - HOUR_MS)
    again = at(one, FOLDS[1].test.since_ms + 2 * HOUR_MS)
    other = hand_trade(decided_ms=FOLDS[1].test.since_ms + HOUR_MS)

    def run(_: Profile, since_ms: int, until_ms: int) -> Backtest:
        return hand_backtest([t for t in (one, again, other) if since_ms < t.decided_ms <= until_ms])

    worth = Expectancy(30, 20, 0.1, 0.0, 0.2, 0.1, 0)
    choice = Choice(load_profile(), "a" * 64, 1, worth, worth)
    walked = walk_forward(run, lambda *_: choice, FOLDS[:2])
    assert walked.trades == (one, other)
    assert [fold.trades for fold in walked.folds] == [1, 1]


def at(trade: Trade, decided_ms: int) -> Trade:
    """The same setup, decided on at another time."""
    return replace(trade, setup=replace(trade.setup, plan=replace(trade.setup.plan, decided_ms=decided_ms)))


def test_the_longest_trade_waits_for_its_entry_and_is_then_held_to_the_end() -> None:
    slow = load_profile("trend")
    assert longest_ms([load_profile(), slow]) == max((24 + 72) * HOUR_MS, (12 + 60) * 4 * HOUR_MS)


def test_no_candidates_are_refused() -> None:
    with pytest.raises(ConfigFault, match="no candidate"):
        best_of(())


@pytest.mark.parametrize("wrong", [{"train_days": 0}, {"test_days": float("nan")}, {"hold_ms": -1}])
def test_parts_that_hold_no_decision_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigFault, match="walk-forward"):
        replace(PLAN, **wrong)
