"""What leaves for a person or a machine, and through what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One plan as a message. ``id`` is stable for (fingerprint, state), ``text`` is for people, ``payload`` is the plan as one
    JSON document of the published schema."""

    id: str
    kind: Literal["plan"]
    symbol: str
    text: str
    payload: str


class Notifier(Protocol):
    """A channel.

    Laws: ``deliver`` returns only when the channel has taken the message, else raises NotifyFault; a message is delivered
    as it is, never cut.
    """

    @property
    def channel(self) -> str:
        """The channel's name in reports."""
        ...

    def deliver(self, message: Message) -> None:
        """Hand over one message."""
        ...
