"""The same decision whatever the seed of Python's hashes: ``make reruns`` (``python -m devtools.hash_seeds [--runs N] [--jobs N]``).

The made-up market's candles are stored once. Each run is a process of its own with a seed of its own: it scans them all, records the
scan in a journal of its own under a fixed clock, and says the hash at the end of the chain: SHA-256 over all records, in which the
digest of the very bytes that ``scan --json`` prints stands. One hash must come out. Exit code 1 where it was more than one, or a run
broke.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

from data.adapters.demo import DEMO_AS_OF_MS, DemoFeed
from data.cache import SqliteCandleStore
from data.journal import SqliteJournal
from engine.edges import Edges, ScanRequest
from engine.orchestrator import run_scan
from risk.audit_pipeline import chain
from shared.config.profiles import load_profile
from shared.models.journal import Appended
from shared.models.risk import Account

CANDLES: Final = "candles.sqlite3"
SEEDS: Final = 2**32
PATIENCE_S: Final = 300


class FixedClock:
    """After the made-up market's last close."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return 1_800_000_000_000


def keep_candles(folder: Path) -> None:
    """Store what a scan of the made-up market reads."""
    with closing(SqliteCandleStore(folder / CANDLES)) as store:
        run_scan(asked(offline=False), Edges(DemoFeed, store, FixedClock()))


def decision_hash(folder: Path) -> str:
    """The hash at the end of the chain of one recorded scan of the stored candles, as 64 hex digits."""
    heads: list[str] = []

    def hear(_: str, appended: Appended) -> None:
        heads.append(appended.head.hash.hex())

    with tempfile.TemporaryDirectory() as own, closing(SqliteCandleStore(folder / CANDLES)) as store:
        file = Path(own) / "journal.sqlite3"
        edges = Edges(
            None,
            store,
            FixedClock(),
            open_journal=lambda: closing(SqliteJournal(file, chain)),
            on_record=hear,
        )
        run_scan(asked(offline=True), edges)
    return heads[0]


def asked(*, offline: bool) -> ScanRequest:
    """A scan of the whole made-up market, from stored candles alone or not."""
    account = Account(Decimal(10_000), "USDT")
    return ScanRequest(load_profile("balanced"), "demo", account, as_of_ms=DEMO_AS_OF_MS, offline=offline)


def rerun(folder: Path, seed: int) -> str:
    """The decision hash of a process with this hash seed, or how it broke."""
    call = [sys.executable, "-m", "devtools.hash_seeds", "--once", str(folder)]
    done = subprocess.run(
        call,
        env=os.environ | {"PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1:]
    return done.stdout.strip() if done.returncode == 0 else f"broke with seed {seed}: {''.join(last)}"


def rerun_all(seeds: Iterable[int], jobs: int) -> Counter[str]:
    """How many runs gave each hash."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        keep_candles(Path(folder))
        return Counter(pool.map(partial(rerun, Path(folder)), seeds))


def main(arguments: Sequence[str]) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m devtools.hash_seeds")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--once",
        type=Path,
        metavar="FOLDER",
        help="scan FOLDER's candles in this process, and print its hash",
    )
    given = parser.parse_args(arguments)
    if given.once:
        print(decision_hash(given.once))
        return 0
    began = time.monotonic()
    found = rerun_all(random.SystemRandom().sample(range(SEEDS), given.runs), given.jobs)
    print("\n".join(f"{count} x {what}" for what, count in found.most_common()))
    print(f"{given.runs} runs, {len(found)} outcomes, {time.monotonic() - began:.0f} s")
    return int(len(found) > 1 or any(what.startswith("broke") for what in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
