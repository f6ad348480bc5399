"""The structure log beside smartmoneyconcepts in the same run: time a bar, growth, memory, and as plain Python."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tracemalloc
from typing import Any, Final

from benchmarks.walk import cpu_s, walk
from shared.models.data import Candles
from shared.models.profile import SmcRules
from shared.utils import kernels
from strategy.smc.engine import SmcSeries, detect
from strategy.smc.fold import read_structure

TICK: Final = 0.0001
RULES: Final = SmcRules()
PEER_REPEATS: Final = {500: 5, 5_000: 2, 100_000: 1}
"""Bars, and how often the peer is run on them: its quickest run counts."""


def run() -> None:
    """Print CPU time a bar, and what a notebook would use instead."""
    peer = _peer()
    detect(walk(500), RULES, TICK)
    for bars, repeats in PEER_REPEATS.items():
        candles = walk(bars)
        ours = cpu_s(lambda candles=candles: detect(candles, RULES, TICK), 7)  # type: ignore[misc]
        theirs = cpu_s(lambda candles=candles: _five(peer, candles), repeats)  # type: ignore[misc]
        print(
            f"{bars:8,} bars: {ours * 1e3:8.2f} ms, {ours / bars * 1e9:5.0f} ns a bar · "
            f"smartmoneyconcepts {theirs * 1e3:10.0f} ms · ratio {theirs / ours:7,.0f}"
        )
    _thousand()
    _growth()


def _thousand() -> None:
    """One usual window: from scratch, one bar more, one snapshot, and without the compiler."""
    candles = walk(1000)
    print(f"   1,000 bars: {cpu_s(lambda: detect(candles, RULES, TICK), 20) * 1e3:.2f} ms")
    series, more = SmcSeries(walk(1000), RULES, TICK), walk(2000).rows(1000, 2000)
    later = Candles(
        more.timeframe, more.open_ms + (series.candles.close_ms[-1] - more.open_ms[0]), *_prices(more)
    )
    bars = [later.rows(bar, bar + 1) for bar in range(1000)]
    print(f"one bar more: {cpu_s(lambda: [series.extend(bar) for bar in bars]) * 1e3:.0f} µs")
    log = detect(candles, RULES, TICK)
    print(f"a snapshot of its last bar: {cpu_s(lambda: read_structure(candles, log), 50) * 1e3:.2f} ms")
    script = "from benchmarks.smc import plain; plain()"
    subprocess.run(
        [sys.executable, "-c", script], check=True, env={**os.environ, kernels.NO_JIT_VARIABLE: "1"}
    )


def plain() -> None:
    """Run in a process without the compiler."""
    candles = walk(1000)
    print(
        f"   1,000 bars as plain Python: {cpu_s(lambda: detect(candles, RULES, TICK), 3) * 1e3:.0f} ms",
        flush=True,
    )


def _growth() -> None:
    """Cost of a bar and peak memory as the series grows."""
    costs = {}
    for bars in (100_000, 1_000_000):
        candles = walk(bars)
        costs[bars] = cpu_s(lambda candles=candles: detect(candles, RULES, TICK), 3) / bars  # type: ignore[misc]
        tracemalloc.start()
        log = detect(candles, RULES, TICK)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(
            f"{bars:9,} bars: {costs[bars] * 1e9:.0f} ns and {peak / bars:.0f} bytes a bar at the peak, "
            f"{len(log) / bars:.2f} events a bar"
        )
    print(f"cost of a bar, 1,000,000 against 100,000: {costs[1_000_000] / costs[100_000]:.2f}")


def _prices(candles: Candles) -> tuple[Any, ...]:
    return candles.open, candles.high, candles.low, candles.close, candles.volume


def _peer() -> Any:
    """The library, silent: it greets on import."""
    with contextlib.redirect_stdout(io.StringIO()):
        from smartmoneyconcepts import smc
    return smc


def _five(smc: Any, candles: Candles) -> None:
    """What it has of the same: swings, structure, order blocks, liquidity, gaps."""
    frame = candles.to_frame()
    swings = smc.swing_highs_lows(frame, swing_length=20)
    smc.bos_choch(frame, swings)
    smc.ob(frame, swings)
    smc.liquidity(frame, swings)
    smc.fvg(frame)
