"""A back-fill at the network's edge: the symbols a scan would look at, their windows brought into the store."""

from __future__ import annotations

from data.sync import SyncReport, Wish, sync
from data.universe import select_universe
from data.universe_known import Place
from engine.edges import Edges, Progress, ScanRequest, silent
from engine.gather import as_of, open_source, run_now
from shared.errors import ConfigFault
from shared.models.timeframe import Timeframe


def run_sync(
    request: ScanRequest, edges: Edges, timeframes: tuple[Timeframe, ...] = (), progress: Progress = silent
) -> SyncReport:
    """Bring the windows of the symbols asked for, or of the profile's universe, up to date.

    Raises:
        ConfigFault: there is no exchange to ask, or nowhere to keep its candles.
        SniperError: the exchange or the store as a whole cannot be read. One symbol's fault never raises.
    """
    return run_now(lambda: _synced(request, edges, timeframes, progress))


async def _synced(
    request: ScanRequest, edges: Edges, timeframes: tuple[Timeframe, ...], progress: Progress
) -> SyncReport:
    if edges.open_feed is None or edges.store is None:
        raise ConfigFault(f"nothing of {request.exchange} can be fetched and kept", "Name another exchange")
    async with open_source(edges) as source:
        as_of_ms, flags = await as_of(request, edges, source)
        place = Place(request.exchange, as_of_ms, request.top or 0)
        universe = await select_universe(request.symbols, request.profile, source, place)
        wish = Wish(request.exchange, universe.markets, timeframes, as_of_ms)
        done = await sync(
            wish, source, request.profile, lambda count, total: progress("symbols", count, total)
        )
    return SyncReport(
        done.exchange, done.as_of_ms, done.symbols, (*universe.faults, *done.faults), (*flags, *done.flags)
    )
