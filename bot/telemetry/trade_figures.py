"""What finished trades won, lost, reached and gave back: averages in R, each with the number of trades behind it."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from bot.telemetry.sample import Sample, of_enough, ratio
from shared.models.backtest import Trade
from shared.models.statistics import Figure, Unsaid
from shared.models.timeframe import Timeframe

NO_LOSER = "no losing trade"
NO_WINNER = "no winning trade"


@of_enough
def median_r(sample: Sample) -> Figure | Unsaid:
    """The result in the middle, R."""
    return Figure(float(np.median(sample.r)), len(sample))


@of_enough
def win_rate(sample: Sample) -> Figure | Unsaid:
    """Share of trades that won anything after costs."""
    return Figure(float(np.mean(sample.r > 0)), len(sample))


@of_enough
def profit_factor(sample: Sample) -> Figure | Unsaid:
    """All that was won over all that was lost."""
    won, lost = sample.r[sample.r > 0].sum(), -sample.r[sample.r < 0].sum()
    return ratio(float(won), float(lost), len(sample), NO_LOSER)


@of_enough
def payoff(sample: Sample) -> Figure | Unsaid:
    """The mean win over the mean loss."""
    wins, losses = sample.r[sample.r > 0], -sample.r[sample.r < 0]
    if not len(wins):
        return Unsaid(NO_WINNER)
    won, lost = float(wins.sum()) * len(losses), float(losses.sum()) * len(wins)
    return ratio(won, lost, len(sample), NO_LOSER)


@of_enough
def worst_r(sample: Sample) -> Figure | Unsaid:
    """Mean largest excursion against the trade (MAE), R, at most 0."""
    return Figure(float(sample.outcomes("worst_r").mean()), len(sample))


@of_enough
def peak_r(sample: Sample) -> Figure | Unsaid:
    """Mean largest excursion for the trade (MFE), R, at least 0."""
    return Figure(float(sample.outcomes("peak_r").mean()), len(sample))


@of_enough
def capture(sample: Sample) -> Figure | Unsaid:
    """Share of the excursions for the trades that was kept: the sum of results over the sum of peaks."""
    peaks = float(sample.outcomes("peak_r").sum())
    return ratio(float(sample.r.sum()), peaks, len(sample), "no trade went its way")


@of_enough
def hours_held(sample: Sample) -> Figure | Unsaid:
    """Median time from the fill to the end, hours."""
    held = sample.outcomes("ended_ms") - sample.outcomes("filled_ms")
    return Figure(float(np.median(held)) / Timeframe.H1.ms, len(sample))


def hit_rates(sample: Sample) -> tuple[Figure, ...]:
    """Share of trades that were paid at target 1, 2, … or at a further one, among those whose plan has as many; none for too few
    trades."""
    if sample.shortage:
        return ()
    planned = np.array([len(trade.setup.plan.targets) for trade in sample.trades])
    reached = np.array([furthest_target(trade) for trade in sample.trades])
    return tuple(
        Figure(float(np.mean(reached[planned >= place] >= place)), int(np.sum(planned >= place)))
        for place in range(1, int(planned.max()) + 1)
    )


def furthest_target(trade: Trade) -> int:
    """The place of the furthest target that was filled, from 1; 0 for none. A target too small for an order of its own is joined to
    the next, and counts with that."""
    legs = (fill.leg for fill in trade.outcome.fills if fill.leg.startswith("target-"))
    return max((int(leg.removeprefix("target-")) for leg in legs), default=0)


def longest_losing_run(sample: Sample) -> int:
    """The most trades that ended one after another, each with a loss."""
    ended = np.argsort(sample.outcomes("ended_ms"), kind="stable")
    runs = groupby(bool(sample.r[place] < 0) for place in ended)
    return max((sum(1 for _ in run) for lost, run in runs if lost), default=0)


def is_resolvable(sample: Sample) -> bool:
    """Whether candles read for the worse and for the better put the mean on the same side of 0."""
    if not len(sample):
        return True
    means = float(sample.r.mean()), float(sample.outcomes("best_r").mean())
    return not min(means) < 0 < max(means)
