"""What people ask the bot and decide through it, and what they are answered. Nothing here knows Telegram."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a trader decides on a setup, once."""

    APPROVED = "approved"
    HALF = "approved at half size"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Choice:
    """A button under an answer: what it says, and the data that comes back when it is pressed."""

    text: str
    data: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command is answered: plain text, escaped by whoever sends it. ``monospaced`` lines stand in columns; ``picture`` is a
    PNG, or empty."""

    title: str
    lines: tuple[str, ...] = ()
    monospaced: bool = False
    picture: bytes = b""
    choices: tuple[tuple[Choice, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A press of Approve, Half or Skip by a person who may. ``user``, ``chat`` and ``update_id`` are Telegram's numbers."""

    fingerprint: str
    verdict: Verdict
    user: int
    chat: int
    update_id: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the bot that people who run it may want to know: never a word of what strangers wrote."""

    event: str
    what: str
    is_trouble: bool = False
    user: int = 0
    chat: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """The highest update that was taken up, and when (UTC ms)."""

    update_id: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Hush:
    """What is not told: nothing new while ``paused_ms`` is not 0 (since when, UTC ms), and no new setup of a symbol in ``muted``
    (until when, UTC ms)."""

    paused_ms: int = 0
    muted: tuple[tuple[str, int], ...] = ()

    def symbols(self, now_ms: int) -> frozenset[str]:
        """Those muted at a time."""
        return frozenset(symbol for symbol, until_ms in self.muted if until_ms > now_ms)
