"""How long a person waits: ``--help``, and a scan of one symbol from the store, each in a new process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.pipeline import fill
from benchmarks.walk import END_MS
from data.cache import SqliteCandleStore
from shared.models.timeframe import iso

ROOT = Path(__file__).resolve().parents[1]


def run() -> None:
    """Print the quickest wall time of five starts, bytecode and kernels cached by the first."""
    with tempfile.TemporaryDirectory() as home:
        store = SqliteCandleStore(Path(home) / "cache" / "candles.sqlite3")
        fill(store)
        store.close()
        scan = ["scan", "--offline", "-s", "C001/USDT", "--as-of", iso(END_MS), "-q"]
        for name, words, aim in (("--help", ["--help"], 0.35), ("one-symbol offline scan", scan, 2.0)):
            print(f"{name}: {min(_seconds(words, home) for _ in range(5)):.2f} s wall (aim {aim} s)")


def _seconds(words: list[str], home: str) -> float:
    environ = os.environ | {"SNIPERSIGHT_HOME": home}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, str(ROOT / "sniper_sight_cli.py"), *words],
        env=environ,
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - start
