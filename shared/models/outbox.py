"""The outbox: where a parcel stands, which way it may go from there, and what a sender is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from shared.errors import ConfigFault
from shared.models.notifications import Parcel


class Fate(StrEnum):
    """Where a parcel stands."""

    PENDING = "pending"
    INFLIGHT = "inflight"
    AMBIGUOUS = "ambiguous"
    DONE = "done"
    HELD = "held"
    DROPPED = "dropped"
    EXPIRED = "expired"
    DEAD = "dead"


OPEN: Final = (Fate.PENDING, Fate.INFLIGHT, Fate.AMBIGUOUS)
"""What a sender still has to do something about."""
ALARMING: Final = (Fate.DEAD, Fate.HELD)
"""What a person has to look at."""
MOVES: Final[Mapping[Fate, frozenset[Fate]]] = MappingProxyType(
    {
        Fate.PENDING: frozenset({Fate.INFLIGHT, Fate.EXPIRED}),
        Fate.INFLIGHT: frozenset({Fate.DONE, Fate.PENDING, Fate.AMBIGUOUS, Fate.DEAD}),
        Fate.AMBIGUOUS: frozenset({Fate.INFLIGHT, Fate.HELD, Fate.DROPPED, Fate.EXPIRED, Fate.DEAD}),
        Fate.DEAD: frozenset({Fate.PENDING, Fate.DROPPED}),
        Fate.HELD: frozenset({Fate.PENDING, Fate.DROPPED}),
        Fate.DONE: frozenset(),
        Fate.DROPPED: frozenset(),
        Fate.EXPIRED: frozenset(),
    }
)
"""Every way a parcel may go; from dead and held on only a person leads. An interrupted sending is never pending again: it may have arrived."""

Doubt = Literal["repeat_marked", "hold", "drop_marked"]
"""What becomes of a parcel that may have arrived: sent again with a mark, kept for a person, or given up and counted."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a sender delivers. ``lease_ms`` is how long it may be silent before another takes over; a request ends well before.
    ``late_ms`` after the event a parcel is marked late. ``repeats`` and ``attempts`` are the most marked repeats of unknown
    fate, and the most refusals, before a parcel is a dead letter. ``pauses_s`` stand between repeats, and between tries
    where the other side does not say when; the last one for all further.

    Raises:
        ConfigFault: a number that cannot be kept.
    """

    lease_ms: int = 60_000
    late_ms: int = 900_000
    doubt: Doubt = "repeat_marked"
    repeats: int = 3
    attempts: int = 50
    pauses_s: tuple[float, ...] = (2.0, 10.0, 60.0, 300.0)

    def __post_init__(self) -> None:
        """Refuse what would send nothing or for ever."""
        if min(self.lease_ms, self.late_ms, self.attempts, *self.pauses_s) <= 0 or self.repeats < 0:
            raise ConfigFault(f"terms of delivery must be positive numbers, found {self}")

    def pause_ms(self, number: int) -> int:
        """How long to wait before the ``number``-th sending after the first."""
        return int(1000 * self.pauses_s[min(max(number, 1), len(self.pauses_s)) - 1])


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to send to one address, until another turn of it has a higher ``fence``."""

    channel: str
    address: str
    owner: str
    fence: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A parcel to send now, recorded as on its way; ``parent_remote_id`` as in ``Channel.send``."""

    turn: Turn
    parcel: Parcel
    parent_remote_id: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be sent to the address before ``until_ms``."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Another sender has the address."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A parcel and where it stands, for people."""

    id: str
    channel: str
    address: str
    fate: Fate
    at_ms: int
    attempts: int
    note: str
