"""What a set of finished trades is worth, said with its size and uncertainty, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIN_TRADES: Final = 30
MIN_DAYS: Final = 20
"""Below either, no average is told."""
MIN_EQUITY_DAYS: Final = 60
"""Days of equity below which no ratio is told."""


@dataclass(frozen=True, slots=True)
class Insufficient:
    """Too few trades or days to say anything."""

    trades: int
    days: int

    def __str__(self) -> str:
        """What is missing."""
        return f"insufficient: {self.trades} of {MIN_TRADES} trades on {self.days} of {MIN_DAYS} days"


@dataclass(frozen=True, slots=True)
class Expectancy:
    """Mean R a trade with its 95 % interval over days drawn again; ``best`` is the mean of the kinder reading, ``ambiguous``
    how many trades have two."""

    trades: int
    days: int
    mean: float
    low: float
    high: float
    best: float
    ambiguous: int

    def __str__(self) -> str:
        """``N = 41, +0.31R [-0.02, +0.63]``."""
        return f"N = {self.trades}, {self.mean:+.2f}R [{self.low:+.2f}, {self.high:+.2f}]"


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A figure that does not exist or may not be told, and why: ``no losing trade``, ``42 of 60 days``."""

    why: str

    def __str__(self) -> str:
        """``n/a (no losing trade)``."""
        return f"n/a ({self.why})"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and over how many (trades, days) it was taken."""

    value: float
    n: int


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of mark-to-market equity: ``pct`` of the peak, from the peak at ``peak_ms`` over the trough at ``trough_ms``;
    ``days`` from the peak until it was reached again (or the end, while ``is_open``)."""

    pct: float
    peak_ms: int
    trough_ms: int
    days: float
    is_open: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Trades that have something in common: ``dimension`` names it (``weekday``), ``name`` its value (``mon``)."""

    dimension: str
    name: str
    worth: Expectancy | Insufficient


@dataclass(frozen=True, slots=True)
class Decile:
    """Trades whose scores lie in one tenth of all, from ``low`` to ``high`` points; ``reached`` the share that reached the first target
    before the stop."""

    low: float
    high: float
    trades: int
    reached: float
    worth: Expectancy | Insufficient


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether a higher score was worth more. ``spearman`` is the rank correlation of score and R with ``spearman_p`` its two-sided
    p-value; ``brier`` the mean squared error of forecasting "first target before stop" by what other days' trades of the same decile
    did, beside ``base_brier``, the same forecast by all other days' trades."""

    deciles: tuple[Decile, ...]
    spearman: Figure | Unsaid
    spearman_p: Figure | Unsaid
    brier: Figure | Unsaid
    base_brier: Figure | Unsaid


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything that is said of a backtest. Results are in R net of costs, read for the worse where a candle can be read in two ways.

    Below the minima no average is told, and ``hit_rates``, the shares of finished trades that reached target 1, 2, …, is empty.
    ``endings`` is how every setup ended, in the order of a plan's life. ``worst_r`` and
    ``peak_r`` are mean largest excursions against and for a trade; ``capture`` is the sum of results over the sum of peaks.
    ``hours_held`` is the median. ``exposure`` is the share of the time in which anything was held. ``sharpe`` and ``sortino`` are
    yearly, from daily mark-to-market equity; ``probabilistic_sharpe`` the probability that the true ratio is above 0.
    ``resolvable`` is False where reading candles for the worse and for the better puts expectancy on both sides of 0.
    ``open_r`` is the sum of what is still open, marked to the last close: it counts nowhere else.
    """

    worth: Expectancy | Insufficient
    resolvable: bool
    filled: int
    finished: int
    median_r: Figure | Unsaid
    win_rate: Figure | Unsaid
    hit_rates: tuple[Figure, ...]
    profit_factor: Figure | Unsaid
    payoff: Figure | Unsaid
    worst_r: Figure | Unsaid
    peak_r: Figure | Unsaid
    capture: Figure | Unsaid
    hours_held: Figure | Unsaid
    exposure: Figure | Unsaid
    longest_losing_run: int
    endings: tuple[tuple[str, int], ...]
    open_trades: int
    open_r: float
    ambiguous: int
    funding_missing: int
    sharpe: Figure | Unsaid
    sortino: Figure | Unsaid
    probabilistic_sharpe: Figure | Unsaid
    drawdown: Drawdown | Unsaid
    calibration: Calibration
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Placebo:
    """The same plans at other times: ``draws`` replays of every trade's geometry, in ATR, on the same symbol, side and month. ``mean``,
    ``low`` and ``high`` are the mean and 5 % and 95 % quantiles of their expectancies, ``percentile`` the share of draws below the
    real one; ``trades`` how many finished a draw on average."""

    draws: int
    trades: float
    real: float
    mean: float
    low: float
    high: float
    percentile: float
