"""What differs between exchanges, as a value: where one is reached, what its requests weigh, and how it speaks.

A :class:`Venue` is a row of the table in :mod:`data.adapters.venues`; one feed (:mod:`data.adapters.ccxt_feed`) serves
them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Literal, Protocol

import numpy as np

from contracts.data_contract import Ticker
from data.adapters.spending import Allowance
from data.adapters.stream_dialect import StreamDialect
from shared.errors import ConflictingData, ContractError, DataFault
from shared.models.data import COLUMNS, Candles, Floats, Ints, Market, OrderBook
from shared.models.timeframe import Timeframe

Tiers = tuple[tuple[int, int], ...]
"""Ascending pairs: an answer of at most so many rows weighs so much."""
VOLUME_UNITS: Final = ("base", "contracts")
TEXT: Final = frozenset({str})
SHARE_PCT: Final = 90
"""Of what a venue allows: the rest is for other programs at the same address."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: the name of ccxt's own method for the address, the query, and what the venue counts for it."""

    method: str
    query: Mapping[str, str | int]
    weight: int


@dataclass(frozen=True, slots=True)
class Span:
    """Candles asked for: those that open at or after ``start_ms`` and are closed at ``end_ms``, at most ``limit``."""

    market: Market
    timeframe: Timeframe
    start_ms: int
    end_ms: int
    limit: int

    @property
    def name(self) -> str:
        """Exchange, symbol and timeframe, for messages."""
        return f"{self.market.exchange} {self.market.symbol} {self.timeframe}"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a venue is asked, and what its answers say. The readers are pure and raise DataFault for anything that is not such
    an answer. Markets come in parts: a reader of them gives the query of the next part, empty after the last.
    """

    time: Ask
    read_time: Callable[[Any], int]
    markets: Ask
    read_markets: Callable[[Any, str], tuple[Sequence[Market], Mapping[str, str]]]
    tickers: Sequence[Ask]
    read_tickers: Callable[[Sequence[Any], Mapping[str, Market]], Mapping[str, Ticker]]
    candles: Callable[[Span, str, int], Ask]
    read_candles: Callable[[Any, Span], Candles]
    order_book: Callable[[Market, int, int], Ask]
    read_order_book: Callable[[Any, Market, int], OrderBook]


@dataclass(frozen=True, slots=True)
class KeyRights:
    """What a key may do. ``ip_bound``: from listed addresses only."""

    reads: bool
    trades: bool
    withdraws: bool
    ip_bound: bool


Words = tuple[str, str]
"""What is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """How a venue is asked what a key may do: a signed read. ``testnet_url`` is empty where its test network cannot be asked.
    ``code_name`` is the field of an answer that holds the venue's own error code, ``refusals`` what the codes mean.
    """

    url: str
    testnet_url: str
    ask: Ask
    read: Callable[[Any], KeyRights]
    code_name: str
    refusals: Mapping[int, Words]


SKEWED: Final = (
    "the key's question is too old or too new by the exchange's clock",
    "Set the clock by network time (timedatectl set-ntp true, or the system's time settings)",
)
UNKNOWN_KEY: Final = (
    "the exchange does not know this key",
    "Copy key and secret once more, or make a new key",
)
WRONG_SECRET: Final = (
    "the signature is wrong: this secret does not belong to this key",
    "Copy key and secret once more",
)


