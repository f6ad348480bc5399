"""The whole pipeline from a warm store: 500 symbols × 6 timeframes × 1,000 candles, one process."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from benchmarks.walk import END_MS, walk
from data.cache import SqliteCandleStore
from engine.edges import Edges, ScanRequest
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.models.data import Candles, Market
from shared.models.profile import Profile
from shared.models.risk import Account
from shared.models.timeframe import Timeframe

SYMBOLS: Final = 500
CANDLES: Final = 1000
SERIES: Final = 20
"""Different series; symbols share them, which saves set-up and changes nothing for the scan."""


class FixedClock:
    """The instant the candles end."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return END_MS


def profile() -> Profile:
    """``balanced`` reading all six timeframes, content with the 1,000 candles there are (it asks for 1,180)."""
    balanced = load_profile("balanced")
    timeframes = replace(balanced.timeframes, information=(Timeframe.W1, Timeframe.M5))
    return replace(
        balanced,
        timeframes=timeframes,
        data=replace(balanced.data, history_bars=CANDLES),
        universe=replace(balanced.universe, size=SYMBOLS, min_quote_volume_musd=0.0, min_atr_pct=0.0),
    )


def fill(store: SqliteCandleStore, series: int = SERIES) -> None:
    """Write every series; so many of them differ."""
    made = [[walk(CANDLES, timeframe, seed) for timeframe in Timeframe] for seed in range(series)]
    names = ["BTC/USDT", *(f"C{number:03}/USDT" for number in range(1, SYMBOLS))]
    batch: dict[str, list[Candles]] = {name: made[place % series] for place, name in enumerate(names)}
    store.write_many("binance", batch)
    store.save_markets({name: _market(name) for name in names})


def _market(symbol: str) -> Market:
    base = symbol.split("/")[0]
    steps = Decimal("0.0001"), Decimal("0.01"), Decimal(5)
    return Market("binance", symbol, base + "USDT", base, "USDT", "spot", *steps, True, "exchange")


def run() -> None:
    """Print wall and CPU time of a first and a second scan."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteCandleStore(Path(folder) / "candles.sqlite3")
        fill(store)
        request = ScanRequest(
            profile(), "binance", Account(Decimal(10_000), "USDT"), as_of_ms=END_MS, offline=True
        )
        for name in ("first scan (loads the compiled kernels)", "second scan"):
            wall, cpu = time.perf_counter(), time.process_time()
            result = run_scan(request, Edges(None, store, FixedClock()))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            stopped = ", ".join(f"{row.stage} {row.stopped}" for row in result.funnel if row.stopped)
            print(
                f"{name}: {wall:.2f} s wall, {cpu:.2f} s CPU (aim: 5 s) · {len(result.setups)} plans · {stopped}"
            )
        store.close()
