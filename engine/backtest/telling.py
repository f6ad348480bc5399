"""A backtest as it is told: the replay with its statistics, its placebo, and the candles around every trade."""

from __future__ import annotations

from typing import Final

from bot.telemetry.summary import summarise
from engine.backtest.history import History
from engine.backtest.kept import FileShelf
from engine.backtest.placebo import AtrColumn, placebo
from engine.backtest.request import BacktestRequest
from engine.backtest.run import Replayed, run_backtest
from engine.edges import Edges, Progress
from indicators.registry import compute_set
from shared.models.backtest import Told, Trade, TradeChart
from shared.models.data import COLUMNS, Candles
from shared.models.statistics import Placebo, Unsaid
from shared.models.timeframe import Timeframe

CHART_BARS: Final = 150
"""Candles a trade's chart has at most: the finest timeframe that shows the whole trade in so many is drawn."""
AROUND: Final = 0.25
"""Share of a trade's own length that is shown before and after it; at least :data:`LEAST_BARS` of its candles."""
LEAST_BARS: Final = 12


def tell(
    request: BacktestRequest,
    edges: Edges,
    *,
    kept: FileShelf | None,
    draws: int,
    tried: int,
    progress: Progress,
) -> Told:
    """Replay and say what it came to. ``draws`` is how often the plans are laid out at other times, ``tried`` how many configurations
    were tried on these candles.

    Raises:
        SniperError: as :func:`engine.backtest.run.run_backtest`.
    """
    replayed = run_backtest(request, edges, kept=kept, progress=progress)
    return Told(
        backtest=replayed.backtest,
        statistics=summarise(replayed.backtest),
        placebo=placebo_of(replayed, request, edges, draws),
        tried=tried,
        notes=(),
        charts={
            trade.setup.plan.fingerprint: TradeChart(candles)
            for trade in replayed.backtest.trades
            for candles in [around_trade(trade, replayed.history)]
        },
        costs=request.profile.costs,
    )


def placebo_of(replayed: Replayed, request: BacktestRequest, edges: Edges, draws: int) -> Placebo | Unsaid:
    """The same plans at other times; said not to have been asked for where ``draws`` is 0."""
    if not draws:
        return Unsaid("not asked for")
    history, frames = replayed.history, request.profile.timeframes
    traded = sorted({trade.symbol for trade in replayed.backtest.trades})
    return placebo(
        replayed.backtest.trades,
        {symbol: history.candles[symbol][frames.base] for symbol in traded},
        {symbol: atr_column(history, symbol, frames.anchor) for symbol in traded},
        request.profile.costs,
        history.markets,
        draws,
        request.seed,
        executor=edges.executor,
    )


def atr_column(history: History, symbol: str, anchor: Timeframe) -> AtrColumn:
    """A symbol's ATR of the anchor timeframe over its history."""
    candles = history.candles[symbol][anchor]
    return AtrColumn(candles.close_ms, compute_set(candles).columns["atr"])


def around_trade(trade: Trade, history: History) -> Candles:
    """The candles a trade's chart shows: copies, so that what is told does not hold the whole history."""
    series = history.candles[trade.symbol]
    begin_ms, end_ms = trade.decided_ms, max(trade.outcome.ended_ms, trade.decided_ms)
    finest = next(
        (name for name in series if (end_ms - begin_ms) * (1 + 2 * AROUND) <= CHART_BARS * name.ms),
        list(series)[-1],
    )
    margin_ms = max(round((end_ms - begin_ms) * AROUND), LEAST_BARS * finest.ms)
    shown = series[finest].between(begin_ms - margin_ms, end_ms + margin_ms)
    columns = (getattr(shown, name).copy() for name in ("open_ms", *COLUMNS))
    return Candles.known(finest, list(columns))
