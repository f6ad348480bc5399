"""What a scan is asked and what it is handed: the request, and everything that touches the world."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from contracts.data_contract import CandleFeed, CandleStore, CandleStream, Clock
from contracts.journal_contract import Journal
from contracts.universe_contract import UniverseStore
from data.cross_check import SecondOpinion
from data.series_notes import MemoryNotes, NoteStore
from engine.telling import Telling
from shared.errors import ConfigFault
from shared.models.computing import Compute, anew
from shared.models.context import SniperContext
from shared.models.journal import Appended
from shared.models.profile import Profile
from shared.models.risk import Account

Progress = Callable[[str, int, int], None]
"""Told (stage, done, total) as the scan goes on."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


Timing = Callable[[str, float], None]
"""Told (stage, seconds) when a stage of the whole scan has ended."""


Recorded = Callable[[str, Appended], None]
"""Told (run id, what was appended) when a scan is in the journal."""


def unheard(run_id: str, appended: Appended) -> None:
    """A record that nobody is told of."""


Judged = Callable[[tuple[SniperContext, ...]], None]
"""Told every symbol's context once risk has judged the plans among them."""


def unseen(contexts: tuple[SniperContext, ...]) -> None:
    """Contexts that nobody looks at again."""


def untimed(stage: str, seconds: float) -> None:
    """Stages that nobody times."""


@contextmanager
def timed(told: Timing, stage: str) -> Iterator[None]:
    """Tell how long a stage that came to its end took."""
    began = time.monotonic()
    yield
    told(stage, round(time.monotonic() - began, 4))


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What is asked. No ``symbols`` means the profile's universe, ``top`` limits it; ``as_of_ms`` None means now (offline: the
    newest stored close).

    Raises:
        ConfigFault: the account is in another currency than the profile trades in: its risk would be sized one to one.
    """

    profile: Profile
    exchange: str
    account: Account
    symbols: tuple[str, ...] = ()
    top: int | None = None
    as_of_ms: int | None = None
    offline: bool = False

    def __post_init__(self) -> None:
        """Refuse an account in another currency."""
        quote, currency = self.profile.universe.quote, self.account.currency
        if currency != quote:
            raise ConfigFault(
                f"the account is in {currency}, but profile {self.profile.name!r} trades against {quote}",
                f"Give equity in {quote}, or set profile.universe.quote",
            )


@dataclass(frozen=True, slots=True)
class Edges:
    """What touches the world, handed in. ``open_feed`` is called inside the event loop, and is None where nothing may be
    fetched; ``executor`` None computes in this process; ``universes`` None remembers no universe; ``open_journal`` is called
    when a scan has decided, and is None where nothing is recorded; ``telling`` stands in its place where somebody is told.
    ``secrets`` are texts that may stand in no result and no record. ``notes`` are what is remembered of series. The exchange's clock
    is held to ours where ``clock_limit_ms`` is above 0. ``compute`` is how what depends on one series alone is computed.
    ``open_second`` is called like ``open_feed``: the exchange asked about doubtful candles, if one is. ``stream`` outlives the scan;
    what it brought need not be fetched."""

    open_feed: Callable[[], CandleFeed] | None
    store: CandleStore | None
    clock: Clock
    executor: Executor | None = None
    universes: UniverseStore | None = None
    open_journal: Callable[[], AbstractContextManager[Journal]] | None = None
    telling: Telling | None = None
    on_stage: Timing = untimed
    on_record: Recorded = unheard
    on_judged: Judged = unseen
    secrets: tuple[str, ...] = field(default=(), repr=False)
    notes: NoteStore = field(default_factory=MemoryNotes)
    clock_limit_ms: int = 0
    compute: Compute = anew
    open_second: Callable[[], SecondOpinion] | None = None
    stream: CandleStream | None = None
