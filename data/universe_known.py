"""What is known before a universe is chosen: markets and 24-hour figures, from the exchange or from the store, and what is
remembered of earlier scans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from contracts.data_contract import CandleStore, SeriesInfo, Ticker
from data.source import Source
from data.universe_gates import ATR_BARS
from shared.errors import DamagedPage, DataFault, StaleData, StorageFault
from shared.models.data import Candles, Market
from shared.models.profile import Profile
from shared.models.scan import SymbolFault
from shared.models.timeframe import DAY_MS, Timeframe, iso
from shared.models.universe import Member, UniverseSnapshot

MEMORY_MS: Final = 7 * DAY_MS
"""A universe older than this is no longer held to: its members have to earn their seats anew."""
DAY_HOURS: Final = 23
"""Whole hours that the last 24 hold at least: with fewer stored, their highest and lowest price is not known."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a scan looks: the exchange, the as-of time, and at most how many symbols (0: the profile's number)."""

    exchange: str
    as_of_ms: int
    top: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before anything is chosen: markets and 24-hour figures (those of ``figures_ms``) by symbol, faults of those
    left out of ``markets``, the universe before this one if there is one, the market ids symbols were looked at under, when
    each one's first stored daily candle opens, its newest stored candles, and whether there is nothing but the store."""

    markets: Mapping[str, Market]
    tickers: Mapping[str, Ticker]
    figures_ms: int
    faults: tuple[SymbolFault, ...] = ()
    before: tuple[UniverseSnapshot, ...] = ()
    known_ids: Mapping[str, str] = field(default_factory=dict)
    first_days: Mapping[str, int] = field(default_factory=dict)
    stored: Callable[[str, Timeframe], Candles] = lambda _symbol, timeframe: Candles.empty(timeframe)
    all_there_is: bool = False
    flags: tuple[str, ...] = ()

    @property
    def members(self) -> Mapping[str, Member]:
        """Members of the universe before this one, by symbol."""
        return {member.symbol: member for snapshot in self.before for member in snapshot.chosen}


async def what_is_known(settings: Profile, source: Source, place: Place) -> Known:
    """Everything :func:`data.universe.choose` reads.

    Raises:
        DataFault: nothing is listed, or offline nothing is stored.
        StaleData: offline, nothing stored reaches the day before the as-of time.
    """
    known = await _of_exchange(source, place) if source.feed else _of_store(source, place)
    return _with_memory(_with_candles(known, source, place), settings, source, place)


def nothing_stored(exchange: str) -> DataFault:
    """The fault of scanning an empty store."""
    return DataFault(
        f"no candles of {exchange} are stored",
        "Import some with 'data import PATH' or scan without --offline",
    )


async def _of_exchange(source: Source, place: Place) -> Known:
    """What the exchange says now. Of a past as-of time its book and its day's range are not known."""
    feed = source.feed
    if feed is None or not (markets := await feed.markets()):
        raise _nothing_listed(place)
    tickers, now_ms = await feed.tickers(), await feed.time_ms()
    if place.as_of_ms < now_ms:
        tickers = {
            name: replace(ticker, bid=0.0, ask=0.0, high=0.0, low=0.0) for name, ticker in tickers.items()
        }
    return Known(markets, tickers, now_ms)


def _of_store(source: Source, place: Place) -> Known:
    """What the store holds, as of the scan."""
    if source.store is None or not (markets := source.store.markets(place.exchange)):
        raise _nothing_listed(place)
    if not (kept := source.store.series(place.exchange)):
        raise nothing_stored(place.exchange)
    tickers, faults = _stored_tickers(markets, source.store, place)
    if not tickers and not faults:
        raise _out_of_reach(kept, place)
    broken = {fault.symbol for fault in faults}
    whole = {name: market for name, market in markets.items() if name not in broken}
    return Known(whole, tickers, place.as_of_ms, faults, all_there_is=True)


def _with_candles(known: Known, source: Source, place: Place) -> Known:
    """With what the store holds of each symbol."""
    store = source.store
    if store is None:
        return known
    days = (info for info in store.series(place.exchange) if info.timeframe is Timeframe.D1)
    return replace(
        known,
        first_days={info.symbol: info.first_ms for info in days},
        stored=lambda symbol, timeframe: _newest(store, place, symbol, timeframe),
    )


def _with_memory(known: Known, settings: Profile, source: Source, place: Place) -> Known:
    """With the universe before this one and the market ids of earlier ones, what of them can be read; a store's list of markets
    renames nothing."""
    if source.universes is None:
        return known
    ids: Mapping[str, str] = {}
    try:
        ids = {} if known.all_there_is else source.universes.market_ids(place.exchange)
        before = source.universes.last(place.exchange, settings.name, place.as_of_ms)
    except StorageFault as fault:
        return replace(known, known_ids=ids, flags=(f"universe_forgotten: {fault.problem}",))
    recent = tuple(one for one in before if place.as_of_ms - one.as_of_ms <= MEMORY_MS)
    return replace(known, known_ids=ids, before=recent)


def _newest(store: CandleStore, place: Place, symbol: str, timeframe: Timeframe) -> Candles:
    """The newest stored candles that a mean range is taken of, none older than a day more than that takes; none where they are
    damaged: whoever reads them for a decision says so."""
    since = place.as_of_ms - reach_ms(timeframe)
    try:
        return store.read(place.exchange, symbol, timeframe, since, place.as_of_ms)
    except DamagedPage:
        return Candles.empty(timeframe)


def reach_ms(timeframe: Timeframe) -> int:
    """How far back candles are read that a mean range is taken of."""
    return (ATR_BARS + 1) * timeframe.ms + DAY_MS


def _nothing_listed(place: Place) -> DataFault:
    return DataFault(
        f"no market of {place.exchange} is known",
        "Import candles with 'data import PATH' or scan without --offline",
    )


def _out_of_reach(kept: Sequence[SeriesInfo], place: Place) -> StaleData:
    """The fault of an as-of time beside everything stored, with what is stored."""
    first = min(info.first_ms for info in kept)
    last = max(info.last_ms + info.timeframe.ms for info in kept)
    return StaleData(
        f"no symbol of {place.exchange} has stored candles in the 24 h before {iso(place.as_of_ms)}; "
        f"what is stored reaches from {iso(first)} to {iso(last)}",
        "Give an --as-of inside that, import more with 'data import PATH', or scan without --offline",
    )


def _stored_tickers(
    markets: Mapping[str, Market], store: CandleStore, place: Place
) -> tuple[Mapping[str, Ticker], tuple[SymbolFault, ...]]:
    """24-hour figures as of the scan, from stored hours; and whose are damaged."""
    tickers, faults = {}, []
    for name in markets:
        try:
            hours = store.read(place.exchange, name, Timeframe.H1, place.as_of_ms - DAY_MS, place.as_of_ms)
        except DamagedPage as damage:
            faults.append(SymbolFault(name, "data", DamagedPage.__name__, damage.problem, damage.action))
            continue
        if len(hours):
            tickers[name] = stored_ticker(name, hours)
    return tickers, tuple(faults)


def stored_ticker(name: str, hours: Candles) -> Ticker:
    """24-hour figures from the stored hours of that day. The turnover is the sum of close times volume; there is no book, and a range only of a whole day."""
    turnover = float((hours.close * hours.volume).sum())
    whole = len(hours) >= DAY_HOURS
    high, low = (float(hours.high.max()), float(hours.low.min())) if whole else (0.0, 0.0)
    return Ticker(name, float(hours.close[-1]), turnover, high=high, low=low)
