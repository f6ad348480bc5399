"""The outbox's tables, and one row of them: sealed as a whole, so that no flipped bit is ever sent, or sends anything twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from typing import Any, Final, get_args

from data.sqlite_file import STRICT
from shared.models.notifications import Parcel, Verb
from shared.models.outbox import Fate
from shared.utils.serialization import canonical_json

OUTBOX: Final = (
    "CREATE TABLE outbox (id TEXT PRIMARY KEY, channel TEXT NOT NULL, address TEXT NOT NULL, verb TEXT NOT NULL, "
    "body TEXT NOT NULL, at_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, thread TEXT NOT NULL, "
    "fingerprint TEXT NOT NULL, picture TEXT NOT NULL, low_value INTEGER NOT NULL, place INTEGER NOT NULL UNIQUE, "
    "fate TEXT NOT NULL, attempts INTEGER NOT NULL, unknowns INTEGER NOT NULL, fence INTEGER NOT NULL, "
    "not_before_ms INTEGER NOT NULL, remote_id TEXT NOT NULL, note TEXT NOT NULL, "
    f"seal BLOB NOT NULL){STRICT}",
    "CREATE INDEX outbox_open ON outbox (channel, address, place) WHERE fate IN ('pending', 'inflight', 'ambiguous')",
    "CREATE INDEX outbox_thread ON outbox (channel, fingerprint, place) WHERE fingerprint <> ''",
    f"CREATE TABLE picture (digest TEXT PRIMARY KEY, png BLOB NOT NULL){STRICT}",
    "CREATE TABLE lease (channel TEXT NOT NULL, address TEXT NOT NULL, owner TEXT NOT NULL, fence INTEGER NOT NULL, "
    f"expires_ms INTEGER NOT NULL, PRIMARY KEY (channel, address)){STRICT}",
)
"""Version 2 of the journal's file."""


@dataclass(frozen=True, slots=True)
class Row:
    """A parcel as it is kept. ``picture`` is its picture's SHA-256, empty for none; ``place`` counts all rows, oldest first;
    ``unknowns`` counts sendings of unknown fate, so a row with any is marked when it is sent again."""

    id: str
    channel: str
    address: str
    verb: Verb
    body: str
    at_ms: int
    expires_ms: int
    thread: str
    fingerprint: str
    picture: str
    low_value: int
    place: int
    fate: Fate = Fate.PENDING
    attempts: int = 0
    unknowns: int = 0
    fence: int = 0
    not_before_ms: int = 0
    remote_id: str = ""
    note: str = ""

    @classmethod
    def of(cls, parcel: Parcel, place: int) -> Row:
        """A new row."""
        picture = hashlib.sha256(parcel.picture).hexdigest() if parcel.picture else ""
        return cls(
            parcel.id, parcel.channel, parcel.address, parcel.verb, parcel.body, parcel.at_ms, parcel.expires_ms,
            parcel.thread, parcel.fingerprint, picture, int(parcel.low_value), place,
        )  # fmt: skip

    @classmethod
    def read(cls, stored: tuple[Any, ...]) -> Row:
        """The row of its stored columns, seal last.

        Raises:
            ValueError: it is not what was written.
        """
        row = cls(*stored[:-1])
        if row.seal != stored[-1] or row.verb not in get_args(Verb):
            raise ValueError("not the row that was sealed")
        return replace(row, fate=Fate(row.fate))

    @property
    def columns(self) -> tuple[object, ...]:
        """As it is stored, without its seal."""
        return tuple(getattr(self, name) for name in NAMES)

    @property
    def seal(self) -> bytes:
        """SHA-256 over all of it."""
        return hashlib.sha256(canonical_json(self.columns).encode("utf-8", "surrogatepass")).digest()

    @property
    def digest(self) -> str:
        """SHA-256 of what is to be sent, as the chain has it."""
        sent = (self.id, self.channel, self.address, self.verb, self.body, self.thread, self.picture)
        return hashlib.sha256(canonical_json(sent).encode()).hexdigest()

    def parcel(self, picture: bytes, late_ms: int) -> Parcel:
        """What is handed to the channel, with its marks."""
        return Parcel(
            self.id, self.channel, self.address, self.verb, self.body, self.at_ms, self.expires_ms, self.thread,
            self.fingerprint, picture, bool(self.low_value), self.unknowns > 0, late_ms,
        )  # fmt: skip


NAMES: Final = tuple(field.name for field in fields(Row))
COLUMNS: Final = ", ".join((*NAMES, "seal"))
SELECT: Final = f"SELECT {COLUMNS} FROM outbox"
INSERT: Final = (
    f"INSERT INTO outbox ({COLUMNS}) VALUES ({', '.join('?' * (len(NAMES) + 1))}) ON CONFLICT (id) DO NOTHING"
)
MOVING: Final = ("fate", "attempts", "unknowns", "fence", "not_before_ms", "remote_id", "note")
UPDATE: Final = (
    f"UPDATE outbox SET {', '.join(f'{name}=?' for name in MOVING)}, seal=? WHERE id=? AND fate=? AND fence=?"
)
