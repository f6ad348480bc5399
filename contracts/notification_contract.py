"""What takes notices to people and machines, and what remembers every one until its fate is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from shared.models.journal import Appended, Batch, Entry, Record
from shared.models.notifications import Delivery, Notice, Parcel
from shared.models.outbox import Claim, Fate, Letter, Lost, Terms, Turn, Wait

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

    def pace_s(self, address: str) -> float:
        """Seconds that have to pass between two requests to an address; 0 for none."""
        ...

    def parcels(self, notice: Notice, threads: Threads) -> tuple[Parcel, ...]:
        """The requests that tell a notice, in order."""
        ...

    async def send(self, parcel: Parcel, parent_remote_id: str) -> Delivery:
        """Make the request. ``parent_remote_id`` is the other side's name for the parcel it replies to or edits; empty if there
        is none."""
        ...

    async def close(self) -> None:
        """Let go of what was opened to send, in the event loop in which it was; may be called twice."""
        ...


class Outbox(Protocol):
    """Every parcel from the decision to its fate, in the journal's own file and on its chain.

    Laws: a parcel is recorded in the transaction of the decision it tells, once for good by its id; before a ``Claim`` is given its
    parcel is recorded as on its way; one that was on its way when its sender ended is never sent again without its mark; only the
    newest ``Turn`` of an address claims and books; what is given to be sent is what was recorded, or DamagedJournal is raised;
    nothing here waits for a network. Times are UTC ms. Every call raises StorageFault where the file cannot be read or written
    (nothing of it was written then, or only the witness was not), and ClockFault for a wall clock that stands before the newest record.
    """

    def decide(self, batch: Batch | None, parcels: Sequence[Parcel], now_ms: int) -> Appended:
        """Record a scan and what is to be told of it together. A run that is recorded already, and parcels that are, add nothing.

        Raises:
            ContractError: the same code recorded the run with another decision.
        """
        ...

    def rule(self, entry: Entry, parcels: Sequence[Parcel], now_ms: int) -> Record | None:
        """Record one ruling on a setup together with what is to be told of it, unless a record of its kind and name is there: that
        one is returned then, and nothing is added."""
        ...

    def threads(self, channel: str, fingerprint: str) -> Threads:
        """By address, the first parcel of a setup."""
        ...

    def addresses(self, channel: str) -> tuple[str, ...]:
        """Where parcels wait to be sent, sorted."""
        ...

    def take(self, channel: str, address: str, owner: str, now_ms: int, lease_ms: int) -> Turn | Wait:
        """Begin to send to an address, unless another sender is at it. What a former sender left on its way is of unknown fate
        from now on."""
        ...

    def claim(self, turn: Turn, now_ms: int, terms: Terms) -> Claim | Wait | Lost | None:
        """The next parcel to send, oldest first; None where nothing is left. Renews the turn, or ends it where nothing is to be
        sent now: whoever finds the address taken may rely on it that parcels decided before are seen."""
        ...

    def book(self, claim: Claim, delivery: Delivery, now_ms: int, terms: Terms) -> Fate | Lost:
        """Record what came of a claim."""
        ...

    def release(self, turn: Turn) -> None:
        """Let go of an address; nothing happens if another sender has it."""
        ...

    def tally(self) -> Mapping[Fate, int]:
        """How many parcels stand where; a fate that none has is left out."""
        ...

    def letters(self, *fates: Fate) -> tuple[Letter, ...]:
        """Every parcel of these fates, oldest first."""
        ...

    def settle(self, name: str, fate: Fate, now_ms: int) -> Letter:
        """Move a dead or held parcel as a person decided: to be sent again (with its mark where it may have arrived), or dropped.

        Raises:
            NotFound: no parcel, or several, whose id begins with ``name`` stands where a person may move it.
            ConfigFault: it has expired and would not be sent.
        """
        ...
