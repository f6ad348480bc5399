"""The finished trades of a backtest in one order, and whether there are enough of them to say anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps

import numpy as np

from shared.errors import ContractError
from shared.models.backtest import Trade
from shared.models.data import Floats, Ints
from shared.models.statistics import MIN_DAYS, MIN_TRADES, Figure, Unsaid
from shared.models.timeframe import DAY_MS

MEASURED = ("result_r", "best_r", "worst_r", "peak_r")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Finished trades by the time they were decided. ``r`` is what each won or lost, ``day`` the place of its UTC day among those
    traded; shape (n,) each."""

    trades: tuple[Trade, ...]
    r: Floats
    day: Ints

    def __len__(self) -> int:
        """How many there are."""
        return len(self.trades)

    @property
    def days(self) -> int:
        """On how many UTC days they were decided."""
        return int(self.day.max()) + 1 if len(self.day) else 0

    @property
    def shortage(self) -> str:
        """Why nothing may be said of them, empty where there are enough."""
        if len(self) >= MIN_TRADES and self.days >= MIN_DAYS:
            return ""
        return f"{len(self)} of {MIN_TRADES} trades on {self.days} of {MIN_DAYS} days"

    def outcomes(self, name: str) -> Floats:
        """One field of every outcome, shape (n,)."""
        return np.array([getattr(trade.outcome, name) for trade in self.trades], np.float64)


def sample_of(trades: Iterable[Trade]) -> Sample:
    """The finished ones among ``trades``, whatever order they come in.

    Raises:
        ContractError: a result is not a number.
    """
    done = sorted((trade for trade in trades if trade.is_finished), key=_place)
    for trade in done:
        for name in MEASURED:
            value = getattr(trade.outcome, name)
            if not math.isfinite(value):
                raise ContractError(f"backtest: {name} of {trade.outcome.fingerprint} must be finite, found {value!r}")  # fmt: skip
    days = np.array([trade.decided_ms // DAY_MS for trade in done], np.int64)
    return Sample(
        tuple(done),
        np.array([trade.outcome.result_r for trade in done], np.float64),
        np.unique(days, return_inverse=True)[1].astype(np.int64),
    )


def _place(trade: Trade) -> tuple[int, str, int, float, str, int]:
    plan = trade.setup.plan
    return plan.decided_ms, plan.symbol, plan.side, plan.score, plan.fingerprint, trade.outcome.ended_ms


def of_enough(figure: Callable[[Sample], Figure | Unsaid]) -> Callable[[Sample], Figure | Unsaid]:
    """``figure``, told of at least 30 trades on 20 days."""

    @wraps(figure)
    def told(sample: Sample) -> Figure | Unsaid:
        return Unsaid(sample.shortage) if sample.shortage else figure(sample)

    return told


def ratio(numerator: float, denominator: float, n: int, why_not: str) -> Figure | Unsaid:
    """Their quotient over ``n``, or ``why_not`` where the denominator is nothing, or too little to divide by."""
    quotient = numerator / denominator if denominator > 0 else math.inf
    return Figure(quotient, n) if math.isfinite(quotient) else Unsaid(why_not)
