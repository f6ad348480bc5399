"""One connection of a stream, for ever: opened, subscribed to what is wanted, and opened anew when it ends."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from data.adapters.ccxt_socket import Socket
from data.adapters.live_series import Pushed
from data.adapters.stream_dialect import StreamDialect
from shared.errors import DataFault, TransportFault

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 60.0
STEADY_S: Final = 60.0
"""After a connection that lasted so long the pause is the first again."""
REFUSED: Final = "the exchange refused the subscription"


@dataclass(slots=True)
class Link:
    """``wanted`` topics, those ``sent`` since the connection was opened, and those ``dropped`` since, of which a last message may
    still come. ``take`` is told every candle, ``lose`` of which topics everything is lost and why."""

    socket: Socket
    dialect: StreamDialect
    take: Callable[[Pushed], None]
    lose: Callable[[Iterable[str], str], None]
    wanted: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _requests: dict[str, list[str]] = field(default_factory=dict)
    _number: int = 0

    async def keep(self) -> None:
        """One connection after another, after growing pauses, until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            began_s = asyncio.get_running_loop().time()
            try:
                await self._once()
            except TransportFault as fault:
                self.lose(tuple(self.wanted), f"the connection ended ({fault.problem})")
            steady = asyncio.get_running_loop().time() - began_s > STEADY_S
            pause_s = FIRST_PAUSE_S if steady else pause_s
            await asyncio.sleep(pause_s * random.uniform(1.0, 1.25))  # noqa: S311 - spreads attempts, keeps no secret
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def resubscribe(self, topic: str) -> None:
        """Unsubscribe, and subscribe again."""
        if topic in self.sent:
            self.sent.discard(topic)
            self.dropped.add(topic)
            self.changed.set()

    def hear(self, document: Any) -> bool:
        """One message; whether it was a pong.

        Raises:
            DataFault: it is no message of this connection, which cannot be believed any more.
        """
        heard = self.dialect.read(document)
        for pushed in heard.pushed:
            if pushed.topic in self.sent:
                self.take(pushed)
            elif pushed.topic not in self.dropped:
                raise DataFault(f"a candle of {pushed.topic!r:.60} came, which nobody asked for")
        topics = self._requests.pop(heard.answered, [])
        if topics and heard.is_refused:
            self.sent.difference_update(topics)
            self.dropped.update(topics)
            self.lose(topics, REFUSED)
        return heard.is_pong

    async def _once(self) -> None:
        """A connection, until it ends.

        Raises:
            TransportFault: why it ended.
        """
        for kept in (self.sent, self.dropped, self._requests):
            kept.clear()
        await self.socket.connect(self.hear)
        subscriber = asyncio.ensure_future(self._subscribe())
        ended = asyncio.ensure_future(self.socket.ended())
        try:
            done, _ = await asyncio.wait((subscriber, ended), return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            for one in (subscriber, ended):
                one.cancel()
            await asyncio.gather(subscriber, ended, return_exceptions=True)

    async def _subscribe(self) -> None:
        """Make what is subscribed what is wanted, whenever that changes."""
        while True:
            self.changed.clear()
            gone = sorted((self.sent - self.wanted) | (self.dropped & self.wanted) - self.sent)
            self.sent -= set(gone)
            await self._request("unsubscribe", gone)
            self.dropped = (self.dropped | set(gone)) - self.wanted
            await self._request("subscribe", sorted(self.wanted - self.sent))
            await self.changed.wait()

    async def _request(self, verb: str, topics: list[str]) -> None:
        size = self.dialect.topics_per_request
        for start in range(0, len(topics), size):
            part = topics[start : start + size]
            self._number += 1
            if verb == "subscribe":
                self._requests[str(self._number)] = part
                self.sent.update(part)
                self.dropped.difference_update(part)
            await self.socket.send(self.dialect.request(verb, part, self._number))
            await asyncio.sleep(self.dialect.pause_s)
