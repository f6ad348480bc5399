"""What the peers have in common: the candles, the rule's numbers, the stopwatch. Imported by the scripts beside it, in whatever
environment they run."""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np

FAST, SLOW, RSI, MOST_RSI = 20, 50, 14, 70.0
"""Long from the open after the fast mean crosses above the slow one with an RSI (of simple means) below the last, until the open
after it crosses below."""
REPEATS = 3


def candles() -> dict[str, np.ndarray]:
    """Columns from the file that is named on the command line."""
    with np.load(sys.argv[1]) as columns:
        return {name: columns[name] for name in columns.files}


def report(package: str, bars: int, work: Callable[[], int]) -> None:
    """Run ``work`` once to warm up, then time it: processor seconds of the quickest run, and the trades that it gives."""
    trades, best = work(), float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    print(json.dumps({"version": version(package), "bars": bars, "seconds": best, "trades": trades}))
