"""Walk-forward: a profile chosen on one time, confirmed on the next and traded on the one after, again and again."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ConfigFault
from shared.models.backtest import Trade
from shared.models.profile import Profile
from shared.models.statistics import Expectancy, Figure, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS, iso


@dataclass(frozen=True, slots=True)
class Window:
    """Closes after ``since_ms`` up to ``until_ms``.

    Raises:
        ConfigFault: it ends before it begins.
    """

    since_ms: int
    until_ms: int

    def __post_init__(self) -> None:
        """Refuse a window in which nothing can be decided."""
        if not 0 <= self.since_ms < self.until_ms:
            raise ConfigFault(
                f"window: {iso(self.until_ms)} does not come after {iso(self.since_ms)}",
                "Give a longer period",
            )

    def holds(self, time_ms: int) -> bool:
        """Whether a decision at this close belongs to it."""
        return self.since_ms < time_ms <= self.until_ms


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """How long each part of a fold is, in days, and the longest a trade can last, ``hold_ms``: so much time is left free between the
    parts (purge), and after a test before later training may use it (embargo).

    Raises:
        ConfigFault: a part that is shorter than a day, or a holding time below 0.
    """

    train_days: float
    validate_days: float
    test_days: float
    hold_ms: int

    def __post_init__(self) -> None:
        """Refuse parts that hold no decision."""
        for name in ("train_days", "validate_days", "test_days"):
            if not getattr(self, name) >= 1:
                raise ConfigFault(
                    f"walk-forward: {name} must be 1 day or more, found {getattr(self, name)!r}"
                )
        if self.hold_ms < 0:
            raise ConfigFault(f"walk-forward: hold_ms must not be negative, found {self.hold_ms}")

    @property
    def train_ms(self) -> int:
        """Length of a train window."""
        return round(self.train_days * DAY_MS)

    @property
    def validate_ms(self) -> int:
        """Length of a validate window."""
        return round(self.validate_days * DAY_MS)

    @property
    def test_ms(self) -> int:
        """Length of a test window; the last one may be half as long or half longer."""
        return round(self.test_days * DAY_MS)

    @property
    def lead_ms(self) -> int:
        """From the first close of a fold's training to that of its test."""
        return self.train_ms + self.validate_ms + 2 * self.hold_ms


@dataclass(frozen=True, slots=True)
class Fold:
    """One turn: candidates are compared on ``train``, the best few on ``validate``, one is traded on ``test``."""

    train: Window
    validate: Window
    test: Window


@dataclass(frozen=True, slots=True)
class Choice:
    """The profile a fold trades, the digest of its settings, how many candidates it was chosen of, and what it was worth in training
    and in validation."""

    profile: Profile
    digest: str
    of: int
    train: Expectancy
    validate: Expectancy | Insufficient

    @property
    def promised(self) -> Expectancy:
        """What validation promised, or training where validation had too few trades to say."""
        return self.validate if isinstance(self.validate, Expectancy) else self.train


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What a fold chose (or why it chose nothing, and traded nothing), and what that did in its test."""

    fold: Fold
    choice: Choice | Unsaid
    trades: int
    did: Expectancy | Insufficient


@dataclass(frozen=True, slots=True)
class WalkForward:
    """All folds and the trades of their tests alone, oldest first. ``promised`` is the mean R that the choices promised, weighted by the
    finished trades they made, to be held against ``worth``; ``drift`` is how many folds changed the profile of the fold before."""

    folds: tuple[FoldResult, ...]
    trades: tuple[Trade, ...]
    worth: Expectancy | Insufficient
    promised: Figure | Unsaid
    drift: int
