"""Where candles come from, and where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.data_contract import CandleFeed, CandleStore, CandleStream, Ticker
from contracts.universe_contract import UniverseStore
from data.cross_check import SecondOpinion
from data.series_notes import MemoryNotes, NoteStore
from shared.errors import DataFault
from shared.models.data import Market
from shared.models.timeframe import MINUTE_MS, Timeframe

UP_TO_NOW_MS: Final = 15 * MINUTE_MS
"""Candles that end at most this long ago are held against the exchange's last price."""


@dataclass(frozen=True, slots=True)
class Source:
    """``feed`` None is offline, ``store`` None keeps nothing, ``universes`` None remembers none; ``notes`` are those of this process
    where no others are given. ``second`` is asked about candles far outside their neighbours; None asks nobody. ``stream`` brings
    candles unasked."""

    feed: CandleFeed | None
    store: CandleStore | None
    universes: UniverseStore | None = None
    notes: NoteStore = field(default_factory=MemoryNotes)
    second: SecondOpinion | None = None
    stream: CandleStream | None = None

    def stored_markets(self, exchange: str) -> Mapping[str, Market]:
        """Trading rules the store knows."""
        return self.store.markets(exchange) if self.store else {}

    async def listed(self, exchange: str) -> Mapping[str, Market]:
        """Trading rules by symbol: from the exchange, or offline those the store knows."""
        return await self.feed.markets() if self.feed else self.stored_markets(exchange)

    async def ticker(self, symbol: str, close_ms: int) -> Ticker:
        """The exchange's 24-hour figures of a symbol, if a candle that closed at ``close_ms`` may be held against them; else
        zeros."""
        nothing = Ticker(symbol, 0.0, 0.0)
        if self.feed is None or await self.feed.time_ms() - close_ms > UP_TO_NOW_MS:
            return nothing
        return (await self.feed.tickers()).get(symbol, nothing)

    def newest_close(self, exchange: str, timeframe: Timeframe) -> int:
        """Close time of the newest stored candle of ``timeframe``.

        Raises:
            DataFault: nothing is stored.
        """
        kept = [
            info
            for info in (self.store.series(exchange) if self.store else ())
            if info.timeframe is timeframe
        ]
        if not kept:
            raise DataFault(
                f"no {timeframe} candles of {exchange} are stored",
                "Import some with 'data import PATH' or scan without --offline",
            )
        return max(info.last_ms for info in kept) + timeframe.ms
