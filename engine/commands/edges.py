"""The world handed to a scan: an exchange's feed, the candle store, the clock, the executor."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

from engine.commands.paths import candle_file, journal_file

if TYPE_CHECKING:
    from contracts.data_contract import CandleFeed, CandleStore
    from data.journal import SqliteJournal
    from engine.edges import Edges, ScanRequest
    from shared.config.settings import Settings

DEMO = "demo"
"""The made-up market: no network, nothing stored."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000


def exchange_names() -> tuple[str, ...]:
    """Every exchange that can be scanned."""
    from data.adapters import EXCHANGES

    return tuple(EXCHANGES)


@contextmanager
def open_edges(
    settings: Settings, request: ScanRequest, environ: Mapping[str, str] = os.environ, jobs: int = 1
) -> Iterator[Edges]:
    """Edges for one scan, closed at the end. Offline there is no feed; the demo market has no store.

    Raises:
        StorageFault: the candle store cannot be opened.
    """
    from bot.telemetry.redaction import secrets_of
    from engine.edges import Edges

    with ExitStack() as stack:
        store = None if request.exchange == DEMO else stack.enter_context(open_store(environ))
        edges = Edges(
            open_feed=None
            if request.offline and request.exchange != DEMO
            else lambda: _open_feed(settings, request),
            store=store,
            clock=SystemClock(),
            secrets=secrets_of(environ),
        )
        if jobs > 1:
            pool = stack.enter_context(_workers(jobs))
            edges = replace(edges, executor=pool)
        yield edges


def _workers(jobs: int) -> ProcessPoolExecutor:
    """Worker processes that leave Ctrl-C to this one."""
    return ProcessPoolExecutor(
        jobs,
        mp_context=get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )


@contextmanager
def open_journal(environ: Mapping[str, str], *, accept: bool = False) -> Iterator[SqliteJournal]:
    """The journal in its usual place. ``accept`` opens one that its witness does not vouch for.

    Raises:
        StorageFault: it cannot be opened.
        DamagedJournal: it is not what was written.
    """
    from data.journal import SqliteJournal
    from risk.audit_pipeline import chain

    journal = SqliteJournal(journal_file(environ), chain, accept=accept)
    try:
        yield journal
    finally:
        journal.close()


@contextmanager
def open_store(environ: Mapping[str, str]) -> Iterator[CandleStore]:
    """The candle store in its usual place.

    Raises:
        StorageFault: it cannot be opened.
    """
    from data.cache import SqliteCandleStore

    store = SqliteCandleStore(candle_file(environ))
    try:
        yield store
    finally:
        store.close()


def _open_feed(settings: Settings, request: ScanRequest) -> CandleFeed:
    from data.adapters import EXCHANGES

    return EXCHANGES[request.exchange](settings.of_exchange(request.exchange), request.as_of_ms)
