"""Whether a higher score was worth more: deciles, rank correlation, and what a forecast by decile is worth on other days.

Spearman's coefficient is Pearson's of the ranks, equal values sharing their mean rank. Its p-value comes from permuting whole UTC
days: the days' runs of results are put in another order against the scores, which keeps together what moved together (a t
approximation would take trades of one day for independent ones). The observed order counts as one of the permutations (B. Phipson,
G. K. Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010). The Brier score is the mean squared error of a forecast
of something that happened (1) or not (0) (G. W. Brier, Monthly Weather Review 78, 1950).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.telemetry.analytics import expectancy, results_of
from bot.telemetry.sample import Sample
from bot.telemetry.trade_figures import furthest_target
from shared.models.data import Floats, Ints
from shared.models.statistics import Calibration, Decile, Figure, Unsaid

DECILES: Final = 10
PERMUTATIONS: Final = 2_000
SEED: Final = 7
AT_ONCE: Final = 500_000
"""Places permuted at one time: many trades never fill the memory."""
ALIKE: Final = 1e-12
"""Coefficients closer than this are the same one, summed in another order."""


def calibration(sample: Sample) -> Calibration:
    """Deciles of score, Spearman and Brier; nothing of them below 30 trades or 20 days."""
    if sample.shortage:
        missing = Unsaid(sample.shortage)
        return Calibration((), missing, missing, missing, missing)
    scores = np.array([trade.setup.plan.score for trade in sample.trades], np.float64)
    reached = np.array([furthest_target(trade) > 0 for trade in sample.trades], np.float64)
    place = deciles_of(scores)
    rho, p = spearman(scores, sample.r, sample.day)
    own, base = brier(reached, place, sample.day)
    deciles = tuple(
        _decile(sample, scores, reached, np.flatnonzero(place == each)) for each in np.unique(place)
    )
    return Calibration(deciles, rho, p, own, base)


def _decile(sample: Sample, scores: Floats, reached: Floats, rows: Ints) -> Decile:
    return Decile(
        low=float(scores[rows].min()),
        high=float(scores[rows].max()),
        trades=len(rows),
        reached=float(reached[rows].mean()),
        worth=expectancy(results_of(sample.trades[row] for row in rows)),
    )


def mean_ranks(values: Floats) -> Floats:
    """Rank of each value from 1, equal ones sharing the mean of theirs; shape (n,)."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[place]
    return ranks


def deciles_of(scores: Floats) -> Ints:
    """Tenth of all that each score's mean rank lies in, 0–9, shape (n,): equal scores are never torn apart, so tenths may differ in
    size or be empty."""
    places: Ints = ((mean_ranks(scores) - 0.5) * DECILES // len(scores)).astype(np.int64)
    return places


def spearman(scores: Floats, r: Floats, day: Ints) -> tuple[Figure | Unsaid, Figure | Unsaid]:
    """Rank correlation of scores and results, and its two-sided p-value; ``day`` is ascending, shape (n,) each."""
    one, other = _standard(mean_ranks(scores)), _standard(mean_ranks(r))
    if not one.any() or not other.any():
        alike = Unsaid("every score is the same" if not one.any() else "every result is the same")
        return alike, alike
    rho = float(np.clip(one @ other, -1.0, 1.0))
    as_far = int(np.sum(np.abs(_permuted(one, other, day)) >= abs(rho) - ALIKE))
    return Figure(rho, len(r)), Figure((1 + as_far) / (1 + PERMUTATIONS), len(r))


def _standard(ranks: Floats) -> Floats:
    """Centred, of length 1, or all 0 where the ranks are the same."""
    centred: Floats = ranks - ranks.mean()
    length = float(np.sqrt(centred @ centred))
    return centred / (length or 1.0)


def _permuted(one: Floats, other: Floats, day: Ints) -> Floats:
    """Coefficients with the days of ``other`` in another order, shape (PERMUTATIONS,)."""
    generator, days = np.random.default_rng(SEED), int(day[-1]) + 1
    rows = max(AT_ONCE // len(day), 1)
    found = []
    for first in range(0, PERMUTATIONS, rows):
        order = generator.random((min(rows, PERMUTATIONS - first), days)).argsort(axis=1)
        found.append(other[order[:, day].argsort(axis=1, kind="stable")] @ one)
    return np.concatenate(found)


def brier(reached: Floats, decile: Ints, day: Ints) -> tuple[Figure | Unsaid, Figure | Unsaid]:
    """Mean squared error of forecasting ``reached`` by the other days' trades of the same decile, and by all other days' trades.

    Both are taken over the trades whose decile has other days.
    """
    own, others = _elsewhere(reached, decile, day)
    base, _ = _elsewhere(reached, np.zeros_like(decile), day)
    known = others > 0
    count = int(known.sum())
    if not count:
        return Unsaid("no decile has two days"), Unsaid("no decile has two days")
    missed = tuple((forecast - reached)[known] for forecast in (own, base))
    return Figure(float(np.mean(missed[0] ** 2)), count), Figure(float(np.mean(missed[1] ** 2)), count)


def _elsewhere(reached: Floats, group: Ints, day: Ints) -> tuple[Floats, Floats]:
    """Mean of ``reached`` over the same group on other days (0 where there is none), and how many those are; shape (n,) each."""
    days = int(day.max()) + 1
    cell = group * days + day
    hits, sizes = np.bincount(group, reached), np.bincount(group)
    cell_hits, cell_sizes = np.bincount(cell, reached), np.bincount(cell)
    others = (sizes[group] - cell_sizes[cell]).astype(np.float64)
    mean: Floats = (hits[group] - cell_hits[cell]) / np.maximum(others, 1)
    return mean, others
