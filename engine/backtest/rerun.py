"""The backtest as what walk-forward and search ask for: a profile and a time in, what it found out."""

from __future__ import annotations

from dataclasses import replace

from engine.backtest.kept import FileShelf
from engine.backtest.request import BacktestRequest
from engine.backtest.run import run_backtest
from engine.backtest.walk_forward import Run
from engine.edges import Edges
from engine.hooks import HOOKS, Hooks
from shared.models.backtest import Backtest
from shared.models.profile import Profile


def rerun(
    request: BacktestRequest, edges: Edges, *, hooks: Hooks = HOOKS, kept: FileShelf | None = None
) -> Run:
    """Backtests like ``request`` of other profiles and times."""

    def run(profile: Profile, since_ms: int, until_ms: int) -> Backtest:
        asked = replace(request, profile=profile, since_ms=since_ms, until_ms=until_ms)
        return run_backtest(asked, edges, hooks=hooks, kept=kept).backtest

    return run
