"""Base rates beside the same rates on shuffled candles: what geometry alone would give.

A rate such as "70 % of the gaps hold" says nothing by itself, since a gap of any random path also holds some of the time. The null
is the rate on the same candles with their blocks shuffled. Only a rate outside the shuffles' range is more than that, and even
that is no edge: costs, entries and multiple comparisons come on top.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.edges import Progress, silent
from engine.verification.rates import MEASURES, Count, Measure, spread_of, wilson
from engine.verification.repaint import Detect
from engine.verification.shuffle import shuffled
from shared.models.data import Candles, Ints
from shared.models.profile import SmcRules
from shared.models.verification import BaseRate, Series
from strategy.smc.engine import detect

MIN_TRIALS: Final = 30
"""Below this a rate is not told: its interval would be wider than any difference worth speaking of."""


def verify_null(
    series: Sequence[Series],
    rules: SmcRules,
    *,
    shuffles: int,
    seed: int,
    find: Detect = detect,
    progress: Progress = silent,
) -> tuple[BaseRate, ...]:
    """Every base rate over all series together, with the same rate in each of ``shuffles`` shuffles of them.

    The same candles, rules, shuffles and seed give the same result.
    """
    real = np.zeros((len(MEASURES), 2), np.int64)
    null = np.zeros((shuffles, len(MEASURES), 2), np.int64)
    for done, one in enumerate(series, 1):
        real += _counts(one.candles, one.tick, rules, find)
        for shuffle in range(shuffles):
            mixed = shuffled(one.candles, one.tick, _draw(one, seed, shuffle))
            null[shuffle] += _counts(mixed, one.tick, rules, find)
        progress("shuffles", done, len(series))
    return tuple(
        base_rate(measure, _count(real[place]), null[:, place]) for place, measure in enumerate(MEASURES)
    )


def base_rate(measure: Measure, counted: Count, null: Ints) -> BaseRate:
    """One measure's rate beside its null, shape (shuffles, 2) of trials and hits; without a rate where there are too few trials."""
    trials, hits = counted
    enough = bool(len(null)) and int(null[:, 0].min()) >= MIN_TRIALS
    return BaseRate(
        measure.name,
        measure.what,
        trials,
        hits,
        wilson(trials, hits) if trials >= MIN_TRIALS else None,
        spread_of(null[:, 1] / null[:, 0]) if enough else None,
    )


def _counts(candles: Candles, tick: float, rules: SmcRules, find: Detect) -> Ints:
    log = find(candles, rules, tick)
    return np.array([measure.count(candles, log) for measure in MEASURES], np.int64)


def _count(pair: Ints) -> Count:
    return int(pair[0]), int(pair[1])


def _draw(one: Series, seed: int, shuffle: int) -> np.random.Generator:
    """Chance of one shuffle of one series, whichever other series are checked beside it."""
    return np.random.default_rng([seed, shuffle, zlib.crc32(one.name.encode())])
