"""Walk-forward over real backtests of a made-up past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from data.trial_log import SqliteTrialLog
from engine.backtest.on_record import recorded
from engine.backtest.rerun import Rerun
from engine.backtest.run import run_backtest
from engine.backtest.walk_forward import Run, best_of, folds, longest_ms, walk_forward
from engine.hooks import Hooks
from shared.config.digest import config_digest
from shared.config.profiles import load_profile
from shared.models.backtest import Trade
from shared.models.statistics import Expectancy, Insufficient
from shared.models.timeframe import DAY_MS
from shared.models.walk_forward import Choice, Fold, FoldPlan
from tests.fixtures.past import past_edges, past_request, past_store

PROFILE = load_profile("aggressive", {"plan": {"expiry_bars": 12, "hold_bars": 12}})
REQUEST = past_request(24, PROFILE)
FOLDS = folds(REQUEST.since_ms, REQUEST.until_ms, FoldPlan(4, 4, 7, longest_ms([PROFILE])))
MADE_UP = Expectancy(30, 20, 0.1, 0.0, 0.2, 0.1, 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    store = past_store(tmp_path_factory.mktemp("past"))
    with closing(store):
        yield Rerun(REQUEST, past_edges(store), hooks=Hooks())


def test_a_rerun_is_the_backtest_of_that_profile_and_time(tmp_path_factory: pytest.TempPathFactory) -> None:
    other, since_ms = load_profile("balanced"), REQUEST.until_ms - 3 * DAY_MS
    with closing(past_store(tmp_path_factory.mktemp("past"))) as store:
        edges = past_edges(store)
        asked = replace(REQUEST, profile=other, since_ms=since_ms)
        again = Rerun(REQUEST, edges, hooks=Hooks())(other, since_ms, REQUEST.until_ms)
        assert again == run_backtest(asked, edges, hooks=Hooks()).backtest


def test_what_is_tested_is_what_a_backtest_of_that_time_trades(run: Run) -> None:
    def choose(_: Run, fold: Fold) -> Choice:
        return Choice(PROFILE, config_digest(PROFILE), 1, MADE_UP, MADE_UP)

    walked = walk_forward(run, choose, FOLDS)
    assert len(FOLDS) == 2
    assert walked.trades
    tested = [(fold.test, run(PROFILE, fold.test.since_ms, fold.test.until_ms).trades) for fold in FOLDS]
    first_told: dict[str, Trade] = {}
    for window, trades in tested:
        for trade in trades:
            if window.holds(trade.decided_ms):
                first_told.setdefault(trade.setup.plan.fingerprint, trade)
    assert walked.trades == tuple(first_told.values())
    names = [trade.setup.plan.fingerprint for trade in walked.trades]
    assert len(set(names)) == len(names)
    assert all(trade.outcome.ended_ms <= trade.decided_ms + longest_ms([PROFILE]) for trade in walked.trades)


def test_candidates_of_a_real_walk_forward_are_on_record(
    run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with closing(SqliteTrialLog(tmp_path_factory.mktemp("log") / "trials.sqlite3")) as log:
        walked = walk_forward(recorded(run, log), best_of([PROFILE]), FOLDS[:1])
        assert log.tried("binance", REQUEST.symbols, REQUEST.since_ms, REQUEST.until_ms) == 1
    assert walked.worth == Insufficient(0, 0)
