"""The one tree of faults. Outcomes ("no setup", "gate failed") are values; these are for what must not happen.

    SniperError
    ├── ConfigFault          wrong setting, unknown name, typo                        exit 2
    ├── DataFault            candles or market data that break a rule                 exit 30
    │   ├── NotFound         a symbol or series that is not there                     exit 2
    │   ├── ConflictingData  two candles of one time with other values                exit 30
    │   ├── SpikingData      a candle that the exchange's own figures contradict      exit 30
    │   └── StaleData        stored candles that end too early for what is asked      exit 20
    ├── TransportFault       the network or an answer that cannot be read             exit 30
    │   ├── RateLimited      the venue asked us to wait                               exit 30
    │   │   └── VenueDown    it asked us to come back after its maintenance           exit 30
    │   └── VenueRefusal     the venue said no (region, unknown symbol)               exit 30
    │       └── KeyRefused   it does not take our key, or not now, or not from here   exit 30
    ├── StorageFault         a file or database that cannot be read or written        exit 30
    │   ├── DamagedPage      stored candles that are not what was written             exit 30
    │   └── DamagedJournal   a journal that is not what was written                   exit 30
    ├── NotifyFault          a message that cannot be delivered                       exit 30
    ├── SecurityFault        a host, key or permission we refuse to use               exit 20
    ├── ClockFault           a time that cannot be true                               exit 20
    ├── IncompleteIndicatorError   an indicator that a later stage needs is missing   exit 30
    └── ContractError        a stage, hook or plugin broke its contract               exit 30
        └── PipelineOrderError     a stage stands before what it needs                exit 30

A message says field, rule, value found and what to do; a note (``add_note``) adds the place on the way up; the
type never changes.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal

Effect = Literal["none", "unknown", "done"]
Policy = Literal["never", "retry_read", "wait", "reconcile", "refuse", "degrade"]

EXIT_OK: Final = 0
EXIT_USAGE: Final = 2
EXIT_DEGRADED: Final = 10
EXIT_REFUSED: Final = 20
EXIT_FAILED: Final = 30
EXIT_INTERRUPTED: Final = 130


class SniperError(Exception):
    """Any fault of ours: ``effect`` says what the outside may have seen, ``policy`` what the caller may do."""

    exit_code: ClassVar[int] = EXIT_FAILED
    effect: ClassVar[Effect] = "none"
    policy: ClassVar[Policy] = "never"

    def __init__(self, problem: str, action: str = "") -> None:
        """``problem`` says what is wrong with the value found; ``action`` says what to do about it."""
        super().__init__(f"{problem}. {action}" if action else problem)
        self.problem = problem
        self.action = action
        self.stage = ""
        self.place = ""

    def at(self, stage: str, place: str) -> None:
        """Note on the way up where this happened; the innermost stage and place stay."""
        self.stage = self.stage or stage
        self.place = self.place or place
        self.add_note(f"in {place}")

    def __reduce__(self) -> tuple[object, ...]:
        """Keep all parts when the error crosses a process border."""
        return type(self), (self.problem, self.action), self.__dict__


class ConfigFault(SniperError):
    """A setting, name or flag is wrong."""

    exit_code = EXIT_USAGE


class DataFault(SniperError):
    """Candles or market data break a rule."""

    policy: ClassVar[Policy] = "refuse"


class NotFound(DataFault):
    """A symbol, series or market that was asked for is not there."""

    exit_code = EXIT_USAGE


class ConflictingData(DataFault):
    """One answer holds two candles of one time with different values: neither can be believed."""


class SpikingData(DataFault):
    """A candle far outside its neighbours and outside the exchange's own range of the day: kept out, asked for again later."""


class StaleData(DataFault):
    """What is stored does not reach the time asked for; deciding on it would be deciding on the past unasked."""

    exit_code = EXIT_REFUSED


class TransportFault(SniperError):
    """The network failed, or an answer could not be read."""

    policy: ClassVar[Policy] = "retry_read"


class RateLimited(TransportFault):
    """The venue asked us to slow down; ``wait_s`` is how long it asked for."""

    policy: ClassVar[Policy] = "wait"

    def __init__(self, problem: str, action: str = "", wait_s: float = 0.0) -> None:
        """``wait_s``: seconds the venue asked us to wait."""
        super().__init__(problem, action)
        self.wait_s = wait_s


class VenueDown(RateLimited):
    """The venue is under maintenance for ``wait_s``; others may be up."""

    policy: ClassVar[Policy] = "degrade"


class VenueRefusal(TransportFault):
    """The venue understood and said no; asking again changes nothing."""

    policy: ClassVar[Policy] = "never"


class KeyRefused(VenueRefusal):
    """The venue does not take the key it was asked with; never quotes the answer, which may hold the key."""


class StorageFault(SniperError):
    """A file or database could not be read or written."""

    policy: ClassVar[Policy] = "refuse"


class DamagedPage(StorageFault):
    """A page of stored candles is not what was written; ``first_ms`` is where it starts. Writing that span again mends it."""

    def __init__(self, problem: str, action: str = "", first_ms: int = 0) -> None:
        """``first_ms``: open time of the page's first candle."""
        super().__init__(problem, action)
        self.first_ms = first_ms


class DamagedJournal(StorageFault):
    """The journal was changed, cut or put back from an old copy; nothing is added to it until somebody has decided."""


class NotifyFault(SniperError):
    """A message could not be delivered."""

    policy: ClassVar[Policy] = "degrade"


class SecurityFault(SniperError):
    """A host, key or permission that we refuse to use."""

    exit_code = EXIT_REFUSED
    policy: ClassVar[Policy] = "refuse"


class ClockFault(SniperError):
    """A time that cannot be true, such as an as-of in the future."""

    exit_code = EXIT_REFUSED
    policy: ClassVar[Policy] = "refuse"


class IncompleteIndicatorError(SniperError):
    """An indicator that a later stage needs is missing or not finite."""


class ContractError(SniperError):
    """A stage, hook or plugin broke the contract it is held to."""


class PipelineOrderError(ContractError):
    """A stage stands before the stage that gives what it needs."""
