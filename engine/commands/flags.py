"""What the command line said, before anything is read or checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from shared.errors import ConfigFault

if TYPE_CHECKING:
    from shared.models.profile import Profile

LogForm = Literal["console", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How results and remarks leave."""

    json: bool = False
    jsonl: bool = False
    plain: bool = False
    quiet: bool = False
    verbose: int = 0
    no_color: bool = False
    debug: bool = False
    log_format: LogForm = "console"
    log_json: str | None = None

    def __post_init__(self) -> None:
        """Refuse flags that contradict each other.

        Raises:
            ConfigFault: two output formats at once.
        """
        asked = [f"--{name}" for name in ("json", "jsonl", "plain") if getattr(self, name)]
        if len(asked) > 1:
            raise ConfigFault(f"{' and '.join(asked)} exclude each other", "Choose one output format")

    @property
    def for_machines(self) -> bool:
        """Whether standard output belongs to documents."""
        return self.json or self.jsonl


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What to scan and how; None leaves it to the settings. Of Python a whole profile may come, which stands over theirs, and
    ``in_python`` says that a function was called rather than a command.
    """

    profile: str | Profile | None = None
    exchange: str | None = None
    symbols: tuple[str, ...] = ()
    top: int | None = None
    as_of: str | datetime | None = None
    offline: bool = False
    account: str | None = None
    config: str | None = None
    jobs: int = 1
    base_url: str | None = None
    in_python: bool = False
    journal: bool | None = None
    slot: bool = False
    notify: bool = False
    chart: str | None = None
    output: Output = Output()

    def called(self, name: str) -> str:
        """What whoever said it calls one of them: ``--as-of`` on a command line, ``as_of`` in Python."""
        return name if self.in_python else f"--{name.replace('_', '-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What a check of the detectors reads, and how hard it looks."""

    timeframes: tuple[str, ...] = ()
    bars: int = 2000
    cuts: int = 20
    shuffles: int = 20
    seed: int = 1
    library: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What ``watch`` shows, for how many closes (0 until it is stopped), whether candles are streamed, and whether the bot answers
    beside it."""

    all: bool = False
    rounds: int = 0
    stream: bool = False
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """How much of the past a back-fill fetches: named timeframes, since a date, or the last ``days``; nothing said, what the profile
    reads. With ``books``, the order books of now too."""

    timeframes: tuple[str, ...] = ()
    since: str | None = None
    days: int = 0
    books: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune:
    """What may go from the store, and whether it goes now. ``older_than`` is in days, 0 for any age."""

    older_than: int = 0
    timeframes: tuple[str, ...] = ()
    yes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaying:
    """What a backtest replays: from and to when, which ``costs`` (field of the profile, basis points) stand over the profile's, the
    scheduler that does the work (worker processes without one), the seed, how often the plans are tried at random times, the folder of
    the report, and whether it goes on from an earlier run."""

    since: str | None = None
    until: str | None = None
    costs: tuple[tuple[str, float], ...] = ()
    executor: str | None = None
    seed: int = 7
    placebo: int = 200
    output: str | None = None
    resume: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Searching:
    """How a parameter search goes: configurations in all, the share of the period held back, the file of what is varied (the usual
    fields without one), and whether that is only shown."""

    trials: int = 50
    held_back: float = 0.25
    space: str | None = None
    print_space: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """What a walk-forward chooses from, profiles by name or ``trials`` configurations drawn from a space (the usual one without a file),
    how long its windows are in days, and whether its trades go on record."""

    profiles: tuple[str, ...] = ()
    trials: int = 0
    space: str | None = None
    train_days: float = 60.0
    validate_days: float = 30.0
    test_days: float = 30.0
    record: bool = False
