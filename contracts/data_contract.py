"""Where candles and market rules come from, and where they are kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, runtime_checkable

from shared.models.data import Candles, Market, OrderBook
from shared.models.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class Ticker:
    """24-hour figures of a symbol: last price, volume in quote currency, best bid and ask now, highest and lowest price.
    ``bid``, ``ask``, ``high`` and ``low`` are 0 where they are not known.
    """

    symbol: str
    last: float
    quote_volume: float
    bid: float = 0.0
    ask: float = 0.0
    high: float = 0.0
    low: float = 0.0


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """One stored series: its span (open times), candles held, candles missing inside the span, bytes, and how often a candle
    came again with other values."""

    exchange: str
    symbol: str
    timeframe: Timeframe
    first_ms: int
    last_ms: int
    count: int
    missing: int
    stored_bytes: int
    revised: int = 0


@dataclass(frozen=True, slots=True)
class Revision:
    """A candle's former values (``candles`` holds that one), and when others took their place."""

    seen_ms: int
    candles: Candles


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What a write changed: candles new to the store, candles whose values differ from those held before, damaged pages and
    rows in its span that it dropped."""

    added: int
    revised: int
    dropped: int = 0

    def __add__(self, other: WriteReport) -> WriteReport:
        """Both together."""
        return WriteReport(
            self.added + other.added, self.revised + other.revised, self.dropped + other.dropped
        )


@dataclass(frozen=True, slots=True)
class Damage:
    """Something stored that is not what was written. ``timeframe`` is empty for order books, rules and the file's own
    structure; ``at_ms`` is the open time of the first candle, or the time of the book, else 0."""

    kind: Literal["page", "candle", "former candle", "order book", "market", "structure"]
    exchange: str
    symbol: str
    timeframe: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check of a store looked at (``candles``: those that are whole), what of it is damaged, and whether that was
    dropped."""

    pages: int
    candles: int
    books: int
    markets: int
    damage: tuple[Damage, ...]
    dropped: bool

    @property
    def left(self) -> int:
        """Damaged things that are still there: the file's own structure cannot be dropped."""
        return sum(not self.dropped or one.kind == "structure" for one in self.damage)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What is removed, or would be, of one series, or of a symbol's order books where ``timeframe`` is empty."""

    exchange: str
    symbol: str
    timeframe: str
    first_ms: int
    last_ms: int
    count: int
    stored_bytes: int


JUST_SUBSCRIBED: Final = "just subscribed"
NOT_FOLLOWED: Final = "not followed"


@dataclass(frozen=True, slots=True)
class Streamed:
    """What a stream has of a series: an unbroken run of closed candles. Nothing was missed since ``fresh_since_ms`` by the
    exchange's clock (0: nothing came yet). ``doubt`` says why the exchange has to be asked before they are believed: first
    :data:`JUST_SUBSCRIBED`."""

    candles: Candles
    fresh_since_ms: int
    doubt: str


class Clock(Protocol):
    """The one clock, handed in."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        ...


class CandleFeed(Protocol):
    """An exchange's public data.

    Laws: only closed candles (close time + grace ≤ the exchange's time); rows sorted, unique, on the grid; the answer is
    for the symbol and timeframe asked; a body that is not a well-formed answer raises TransportFault or DataFault,
    never an empty result. ``close`` may be called twice.
    """

    @property
    def exchange(self) -> str:
        """The exchange's id, such as ``binance``."""
        ...

    async def time_ms(self) -> int:
        """The exchange's own time."""
        ...

    async def markets(self) -> Mapping[str, Market]:
        """Trading rules by unified symbol."""
        ...

    async def tickers(self) -> Mapping[str, Ticker]:
        """24-hour figures by unified symbol, as of one moment of the run."""
        ...

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        """Closed candles that open at or after ``since_ms`` and are closed at ``until_ms``."""
        ...

    def pages(
        self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int
    ) -> AsyncGenerator[Candles, None]:
        """The same candles in parts as they arrive, oldest first, so that each can be kept before the next is asked for."""
        ...

    async def order_book(self, symbol: str, depth: int) -> OrderBook:
        """The best levels of a symbol now, at least ``depth`` a side where there are that many."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class CandleStream(Protocol):
    """Closed candles as an exchange pushes them, kept until they are asked for.

    Laws: no call waits for the network; a candle is given only if the exchange itself called it closed, at a time past its close;
    a run has no hole; whatever was lost, late, revised or unreadable leaves a doubt that only :meth:`believe` ends. What is
    kept is bounded. ``close`` may be called twice.
    """

    def follow(self, markets: Iterable[Market], timeframe: Timeframe, as_of_ms: int) -> None:
        """Subscribe to these from now on. What no call of the turn before this one named is given up; ``as_of_ms`` tells turns
        apart."""
        ...

    def closed(self, symbol: str, timeframe: Timeframe, since_ms: int) -> Streamed:
        """Closed candles that open at or after ``since_ms``; older ones are forgotten."""
        ...

    def believe(self, symbol: str, timeframe: Timeframe) -> None:
        """The exchange's own answer was the same: nothing speaks against this series any more."""
        ...

    def distrust(self, symbol: str, timeframe: Timeframe, why: str) -> None:
        """Forget this series' candles and subscribe anew."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...


class CandleStore(Protocol):
    """Kept candles and market rules. A cache: everything in it can be fetched again.

    Laws: ``read`` returns what was written, bit for bit; writing the same candles twice changes nothing; a page or row that
    is not what was written is never returned: reading it raises DamagedPage, writing into its span drops it. Several
    processes may read and write at once.
    """

    def read(
        self,
        exchange: str,
        symbol: str,
        timeframe: Timeframe,
        since_ms: int,
        until_ms: int,
    ) -> Candles:
        """Stored candles that open at or after ``since_ms`` and are closed at ``until_ms``; empty if there are none."""
        ...

    def write(self, exchange: str, symbol: str, candles: Candles) -> WriteReport:
        """Insert or replace candles, all or none."""
        ...

    def write_many(
        self, exchange: str, batch: Mapping[str, Iterable[Candles]]
    ) -> Mapping[tuple[str, Timeframe], WriteReport]:
        """Insert or replace candles of many symbols, all or none; what it changed by symbol and timeframe."""
        ...

    def series(self, exchange: str | None = None) -> tuple[SeriesInfo, ...]:
        """Every stored series, ordered by exchange, symbol, timeframe."""
        ...

    def markets(self, exchange: str) -> Mapping[str, Market]:
        """Stored trading rules by unified symbol."""
        ...

    def save_markets(self, markets: Mapping[str, Market]) -> None:
        """Insert or replace trading rules, all or none."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


@runtime_checkable
class RevisionStore(Protocol):
    """Kept former values of candles that came again with other ones.

    Laws: ``revisions`` returns what was held before, bit for bit, or raises DamagedPage.
    """

    def revisions(self, exchange: str, symbol: str, timeframe: Timeframe) -> tuple[Revision, ...]:
        """Former values of a series' candles, oldest sighting first."""
        ...


@runtime_checkable
class BookStore(Protocol):
    """Kept snapshots of order books: what stood in the book at some instants, never a history of it.

    Laws: ``books`` returns what was saved, bit for bit, or raises DamagedPage.
    """

    def save_book(self, book: OrderBook) -> None:
        """Keep a snapshot; one of the same instant is replaced."""
        ...

    def books(self, exchange: str, symbol: str, since_ms: int, until_ms: int) -> tuple[OrderBook, ...]:
        """Kept snapshots from ``since_ms`` to ``until_ms``, oldest first."""
        ...
