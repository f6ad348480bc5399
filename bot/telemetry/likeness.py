"""What recorded setups like a new one were worth.

Like it are those of the same market and the same rules whose score lies in the same tenth of all recorded scores. Where that tenth has too
few trades nothing wider is told in its place: nothing is told.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.telemetry.analytics import Result, expectancy
from bot.telemetry.calibration import deciles_of
from shared.models.data import Ints
from shared.models.statistics import Insufficient, Unsaid
from shared.models.track import TENTHS, Alike, PastTrade


def setups_like(rows: Sequence[PastTrade], score: float, decided_ms: int) -> Alike | Unsaid:
    """What the trades of ``rows``, all of one market and one set of rules, say of a setup with ``score`` points decided at ``decided_ms``
    (UTC ms); only those that had ended by then are read.

    Unsaid where the score lies outside of all recorded ones, where its tenth has too few trades, and where reading candles for the
    worse and for the better puts its mean on both sides of 0.
    """
    known = [row for row in rows if row.ended_ms <= decided_ms]
    if not known:
        return Unsaid("no trade on record")
    scores = np.array([row.score_tenths for row in known], np.int64)
    own = round(TENTHS * score)
    firsts = first_scores(scores)
    if not firsts[0] <= own <= scores.max():
        return Unsaid(f"no recorded score near {score:g}")
    place = int(np.searchsorted(firsts, own, side="right")) - 1
    low, high = (int(bound) for bound in (firsts[place], [*(firsts[1:] - 1), scores.max()][place]))
    alike = [row for row in known if low <= row.score_tenths <= high]
    worth = expectancy([Result(row.decided_ms, row.r, row.best_r) for row in alike])
    if isinstance(worth, Insufficient):
        return Unsaid(str(worth))
    if min(worth.mean, worth.best) < 0 < max(worth.mean, worth.best):
        return Unsaid("not resolvable: the worse and the better reading lie on both sides of 0")
    decided = [row.decided_ms for row in alike]
    return Alike(worth, low / TENTHS, high / TENTHS, min(decided), max(decided))


def first_scores(scores: Ints) -> Ints:
    """The lowest score of each tenth of ``scores``, ascending, fewer than ten where equal scores fill several: the tenths of
    :func:`bot.telemetry.calibration.deciles_of`, each reaching to the next one's lowest."""
    ordered = np.sort(scores)
    _, starts = np.unique(deciles_of(ordered.astype(np.float64)), return_index=True)
    firsts: Ints = ordered[starts]
    return firsts
