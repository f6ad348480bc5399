"""What of a walk-forward's trades goes on record: the finished ones, under the rules that decided them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.backtest.record import out_of_sample_rows, rows_of
from engine.backtest.walk_forward import best_of, folds, walk_forward
from shared.config.digest import decision_digest
from shared.config.profiles import load_profile
from shared.errors import ContractError
from shared.models.backtest import Trade
from shared.models.fills import Ending, Funding, Outcome
from shared.models.planner import Style
from shared.models.smc import Side
from shared.models.timeframe import DAY_MS
from shared.models.track import PastTrade
from shared.models.walk_forward import Choice, FoldPlan
from tests.fixtures.hand_backtest import MONDAY_MS
from tests.fixtures.hand_scan import AS_OF_MS, BTC, HOUR_MS
from tests.fixtures.made_run import YEAR_MS, Made

BALANCED = load_profile()


def traded(ending: Ending, r: float = 1.25) -> Trade:
    outcome = Outcome(
        BTC.plan.fingerprint, ending, (), AS_OF_MS, AS_OF_MS + 5 * HOUR_MS, 125.0, r, r + 1, -0.2, 1.5, True, Funding()
    )  # fmt: skip
    return Trade(BTC, 400.0, Decimal(100), outcome)


def test_a_finished_trade_becomes_a_row_under_the_digest_of_what_decided_it() -> None:
    assert out_of_sample_rows([traded(Ending.STOP)], BALANCED) == (
        PastTrade(
            exchange="demo",
            decision=decision_digest(BALANCED),
            profile="balanced",
            symbol="BTC/USDT",
            side=Side.LONG,
            style=Style.INTRADAY,
            fingerprint="id-btc",
            score_tenths=874,
            decided_ms=AS_OF_MS,
            ended_ms=AS_OF_MS + 5 * HOUR_MS,
            r=1.25,
            best_r=2.25,
        ),
    )


@pytest.mark.parametrize("ending", list(Ending))
def test_only_what_was_filled_and_is_over_counts(ending: Ending) -> None:
    trade = traded(ending)
    assert len(out_of_sample_rows([trade], BALANCED)) == trade.is_finished


def test_trades_of_another_profile_are_refused() -> None:
    with pytest.raises(ContractError, match="'balanced' is none of 'mine'"):
        out_of_sample_rows([traded(Ending.TARGET)], replace(BALANCED, name="mine"))


def test_the_trades_of_each_test_stand_under_the_profile_that_was_chosen_before_it() -> None:
    """60 is best in the first half of the year, 70 in the second: the choice changes, and so does what is on record."""
    sixty, seventy = (load_profile("balanced", {"gates": {"min_score": score}}) for score in (60, 70))
    run = Made(lambda profile, day: 0.5 if (profile == sixty) is (day < 183) else -0.5, noise=0.3)
    turns = folds(MONDAY_MS, MONDAY_MS + YEAR_MS, FoldPlan(60, 30, 30, 4 * DAY_MS))
    walk = walk_forward(run, best_of((sixty, seventy)), turns)
    rows = rows_of(walk)
    assert [row.decided_ms for row in rows] == [t.decided_ms for t in walk.trades if t.is_finished]
    assert {row.decision for row in rows} == {decision_digest(sixty), decision_digest(seventy)}
    for result in walk.folds:
        assert isinstance(result.choice, Choice)
        of_test = {row.decision for row in rows if result.fold.test.holds(row.decided_ms)}
        assert of_test == {decision_digest(result.choice.profile)}
