"""One replay after another on the same candles: what a search and a walk-forward call, each window's candles read once."""

from __future__ import annotations

from dataclasses import replace

from engine.backtest.history import History, read_history
from engine.backtest.kept import FileShelf
from engine.backtest.request import BacktestRequest
from engine.backtest.run import Replayed, run_backtest
from engine.edges import Edges, Progress, silent
from engine.hooks import HOOKS, Hooks
from shared.config.digest import config_digest
from shared.models.backtest import Backtest
from shared.models.profile import Profile
from shared.models.scan import SymbolFault


class Rerun:
    """Replays ``request`` with another profile over another time. Candles of the newest window are kept: profiles that read the same ones
    share them.

    Raises:
        SniperError: when called, as :func:`engine.backtest.run.run_backtest`.
    """

    def __init__(
        self,
        request: BacktestRequest,
        edges: Edges,
        kept: FileShelf | None = None,
        progress: Progress = silent,
        hooks: Hooks = HOOKS,
    ) -> None:
        """Nothing is read yet. ``kept`` is where columns of earlier runs are."""
        self._request, self._edges, self._kept, self._progress = request, edges, kept, progress
        self._hooks, self._window = hooks, (0, 0)
        self._read: dict[str, History] = {}
        self.faults: dict[str, SymbolFault] = {}
        """What broke in any of the runs, by symbol."""

    def __call__(self, profile: Profile, since_ms: int, until_ms: int) -> Backtest:
        """A backtest of a profile whose decisions stand on closes after the first time up to the second."""
        return self.replayed(profile, since_ms, until_ms).backtest

    def replayed(self, profile: Profile, since_ms: int, until_ms: int) -> Replayed:
        """The same with its history."""
        if self._window != (since_ms, until_ms):
            self._window = (since_ms, until_ms)
            self._read.clear()
        request = replace(self._request, profile=profile, since_ms=since_ms, until_ms=until_ms)
        done = run_backtest(
            request,
            self._edges,
            hooks=self._hooks,
            kept=self._kept,
            progress=self._progress,
            read=self._history,
        )
        self.faults |= {fault.symbol: fault for fault in done.backtest.faults}
        return done

    def _history(self, request: BacktestRequest, edges: Edges, progress: Progress) -> History:
        rules = request.profile
        key = config_digest(
            rules.timeframes,
            rules.data,
            rules.universe,
            rules.risk.correlation_timeframe,
            request.followed_ms,
        )
        if key not in self._read:
            self._read[key] = read_history(request, edges, progress)
        return self._read[key]
