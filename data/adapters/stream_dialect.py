"""How a venue streams candles, as a value: where, what is sent to subscribe, and what its messages say.

Facts of the venues (their API documentation, and what ccxt sends). Binance: many streams of ``<id>@kline_<interval>`` on one
connection, ``k.x`` says that the candle is closed, ``E`` when the message was made; it closes a connection after 24 hours and allows
five messages a second to it. Bybit v5: topics ``kline.<interval>.<id>``, ``confirm`` and ``ts`` say the same; ten topics a request on
spot; it wants a ping every 20 seconds, which ccxt sends. ccxt's own reading of both drops ``x`` and ``confirm``, and gives
forming candles like closed ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data.adapters.answers import Record, records
from data.adapters.live_series import Pushed
from shared.errors import DataFault
from shared.models.data import Market

Sent = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message says: candles, that we are alive to the venue, or the answer to the request of that id."""

    pushed: tuple[Pushed, ...] = ()
    is_pong: bool = False
    answered: str = ""
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class StreamDialect:
    """``path`` may hold ``{number}``, which counts connections; a connection carries ``topics`` topics, a request names
    ``topics_per_request`` and the next waits ``pause_s``. ``request`` takes the verb, topics and a number. The reader is pure
    and raises DataFault for anything that is no such message."""

    url: str
    testnet_url: str
    hosts: frozenset[str]
    path: str
    topics: int
    topics_per_request: int
    pause_s: float
    topic: Callable[[Market, str], str]
    request: Callable[[str, Sequence[str], int], Sent]
    read: Callable[[Any], Heard]


def binance_topic(market: Market, interval: str) -> str:
    """The stream of a market."""
    return f"{market.market_id.lower()}@kline_{interval}"


def binance_request(verb: str, topics: Sequence[str], number: int) -> Sent:
    """A request to subscribe or unsubscribe."""
    return {"method": verb.upper(), "params": list(topics), "id": number}


def read_binance(message: Any) -> Heard:
    """A candle, an acknowledgement, or an error; bare or wrapped as a combined stream wraps it."""
    outer = Record.of(message, "binance stream")
    event = outer.record("data") if "stream" in outer.fields else outer
    if "error" in event.fields or "code" in event.fields:
        return Heard(answered=str(event.fields.get("id", "")), is_refused=True)
    if "result" in event.fields:
        return Heard(answered=str(event.fields.get("id", "")))
    if event.text("e") != "kline":
        raise DataFault(f"binance stream: an event {event.text('e')!r:.40} that nobody asked for")
    candle = event.record("k")
    if candle.text("s") != event.text("s"):
        raise DataFault(f"binance stream: a candle of {candle.text('s')!r:.40} for {event.text('s')!r:.40}")
    topic = f"{event.text('s').lower()}@kline_{candle.text('i')}"
    cells = tuple(candle.fields.get(key) for key in "ohlcv")
    times = candle.time_ms("t"), candle.time_ms("T") + 1
    return Heard((Pushed(topic, *times, cells, _switch(candle, "x"), event.time_ms("E")),))


def bybit_topic(market: Market, interval: str) -> str:
    """The topic of a market."""
    return f"kline.{interval}.{market.market_id}"


def bybit_request(verb: str, topics: Sequence[str], number: int) -> Sent:
    """A request to subscribe or unsubscribe."""
    return {"op": verb, "req_id": str(number), "args": list(topics)}


def read_bybit(message: Any) -> Heard:
    """Candles, a pong, an acknowledgement, or an error."""
    outer = Record.of(message, "bybit stream")
    if "topic" not in outer.fields:
        if outer.fields.get("op") == "pong" or outer.fields.get("ret_msg") == "pong":
            return Heard(is_pong=True)
        is_refused = outer.fields.get("success") is not True
        return Heard(answered=str(outer.fields.get("req_id", "")), is_refused=is_refused)
    topic, sent_ms = outer.text("topic"), outer.time_ms("ts")
    candles = records(outer.list("data"), "bybit stream candle")
    return Heard(tuple(_bybit_candle(candle, topic, sent_ms) for candle in candles))


def _bybit_candle(candle: Record, topic: str, sent_ms: int) -> Pushed:
    if candle.text("interval") != topic.split(".")[1]:
        raise DataFault(f"bybit stream: a candle of {candle.text('interval')!r:.20} for {topic:.40}")
    cells = tuple(candle.fields.get(key) for key in ("open", "high", "low", "close", "volume"))
    times = candle.time_ms("start"), candle.time_ms("end") + 1
    return Pushed(topic, *times, cells, _switch(candle, "confirm"), sent_ms)


def _switch(candle: Record, key: str) -> bool:
    value = candle.fields.get(key)
    if not isinstance(value, bool):
        raise DataFault(f"{candle.what}: {key!r} is {value!r:.40}, which is neither true nor false")
    return value


def _binance(url: str, testnet_url: str, hosts: set[str], path: str) -> StreamDialect:
    return StreamDialect(
        url=url,
        testnet_url=testnet_url,
        hosts=frozenset(hosts),
        path=path,
        topics=200,
        topics_per_request=50,
        pause_s=0.25,
        topic=binance_topic,
        request=binance_request,
        read=read_binance,
    )


def _bybit(kind: str, topics_per_request: int) -> StreamDialect:
    return StreamDialect(
        url="wss://stream.bybit.com",
        testnet_url="wss://stream-testnet.bybit.com",
        hosts=frozenset({"stream.bybit.com"}),
        path=f"/v5/public/{kind}",
        topics=1000,
        topics_per_request=topics_per_request,
        pause_s=0.1,
        topic=bybit_topic,
        request=bybit_request,
        read=read_bybit,
    )


BINANCE_STREAM: Final = _binance(
    "wss://data-stream.binance.vision",
    "wss://stream.testnet.binance.vision",
    {"data-stream.binance.vision", "stream.binance.com:9443"},
    "/ws/{number}",
)
BINANCE_USDM_STREAM: Final = _binance(
    "wss://fstream.binance.com",
    "wss://fstream.binancefuture.com",
    {"fstream.binance.com"},
    "/market/ws/{number}",
)
BYBIT_STREAM: Final = _bybit("spot", 10)
BYBIT_LINEAR_STREAM: Final = _bybit("linear", 100)
