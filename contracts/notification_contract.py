"""What takes notices to people and machines, and what remembers every one until its fate is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from shared.models.notifications import Delivery, Notice, Parcel

Threads = Mapping[str, str]
"""By address, the id of the parcel that began a setup's thread."""


class Channel(Protocol):
    """One way out.

    Laws: ``parcels`` is pure and deterministic, and gives nothing for a level that is off; ``send`` makes exactly one request and
    ends within ``deadline_s``; it never raises for what the network or the other side does: Delivered only for a well-formed
    acceptance, Refused only where it was certainly not taken, everything else is Unknown; a parcel that ``is_repeat`` or is late says
    so in what is sent; no reason holds a secret.
    """

    @property
    def name(self) -> str:
        """The channel's name in settings, ids and reports."""
        ...

    @property
    def deadline_s(self) -> float:
        """Seconds within which every ``send`` has ended."""
        ...

    def parcels(self, notice: Notice, threads: Threads) -> tuple[Parcel, ...]:
        """The requests that tell a notice, in order."""
        ...

    async def send(self, parcel: Parcel, parent_remote_id: str) -> Delivery:
        """Make the request. ``parent_remote_id`` is the other side's name for the parcel it replies to or edits; empty if there
        is none."""
        ...
