"""What leaves for a person or a machine: what happened, the one request that tells it, and what came of that request."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from shared.errors import ContractError
from shared.utils.serialization import canonical_json

NOTICE: Final = "snipersight.notice/1"
ID_LENGTH: Final = 24
SHORT_ID: Final = 4
"""Characters of a parcel's id that people are shown."""


class SetupState(StrEnum):
    """Where a setup stands in its life."""

    NEW = "new"
    ARMED = "armed"
    SKIPPED = "skipped"
    ENTERED = "entered"
    TARGET_1 = "target_1"
    TARGET_2 = "target_2"
    TARGET_3 = "target_3"
    TARGET_4 = "target_4"
    TARGET_5 = "target_5"
    CLOSED = "closed"
    INVALIDATED = "invalidated"
    EXPIRED = "expired"


class Level(StrEnum):
    """How loudly something is told: with a sound, without one, or not at all."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


Kind = Literal["setup", "digest", "heartbeat", "alarm"]
Verb = Literal["send", "reply", "edit"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, whoever is told. ``key`` names it for good (:func:`notice_key`); ``fingerprint`` and ``symbol`` are empty
    where no one setup is meant; times are UTC ms; ``document`` is canonical JSON of ``snipersight.notice/1``; ``picture`` is a
    PNG, or empty.

    Raises:
        ContractError: it has no key, or expires before it happens.
    """

    key: str
    kind: Kind
    state: SetupState | None
    fingerprint: str
    symbol: str
    at_ms: int
    expires_ms: int
    level: Level
    document: str
    picture: bytes = b""

    @property
    def is_of_low_value(self) -> bool:
        """Whether it is rather lost than told twice: a sign of life, whose next one says the same."""
        return self.kind == "heartbeat"

    def __post_init__(self) -> None:
        """Refuse what could not be told from another, or is late at once."""
        if not self.key:
            raise ContractError("a notice without a key", "Report it: it could not be told from another")
        if self.expires_ms <= self.at_ms:
            raise ContractError(f"notice {self.key}: expires at {self.expires_ms}, happens at {self.at_ms}")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One request to one channel and address: one row of the outbox.

    ``id`` is the same for the same notice, channel, address and part for good (:func:`parcel_id`). ``address`` is where it
    goes, by a name without secrets; ``thread`` is the id of the parcel that it replies to or edits, empty for none. ``body`` is
    canonical JSON that the channel understands. ``low_value`` ones are dropped rather than repeated where their fate is unknown.
    The last two are set at each sending, never stored: ``is_repeat`` where an earlier sending may have arrived (the channel says so in what
    it sends), ``late_ms`` by how much it is later than it should be (0: in time).
    """

    id: str
    channel: str
    address: str
    verb: Verb
    body: str
    at_ms: int
    expires_ms: int
    thread: str = ""
    fingerprint: str = ""
    picture: bytes = b""
    low_value: bool = False
    is_repeat: bool = False
    late_ms: int = 0

    @property
    def short_id(self) -> str:
        """The id as people are shown it, in every text and in the mark of a repeat."""
        return self.id[:SHORT_ID]


@dataclass(frozen=True, slots=True)
class Delivered:
    """It was taken; ``remote_id`` is the other side's name for it, empty where there is none."""

    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """It was certainly not taken. ``retry_after_s`` says when to try again, 0 where the other side did not say (each further
    try waits longer then); None: never, it is a dead letter.

    Raises:
        ContractError: a time that is over.
    """

    reason: str
    retry_after_s: float | None

    def __post_init__(self) -> None:
        """Refuse a wait that is none."""
        if self.retry_after_s is not None and not 0 <= self.retry_after_s < float("inf"):
            raise ContractError(f"retry_after_s must be 0 or more seconds, found {self.retry_after_s!r}")


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether it was taken cannot be known."""

    reason: str


Delivery = Delivered | Refused | Unknown


def notice_key(fingerprint: str, state: str, epoch: int = 0) -> str:
    """The key of what happened to a setup; ``epoch`` changes only where a person has it told anew."""
    return f"{fingerprint}:{state}:{epoch}"


def parcel_id(channel: str, address: str, key: str, part: int = 0) -> str:
    """A parcel's id, the same in every process and after every restart: 24 characters of a-z and 2-7."""
    digest = hashlib.sha256(canonical_json([channel, address, key, part]).encode()).digest()
    return base64.b32encode(digest).decode("ascii")[:ID_LENGTH].lower()
