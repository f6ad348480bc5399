"""The journal's records: what was decided, each bound to all before it by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class RecordKind(StrEnum):
    """What a record is about. A scan leaves one of each of the first five, ``plan`` once per approved setup; an ``alert`` is one move
    of a parcel in the outbox, an ``outcome`` what has become of a setup, a ``verdict`` what a trader decided on one."""

    SCAN = "scan"
    UNIVERSE = "universe"
    REJECTION = "rejection"
    PLAN = "plan"
    DECISION = "decision"
    ALERT = "alert"
    OUTCOME = "outcome"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be: its content as plain JSON values. ``name`` is what it is found by (a plan's id), or empty."""

    kind: RecordKind
    content: Mapping[str, object]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """All that one scan leaves, appended together or not at all. The digests (SHA-256, hex) say of which data, settings and code
    it is a function; a batch of alerts belongs to no run, and has none."""

    run_id: str
    data: str
    config: str
    code: str
    entries: tuple[Entry, ...]

    def content(self, kind: RecordKind) -> Mapping[str, object]:
        """The content of the first entry of a kind; empty if there is none."""
        return next((entry.content for entry in self.entries if entry.kind is kind), {})


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record of a chain: its number, from 1, and its hash; number 0 and 32 zero bytes where there is none."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        """Number and the first digits of the hash, as people are shown it."""
        return f"{self.seq} {self.hash.hex()[:16]}"


START: Final = Head(0, bytes(32))
SCHEMA: Final = "snipersight.record/1"
FILED_BY: Final = ("schema", "seq", "at_ms", "kind", "run_id", "name")


@dataclass(frozen=True, slots=True)
class Record:
    """One link: ``body`` is canonical JSON that names number, time, kind, run, digests and content; the columns beside it repeat
    what it is found by."""

    seq: int
    at_ms: int
    kind: RecordKind
    run_id: str
    name: str
    prev: bytes
    body: bytes

    @property
    def hash(self) -> bytes:
        """SHA-256 of the hash before it followed by its body."""
        return hashlib.sha256(self.prev + self.body).digest()

    @property
    def head(self) -> Head:
        """The chain's head when this is the newest."""
        return Head(self.seq, self.hash)

    @property
    def filed_right(self) -> bool:
        """Whether the columns beside the body say what the body says."""
        try:
            document = self.document
            told = tuple(document[name] for name in FILED_BY)
        except (ValueError, KeyError, TypeError):
            return False
        return told == (SCHEMA, self.seq, self.at_ms, self.kind, self.run_id, self.name)

    @property
    def document(self) -> dict[str, Any]:
        """The body, read."""
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def content(self) -> dict[str, Any]:
        """What was recorded."""
        content: dict[str, Any] = self.document["content"]
        return content


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did: the head after it, and how many records it added; 0 where the run was there already."""

    head: Head
    added: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A chain that was recomputed from its first record to its last and is whole."""

    head: Head
    scans: int
    first_ms: int
    last_ms: int