@dataclass(frozen=True, slots=True)
class Venue:
    """One exchange and kind of market.

    ``error_section`` names the table of error codes that ccxt finds by the exchange's own address. ``candle_tiers`` and
    ``book_tiers`` are weights by rows asked for; the venue lets ``window_weight`` be spent in any ``window_s`` seconds. ``week_anchor_ms`` is a time at which a week opens. ``volume_unit`` is what
    candle volumes count. ``shows_forming``: the newest candle of an answer may still be forming. ``pages_forward``: a
    span with more candles than asked for gives the first of them, otherwise the last. ``book_is_timed``: an order
    book carries its time. Nothing traded before ``first_ms``. ``key_check`` is how it is asked about a key, None where it cannot be.
    ``stream`` None: its candles are not streamed.
    """

    name: str
    ccxt_class: str
    error_section: str
    kind: Literal["spot", "perpetual"]
    url: str
    testnet_url: str
    hosts: frozenset[str]
    candle_tiers: Tiers
    book_tiers: Tiers
    window_s: int
    window_weight: int
    week_anchor_ms: int
    volume_unit: str
    shows_forming: bool
    pages_forward: bool
    book_is_timed: bool
    first_ms: int
    intervals: Mapping[Timeframe, str]
    dialect: Dialect
    key_check: KeyCheck | None = None
    stream: StreamDialect | None = None

    def __post_init__(self) -> None:
        """Refuse a unit nobody knows, and weeks that are not ours."""
        if self.volume_unit not in VOLUME_UNITS:
            raise ContractError(
                f"{self.name}: unknown volume unit {self.volume_unit!r}", f"There are {VOLUME_UNITS}"
            )
        week = Timeframe.W1
        if week in self.intervals and (self.week_anchor_ms - week.anchor_ms) % week.ms:
            raise ContractError(
                f"{self.name}: its weeks do not open on Monday 00:00 UTC", "Leave 1w out of its intervals"
            )

    @property
    def weights(self) -> Mapping[str, int]:
        """Weight of all requests of a read, of those that no number of rows decides."""
        figures = sum(ask.weight for ask in self.dialect.tickers)
        return {"time": self.dialect.time.weight, "markets": self.dialect.markets.weight, "tickers": figures}

    @property
    def allowance(self) -> Allowance:
        """The share of the venue's limit that we allow ourselves."""
        return Allowance(self.window_s * 1000, self.window_weight * SHARE_PCT // 100)

    @property
    def page(self) -> int:
        """Candles to ask for at once: the most a unit of weight buys, and of those the most."""
        return max(self.candle_tiers, key=lambda tier: (tier[0] / tier[1], tier[0]))[0]

    def candle_weight(self, rows: int) -> int:
        """Weight of a request for so many candles."""
        return _weight(self.candle_tiers, rows)

    def book_weight(self, levels: int) -> int:
        """Weight of a request for an order book of so many levels a side."""
        return _weight(self.book_tiers, self.book_levels(levels))

    def book_levels(self, levels: int) -> int:
        """The smallest book the venue offers that has so many levels, else its largest."""
        return next((size for size, _ in self.book_tiers if size >= levels), self.book_tiers[-1][0])


def _weight(tiers: Tiers, rows: int) -> int:
    return next((weight for most, weight in tiers if rows <= most), tiers[-1][1])


class Carrier(Protocol):
    """What carries a venue's requests and gives back well-formed documents; everything else is a typed fault.

    ``exchange`` is the venue's name, or that of its test network.
    """

    venue: Venue
    exchange: str

    async def ask(self, ask: Ask) -> Any:
        """The document answered."""
        ...

    async def close(self) -> None:
        """Release connections; may be called twice."""
        ...


NAMES: Final = re.compile(r"[\w$.+-]{1,40}")
"""Letters of market ids and of currencies: letters and digits of any script, and these signs."""

ReadRow = Callable[[list[Any], Timeframe], tuple[int, list[Any]]]
"""Open time and the five texts of a row."""


def candles_of(rows: object, span: Span, read_row: ReadRow) -> Candles:
    """The candles of one answer, held to what was asked: every row a candle of this timeframe, inside the span; the same row
    twice counts once, and the order does not matter.

    Raises:
        ConflictingData: two rows of one time differ.
        DataFault: a row is not that, or the rows are spaced like a coarser timeframe's.
    """
    if not isinstance(rows, list):
        raise DataFault(f"{span.name}: the answer is not a list of candles", "Try again later")
    try:
        times, numbers = _columns(rows, span.timeframe, read_row)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataFault(
            f"{span.name}: a row of the answer is not a candle: {error}", "Try again later"
        ) from error
    if times.size > 1 and not (times[1:] > times[:-1]).all():
        times, numbers = _sorted_once(times, numbers, span)
    _check_place(times, span)
    return Candles(span.timeframe, times, *numbers.T)


def _columns(rows: list[Any], timeframe: Timeframe, read_row: ReadRow) -> tuple[Ints, Floats]:
    """Open times, shape (n,), and the five numbers of each row, shape (n, 5)."""
    opened: list[int] = []
    texts: list[Any] = []
    for row in rows:
        if not isinstance(row, list):
            raise TypeError(f"{row!r:.60} is not a list")
        at_ms, cells = read_row(row, timeframe)
        opened.append(at_ms)
        texts += cells
    if not TEXT.issuperset(map(type, texts)):
        raise ValueError(
            f"{_first_row(rows, texts, _is_no_text)!r:.80} holds a number that is not written as a text"
        )
    numbers = np.array([float(text) for text in texts])
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"{_first_row(rows, numbers.tolist(), _is_endless)!r:.80} holds a number that is not finite"
        )
    return np.array(opened, np.int64), numbers.reshape(-1, len(COLUMNS))


def _first_row(rows: list[Any], cells: list[Any], is_bad: Callable[[Any], bool]) -> Any:
    return rows[next(place for place, cell in enumerate(cells) if is_bad(cell)) // len(COLUMNS)]


def _is_no_text(cell: Any) -> bool:
    return type(cell) is not str


def _is_endless(number: float) -> bool:
    return not isfinite(number)


def _sorted_once(times: Ints, numbers: Floats, span: Span) -> tuple[Ints, Floats]:
    """By time, the same row twice once.

    Raises:
        ConflictingData: two rows of one time differ.
    """
    order = np.argsort(times, kind="stable")
    times, numbers = times[order], numbers[order]
    again = np.flatnonzero(times[1:] == times[:-1]) + 1
    differs = (numbers[again] != numbers[again - 1]).any(axis=1)
    if differs.any():
        opened = int(times[again[int(differs.argmax())]])
        raise ConflictingData(
            f"{span.name}: two candles that open at {opened} ms have different values", "Try again later"
        )
    return np.delete(times, again), np.delete(numbers, again, axis=0)


def _check_place(times: Any, span: Span) -> None:
    """The rows are of the time and the spacing asked for."""
    if not times.size:
        return
    if int(times[0]) < span.start_ms or int(times[-1]) >= span.end_ms:
        raise DataFault(
            f"{span.name}: the answer reaches from {int(times[0])} to {int(times[-1])} ms, outside the "
            f"{span.start_ms} to {span.end_ms} ms asked for",
            "The exchange answers another question or in another unit: check base_url",
        )
    if times.size > 2 and int(np.diff(times).min()) > span.timeframe.ms:
        raise DataFault(
            f"{span.name}: the candles answered are of a coarser timeframe",
            "The exchange answers another question: check base_url",
        )


def in_base_units(candles: Candles, unit: str, contract_size: float) -> Candles:
    """The same candles, their volume in base currency."""
    if unit == "base":
        return candles
    columns = (candles.open, candles.high, candles.low, candles.close)
    return Candles(candles.timeframe, candles.open_ms, *columns, candles.volume * contract_size)
