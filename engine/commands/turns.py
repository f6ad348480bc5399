"""Scans in slots, for ``watch`` and ``scan --slot``: the exchange's time, the slots of this machine, the one pipeline."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.commands.edges import DEMO, SystemClock, feed_of, open_ledger
from engine.commands.flags import Flags
from engine.commands.paths import slot_file
from engine.commands.scan import decided, scan_edges
from shared.errors import ConfigFault

if TYPE_CHECKING:
    from contracts.data_contract import CandleStream
    from data.slots import Taken
    from engine.edges import Progress, ScanRequest
    from engine.exchange_time import Reading
    from engine.series_cache import SeriesCache
    from engine.watching.turn import Beat, Turn
    from shared.config.settings import Settings
    from shared.models.scan import ScanResult


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of this run; ``progress`` is told how each scan goes on. ``cache`` keeps from one turn to the next what is still
    the same; none where there is one turn. ``stream`` brings candles in between."""

    settings: Settings
    request: ScanRequest
    flags: Flags
    environ: Mapping[str, str]
    turn: Turn
    progress: Progress
    cache: SeriesCache | None = None
    stream: CandleStream | None = None

    def read_time(self) -> Reading:
        """The exchange's time now. What failed reads before left in cycles is let go first: in an outage it would pile up.

        Raises:
            SniperError: it cannot be asked.
        """
        from engine.exchange_time import read_exchange_time

        async def work() -> Reading:
            with closing(open_ledger(self.environ)) as ledger:
                return await read_exchange_time(
                    lambda: feed_of(self.settings, self.settings.exchange, None, ledger), SystemClock()
                )

        gc.collect()
        return asyncio.run(work())

    def take(self, boundary_ms: int) -> ScanResult | Taken:
        """Scan in a slot, unless it is another run's; see :meth:`engine.watching.turn.Turn.take`."""
        if self.cache:
            self.cache.open_turn(boundary_ms)
        return self.turn.take(boundary_ms, self._scan)

    def _scan(self, beat: Beat) -> ScanResult:
        def progress(stage: str, done: int, total: int) -> None:
            beat()
            self.progress(stage, done, total)

        with scan_edges(self.settings, self.request, self.flags, self.environ) as edges:
            edges = replace(edges, compute=self.cache) if self.cache else edges
            edges = replace(edges, stream=self.stream)
            return decided(self.request, edges, self.flags, self.environ, progress)


@contextmanager
def open_turns(
    settings: Settings, request: ScanRequest, flags: Flags, environ: Mapping[str, str], progress: Progress
) -> Iterator[Turns]:
    """The turns of a live scan.

    Raises:
        ConfigFault: a market that stands still, or a scan of the past.
        StorageFault: the slots cannot be opened.
    """
    from data.slots import SqliteSlots
    from engine.watching.turn import Turn, schedule_of

    if request.exchange == DEMO:
        raise ConfigFault(
            "the made-up market stands still: no candle of it closes", "Name another --exchange"
        )
    if request.as_of_ms is not None or request.offline:
        raise ConfigFault(
            "a slot is the close that just was: it has neither --as-of nor --offline", "Leave them out"
        )
    with closing(SqliteSlots(slot_file(environ))) as slots:
        turn = Turn(slots, schedule_of(request), owner(), SystemClock())
        yield Turns(settings, request, flags, environ, turn, progress)


@contextmanager
def streaming(turns: Turns, *, wanted: bool) -> Iterator[Turns]:
    """The same turns with the exchange's stream of candles, if it is ``wanted``.

    Raises:
        ConfigFault: the exchange streams none.
        SecurityFault: its address is not allowed.
    """
    from data.adapters import open_stream

    if not wanted:
        yield turns
        return
    name = turns.request.exchange
    with closing(open_stream(name, turns.settings.of_exchange(name))) as stream:
        yield replace(turns, stream=stream)


def owner() -> str:
    """A name that no other run has."""
    return f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
