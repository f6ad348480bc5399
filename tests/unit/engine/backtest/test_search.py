"""Parameter search over made-up backtests: what it finds, what it keeps, what it refuses."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from data.trial_log import SqliteTrialLog
from engine.backtest.on_record import note, recorded
from engine.backtest.search import search, split
from engine.backtest.space import sampled, space_of
from engine.backtest.walk_forward import best_of, folds, walk_forward
from shared.config.profiles import load_profile
from shared.errors import ConfigFault, StorageFault
from shared.models.backtest import Backtest
from shared.models.profile import Profile
from shared.models.search import Luck, Search, SearchPlan, Trial
from shared.models.statistics import Expectancy, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS
from shared.models.walk_forward import FoldPlan
from tests.fixtures.killed_search import GROUND, PLAN, SPACE, noise
from tests.fixtures.made_run import Made

BASE = load_profile()
ROOT = Path(__file__).parents[4]


@pytest.fixture
def log(memory_folder: Path) -> Iterator[SqliteTrialLog]:
    with closing(SqliteTrialLog(memory_folder / "trials.sqlite3")) as opened:
        yield opened


def found(result: Search) -> tuple[Trial, Expectancy, Expectancy, Luck]:
    """The best trial, what it was worth in training and in the held-back time, and its luck."""
    assert isinstance(result.best, Trial)
    assert isinstance(result.best.worth, Expectancy)
    assert isinstance(result.held, Expectancy)
    assert isinstance(result.luck, Luck)
    return result.best, result.best.worth, result.held, result.luck


def at_seventy(profile: Profile, _day: float) -> float:
    """Worth something at 70 points, less the further off."""
    return 0.9 - 0.08 * abs(profile.gates.min_score - 70)


def test_a_planted_edge_is_found_and_proven(log: SqliteTrialLog) -> None:
    best, train, held, luck = found(result := search(Made(at_seventy), BASE, GROUND, PLAN, log))
    assert dict(best.changes)["gates.min_score"] == 70
    assert train.low > 0.5
    assert held.low > 0.3
    assert luck.ratio > luck.expected
    assert luck.chance < 0.01
    assert result.is_proven


def test_the_best_of_noise_is_told_as_luck_and_not_proven(log: SqliteTrialLog) -> None:
    _, train, held, luck = found(result := search(Made(noise, noise=2.0), BASE, GROUND, PLAN, log))
    assert train.mean > 0.1
    assert train.mean > held.mean
    assert luck.chance > 0.1
    assert held.low < 0
    assert not result.is_proven


def test_the_held_back_time_is_looked_at_once_by_the_best_alone(log: SqliteTrialLog) -> None:
    run = Made(at_seventy)
    result = search(run, BASE, GROUND, PLAN, log)
    late = [ask for ask in run.asked if ask[2] > result.train.until_ms]
    assert [(since, until) for _, since, until in late] == [(result.held_back.since_ms, GROUND.until_ms)]
    assert late == run.asked[-1:]
    assert late[0][0].gates.min_score == 70
    assert all(since >= GROUND.since_ms for _, since, _ in run.asked)


def test_what_is_held_back_begins_after_the_longest_trade_of_training() -> None:
    space = space_of({"plan": {"hold_bars": {"choices": [24, 240]}}})
    hold_ms = (24 + 240) * 3_600_000
    train, held = split(GROUND, SearchPlan(space), hold_ms)
    assert held.since_ms - train.until_ms == hold_ms
    assert (held.until_ms - held.since_ms) / (GROUND.until_ms - GROUND.since_ms) == pytest.approx(
        0.25, abs=0.01
    )
    with closing(SqliteTrialLog(Path(":memory:"))) as log:
        result = search(Made(noise), BASE, GROUND, SearchPlan(space, trials=2), log)
    assert (result.train, result.held_back) == (train, held)


def test_the_same_seed_gives_the_same_and_another_does_not(memory_folder: Path) -> None:
    def tried(name: str, seed: int) -> tuple[Trial, ...]:
        with closing(SqliteTrialLog(memory_folder / name)) as log:
            return search(Made(noise), BASE, GROUND, replace(PLAN, seed=seed), log).trials

    assert tried("one", 7) == tried("two", 7)
    assert tried("one", 7) != tried("three", 8)


def test_a_search_killed_in_the_middle_goes_on_where_it_was(memory_folder: Path) -> None:
    place, runs = memory_folder / "trials.sqlite3", 9
    command = [sys.executable, "-m", "tests.fixtures.killed_search", str(place), str(runs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    whole, rest = Made(noise), Made(noise)
    with closing(SqliteTrialLog(place)) as log:
        killed = log.tried(GROUND.exchange, GROUND.symbols, GROUND.since_ms, GROUND.until_ms)
        continued = search(rest, BASE, GROUND, PLAN, log)
    with closing(SqliteTrialLog(memory_folder / "other.sqlite3")) as log:
        uninterrupted = search(whole, BASE, GROUND, PLAN, log)
    assert killed == runs
    assert continued == uninterrupted
    assert rest.asked == whole.asked[runs:]


def test_more_trials_go_on_from_those_on_record(log: SqliteTrialLog) -> None:
    search(Made(at_seventy), BASE, GROUND, PLAN, log)
    run = Made(at_seventy)
    result = search(run, BASE, GROUND, replace(PLAN, trials=20), log)
    assert len(result.trials) == 20
    assert len(run.asked) <= 4


def test_a_finished_search_is_recalled_without_a_run(log: SqliteTrialLog) -> None:
    once, run = search(Made(noise), BASE, GROUND, PLAN, log), Made(noise)
    assert search(run, BASE, GROUND, PLAN, log) == once
    assert run.asked == []


def test_a_configuration_is_run_once_however_often_it_is_proposed(log: SqliteTrialLog) -> None:
    run, space = Made(noise), space_of({"plan": {"max_targets": {"choices": [1, 2]}}})
    result = search(run, BASE, GROUND, SearchPlan(space, trials=10), log)
    assert len(result.trials) == 10
    assert len(run.asked) == 3
    assert result.tried == 2


def test_a_second_configuration_is_refused_the_held_back_time(log: SqliteTrialLog) -> None:
    def at_fifty(profile: Profile, _day: float) -> float:
        return 0.9 - 0.08 * abs(profile.gates.min_score - 50)

    _, _, held, _ = found(search(Made(at_seventy), BASE, GROUND, PLAN, log))
    run = Made(at_fifty)
    again = search(run, BASE, GROUND, replace(PLAN, seed=11), log)
    assert isinstance(again.best, Trial)
    assert isinstance(again.held, Unsaid)
    assert "is spent" in again.held.why
    assert str(held) in again.held.why
    assert not again.is_proven
    assert all(until <= again.train.until_ms for _, _, until in run.asked)


def test_looks_of_other_searches_at_that_time_are_counted(log: SqliteTrialLog) -> None:
    search(Made(at_seventy), BASE, GROUND, PLAN, log)
    other = replace(PLAN, space=SPACE[:1], trials=12)
    result = search(Made(at_seventy), BASE, GROUND, other, log)
    found(result)
    assert result.spent == 1
    assert not result.is_proven
    elsewhere = replace(GROUND, symbols=("SOL/USDT",))
    assert search(Made(at_seventy), BASE, elsewhere, other, log).spent == 0


def test_a_backtest_of_the_time_held_back_was_a_look_at_it(log: SqliteTrialLog) -> None:
    found(first := search(Made(at_seventy), BASE, GROUND, PLAN, log))
    assert first.is_proven
    held = replace(GROUND, since_ms=first.held_back.since_ms, until_ms=first.held_back.until_ms)
    note(load_profile("trend"), held, log)
    again = search(Made(at_seventy), BASE, GROUND, PLAN, log)
    assert (again.spent, again.is_proven) == (1, False)
    assert again.held == first.held


def test_everything_ever_tried_on_the_candles_counts_against_the_best(log: SqliteTrialLog) -> None:
    first = search(Made(noise), BASE, GROUND, PLAN, log)
    second = search(Made(noise), BASE, GROUND, replace(PLAN, seed=8), log)
    digests = {trial.digest for result in (first, second) for trial in result.trials}
    assert first.tried == len({trial.digest for trial in first.trials})
    assert second.tried == len(digests) > first.tried
    assert isinstance(second.luck, Luck)
    assert second.luck.tried == second.tried


def test_backtests_and_walk_forwards_on_record_count_too(log: SqliteTrialLog) -> None:
    run = recorded(made := Made(noise), log)
    turns = folds(GROUND.since_ms, GROUND.until_ms, FoldPlan(40, 20, 30, 4 * DAY_MS))
    candidates = sampled(BASE, SPACE, 3, seed=1)
    walked = walk_forward(run, best_of(candidates), turns)
    assert walked == walk_forward(made, best_of(candidates), turns)
    assert log.tried(GROUND.exchange, GROUND.symbols, GROUND.since_ms, GROUND.until_ms) == 4
    run(load_profile("aggressive"), GROUND.until_ms - DAY_MS, GROUND.until_ms)
    assert log.tried(GROUND.exchange, GROUND.symbols, GROUND.since_ms, GROUND.until_ms) == 5
    assert log.tried(GROUND.exchange, GROUND.symbols, GROUND.until_ms, GROUND.until_ms + 1) == 0
    again = [note(load_profile(name), GROUND, log) for name in ("aggressive", "trend", "trend")]
    assert again == [5, 6, 6]


def test_too_few_trades_are_worst_and_nothing_is_chosen_of_them(log: SqliteTrialLog) -> None:
    result = search(Made(at_seventy, every_h=720), BASE, GROUND, PLAN, log)
    why = "no configuration had 30 trades on 20 days in training; 4 were the most trades"
    assert result.best == result.luck == result.held == Unsaid(why)
    assert {trial.worth for trial in result.trials} == {Insufficient(4, 4)}
    losing = replace(result.trials[0], worth=Expectancy(30, 20, -9.0, -10.0, -8.0, -9.0, 0))
    fewer = replace(result.trials[0], worth=Insufficient(3, 3))
    none = replace(result.trials[0], worth=Unsaid("they do not go together"))
    crowded = replace(result.trials[0], worth=Insufficient(5000, 19))
    scores = [trial.score for trial in (losing, crowded, result.trials[0], fewer, none)]
    assert scores == sorted(set(scores), reverse=True)


def test_values_that_do_not_go_together_are_told_and_not_run(log: SqliteTrialLog) -> None:
    space = space_of(
        {"gates": {"min_net_rr_first": {"choices": [0.5, 3.0]}, "min_net_rr_last": {"choices": [1.0, 2.0]}}}
    )
    run = Made(noise)
    result = search(run, BASE, GROUND, SearchPlan(space, trials=12), log)
    unsaid = [trial for trial in result.trials if isinstance(trial.worth, Unsaid)]
    assert unsaid
    assert {dict(trial.changes)["gates.min_net_rr_first"] for trial in unsaid} == {3.0}
    assert all(profile.gates.min_net_rr_first == 0.5 for profile, _, _ in run.asked)
    assert result.tried == 2
    assert search(Made(noise), BASE, GROUND, SearchPlan(space, trials=12), log) == result


def test_every_trial_is_told_of_those_on_record_too(log: SqliteTrialLog) -> None:
    for _ in range(2):
        told: list[Trial] = []
        result = search(Made(noise), BASE, GROUND, PLAN, log, on_trial=told.append)
        assert tuple(told) == result.trials


def test_a_fault_of_a_run_ends_the_search_and_leaves_what_was_tried(log: SqliteTrialLog) -> None:
    class Broken(Made):
        def __call__(self, profile: Profile, since_ms: int, until_ms: int) -> Backtest:
            if len(self.asked) == 3:
                raise StorageFault("the disk is gone")
            return super().__call__(profile, since_ms, until_ms)

    with pytest.raises(StorageFault, match="the disk is gone"):
        search(Broken(noise), BASE, GROUND, PLAN, log)
    assert log.tried(GROUND.exchange, GROUND.symbols, GROUND.since_ms, GROUND.until_ms) == 3


def test_without_optuna_the_extra_is_named(log: SqliteTrialLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigFault, match=r"pip install -e '\.\[optimize\]'"):
        search(Made(noise), BASE, GROUND, PLAN, log)


def test_a_period_too_short_to_hold_anything_back_is_refused(log: SqliteTrialLog) -> None:
    short = replace(GROUND, until_ms=GROUND.since_ms + 4 * DAY_MS)
    with pytest.raises(ConfigFault, match=r"trades may last 4\.0 days, and 25% are held back"):
        search(Made(noise), BASE, short, PLAN, log)


@pytest.mark.parametrize("wrong", [{"space": ()}, {"trials": 0}, {"held_back": 0.0}, {"held_back": 1.0}])
def test_a_plan_that_finds_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigFault, match="search"):
        replace(PLAN, **wrong)  # type: ignore[arg-type]
