"""A parameter search: what was varied, every configuration that was tried, and what the best of them is worth elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.errors import ConfigFault
from shared.models.statistics import MIN_DAYS, MIN_TRADES, Expectancy, Insufficient, Unsaid
from shared.models.timeframe import iso
from shared.models.walk_forward import Window

Value = float | int | bool | str | tuple[str, ...]
"""What a field of a profile may hold."""
Changes = tuple[tuple[str, Value], ...]
"""Fields by dotted name and the values they are given, in the order of the space."""

ANY: Final = "*"
"""Stands for symbols that are not known by name, those of a universe: it is among all others."""
UNTOLD: Final = -1_000.0
"""Score of a configuration without a single trade. Each finished trade and each day that is wanted adds a point: one that has too few is
better than one with fewer, and worse than any that can be told."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One field of the profile, ``gates.min_score``, and the values it may take; ``ordered`` ones lie on a line.

    Raises:
        ConfigFault: fewer than two values, or one twice.
    """

    path: str
    values: tuple[Value, ...]
    ordered: bool

    def __post_init__(self) -> None:
        """Refuse a knob that cannot be turned."""
        if len(self.values) < 2 or len(set(self.values)) != len(self.values):
            raise ConfigFault(
                f"search: {self.path} has the values {list(self.values)}", "Give two or more that differ"
            )


Space = tuple[Knob, ...]


def size_of(space: Iterable[Knob]) -> int:
    """How many configurations there are."""
    return math.prod(len(knob.values) for knob in space)


@dataclass(frozen=True, slots=True)
class Ground:
    """What is searched on: candles of an exchange's symbols, decided on after ``since_ms`` up to ``until_ms``. ``data_digest`` names the
    very candles, and whatever else than the profile a result depends on.

    Raises:
        ConfigFault: no symbols, or it ends before it begins.
    """

    exchange: str
    symbols: tuple[str, ...]
    since_ms: int
    until_ms: int
    data_digest: str

    def __post_init__(self) -> None:
        """Refuse nothing to search on."""
        if not self.symbols or not 0 <= self.since_ms < self.until_ms:
            raise ConfigFault(
                f"search: {len(self.symbols)} symbols from {iso(self.since_ms)} to {iso(self.until_ms)}",
                "Give symbols, and a period that ends after it begins",
            )


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """How to search: the ``space``, how many ``trials`` in all (those on record count), the ``seed``, and the share of the period at its
    end that is held back.

    Raises:
        ConfigFault: nothing is varied, no trial is asked for, or the share is not between 0 and 1.
    """

    space: Space
    trials: int = 50
    seed: int = 7
    held_back: float = 0.25

    def __post_init__(self) -> None:
        """Refuse what finds nothing."""
        if not self.space or self.trials < 1 or not 0 < self.held_back < 1:
            raise ConfigFault(
                f"search: {len(self.space)} fields varied, {self.trials} trials, held_back {self.held_back:g}",
                "Vary at least one field, in at least one trial, and hold back a share between 0 and 1",
            )


@dataclass(frozen=True, slots=True)
class Daily:
    """The shape of results by UTC day, over ``days`` days that have any: mean over standard deviation (``ratio``, a Sharpe ratio a
    day), skewness, and kurtosis (3 for a normal distribution)."""

    ratio: float
    skew: float
    kurtosis: float
    days: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration tried in training: its ``changes`` to the profile and the digest of what comes out. ``worth`` is unsaid where the
    values do not go together, and nothing was run."""

    number: int
    changes: Changes
    digest: str
    worth: Expectancy | Insufficient | Unsaid
    daily: Daily | Unsaid

    @property
    def score(self) -> float:
        """What is searched for: the lower end of expectancy's interval, in R; far below any of those where there is none."""
        if isinstance(self.worth, Expectancy):
            return self.worth.low
        if isinstance(self.worth, Unsaid):
            return UNTOLD - 1
        return UNTOLD + min(self.worth.trades, MIN_TRADES) + min(self.worth.days, MIN_DAYS)


@dataclass(frozen=True, slots=True)
class Luck:
    """How far the best of many may be due to their number. ``ratio`` is its daily ratio, ``expected`` the ratio that the luckiest of
    ``tried`` configurations without any worth would show, ``chance`` the probability that the true ratio is not above 0 given that it
    was picked as the best (1 − deflated Sharpe ratio)."""

    tried: int
    ratio: float
    expected: float
    chance: float


@dataclass(frozen=True, slots=True)
class Touch:
    """A use of the held-back period: by which configuration, and what it was worth there."""

    digest: str
    worth: Expectancy | Insufficient


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found. ``held`` is what the best trial was worth in the held-back period; unsaid where nothing was chosen or the
    period was spent before on another configuration. ``spent`` is how often others looked at that time of these candles, by a search, a backtest or a walk-forward;
    ``tried`` how many configurations anybody tried on the training part, these included."""

    ground: Ground
    profile: str
    plan: SearchPlan
    train: Window
    held_back: Window
    trials: tuple[Trial, ...]
    best: Trial | Unsaid
    luck: Luck | Unsaid
    held: Expectancy | Insufficient | Unsaid
    spent: int
    tried: int

    @property
    def is_proven(self) -> bool:
        """Whether the best was worth something in a time that nobody had looked at: its interval there lies above 0."""
        return isinstance(self.held, Expectancy) and self.held.low > 0 and not self.spent
