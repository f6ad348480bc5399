"""The world handed to a scan: an exchange's feed, the candle store, the clock, the executor."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING

from engine.commands.flags import Flags
from engine.commands.paths import candle_file, journal_file, note_file, request_file, universe_file
from shared.errors import EXIT_FAILED

if TYPE_CHECKING:
    from contracts.data_contract import CandleFeed, CandleStore
    from contracts.universe_contract import UniverseStore
    from data.adapters.budget_ledger import Ledger, SqliteLedger
    from data.cross_check import SecondOpinion
    from data.journal import SqliteJournal
    from engine.edges import Edges, ScanRequest
    from shared.config.settings import Settings, StoreSettings

USUAL = Flags()
"""Nothing said: settings come from the usual files and the environment."""
DEMO = "demo"
"""The made-up market: no network, nothing stored."""
CLOCK_LIMIT_MS = 2_000
"""How far the exchange's clock and ours may be apart before a run says so."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic()


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
    from data.series_notes import SqliteNotes
    from engine.edges import Edges

    with ExitStack() as stack:
        stored = request.exchange != DEMO
        store = stack.enter_context(open_store_at(settings.store, environ)) if stored else None
        edges = Edges(
            open_feed=None
            if request.offline and request.exchange != DEMO
            else lambda: _open_feed(settings, request, stack, environ),
            store=store,
            clock=SystemClock(),
            universes=stack.enter_context(open_universes(environ)) if stored else None,
            secrets=secrets_of(environ, settings.secrets),
            clock_limit_ms=CLOCK_LIMIT_MS if _is_real(settings, request) else 0,
        )
        if stored:
            edges = replace(edges, notes=stack.enter_context(closing(SqliteNotes(note_file(environ)))))
        if settings.data.compare_with not in ("", request.exchange):
            edges = replace(edges, open_second=lambda: _open_second(settings, stack, environ))
        if jobs > 1:
            pool = stack.enter_context(_workers(jobs))
            edges = replace(edges, executor=pool)
        yield edges


def _is_real(settings: Settings, request: ScanRequest) -> bool:
    """Whether the exchange is asked at its own address: a time given from elsewhere may be made up on purpose."""
    return request.exchange != DEMO and not settings.of_exchange(request.exchange).base_url


def _workers(jobs: int) -> ProcessPoolExecutor:
    """Worker processes that leave Ctrl-C to this one, and end with it however it ends."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_serve)


def _serve() -> None:
    """What a worker does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed never says that there is no more work: its workers would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(EXIT_FAILED)


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
def open_store(environ: Mapping[str, str], flags: Flags = USUAL) -> Iterator[CandleStore]:
    """The candle store where the settings say: on object storage, or in its usual file.

    Raises:
        ConfigFault: ``store.url`` is wrong, or a package for it is not installed.
        StorageFault: it cannot be opened.
    """
    from engine.commands.settings import configure_store

    with open_store_at(configure_store(flags, environ), environ) as store:
        yield store


@contextmanager
def open_store_at(settings: StoreSettings, environ: Mapping[str, str]) -> Iterator[CandleStore]:
    """The candle store of known settings.

    Raises:
        ConfigFault: its address is wrong, or a package for it is not installed.
        StorageFault: it cannot be opened.
    """
    store = _store(settings.url, environ)
    try:
        yield store
    finally:
        store.close()


def _store(url: str, environ: Mapping[str, str]) -> CandleStore:
    if url:
        from data.object_store import ObjectCandleStore

        return ObjectCandleStore(url)
    from data.cache import SqliteCandleStore

    return SqliteCandleStore(candle_file(environ))


@contextmanager
def open_universes(environ: Mapping[str, str]) -> Iterator[UniverseStore]:
    """Earlier universes.

    Raises:
        StorageFault: the file cannot be opened.
    """
    from data.universe_store import SqliteUniverseStore

    store = SqliteUniverseStore(universe_file(environ))
    try:
        yield store
    finally:
        store.close()


def _open_feed(
    settings: Settings, request: ScanRequest, stack: ExitStack, environ: Mapping[str, str]
) -> CandleFeed:
    from data.adapters.budget_ledger import MemoryLedger

    is_demo = request.exchange == DEMO
    ledger = MemoryLedger() if is_demo else stack.enter_context(closing(open_ledger(environ)))
    return feed_of(settings, request.exchange, request.as_of_ms, ledger)


def _open_second(settings: Settings, stack: ExitStack, environ: Mapping[str, str]) -> SecondOpinion:
    from data.cross_check import SecondOpinion

    ledger = stack.enter_context(closing(open_ledger(environ)))
    return SecondOpinion(
        feed_of(settings, settings.data.compare_with, None, ledger), settings.data.compare_pct
    )


def feed_of(settings: Settings, exchange: str, as_of_ms: int | None, ledger: Ledger) -> CandleFeed:
    """The feed of an exchange, its requests counted in ``ledger``; to be called inside a running event loop."""
    from data.adapters import EXCHANGES

    return EXCHANGES[exchange](settings.of_exchange(exchange), as_of_ms, ledger)


def open_ledger(environ: Mapping[str, str]) -> SqliteLedger:
    """The ledger of requests that every run of this machine shares.

    Raises:
        StorageFault: it cannot be opened.
    """
    from data.adapters.budget_ledger import SqliteLedger

    return SqliteLedger(request_file(environ))
