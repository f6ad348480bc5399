"""``python -m benchmarks [NAME…]``: run the benchmarks, all of them by default."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from benchmarks import (
    alerts,
    backtest_peers,
    backtests,
    charts,
    cold_start,
    decide,
    indicators,
    memory,
    pipeline,
    requests,
    smc,
    store,
    turns,
)

BENCHMARKS: Final[dict[str, Callable[[], None]]] = {
    "indicators": indicators.run,
    "smc": smc.run,
    "store": store.run,
    "requests": requests.run,
    "decide": decide.run,
    "pipeline": pipeline.run,
    "turns": turns.run,
    "backtests": backtests.run,
    "backtest_peers": backtest_peers.run,
    "charts": charts.run,
    "alerts": alerts.run,
    "memory": memory.run,
    "cold_start": cold_start.run,
}

if __name__ == "__main__":
    unknown = sorted(set(sys.argv[1:]) - set(BENCHMARKS))
    if unknown:
        sys.exit(f"no benchmark is called {', '.join(unknown)}. There are {', '.join(BENCHMARKS)}.")
    for name in sys.argv[1:] or BENCHMARKS:
        print(f"== {name}", flush=True)
        BENCHMARKS[name]()
        print(flush=True)
