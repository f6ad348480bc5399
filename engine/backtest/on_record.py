"""Runs on record: whatever configuration is tried on candles, and however, counts against the best that is ever found on them."""

from __future__ import annotations

from typing import Final

from contracts.trial_contract import TrialLog
from engine.backtest.walk_forward import Run
from shared.config.digest import config_digest
from shared.models.backtest import Backtest
from shared.models.profile import Profile
from shared.models.search import Ground, Trial
from shared.models.statistics import Unsaid

DIGITS: Final = 16
UNKEPT: Final = Unsaid("what it was worth stands in its own report")


def note(profile: Profile, ground: Ground, log: TrialLog) -> int:
    """Keep that a profile is tried on candles, and say how many different ones were by now, this one included."""
    name = config_digest("run", profile, ground)[:DIGITS]
    log.add(name, ground, Trial(0, (), config_digest(profile), UNKEPT, UNKEPT))
    return log.tried(ground.exchange, ground.symbols, ground.since_ms, ground.until_ms)


def recorded(run: Run, log: TrialLog) -> Run:
    """``run``, with every configuration it is asked for kept in the log: for walk-forwards (a search keeps its own)."""

    def kept(profile: Profile, since_ms: int, until_ms: int) -> Backtest:
        done = run(profile, since_ms, until_ms)
        if done.symbols:
            note(profile, Ground(done.exchange, done.symbols, since_ms, until_ms, done.data_digest), log)
        return done

    return kept
