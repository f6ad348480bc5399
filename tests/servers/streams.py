"""A loopback exchange's streams of candles: one conversation a websocket, driven by the exchange's clock, with faults on demand.

A topic's forming candle is sent as the clock goes, a closed one at every close the clock passes. After whatever it sent a
conversation pings; the pong says that the client has read it all, so that tests need not wait by the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tests.servers.frames import BINARY, CLOSE, PING, PONG, TEXT, accepted, framed, read_frame
from tests.servers.market import INTERVAL_MS
from tests.servers.wire import Reply, Request

if TYPE_CHECKING:
    from tests.servers.exchange import LoopbackExchange

LOOK_S = 0.005
SENT_AFTER_MS = 20
"""A closed candle is sent so long after its close."""
UPDATE_MS = 2_000
BIG = 1 << 20
Row = Sequence[float]


@dataclass
class Fault:
    """What is to go wrong the next ``times``; for one ``symbol`` (such as ``BTC/USDT``) or any."""

    kind: str
    times: int
    symbol: str | None


@dataclass
class Streams:
    """What the conversations of an exchange share: faults to come, handshakes and requests seen, who talks."""

    faults: list[Fault] = field(default_factory=list)
    handshakes: list[str] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    open: list[Conversation] = field(default_factory=list)
    elsewhere: str = ""
    """Where a handshake is redirected to."""

    def fault(self, kind: str, times: int = 1, symbol: str | None = None) -> None:
        """Spoil the next ``times`` closed candles, handshakes or subscriptions, whichever the fault is about."""
        self.faults.append(Fault(kind, times, symbol))

    def due(self, kinds: Mapping[str, Any] | set[str], symbol: str | None = None) -> str:
        """The next fault among ``kinds``, used up; empty if there is none."""
        for one in self.faults:
            if one.times and one.kind in kinds and one.symbol in (None, symbol):
                one.times -= 1
                return one.kind
        return ""

    def is_read(self, now_ms: int) -> bool:
        """Whether every client that still listens has read everything up to ``now_ms``."""
        return all(talk.read_ms >= now_ms for talk in list(self.open) if not talk.silent)

    def topics(self) -> set[str]:
        """Everything subscribed to of which something was sent."""
        return {topic for talk in list(self.open) for topic, ms in list(talk.pushed_ms.items()) if ms}


class Speech(Protocol):
    """How a venue words its streams."""

    def serves(self, path: str) -> bool:
        """Whether there is a stream at this address."""
        ...

    def market_of(self, topic: str) -> tuple[str, str] | None:
        """Market id as the exchange lists it, and interval; None where it is no topic."""
        ...

    def request(self, document: Any) -> tuple[str, list[str]]:
        """A verb (``subscribe``, ``unsubscribe``, ``ping``) and topics."""
        ...

    def answer(self, document: Any, *, good: bool) -> Any:
        """The acknowledgement, or the error."""
        ...

    def candle(self, topic: str, row: Row, length_ms: int, sent_ms: int, *, closed: bool) -> dict[str, Any]:
        """One candle's message."""
        ...


