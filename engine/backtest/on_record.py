"""Runs on record: whatever configuration is tried on candles, and however, counts against the best that is ever found on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contracts.trial_contract import TrialLog
from engine.backtest.walk_forward import Run
from engine.backtest.worth import daily_of, worth_of
from shared.config.digest import config_digest
from shared.models.backtest import Backtest
from shared.models.profile import Profile
from shared.models.search import Ground, Trial

DIGITS: Final = 16


def recorded(run: Run, ground: Ground, log: TrialLog) -> Run:
    """``run``, with every configuration it is asked for kept in the log: for backtests and walk-forwards (a search keeps its own).

    ``ground`` says which candles; its times are those of each run.
    """

    def kept(profile: Profile, since_ms: int, until_ms: int) -> Backtest:
        done = run(profile, since_ms, until_ms)
        where = replace(ground, since_ms=since_ms, until_ms=until_ms)
        trial = Trial(0, (), config_digest(profile), worth_of(done.trades), daily_of(done.trades))
        log.add(config_digest("run", profile, where)[:DIGITS], where, trial)
        return done

    return kept
