"""What the table says of a venue's stream is what unmodified ccxt does there, and why its own reading of candles is not used."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import ccxt.pro
import pytest

from data.adapters import EXCHANGES, open_stream
from data.adapters.ccxt_stream import stream_url
from data.adapters.venues import VENUES
from shared.config.settings import ExchangeSettings
from shared.errors import ConfigFault, DataFault, SecurityFault
from shared.models.timeframe import Timeframe
from tests.conformance.stands import CARRIED, NOW, VenueStand
from tests.servers.clients import pointed_at

BTC = "BTC/USDT"
STREAMING = [name for name, venue in CARRIED.items() if venue.stream]


def moved(urls: Any, base_url: str) -> Any:
    """The same addresses of websockets on another host."""
    if isinstance(urls, dict):
        return {name: moved(url, base_url) for name, url in urls.items()}
    return base_url.replace("http", "ws", 1) + urlsplit(urls).path


@pytest.mark.parametrize("_venue_stand", STREAMING, indirect=True)
def test_addresses_and_topics_are_ccxts_own_which_gives_the_forming_candle_like_a_closed_one(
    venue: VenueStand,
) -> None:
    facts, server = venue.venue, venue.server

    async def theirs() -> Any:
        client = getattr(ccxt.pro, facts.ccxt_class)({"enableRateLimit": False})
        client.clients = {}
        client.options["fetchMarkets"] = {"types": ["linear" if facts.kind == "perpetual" else "spot"]}
        sockets = client.urls["api"].pop("ws")
        pointed_at(server.base_url, client)
        client.urls["api"]["ws"] = moved(sockets, server.base_url)
        async with client:
            return await client.watch_ohlcv(venue.unified(BTC), "5m")

    seen = len(server.streams.handshakes)
    rows = venue.runner.run(theirs())
    market = venue.run(lambda feed: feed.markets())[venue.unified(BTC)]
    path = server.streams.handshakes[seen]
    assert path == facts.stream.path.format(number=0)
    topic = facts.stream.topic(market, facts.intervals[Timeframe.M5])
    sent = dict(facts.stream.request("subscribe", [topic], 1))
    sent_by_ccxt = {key: server.streams.requests[-1][key] for key in sent if key not in ("id", "req_id")}
    assert sent_by_ccxt.items() <= sent.items()
    assert rows[-1][0] + Timeframe.M5.ms > NOW


def test_the_exchanges_that_stream_nothing_are_refused_with_the_names_of_those_that_do() -> None:
    for name in sorted(set(EXCHANGES) - set(VENUES)):
        with pytest.raises(ConfigFault, match="binance, binance-usdm, bybit, bybit-linear"):
            open_stream(name, ExchangeSettings())


@pytest.mark.parametrize("name", sorted(VENUES))
def test_the_address_is_the_venues_own_or_that_of_base_url_and_never_another(name: str) -> None:
    dialect = VENUES[name].stream
    assert dialect
    for url in (dialect.url, dialect.testnet_url):
        assert url.startswith("wss://")
    assert urlsplit(dialect.url).netloc in dialect.hosts
    assert stream_url(dialect, ExchangeSettings()) == dialect.url
    assert stream_url(dialect, ExchangeSettings(testnet=True)) == dialect.testnet_url
    assert stream_url(dialect, ExchangeSettings(base_url="https://a.example/x")) == "wss://a.example"
    with pytest.raises(SecurityFault):
        open_stream(name, ExchangeSettings(base_url="ftp://a.example"))


GOOD = {
    "binance": {
        "e": "kline", "E": 2, "s": "BTCUSDT",
        "k": {"t": 0, "T": 299_999, "s": "BTCUSDT", "i": "5m", "o": "1", "h": "1", "l": "1", "c": "1", "v": "1", "x": True},
    },
    "bybit": {
        "topic": "kline.5.BTCUSDT", "ts": 2, "type": "snapshot",
        "data": [{"start": 0, "end": 299_999, "interval": "5", "open": "1", "high": "1", "low": "1", "close": "1",
                  "volume": "1", "confirm": True}],
    },
}  # fmt: skip


def spoilt(document: Any, *path: Any, value: Any) -> Any:
    """The same document with one value another, or gone where that is None."""
    if not path:
        return value
    copy = list(document) if isinstance(document, list) else dict(document)
    if len(path) == 1 and value is None:
        del copy[path[0]]
        return copy
    copy[path[0]] = spoilt(document[path[0]], *path[1:], value=value)
    return copy


def test_good_messages_are_read_and_wrapped_ones_too() -> None:
    for name, document in GOOD.items():
        dialect = VENUES[name].stream
        assert dialect
        (pushed,) = dialect.read(document).pushed
        assert (pushed.open_ms, pushed.close_ms, pushed.closed, pushed.sent_ms) == (0, 300_000, True, 2)
    dialect = VENUES["binance"].stream
    assert dialect
    assert dialect.read({"stream": "btcusdt@kline_5m", "data": GOOD["binance"]}) == dialect.read(
        GOOD["binance"]
    )


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("binance", ("k", "x"), None),
        ("binance", ("k", "x"), "true"),
        ("binance", ("k", "x"), 1),
        ("binance", ("k", "s"), "ETHUSDT"),
        ("binance", ("k", "t"), "soon"),
        ("binance", ("k", "T"), None),
        ("binance", ("E",), None),
        ("binance", ("e",), "trade"),
        ("binance", ("k",), []),
        ("bybit", ("data", 0, "confirm"), None),
        ("bybit", ("data", 0, "confirm"), "true"),
        ("bybit", ("data", 0, "interval"), "15"),
        ("bybit", ("data", 0, "start"), None),
        ("bybit", ("data",), {}),
        ("bybit", ("ts",), -1),
        ("bybit", ("topic",), 7),
    ],
)
def test_a_message_with_one_thing_wrong_is_a_fault(name: str, path: tuple[Any, ...], value: Any) -> None:
    dialect = VENUES[name].stream
    assert dialect
    with pytest.raises(DataFault):
        dialect.read(spoilt(GOOD[name], *path, value=value))