class Conversation:
    """One websocket, until either side leaves."""

    def __init__(
        self,
        server: LoopbackExchange,
        speech: Speech,
        streams: Streams,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.server, self.speech, self.streams = server, speech, streams
        self.reader, self.writer = reader, writer
        self.pushed_ms: dict[str, int] = {}
        self.held: dict[str, list[Any]] = {}
        self.silent = False
        self.read_ms = 0

    async def run(self, request: Request) -> None:
        """Shake hands and talk."""
        self.streams.handshakes.append(request.path)
        refused = self.streams.due({"forbidden", "redirect", "hang"})
        if refused == "hang":
            await self.reader.read()
        elif refused or not self.speech.serves(request.path):
            reply = (
                Reply(403) if refused != "redirect" else Reply(302, b"", {"Location": self.streams.elsewhere})
            )
            self.writer.write(reply.head({}))
        else:
            self.writer.write(accepted(request))
            self.streams.open.append(self)
            push = asyncio.ensure_future(self._push())
            try:
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    while await self._listen():
                        pass
            finally:
                self.streams.open.remove(self)
                push.cancel()
                await asyncio.gather(push, return_exceptions=True)

    async def _listen(self) -> bool:
        frame = await read_frame(self.reader)
        if frame.opcode == PONG and frame.body:
            self.read_ms = max(self.read_ms, int(frame.body))
        elif frame.opcode == PING:
            self._send(PONG, frame.body)
        elif frame.opcode == TEXT:
            self._request(json.loads(frame.body))
        return frame.opcode != CLOSE

    def _request(self, document: Any) -> None:
        self.streams.requests.append(document)
        verb, topics = self.speech.request(document)
        known = all(self._symbol(topic) for topic in topics)
        good = known and not (verb == "subscribe" and self.streams.due({"refuse_subscription"}))
        self._say(self.speech.answer(document, good=good))
        for topic in topics if good else ():
            if verb == "subscribe":
                self.pushed_ms[topic] = 0
            else:
                self.pushed_ms.pop(topic, None)

    def _symbol(self, topic: str) -> str:
        found = self.speech.market_of(topic)
        return self.server.ids.get(found[0], "") if found else ""

    async def _push(self) -> None:
        """Everything due by the exchange's clock, again and again."""
        asked_ms = 0
        while True:
            now_ms = self.server.now_ms
            sent = [self._push_topic(topic, now_ms) for topic in list(self.pushed_ms)]
            if any(sent) or now_ms > asked_ms + UPDATE_MS:
                asked_ms = now_ms
                self._send(PING, str(now_ms).encode())
            await self.writer.drain()
            await asyncio.sleep(LOOK_S)

    def _push_topic(self, topic: str, now_ms: int) -> bool:
        last_ms = self.pushed_ms[topic]
        if now_ms - last_ms < UPDATE_MS:
            return False
        _, interval = self.speech.market_of(topic) or ("", "")
        symbol, length = self._symbol(topic), INTERVAL_MS[interval]
        since_ms = (last_ms or now_ms) - SENT_AFTER_MS
        first_ms = since_ms - since_ms % length
        rows = self.server.market.candles(symbol, interval, first_ms, now_ms).tolist()
        for row in rows:
            close_ms = int(row[0]) + length
            if close_ms + SENT_AFTER_MS <= now_ms:
                self._push_closed(topic, row, length)
            else:
                self._say(self.speech.candle(topic, row, length, now_ms, closed=False))
        self.pushed_ms[topic] = now_ms
        return True

    def _push_closed(self, topic: str, row: Row, length: int) -> None:
        sent_ms = int(row[0]) + length + SENT_AFTER_MS
        message = self.speech.candle(topic, row, length, sent_ms, closed=True)
        kind = self.streams.due(FAULTS, self._symbol(topic))
        late = self.held.pop(topic, [])
        for one in FAULTS[kind](self, topic, row, length) if kind else [message]:
            self._say(one)
        for one in late:
            self._say(one)

    def say_closed(self, topic: str, row: Row, length: int, sent_ms: int = 0) -> Any:
        """The message of a closed candle."""
        usual_ms = int(row[0]) + length + SENT_AFTER_MS
        return self.speech.candle(topic, row, length, sent_ms or usual_ms, closed=True)

    def _say(self, document: Any) -> None:
        if isinstance(document, bytes):
            self._send(TEXT, document)
        else:
            self._send(TEXT, json.dumps(document).encode())

    def _send(self, opcode: int, body: bytes) -> None:
        if not self.silent and not self.writer.is_closing():
            self.writer.write(framed(opcode, body))

    def drop(self) -> list[Any]:
        """Tear the connection down."""
        self.writer.transport.abort()
        self.silent = True
        return []

    def hush(self) -> list[Any]:
        """Say nothing any more, and leave the connection open."""
        self.silent = True
        return []

    def leave(self) -> list[Any]:
        """Close it in good order."""
        self._send(CLOSE, b"\x03\xe9")
        return []

    def binary(self) -> list[Any]:
        """A frame of bytes that are no text."""
        self._send(BINARY, b"\xff\xfe\x00")
        return []

    def hold(self, topic: str, message: Any) -> list[Any]:
        """Keep a message back until after the next closed candle."""
        self.held.setdefault(topic, []).append(message)
        return []


def moved(row: Row, share: float = 0.4) -> Row:
    """A candle like it whose close lies elsewhere between low and high: nothing betrays it but the exchange's own."""
    opened, price, high, low, close, volume = row
    other = low + (high - low) * share
    return opened, price, high, low, other if other != close else low, volume


def _others_row(talk: Conversation, topic: str, row: Row, length: int) -> Row:
    name, interval = talk.speech.market_of(topic) or ("", "")
    symbol = talk.server.ids[talk.server.another(name)]
    found: Row = talk.server.market.candles(symbol, interval, int(row[0]), int(row[0]) + length).tolist()[0]
    return found


Spoil = Callable[[Conversation, str, Row, int], list[Any]]
FAULTS: Mapping[str, Spoil] = {
    "drop": lambda talk, topic, row, length: talk.drop(),
    "silence": lambda talk, topic, row, length: talk.hush(),
    "close": lambda talk, topic, row, length: talk.leave(),
    "binary": lambda talk, topic, row, length: talk.binary(),
    "garbage": lambda talk, topic, row, length: [b'{"e": "kline", "E": 17226'],
    "html": lambda talk, topic, row, length: [b"<html>Sign in</html>"],
    "deep": lambda talk, topic, row, length: [b"[" * 1000 + b"]" * 1000],
    "another_event": lambda talk, topic, row, length: [{"e": "trade", "topic": "tickers.BTC", "data": {}}],
    "oversize": lambda talk, topic, row, length: [b'"' + b"x" * BIG + b'"'],
    "skip": lambda talk, topic, row, length: [],
    "slow": lambda talk, topic, row, length: talk.hold(topic, talk.say_closed(topic, row, length)),
    "duplicate": lambda talk, topic, row, length: [talk.say_closed(topic, row, length)] * 2,
    "late_update": lambda talk, topic, row, length: [
        talk.say_closed(topic, row, length),
        talk.speech.candle(topic, row, length, int(row[0]) + length - 1, closed=False),
    ],
    "revised": lambda talk, topic, row, length: [
        talk.say_closed(topic, moved(row), length),
        talk.say_closed(topic, row, length),
    ],
    "lie": lambda talk, topic, row, length: [talk.say_closed(topic, moved(row), length)],
    "other_prices": lambda talk, topic, row, length: [
        talk.say_closed(topic, _others_row(talk, topic, row, length), length)
    ],
    "other_symbol": lambda talk, topic, row, length: [
        talk.say_closed("x" + topic if "@" in topic else topic + "X", row, length)
    ],
    "early": lambda talk, topic, row, length: [talk.say_closed(topic, row, length, int(row[0]) + length - 1)],
    "no_number": lambda talk, topic, row, length: [talk.say_closed(topic, (*row[:5], float("nan")), length)],
    "no_candle": lambda talk, topic, row, length: [
        talk.say_closed(topic, (row[0], row[1], row[3], row[2], *row[4:]), length)
    ],
    "other_length": lambda talk, topic, row, length: [
        talk.speech.candle(topic, row, 2 * length, int(row[0]) + 3 * length, closed=True)
    ],
}
"""What can go wrong with a closed candle."""
