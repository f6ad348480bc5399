"""What a check of the detectors on one's own candles reads and finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.models.data import Candles
from shared.models.timeframe import Timeframe


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One symbol's closed candles of one timeframe, with the market's price step."""

    symbol: str
    candles: Candles
    tick: float

    @property
    def name(self) -> str:
        """``BTC/USDT 1h``."""
        return f"{self.symbol} {self.candles.timeframe}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A series that was asked for and is too short to check: candles there are, and candles needed."""

    symbol: str
    timeframe: Timeframe
    bars: int
    needed: int


@dataclass(frozen=True, slots=True)
class Examined:
    """What a check was run on, and with which settings."""

    exchange: str
    profile: str
    seed: int
    series: tuple[Series, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Lag:
    """Bars from where a finding is drawn to the close at which it is known: middle, 90th percentile and longest of ``measured``."""

    median: float
    p90: float
    longest: int
    measured: int


@dataclass(frozen=True, slots=True)
class DetectorCheck:
    """One detector held to the prefix law over all series.

    ``events``: findings of the whole; ``cuts``: prefixes compared with it; ``shown``: distinct findings that some prefix showed.
    ``changed``: shown by a prefix, there in the whole with other values; ``vanished``: shown by a prefix, not there in the
    whole; ``backdated``: there in the whole within the prefix's span, not shown by the prefix. Each finding counts once,
    however many cuts catch it. ``lag`` is None where nothing could be measured.
    """

    detector: str
    events: int
    cuts: int
    shown: int
    changed: int
    vanished: int
    backdated: int
    lag: Lag | None

    @property
    def rewrites(self) -> int:
        """Findings of the past that were not what they had been."""
        return self.changed + self.vanished + self.backdated


@dataclass(frozen=True, slots=True)
class LibraryCheck:
    """Another library's detectors, held to the same law on the same candles."""

    name: str
    version: str
    checks: tuple[DetectorCheck, ...]


class Verdict(StrEnum):
    """Where a rate lies against the same rate on shuffled candles."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with the ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BaseRate:
    """How often something happened, beside how often it happens on shuffled candles.

    ``rate`` has its 95 % Wilson interval, ``null`` is the mean and the 5th and 95th percentile of the shuffles' rates. Either is
    None where there are too few trials to speak of a rate.
    """

    measure: str
    what: str
    trials: int
    hits: int
    rate: Interval | None
    null: Interval | None

    @property
    def verdict(self) -> Verdict:
        """Whether the rate lies between the shuffles' 5th and 95th percentile."""
        if self.rate is None or self.null is None:
            return Verdict.INSUFFICIENT
        return Verdict.INSIDE if self.null.low <= self.rate.value <= self.null.high else Verdict.OUTSIDE
