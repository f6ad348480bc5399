"""The world handed to a scan: an exchange's feed, the candle store, the clock, the executor."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

from engine.commands.paths import candle_file, request_file

if TYPE_CHECKING:
    from contracts.data_contract import CandleFeed, CandleStore
    from data.adapters.budget_ledger import Ledger
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
    from engine.edges import Edges

    with ExitStack() as stack:
        store = None if request.exchange == DEMO else stack.enter_context(open_store(environ))
        edges = Edges(
            open_feed=None
            if request.offline and request.exchange != DEMO
            else lambda: _open_feed(settings, request, stack, environ),
            store=store,
            clock=SystemClock(),
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


def _open_feed(
    settings: Settings, request: ScanRequest, stack: ExitStack, environ: Mapping[str, str]
) -> CandleFeed:
    from data.adapters import EXCHANGES

    ledger = _open_ledger(request, stack, environ)
    return EXCHANGES[request.exchange](settings.of_exchange(request.exchange), request.as_of_ms, ledger)


def _open_ledger(request: ScanRequest, stack: ExitStack, environ: Mapping[str, str]) -> Ledger:
    """The ledger of requests that every run of this machine shares; the demo market sends none."""
    from data.adapters.budget_ledger import MemoryLedger, SqliteLedger

    if request.exchange == DEMO:
        return MemoryLedger()
    return stack.enter_context(closing(SqliteLedger(request_file(environ))))
