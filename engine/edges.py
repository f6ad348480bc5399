"""What a scan is asked and what it is handed: the request, and everything that touches the world."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from contracts.data_contract import CandleFeed, CandleStore, Clock
from contracts.notification_contract import Notifier
from contracts.universe_contract import UniverseStore
from data.series_notes import MemoryNotes, NoteStore
from shared.errors import ConfigFault
from shared.models.profile import Profile
from shared.models.risk import Account

Progress = Callable[[str, int, int], None]
"""Told (stage, done, total) as the scan goes on."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


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
    fetched; ``executor`` None computes in this process; ``universes`` None remembers no universe; ``notes`` are what is remembered of
    series. The exchange's clock is held to ours where ``clock_limit_ms`` is above 0."""

    open_feed: Callable[[], CandleFeed] | None
    store: CandleStore | None
    clock: Clock
    executor: Executor | None = None
    notifiers: tuple[Notifier, ...] = ()
    universes: UniverseStore | None = None
    notes: NoteStore = field(default_factory=MemoryNotes)
    clock_limit_ms: int = 0
