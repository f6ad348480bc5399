"""The backtest of the time in which scans ran, asked about one close: who was in, what it decides there, what it took."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from data.universe_history import DROPS, IN
from engine.backtest.funnel import drops_at
from engine.backtest.portfolio import SAME_SETUP, TAKEN
from engine.backtest.replayer import Replayer
from engine.backtest.run import Replayed
from shared.errors import NotFound
from shared.models.context import SniperContext
from shared.models.gates import Gate
from shared.models.regime import MarketContext

HELD: Final = (TAKEN, SAME_SETUP)
"""Ends of a plan that the backtest takes, or took at an earlier close."""
UNJUDGED: Final = "not judged"


@dataclass(frozen=True, slots=True)
class Past:
    """A backtest and the replayers it was asked through, by symbol."""

    replayed: Replayed
    replayers: dict[str, Replayer] = field(default_factory=dict)

    def close(self, as_of_ms: int) -> int:
        """The newest close of the base timeframe at a time."""
        return self.replayed.backtest.base.floor(as_of_ms)

    def left_out(self, symbol: str, close_ms: int) -> tuple[Gate, ...]:
        """The gate of the universe that leaves a symbol out at a close, if one does.

        Raises:
            NotFound: its candles could not be read.
        """
        history = self.replayed.history
        if symbol not in history.candles:
            problem = next((one.problem for one in history.faults if one.symbol == symbol), "not listed")
            raise NotFound(f"the backtest has no {symbol}: {problem}")
        place = int(drops_at(self.replayed.desk.around, symbol, np.asarray([close_ms]))[0])
        return () if place == IN else (DROPS[place],)

    def market(self, close_ms: int) -> MarketContext:
        """The market as of a close."""
        return self.replayed.desk.market.context(close_ms)

    def decide(self, symbol: str, close_ms: int) -> SniperContext:
        """The symbol's decision at a close.

        Raises:
            SniperError: a stage cannot go on.
        """
        if symbol not in self.replayers:
            self.replayers[symbol] = self.replayed.desk.replayer(symbol)
        return self.replayers[symbol].decide(close_ms, self.market(close_ms))

    def taken_ms(self, fingerprint: str) -> int:
        """The close at which it takes a setup; 0 if it never does."""
        trades = self.replayed.backtest.trades
        return next((one.decided_ms for one in trades if one.setup.plan.fingerprint == fingerprint), 0)

    def turned_down(self, symbol: str, close_ms: int) -> str:
        """The gate of risk that turns its plan down at a close beside what the backtest holds; empty where it is taken, or was before."""
        instants = self.replayed.desk.as_of_ms
        instant = int(instants[int(np.searchsorted(instants, close_ms, "right")) - 1])
        end = self.replayed.book.ends.get((symbol, instant), UNJUDGED)
        return "" if end in HELD else end
