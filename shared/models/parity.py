"""Live against replayed: setup by setup what scans approved, what the backtest says of the same close today, and why they differ."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.errors import EXIT_DEGRADED, EXIT_OK
from shared.models.fills import Ending, Fill
from shared.models.gates import Comparison, Stage
from shared.models.replay import Difference
from shared.models.scan import SymbolFault
from shared.models.smc import Side
from shared.models.statistics import Unsaid
from shared.models.timeframe import Timeframe

Values = tuple[float, float, float, float, float]
"""Open, high, low, close and volume of a candle."""


NO_GATE: Final = Unsaid("no gate stops it")


class Cause(StrEnum):
    """The first thing that explains why a live decision is not what is decided today, in the order in which they are looked at."""

    SAME = "same"
    CANDLES = "candles"
    MARKET = "market"
    CODE = "code"
    SETTINGS = "settings"
    UNIVERSE = "universe"
    RULES = "rules"
    EXPOSURE = "exposure"
    DEFECT = "defect"
    UNDECIDED = "undecided"


class Miss(StrEnum):
    """Why no live scan approved a setup that the backtest takes."""

    NO_SCAN = "no_scan"
    GATE = "gate"
    UNREAD = "unread"
    NOT_ASKED = "not_asked"
    OTHER_PLAN = "other_plan"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a gate measured, and what it held it against, in the gate's unit."""

    measured: float
    threshold: float


@dataclass(frozen=True, slots=True)
class GateMoved:
    """A gate that stops today what it let through, or that stopped live what is taken today: what it said ``then`` and ``now``."""

    stage: Stage
    code: str
    what: str
    unit: str
    comparison: Comparison
    then: Measure | Unsaid
    now: Measure | Unsaid


@dataclass(frozen=True, slots=True)
class PriceMoved:
    """A price of the plan that is another one today; ``ticks`` is now less then, in ticks of then."""

    what: str
    then: Decimal
    now: Decimal
    ticks: float


@dataclass(frozen=True, slots=True)
class CandleMoved:
    """One candle that came again with other values after the decision, by its open time; ``seen_ms`` is when."""

    open_ms: int
    seen_ms: int
    then: Values
    now: Values | Unsaid


@dataclass(frozen=True, slots=True)
class SeriesMoved:
    """A series that is not what was recorded: number of candles and digest, recorded and found, and the candles the store still has the
    former values of. ``proven`` says that with those put back the recorded digest comes out: nothing else has changed."""

    symbol: str
    timeframe: Timeframe
    recorded: str
    found: str
    candles: tuple[CandleMoved, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """How an outcome stands on candles up to ``as_of_ms``; ``result_r`` net of costs."""

    ending: Ending
    result_r: float
    ended_ms: int
    as_of_ms: int


@dataclass(frozen=True, slots=True)
class FillMoved:
    """One leg that was filled in another candle, at another price or not at all."""

    leg: str
    then: Fill | Unsaid
    now: Fill | Unsaid


@dataclass(frozen=True, slots=True)
class OutcomeCheck:
    """The newest outcome on record beside the paper broker's on today's candles up to the same close; where none is recorded, up to the
    newest. ``fills`` are the legs that differ."""

    recorded: Ended | Unsaid
    found: Ended | Unsaid
    fills: tuple[FillMoved, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether both are there and are not the same."""
        return isinstance(self.recorded, Ended) and (self.recorded != self.found or bool(self.fills))


@dataclass(frozen=True, slots=True)
class Decided:
    """What a close says today of a setup that was approved there. ``why`` is a sentence, empty for the same; ``gate`` is what stops it,
    if one does; ``series`` are those that explain; ``differences`` is everything that is not as it was recorded, also where the plan is the
    same."""

    cause: Cause
    why: str = ""
    gate: GateMoved | Unsaid = NO_GATE
    prices: tuple[PriceMoved, ...] = ()
    series: tuple[SeriesMoved, ...] = ()
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveSetup:
    """One setup as a scan first approved it as of ``as_of_ms``, what is decided there today, and what became of it."""

    fingerprint: str
    run_id: str
    exchange: str
    profile: str
    symbol: str
    side: Side
    as_of_ms: int
    score: float
    decided: Decided
    outcome: OutcomeCheck

    @property
    def differs(self) -> bool:
        """Whether the decision or its outcome is not what it was."""
        return self.decided.cause is not Cause.SAME or self.outcome.differs


@dataclass(frozen=True, slots=True)
class Missed:
    """One setup that the backtest takes at the close ``decided_ms`` and no scan had approved by then. ``said`` is what the scan of that
    close (``run_id``; empty without one) says of it; ``later_ms`` when a scan approved it after all, 0 if none did."""

    fingerprint: str
    exchange: str
    profile: str
    symbol: str
    side: Side
    decided_ms: int
    score: float
    why: Miss
    said: str
    gate: GateMoved | Unsaid
    run_id: str
    later_ms: int
    ending: Ending
    result_r: float


@dataclass(frozen=True, slots=True)
class Course:
    """Scans of one kind, and the backtest of their time. ``symbols`` are those asked for (none: the profile's universe, at most ``top`` of
    it, 0 for the profile's size); times are the first and the last close scanned; ``trades`` how many setups the backtest takes."""

    exchange: str
    profile: str
    symbols: tuple[str, ...]
    top: int
    first_ms: int
    last_ms: int
    scans: int
    backtest_id: str
    trades: int
    faults: tuple[SymbolFault, ...]


@dataclass(frozen=True, slots=True)
class Parity:
    """All of it, setups and misses by time."""

    since_ms: int
    courses: tuple[Course, ...]
    setups: tuple[LiveSetup, ...]
    missed: tuple[Missed, ...]

    @property
    def differing(self) -> int:
        """Setups that differ, and those missed."""
        return sum(setup.differs for setup in self.setups) + len(self.missed)

    @property
    def exit_code(self) -> int:
        """0 where all is the same; 10 where something differs or could not be looked at."""
        unread = any(course.faults for course in self.courses)
        return EXIT_DEGRADED if self.differing or unread else EXIT_OK


NOT_TRADED: Final = "what was really bought and sold is not recorded: outcomes are the paper broker's"
"""What no parity can say yet."""
