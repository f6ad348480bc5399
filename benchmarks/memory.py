"""Memory: the most that a scan of 500 symbols holds, from the exchange's answers to the plans, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from benchmarks.pipeline import FixedClock, profile
from benchmarks.walk import END_MS
from data.adapters.budget_ledger import SqliteLedger
from data.adapters.ccxt_binance import BINANCE
from data.adapters.ccxt_client import VenueClient
from data.adapters.ccxt_feed import CcxtFeed
from data.adapters.request_budget import RequestBudget
from data.adapters.spending import Allowance
from data.cache import SqliteCandleStore
from data.series_notes import SqliteNotes
from engine.edges import Edges, ScanRequest
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.config.settings import ExchangeSettings
from shared.models.profile import Profile
from shared.models.risk import Account

SYMBOLS: Final = 500
AIM_MB: Final = 350
NO_LIMIT: Final = 1_000_000
"""Weight a minute: waiting takes no memory."""


def balanced() -> Profile:
    """``balanced`` as it is, reading all six timeframes of 500 symbols."""
    return replace(profile(), data=load_profile("balanced").data)


def peak_mb() -> float:
    """The most this process held in memory: the kernel's own mark, which unlike ``getrusage`` does not begin with the parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


@contextmanager
def opened(base_url: str, folder: Path) -> Iterator[Edges]:
    """What a scan is handed: the real feed, guard, ledger, notes and store."""
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(SqliteLedger(folder / "requests.sqlite3")))
        store = stack.enter_context(closing(SqliteCandleStore(folder / "candles.sqlite3")))
        notes = stack.enter_context(closing(SqliteNotes(folder / "notes.sqlite3")))
        settings = ExchangeSettings(base_url=base_url, timeout_s=60.0)

        def open_feed() -> CcxtFeed:
            budget = RequestBudget(BINANCE.name, Allowance(60_000, NO_LIMIT), ledger)
            return CcxtFeed(VenueClient(BINANCE, settings, budget))

        yield Edges(open_feed, store, FixedClock(), notes=notes)


def scan_once(base_url: str, folder: Path) -> None:
    """One scan in this process; prints what it held at most, before it and after it, in MB."""
    import ccxt.async_support  # noqa: F401  (what is held before the first candle comes)

    before = peak_mb()
    with opened(base_url, folder) as edges:
        request = ScanRequest(balanced(), "binance", Account(Decimal(10_000), "USDT"))
        result = run_scan(request, edges)
    if result.coverage != (SYMBOLS, SYMBOLS):
        raise RuntimeError(f"not every symbol was decided: {result.coverage}, {result.faults[:1]}")
    print(json.dumps([before, peak_mb()]))


def run() -> None:
    """Print the peak of a first scan and of the next one."""
    from benchmarks.requests import STEP_MS, venue

    with tempfile.TemporaryDirectory() as folder, venue(SYMBOLS, NO_LIMIT) as exchange:
        for what, as_of_ms in (("first scan", END_MS), ("next scan", END_MS + STEP_MS)):
            exchange.asked(as_of_ms + 5_000)
            words = [sys.executable, "-m", "benchmarks.memory", exchange.base_url, folder]
            said = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout
            before, peak = json.loads(said)
            print(
                f"{what}, {SYMBOLS} symbols x 6 timeframes: {peak:.0f} MB at the peak (aim: {AIM_MB}), {before:.0f} of them loaded code"
            )


if __name__ == "__main__":
    scan_once(sys.argv[1], Path(sys.argv[2]))
