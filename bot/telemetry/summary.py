"""Everything that is said of a backtest, from its trades and its equity.

Pure and the same every time: draws are seeded, and the order in which trades are listed changes nothing. No figure is ever infinite or
no number: what cannot be told says why.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

from bot.telemetry.analytics import expectancy, results_of
from bot.telemetry.calibration import calibration
from bot.telemetry.drawdown import drawdown
from bot.telemetry.equity_ratios import probabilistic_sharpe, sharpe, sortino
from bot.telemetry.exposure import exposure
from bot.telemetry.groupings import groups_of
from bot.telemetry.marks import daily_equity, daily_returns
from bot.telemetry.sample import sample_of
from bot.telemetry.trade_figures import (
    capture,
    hit_rates,
    hours_held,
    is_resolvable,
    longest_losing_run,
    median_r,
    payoff,
    peak_r,
    profit_factor,
    win_rate,
    worst_r,
)
from shared.models.backtest import Backtest, Trade
from shared.models.fills import Ending
from shared.models.statistics import Figure, Statistics, Unsaid

RUIN: Final = 1e-6
"""An account that ever had no more than this share of its capital left has no returns worth a ratio."""


def summarise(backtest: Backtest) -> Statistics:
    """Everything that is said of ``backtest``.

    Raises:
        ContractError: a result is not a number.
    """
    sample = sample_of(backtest.trades)
    filled = [trade for trade in backtest.trades if trade.outcome.filled]
    still_open = [trade for trade in filled if trade.outcome.alive]
    yearly_sharpe, yearly_sortino, above_zero = _ratios(backtest)
    return Statistics(
        worth=expectancy(results_of(sample.trades)),
        resolvable=is_resolvable(sample),
        filled=len(filled),
        finished=len(sample),
        median_r=median_r(sample),
        win_rate=win_rate(sample),
        hit_rates=hit_rates(sample),
        profit_factor=profit_factor(sample),
        payoff=payoff(sample),
        worst_r=worst_r(sample),
        peak_r=peak_r(sample),
        capture=capture(sample),
        hours_held=hours_held(sample),
        exposure=exposure(backtest),
        longest_losing_run=longest_losing_run(sample),
        endings=_endings(backtest.trades),
        open_trades=len(still_open),
        open_r=math.fsum(trade.outcome.result_r for trade in still_open),
        ambiguous=sum(trade.outcome.ambiguous for trade in sample.trades),
        funding_missing=sum(trade.outcome.funding.missing for trade in filled),
        sharpe=yearly_sharpe,
        sortino=yearly_sortino,
        probabilistic_sharpe=above_zero,
        drawdown=drawdown(backtest),
        calibration=calibration(sample),
        groups=groups_of(sample),
    )


def _ratios(backtest: Backtest) -> tuple[Figure | Unsaid, Figure | Unsaid, Figure | Unsaid]:
    """Sharpe, Sortino and the probabilistic Sharpe ratio."""
    equity = daily_equity(backtest)
    if (equity <= RUIN * equity[0]).any():
        lost = Unsaid("equity fell to nothing")
        return lost, lost, lost
    returns = daily_returns(equity)
    return sharpe(returns), sortino(returns), probabilistic_sharpe(returns)


def _endings(trades: tuple[Trade, ...]) -> tuple[tuple[str, int], ...]:
    """How every setup ended, in the order of a plan's life."""
    counts = Counter(trade.outcome.ending for trade in trades)
    return tuple((ending.value, counts[ending]) for ending in Ending if counts[ending])
