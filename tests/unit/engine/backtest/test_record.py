"""What of a walk-forward's trades goes on record: the finished ones, under the rules that decided them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.backtest.record import out_of_sample_rows
from shared.config.digest import decision_digest
from shared.config.profiles import load_profile
from shared.errors import ContractError
from shared.models.backtest import Trade
from shared.models.fills import Ending, Funding, Outcome
from shared.models.planner import Style
from shared.models.smc import Side
from shared.models.track import PastTrade
from tests.fixtures.hand_scan import AS_OF_MS, BTC, HOUR_MS

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
