"""A back-fill at the network's edge: the symbols a scan would look at, their windows brought into the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.book_snapshots import NOTHING_TAKEN, take_books
from data.sync import SyncReport, Wish, sync
from data.universe import select_universe
from data.universe_known import Place
from engine.edges import Edges, Progress, ScanRequest, silent
from engine.gather import as_of, open_source, run_now
from shared.errors import ConfigFault
from shared.models.timeframe import DAY_MS, Timeframe, iso


@dataclass(frozen=True, slots=True)
class Reach:
    """What of each symbol: ``timeframes`` none are those the profile reads; from ``since_ms`` on, or the last ``days``, or, both 0, from
    where the profile reads each. With ``books``, each symbol's order book of now too."""

    timeframes: tuple[Timeframe, ...] = ()
    since_ms: int = 0
    days: int = 0
    books: bool = False

    def start_ms(self, as_of_ms: int) -> int:
        """Where it begins, 0 where the profile says.

        Raises:
            ConfigFault: nothing has closed since then, or that is before there was an exchange.
        """
        start = as_of_ms - self.days * DAY_MS if self.days else self.since_ms
        if self.days and start < 0:
            raise ConfigFault(f"{self.days:,} days ago there was no exchange", "Give fewer days")
        if start > as_of_ms - Timeframe.M5.ms:
            raise ConfigFault(
                f"no candle has closed since {iso(start)}: it is {iso(as_of_ms)}", "Give an earlier date"
            )
        return start


PROFILE_WINDOWS: Final = Reach()


def run_sync(
    request: ScanRequest, edges: Edges, reach: Reach = PROFILE_WINDOWS, progress: Progress = silent
) -> SyncReport:
    """Bring the windows of the symbols asked for, or of the profile's universe, up to date.

    Raises:
        ConfigFault: there is no exchange to ask, or nowhere to keep its candles, or nothing closed in the time asked for.
        SniperError: the exchange or the store as a whole cannot be read. One symbol's fault never raises.
    """
    return run_now(lambda: _synced(request, edges, reach, progress))


async def _synced(request: ScanRequest, edges: Edges, reach: Reach, progress: Progress) -> SyncReport:
    if edges.open_feed is None or edges.store is None:
        raise ConfigFault(f"nothing of {request.exchange} can be fetched and kept", "Name another exchange")
    async with open_source(edges) as source:
        as_of_ms, flags = await as_of(request, edges, source)
        since_ms = reach.start_ms(as_of_ms)
        place = Place(request.exchange, as_of_ms, request.top or 0)
        universe = await select_universe(request.symbols, request.profile, source, place)
        wish = Wish(request.exchange, universe.markets, reach.timeframes, as_of_ms, since_ms)
        done = await sync(
            wish, source, request.profile, lambda count, total: progress("symbols", count, total)
        )
        taken = await take_books(universe.markets, source) if reach.books else NOTHING_TAKEN
    return SyncReport(
        done.exchange,
        done.as_of_ms,
        done.symbols,
        (*universe.faults, *done.faults),
        (*flags, *done.flags, *taken.flags),
        taken.books,
    )
