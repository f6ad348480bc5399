"""A venue's live candles over websockets: in a thread of their own, so that they go on coming while a run computes or waits.

1. ``follow`` says what is wanted; each topic gets a place on a connection that has room.
2. A connection subscribes to its topics in small requests, and again whenever they change. When it ends, for whatever reason,
   everything it carried is forgotten with that reason, and it is opened anew after a growing pause.
3. Every candle that comes goes to its series (:mod:`data.adapters.live_series`). One that cannot be believed costs its series
   everything it had, and it is subscribed to anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from contracts.data_contract import NOT_FOLLOWED, Streamed
from data.adapters.budget_ledger import MemoryLedger
from data.adapters.ccxt_socket import Socket, close_pro, guarded_pro, load_pro, open_session, stream_guard
from data.adapters.http_guard import Guard
from data.adapters.live_series import LiveSeries, Pushed
from data.adapters.request_budget import RequestBudget
from data.adapters.stream_dialect import StreamDialect
from data.adapters.stream_link import Link
from data.adapters.venue import Venue
from shared.config.settings import ExchangeSettings
from shared.errors import ConfigFault, DataFault
from shared.models.data import Candles, Market
from shared.models.timeframe import Timeframe

MOST_TOPICS: Final = 2_000
"""More are not followed: the exchange is asked for them."""
END_S: Final = 5.0
"""For the connections to close."""
SOCKET_SCHEMES: Final = {"http": "ws", "https": "wss"}

Key = tuple[str, Timeframe]
"""Unified symbol and timeframe."""


@dataclass(slots=True)
class Followed:
    """A series, its topic, and the turn that asked for it last."""

    series: LiveSeries
    topic: str
    turn_ms: int


class CcxtStream:
    """The stream of :class:`contracts.data_contract.CandleStream` of one venue."""

    def __init__(self, venue: Venue, settings: ExchangeSettings) -> None:
        """Start its thread; nothing is sent before something is followed.

        Raises:
            ConfigFault: the venue streams no candles.
            SecurityFault: the address is not allowed.
        """
        if venue.stream is None:
            raise ConfigFault(f"{venue.name} streams no candles", "Leave --stream out")
        self._venue, self._dialect, self._settings = venue, venue.stream, settings
        self._base_url = stream_url(venue.stream, settings)
        self._guard = stream_guard(_guard(venue, venue.stream, settings, self._base_url), self._base_url)
        self._lock = threading.Lock()
        self._followed: dict[Key, Followed] = {}
        self._by_topic: dict[str, Followed] = {}
        self._turns = (0, 0)
        self._links: list[Link] = []
        self._tasks: list[asyncio.Future[None]] = []
        self._pro: Any = None
        self._stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        load_pro(venue.ccxt_class)
        self._thread = threading.Thread(target=self._main, name="candle stream", daemon=True)
        self._thread.start()

    def follow(self, markets: Iterable[Market], timeframe: Timeframe, as_of_ms: int) -> None:
        """Subscribe to these from now on; what the turn before this one did not name is given up."""
        with self._lock:
            if as_of_ms != self._turns[1]:
                self._turns = (self._turns[1], as_of_ms)
            for market in markets:
                self._want(market, timeframe, as_of_ms)
            for key in [key for key, one in self._followed.items() if one.turn_ms not in self._turns]:
                del self._by_topic[self._followed.pop(key).topic]
        self._call(self._arrange)

    def closed(self, symbol: str, timeframe: Timeframe, since_ms: int) -> Streamed:
        """Closed candles that open at or after ``since_ms``."""
        with self._lock:
            found = self._followed.get((symbol, timeframe))
            if found is None or not self._thread.is_alive():
                return Streamed(Candles.empty(timeframe), 0, NOT_FOLLOWED)
            return found.series.closed(since_ms)

    def believe(self, symbol: str, timeframe: Timeframe) -> None:
        """The exchange's own answer was the same."""
        with self._lock:
            if found := self._followed.get((symbol, timeframe)):
                found.series.believe()

    def distrust(self, symbol: str, timeframe: Timeframe, why: str) -> None:
        """Forget this series' candles and subscribe anew."""
        with self._lock:
            found = self._followed.get((symbol, timeframe))
            if found is None:
                return
            found.series.forget(why)
        self._call(self._resubscribe, found.topic)

    def close(self) -> None:
        """Release connections; may be called twice."""
        self._call(self._stop.set)
        self._thread.join(END_S)

    def _want(self, market: Market, timeframe: Timeframe, turn_ms: int) -> None:
        key = market.symbol, timeframe
        if key in self._followed:
            self._followed[key].turn_ms = turn_ms
        elif len(self._followed) < MOST_TOPICS and timeframe in self._venue.intervals:
            size = 1.0 if self._venue.volume_unit == "base" else float(market.contract_size)
            topic = self._dialect.topic(market, self._venue.intervals[timeframe])
            found = Followed(LiveSeries(timeframe, size), topic, turn_ms)
            self._followed[key] = self._by_topic[topic] = found

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the stream's own thread do it, unless that has ended."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    # what follows runs in the stream's own thread

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with open_session() as session:
            pro = guarded_pro(self._venue.ccxt_class, self._guard, session, self._settings.proxy)
            self._pro = pro
            self._arrange()
            await self._stop.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await close_pro(pro)

    def _arrange(self) -> None:
        """Give every topic a connection, new ones where there is no room."""
        if self._pro is None:
            return
        with self._lock:
            topics = set(self._by_topic)
        for link in self._links:
            link.wanted &= topics
            topics -= link.wanted
            link.changed.set()
        for topic in sorted(topics):
            roomy = (link for link in self._links if len(link.wanted) < self._dialect.topics)
            (next(roomy, None) or self._new_link()).wanted.add(topic)

    def _new_link(self) -> Link:
        url = self._base_url + self._dialect.path.format(number=len(self._links))
        link = Link(Socket(self._pro, url), self._dialect, self._take, self._lose)
        self._links.append(link)
        self._tasks.append(asyncio.ensure_future(link.keep()))
        return link

    def _resubscribe(self, topic: str) -> None:
        for link in self._links:
            link.resubscribe(topic)

    def _take(self, pushed: Pushed) -> None:
        """One candle; one that cannot be believed costs its series everything."""
        with self._lock:
            found = self._by_topic.get(pushed.topic)
            if found is None:
                return
            try:
                found.series.take(pushed)
            except DataFault as fault:
                found.series.forget(fault.problem)
                self._resubscribe(pushed.topic)

    def _lose(self, topics: Iterable[str], why: str) -> None:
        with self._lock:
            for topic in topics:
                if found := self._by_topic.get(topic):
                    found.series.forget(why)


def stream_url(dialect: StreamDialect, settings: ExchangeSettings) -> str:
    """Where the stream is: at ``base_url``, if that is set."""
    if settings.base_url:
        split = urlsplit(settings.base_url)
        return f"{SOCKET_SCHEMES.get(split.scheme, split.scheme)}://{split.netloc}"
    return dialect.testnet_url if settings.testnet else dialect.url


def _guard(venue: Venue, dialect: StreamDialect, settings: ExchangeSettings, url: str) -> Guard:
    hosts = frozenset({urlsplit(url).netloc, *settings.allowed_hosts})
    hosts = hosts if settings.testnet else hosts | dialect.hosts
    budget = RequestBudget(venue.name, venue.allowance, MemoryLedger())
    return Guard(venue.name, hosts, settings.timeout_s, budget)
