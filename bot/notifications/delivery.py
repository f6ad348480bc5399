"""The send loop: every open parcel of some channels, one at a time to each address, all addresses at once.

For one address:

1. take its turn; another sender's is waited for, no longer than the patience given
2. claim the oldest parcel: it is recorded as on its way
3. send it, one request within the channel's deadline
4. book what came of it; on with 2

Where the other side asks to wait, the turn is let go meanwhile, and the other addresses go on. A stop ends the loop after the
parcel that is being sent. Nothing is decided here: what a fate means is the outbox's rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from contracts.data_contract import Clock
from contracts.notification_contract import Channel, Outbox
from shared.errors import ConfigFault
from shared.models.outbox import Claim, Lost, Terms, Turn, Wait

Sleep = Callable[[float], Awaitable[None]]
MARGIN_S = 2.0
"""A lease outlasts a request's deadline by at least this."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What sends an outbox's parcels through ``channels``. ``owner`` names this sender; ``sleep`` waits some seconds.

    Raises:
        ConfigFault: a channel's request may last longer than a lease, so that two senders could be at it.
    """

    outbox: Outbox
    channels: Sequence[Channel]
    clock: Clock
    owner: str
    terms: Terms = field(default_factory=Terms)
    sleep: Sleep = asyncio.sleep

    def __post_init__(self) -> None:
        """Refuse a deadline that a lease does not outlast."""
        for channel in self.channels:
            if 1000 * (channel.deadline_s + MARGIN_S) > self.terms.lease_ms:
                raise ConfigFault(
                    f"channel {channel.name}: a request may last {channel.deadline_s:g} s, a lease "
                    f"{self.terms.lease_ms / 1000:g} s",
                    f"Let requests end {MARGIN_S:g} s before the lease",
                )

    async def drain(self, patience_s: float, stop: asyncio.Event | None = None) -> int:
        """Send what is open; how many parcels were sent. Ends when nothing is left, or what is left must wait longer than
        ``patience_s`` from now, or after the parcels being sent once ``stop`` is set.

        Raises:
            StorageFault: the outbox could not be read or written; other addresses have been served.
        """
        until_ms = self.clock.now_ms() + int(1000 * patience_s)
        ending = stop or asyncio.Event()
        places = [
            (channel, place) for channel in self.channels for place in self.outbox.addresses(channel.name)
        ]
        runs = (self._serve(channel, place, until_ms, ending) for channel, place in places)
        ends = await asyncio.gather(*runs, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return sum(end for end in ends if isinstance(end, int))

    async def _serve(self, channel: Channel, address: str, until_ms: int, ending: asyncio.Event) -> int:
        """Send to one address; how many parcels were sent."""
        sent = 0
        while not ending.is_set():
            turn = self.outbox.take(
                channel.name, address, self.owner, self.clock.now_ms(), self.terms.lease_ms
            )
            pause: Wait | Lost | None
            if isinstance(turn, Wait):
                pause = turn
            else:
                done, pause = await self._send_all(channel, turn, ending)
                sent += done
            if not isinstance(pause, Wait) or pause.until_ms > until_ms:
                break
            await self._pause(pause.until_ms, ending)
        return sent

    async def _send_all(
        self, channel: Channel, turn: Turn, ending: asyncio.Event
    ) -> tuple[int, Wait | Lost | None]:
        """Send what may be sent now, no faster than the address takes it: how many parcels, and why no more."""
        sent = 0
        next_ms = 0
        while not ending.is_set():
            if self.clock.now_ms() < next_ms and turn.address in self.outbox.addresses(channel.name):
                await self._pause(next_ms, ending)
            claim = self.outbox.claim(turn, self.clock.now_ms(), self.terms)
            if not isinstance(claim, Claim):
                return sent, claim
            delivery = await channel.send(claim.parcel, claim.parent_remote_id)
            sent += 1
            next_ms = self.clock.now_ms() + round(1000 * channel.pace_s(turn.address))
            if isinstance(self.outbox.book(claim, delivery, self.clock.now_ms(), self.terms), Lost):
                return sent, Lost()
        self.outbox.release(turn)
        return sent, None

    async def _pause(self, until_ms: int, ending: asyncio.Event) -> None:
        """Wait until a time, or until the end is asked for."""
        seconds = max(until_ms - self.clock.now_ms(), 1) / 1000
        waits = {asyncio.ensure_future(self.sleep(seconds)), asyncio.ensure_future(ending.wait())}
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
