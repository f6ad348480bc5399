"""What setups of before were worth, where no choice had seen them: trades on record, and what may be said of those like a new one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.errors import ContractError
from shared.models.planner import Style
from shared.models.smc import Side
from shared.models.statistics import Expectancy, Insufficient
from shared.models.timeframe import iso

TENTHS: Final = 10
"""Scores are kept in tenths of a point: equal ones are equal."""


@dataclass(frozen=True, slots=True)
class PastTrade:
    """One finished trade that was decided out of sample. ``exchange`` and ``decision`` say of what it may speak: the market, and the
    digest of the rules that decided it (:func:`shared.config.digest.decision_digest`); ``profile`` is only their name then.
    ``score_tenths`` is its score, 0 to 1000; times are UTC ms; ``r`` and ``best_r`` its result in R, costs included, read for the worse
    and for the better where a candle can be read in two ways.

    Raises:
        ContractError: a score, a time or a result that no trade has.
    """

    exchange: str
    decision: str
    profile: str
    symbol: str
    side: Side
    style: Style
    fingerprint: str
    score_tenths: int
    decided_ms: int
    ended_ms: int
    r: float
    best_r: float

    def __post_init__(self) -> None:
        """Refuse what no trade can be."""
        is_one = (
            0 <= self.score_tenths <= 100 * TENTHS
            and 0 <= self.decided_ms < self.ended_ms
            and math.isfinite(self.r)
            and math.isfinite(self.best_r)
        )
        if not is_one:
            raise ContractError(f"no finished trade: {self!r}")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one source keeps of one exchange and set of rules: how many ``trades``, when the first and the last were decided, and what they
    are worth together."""

    source: str
    exchange: str
    profile: str
    decision: str
    trades: int
    first_ms: int
    last_ms: int
    worth: Expectancy | Insufficient


@dataclass(frozen=True, slots=True)
class Alike:
    """What may be said of a new setup from those before it: ``worth`` of the trades whose scores lie from ``low`` to ``high`` points, a
    tenth of all on record, decided from ``since_ms`` to ``until_ms``."""

    worth: Expectancy
    low: float
    high: float
    since_ms: int
    until_ms: int

    def __str__(self) -> str:
        """``Setups like this, out of sample: N = 41, +0.31R [-0.02, +0.63] (scores 70 to 74.9, 2024-03-01 to 2024-09-01)``."""
        since, until = (iso(time_ms)[:10] for time_ms in (self.since_ms, self.until_ms))
        scores = f"scores {self.low:g} to {self.high:g}"
        return f"Setups like this, out of sample: {self.worth} ({scores}, {since} to {until})"

    def document(self) -> Mapping[str, object]:
        """The ``record`` of published documents: its text, and every number in it."""
        return {
            "text": str(self),
            "trades": self.worth.trades,
            "days": self.worth.days,
            "mean_r": self.worth.mean,
            "low_r": self.worth.low,
            "high_r": self.worth.high,
            "score_low": self.low,
            "score_high": self.high,
            "since": iso(self.since_ms),
            "until": iso(self.until_ms),
        }
