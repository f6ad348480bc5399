"""Ad hoc commands for those who build: ``python -m devtools.debug_cli stages`` and ``… events SYMBOL TIMEFRAME``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from data.adapters.demo import DEMO_AS_OF_MS, DemoFeed
from devtools.profiling import StageWatch
from engine.commands.edges import SystemClock
from engine.edges import Edges, ScanRequest
from engine.hooks import Hooks
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.models.events import Event, Kind
from shared.models.risk import Account
from shared.models.timeframe import Timeframe, iso
from strategy.smc.engine import detect


def stages() -> list[str]:
    """Seconds per stage of a scan of the demo market."""
    hooks, watch = Hooks(), StageWatch()
    watch.attach(hooks)
    request = ScanRequest(load_profile("balanced"), "demo", Account(Decimal(10_000), "USDT"))
    run_scan(request, Edges(DemoFeed, None, SystemClock()), hooks=hooks)
    return [f"{stage:12}{seconds:8.3f} s" for stage, seconds in watch.seconds().items()]


def events(symbol: str = "BTC/USDT", timeframe: str = "1h", count: str = "20") -> list[str]:
    """The newest events of a demo symbol's structure log."""
    feed, rules = DemoFeed(), load_profile("balanced").smc
    candles = asyncio.run(feed.candles(symbol, Timeframe(timeframe), 0, DEMO_AS_OF_MS))
    log = detect(candles, rules, float(asyncio.run(feed.markets())[symbol].tick))
    return [
        f"{iso(int(candles.close_ms[row[0]]))} {Kind(row[1]).name:15}{Event(row[2]).name:14}{row[3]:+d} layer {row[4]}"
        for row in log.ints[-int(count) :].tolist()
    ]


COMMANDS: Final[dict[str, Callable[..., list[str]]]] = {"stages": stages, "events": events}


def main(words: list[str]) -> int:
    """Run one command; the exit code."""
    if not words or words[0] not in COMMANDS:
        print(f"usage: python -m devtools.debug_cli {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    print("\n".join(COMMANDS[words[0]](*words[1:])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
