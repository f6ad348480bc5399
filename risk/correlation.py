"""Which open positions are one bet with a plan: twelve longs in coins that move together are one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from risk.exposure_limits import Exposure, asset_of
from shared.models.data import Candles, Floats
from shared.models.planner import TradePlan
from shared.models.risk import MarketView, Position
from shared.models.risk_rules import RiskRules
from shared.models.smc import Side

ENOUGH: Final = 0.8
"""Share of the returns that both columns must have before their correlation is taken for known."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Positions that are one bet with a plan; ``unknown`` are those symbols of it whose correlation is not known."""

    positions: tuple[Position, ...]
    unknown: tuple[str, ...]

    def heat_r(self) -> float:
        """Open risk of the cluster in R."""
        return sum(position.risk_r for position in self.positions)

    def told(self) -> str:
        """Its symbols, and which of them are in it because nothing is known; empty without any."""
        if not self.positions:
            return ""
        known = f"with {', '.join(sorted({position.symbol for position in self.positions}))}"
        return (
            f"{known}; not known of {', '.join(self.unknown)}, so taken for one bet"
            if self.unknown
            else known
        )


def log_returns(candles: Candles, until_ms: int, bars: int) -> Floats:
    """Logarithmic returns of the last ``bars`` candles closed at ``until_ms``, on the timeframe's grid.

    Returns: Shape (bars,), NaN where the candle or the one before it is missing.
    """
    last_open_ms = candles.timeframe.last_closed_open(until_ms)
    closes = np.full(bars + 1, math.nan)
    places = bars - (last_open_ms - candles.open_ms) // candles.timeframe.ms
    there = (places >= 0) & (places <= bars)
    closes[places[there]] = candles.close[there]
    return np.asarray(np.diff(np.log(closes)), np.float64)


def correlation(one: Floats, other: Floats, bars: int) -> float:
    """Pearson correlation of the last ``bars`` returns of two columns that end at the same close.

    Shapes (n,) and (m,), NaN where missing. Returns: −1 to 1; NaN if fewer than four fifths of the returns are in both, or
    one of them never moved.
    """
    rows = min(len(one), len(other), bars)
    first, second = one[len(one) - rows :], other[len(other) - rows :]
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < max(2, ENOUGH * bars):
        return math.nan
    first, second = first[both] - first[both].mean(), second[both] - second[both].mean()
    scale = math.sqrt(float(first @ first) * float(second @ second))
    return max(-1.0, min(1.0, float(first @ second) / scale)) if scale > 0 else math.nan


def cluster_of(plan: TradePlan, exposure: Exposure, view: MarketView, rules: RiskRules) -> Cluster:
    """Everything that is one bet with the plan, directly or through another position.

    Two are one bet if their returns, each taken in its direction, correlate by at least ``min_correlation``. Two symbols
    of one asset correlate fully; what is not known is taken for correlated in either direction.
    """
    members: list[Position] = []
    unknown: set[str] = set()
    rest, frontier = list(exposure.positions), [(plan.symbol, plan.side)]
    while frontier:
        symbol, side = frontier.pop()
        apart = []
        for position in rest:
            bet = _bet((symbol, side), (position.symbol, position.side), view, rules)
            if bet < rules.min_correlation:
                apart.append(position)
                continue
            members.append(position)
            frontier.append((position.symbol, position.side))
            if math.isnan(bet):
                unknown.add(position.symbol)
        rest = apart
    return Cluster(tuple(members), tuple(sorted(unknown)))


def _bet(one: tuple[str, Side], other: tuple[str, Side], view: MarketView, rules: RiskRules) -> float:
    """Correlation of two bets, each in its direction; NaN if it is not known."""
    way = int(one[1]) * int(other[1])
    if asset_of(one[0])[0] == asset_of(other[0])[0]:
        return float(way)
    columns = (view.returns.get(one[0]), view.returns.get(other[0]))
    if columns[0] is None or columns[1] is None:
        return math.nan
    return way * correlation(columns[0], columns[1], rules.correlation_bars)
