"""The SMC detectors: nanoseconds a bar, compiled, and microseconds as plain Python."""

from __future__ import annotations

from benchmarks.walk import cpu_s, walk
from shared.models.profile import SmcRules
from strategy.smc import engine
from strategy.smc.fold import read_structure

RECORDED_MS = {500: 78, 5_000: 694, 100_000: 24_718}
"""smartmoneyconcepts 0.0.27 on the same kind of series, as recorded in the design; not measured in this run."""


def run() -> None:
    """Print the cost of the log at three lengths and of one snapshot."""
    options = SmcRules()
    engine.detect(walk(500), options, 0.0001)
    for bars, recorded in RECORDED_MS.items():
        candles = walk(bars)
        seconds = cpu_s(lambda candles=candles: engine.detect(candles, options, 0.0001), 3)  # type: ignore[misc]
        print(
            f"{bars:7} bars: {seconds * 1e3:8.2f} ms, {seconds / bars * 1e9:5.0f} ns a bar (aim 250); recorded peer {recorded} ms"
        )
    candles = walk(3000)
    log = engine.detect(candles, options, 0.0001)
    print(f"snapshot of 3,000 bars: {cpu_s(lambda: read_structure(candles, log), 20) * 1e3:.2f} ms")
