"""The market around every symbol at every close of the period, as columns: the benchmark's regime, the appetite for risk, the universe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.universe_history import UniverseHistory, membership
from engine.backtest.market import MarketPast
from shared.models.data import AnyInts, Bools, Ints
from shared.models.timeframe import Timeframe
from strategy.columns.benchmark import MarketColumns, market_columns
from strategy.columns.breadth import UNTOLD, count_trends, trends_at
from strategy.confluence.breadth import BREADTH_TIMEFRAME


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """At each of ``closes_ms``, ascending, shape (n,): the benchmark's columns, and of the symbols that are traded by which gate of the
    universe each is left out."""

    closes_ms: Ints
    columns: MarketColumns
    universe: UniverseHistory

    def changes(self) -> Bools:
        """Whether something that decides is not what it was at the close before; the first has none before it."""
        columns = self.columns
        changed = np.zeros(len(self.closes_ms), np.bool_)
        changed[0] = True
        for column in (columns.state, columns.appetite, columns.returns_until_ms, *self.universe.dropped):
            changed[1:] |= column[1:] != column[:-1]
        return changed


def read_around(market: MarketPast) -> Around:
    """The market at every close of the period."""
    request, closes_ms = market.request, market.request.closes_ms
    universe = market.ranked
    if request.symbols:
        universe = membership(market.history.stored, request.profile, closes_ms, request.symbols)
    rising, counted = _breadth(market, closes_ms)
    if not market.benchmark:
        columns = MarketColumns.unknown(market.history.benchmark, len(closes_ms))
        return Around(closes_ms, columns, universe)
    parts, first = [], 0
    for span in market.benchmark[0].spans(closes_ms):
        stop = first + len(span.as_of_ms)
        parts.append(market_columns(span, rising[first:stop], counted[first:stop]))
        first = stop
    return Around(closes_ms, MarketColumns.joined(parts), universe)


def _breadth(market: MarketPast, closes_ms: Ints) -> tuple[Ints, Ints]:
    """How many of the universe's 4h trends are up, and are known, at each close."""
    none = np.full(len(closes_ms), UNTOLD, np.int8)
    names = market.ranked.symbols
    trends = [_trends(market, symbol, closes_ms) if symbol in market.shelves else none for symbol in names]
    return count_trends(np.asarray(trends), market.ranked.members)


def _trends(market: MarketPast, symbol: str, closes_ms: Ints) -> AnyInts:
    spans = market.shelves[symbol].spans(closes_ms)
    return np.concatenate([trends_at(span.frames[BREADTH_TIMEFRAME], span.as_of_ms) for span in spans])


def instants(around: Around, timeframes: tuple[Timeframe, ...]) -> Ints:
    """The closes at which a decision can differ from the one before it: closes of ``timeframes``, and where the market changed."""
    closes = around.closes_ms
    on_grid = around.changes()
    for timeframe in timeframes:
        on_grid |= (closes - timeframe.anchor_ms) % timeframe.ms == 0
    chosen: Ints = closes[on_grid]
    return chosen
