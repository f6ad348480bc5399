"""Breadth: whose 4h swing trends a scan's risk appetite rests on, read from candles that are there already.

1. Whose: the symbols of the scan's own universe. Where symbols are named, those of the universe that a scan has stored for the same
   close, else those that a scan would choose now: a symbol looked at alone has the regime that it has among the others.
2. What: each one's closed 4h candles, as they were just read or else as they are stored. Nothing is fetched for it; only a feed
   without any store (the made-up market) is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from data.ingestion_pipeline import Ingested
from data.source import Source
from data.symbol_reading import Checks, SymbolReading
from data.universe import Universe, select_universe
from data.universe_known import Place
from shared.errors import SniperError, StorageFault
from shared.models.data import Candles, Market
from shared.models.profile import Profile
from shared.models.regime import Breadth
from shared.models.universe import UniverseSnapshot
from strategy.confluence.breadth import BREADTH_TIMEFRAME, breadth_of


@dataclass(frozen=True, slots=True)
class Desk:
    """What is read with: the settings, where candles come from, and as of when."""

    settings: Profile
    source: Source
    as_of_ms: int


async def counted_symbols(universe: Universe, place: Place, desk: Desk) -> tuple[str, ...]:
    """Symbols whose trends count, whether or not anything is known of them."""
    if universe.snapshot.basis == "ranked":
        return universe.symbols
    for kept in _stored_for_this_close(place, desk):
        return tuple(member.symbol for member in kept.chosen)
    return (await select_universe((), desk.settings, desk.source, place)).symbols


def _stored_for_this_close(place: Place, desk: Desk) -> tuple[UniverseSnapshot, ...]:
    """The newest universe that was stored since the trigger timeframe's last close; one that cannot be read is none."""
    if desk.source.universes is None:
        return ()
    try:
        kept = desk.source.universes.last(place.exchange, desk.settings.name, desk.as_of_ms + 1)
    except StorageFault:
        return ()
    closed_ms = desk.settings.timeframes.trigger.floor(desk.as_of_ms)
    return tuple(one for one in kept if one.as_of_ms >= closed_ms)


async def known_trends(
    symbols: Collection[str], markets: Mapping[str, Market], candles: Ingested, desk: Desk
) -> Breadth:
    """The 4h swing trend of every one of ``symbols`` that has fresh 4h candles."""
    series = {
        symbol: await _four_hours(markets[symbol], candles, desk) for symbol in symbols if symbol in markets
    }
    return breadth_of(series, desk.settings, desk.as_of_ms)


async def _four_hours(market: Market, candles: Ingested, desk: Desk) -> Candles:
    """A symbol's closed 4h candles from its window's start; none where they cannot be read: that is a fault of whoever decides on them."""
    read = candles.data.get(market.symbol)
    if read is not None and BREADTH_TIMEFRAME in read.candles:
        return read.candles[BREADTH_TIMEFRAME]
    source = desk.source if desk.source.store is None else replace(desk.source, feed=None)
    reading = SymbolReading(market, source, desk.settings, desk.as_of_ms, Checks(0))
    try:
        return (await reading.series((BREADTH_TIMEFRAME,)))[BREADTH_TIMEFRAME]
    except SniperError:
        return Candles.empty(BREADTH_TIMEFRAME)
