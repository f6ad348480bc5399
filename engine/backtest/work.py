"""One symbol's work: its candles and the market around them in, what every close decides out. A value, for any executor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.backtest.deciding import row_of
from engine.backtest.frames import Shelves
from engine.backtest.replayer import Replayer
from engine.hooks import Hooks
from shared.models.data import Candles, Ints, Market
from shared.models.profile import Profile
from shared.models.regime import MarketContext, RegimeState, RiskAppetite
from shared.models.timeframe import Timeframe
from strategy.columns.benchmark import MarketColumns
from strategy.columns.checks import check_columns
from strategy.columns.climate import read_climate
from strategy.columns.decisions import decide_span
from strategy.columns.span import Decisions

STATES: Final = tuple(RegimeState)
APPETITES: Final = {1: RiskAppetite.ON, 0: RiskAppetite.NEUTRAL, -1: RiskAppetite.OFF}


@dataclass(frozen=True, slots=True, eq=False)
class SymbolWork:
    """A market, its candles of every timeframe the profile reads, the ascending instants to decide at, and the benchmark at each."""

    profile: Profile
    market: Market
    candles: Mapping[Timeframe, Candles]
    as_of_ms: Ints
    around: MarketColumns

    @property
    def replayer(self) -> Replayer:
        """The same symbol with objects, without hooks."""
        profile = self.profile
        shelves = Shelves.of(self.market, self.candles, profile.smc, profile.data.history_bars)
        return Replayer(profile, shelves, Hooks(), int(self.as_of_ms[-1]))


def decide_symbol(work: SymbolWork) -> Decisions:
    """Every instant's decision, as columns.

    Raises:
        SniperError: objects, which settle what the columns leave in doubt, cannot be made.
    """
    replayer, first, parts = work.replayer, 0, []
    for span in replayer.shelves.spans(work.as_of_ms):
        stop = first + len(span.as_of_ms)
        around = work.around.rows(first, stop)
        climate = read_climate(span, around, work.profile)
        decided = decide_span(span, climate, work.profile, *check_columns(span, work.profile))
        parts.append(settled(decided, replayer, around))
        first = stop
    return Decisions.joined(parts)


def settled(decisions: Decisions, replayer: Replayer, around: MarketColumns) -> Decisions:
    """With the rows that rounding leaves in doubt decided by objects."""
    for row in decisions.doubtful.tolist():
        context = replayer.decide(int(decisions.as_of_ms[row]), market_at(around, row))
        place, measured, side, long, short, zone_ms, zone_kind = row_of(context)
        decisions.place[row], decisions.measured[row], decisions.side[row] = place, measured, side
        decisions.long_tenths[row], decisions.short_tenths[row] = long, short
        decisions.zone_ms[row], decisions.zone_kind[row] = zone_ms, zone_kind
    return decisions


def market_at(around: MarketColumns, row: int) -> MarketContext:
    """The benchmark at an instant in numbers: what decides, without the words."""
    after_ms, until_ms = int(around.returns_after_ms[row]), int(around.returns_until_ms[row])
    first, stop = np.searchsorted(around.hour_ms, [after_ms, until_ms], "right")
    return MarketContext(
        benchmark=around.benchmark,
        state=STATES[int(around.state[row])],
        impulse_z=0.0,
        risk_appetite=APPETITES[int(around.appetite[row])],
        basis="",
        why="",
        returns_close_ms=until_ms,
        returns=tuple(around.hour_returns[first:stop].tolist()),
    )
