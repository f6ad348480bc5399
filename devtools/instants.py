"""A scan at one instant a day over recorded candles, each held to what must be true of any scan: ``make instants``.

``python -m devtools.instants [FOLDER] [--profiles balanced,aggressive] [--instants 250] [--home DIR]``: FOLDER holds
``binance__<COIN>-USDT__5m.parquet`` files of 2024 (default: SNIPERSIGHT_MARKET_DATA, else ``../shared/market``). They are imported into
a store of their own first; ``--home`` keeps it for the next time. Every scan is offline, with an empty account: what an earlier one
found is not held, so a setup that lives for days counts on each of them, and once among the different ones.

Prints plans per instant with an interval, and where the others stopped. Exit code 1 when anything was broken.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite, sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Final

from data.cache import SqliteCandleStore
from data.file_import import Reading, import_path
from devtools.plan_laws import broken_laws
from engine.edges import Edges, ScanRequest
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.errors import SniperError
from shared.models.context import SniperContext
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.risk import Account
from shared.models.scan import ScanResult
from shared.models.smc import Side
from shared.models.timeframe import DAY_MS, iso

FIRST_MS: Final = 1_704_110_400_000
"""2024-01-01 12:00 UTC, whose next 249 noons the recorded symbols of 2024 all have."""
INSTANTS: Final = 250
BLOCK: Final = 10
"""Instants whose mean is one observation of the interval: neighbours share setups, so single ones are not independent."""
EXCHANGE: Final = "binance"
"""Other exchanges' files in the folder are left alone."""


class LateClock:
    """Long after the candles: every instant is in the past."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return 4_000_000_000_000


@dataclass(slots=True)
class Tally:
    """What the instants of one profile gave."""

    profile: str
    plans: list[int] = field(default_factory=list)
    shorts: int = 0
    read: list[int] = field(default_factory=list)
    setups: set[str] = field(default_factory=set)
    stops: Counter[tuple[str, str]] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def take(self, result: ScanResult, settings: Profile) -> None:
        """Count one scan, and hold it to what must be true."""
        self.plans.append(len(result.setups))
        self.read.append(result.coverage[0])
        self.setups.update(setup.plan.fingerprint for setup in result.setups)
        for row in result.funnel:
            self.reached[row.stage] += row.reached
            self.stops.update({(row.stage, code): count for code, count in row.codes})
        self.broken += [f"{iso(result.as_of_ms)}: {what}" for what in broken_by(result, settings)]

    def look(self, contexts: tuple[SniperContext, ...]) -> None:
        """Count the shorts among the plans of one scan, before risk."""
        plans = [context.plan for context in contexts if isinstance(context.plan, TradePlan)]
        self.shorts += sum(plan.side is Side.SHORT for plan in plans)


def broken_by(result: ScanResult, settings: Profile) -> Iterator[str]:
    """What is not as it must be in a scan."""
    for setup in result.setups:
        yield from (f"{setup.plan.symbol} {law}" for law in broken_laws(setup.plan, settings))
    for stop in result.rejections:
        told = stop.code.startswith(f"{stop.stage}.") and bool(stop.reason.strip())
        if not (told and isfinite(stop.measured) and isfinite(stop.distance) and stop.distance > 0):
            yield f"{stop.symbol} {stop.code} has no code, reason or distance"
    yield from (f"{fault.symbol} {fault.error}: {fault.problem}" for fault in result.faults)
    if not adds_up(result):
        yield "the funnel does not add up"


def adds_up(result: ScanResult) -> bool:
    """Whether what reaches a stage is what the one before let through, down to the setups."""
    rows = result.funnel
    left = [row.reached - row.stopped - row.faults for row in rows]
    ends = len(result.setups) + len(result.rejections) + len(result.faults)
    return (
        [row.reached for row in rows[1:]] == left[:-1]
        and left[-1] == len(result.setups)
        and rows[0].reached == ends
        and all(row.stopped == sum(count for _, count in row.codes) for row in rows)
    )


def walk(store: SqliteCandleStore, profile: str, instants: Sequence[int]) -> Tally:
    """Scan at every instant."""
    settings, tally = load_profile(profile), Tally(profile)
    account = Account(Decimal(10_000), settings.universe.quote)
    edges = Edges(None, store, LateClock(), on_judged=tally.look)
    for as_of_ms in instants:
        request = ScanRequest(settings, EXCHANGE, account, as_of_ms=as_of_ms, offline=True)
        try:
            tally.take(run_scan(request, edges), settings)
        except SniperError as error:
            tally.broken.append(f"{iso(as_of_ms)}: {error}")
    return tally


def import_folder(folder: Path, store: SqliteCandleStore) -> None:
    """Import the exchange's 5m files of ``folder``."""
    for path in sorted(folder.glob(f"{EXCHANGE}__*__5m.parquet")):
        import_path(path, store, Reading(LateClock().now_ms()))


def interval(plans: Sequence[int]) -> tuple[float, float]:
    """Mean of ``plans`` and half the width of its 95 % interval, from the means of blocks of ``BLOCK``; infinite of fewer than two."""
    blocks = [fmean(plans[at : at + BLOCK]) for at in range(0, len(plans) - BLOCK + 1, BLOCK)]
    half = 1.96 * stdev(blocks) / sqrt(len(blocks)) if len(blocks) > 1 else float("inf")
    return fmean(plans), half


def report(tallies: Sequence[Tally]) -> Iterator[str]:
    """Markdown: plans per instant, what stopped the others, and what was broken."""
    yield "| profile | instants N | symbols read | planned per instant | shorts among them | approved per instant (95 %) | none | most | different setups | broken |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for tally in tallies:
        mean, half = interval(tally.plans)
        yield (
            f"| {tally.profile} | {len(tally.plans)} | {fmean(tally.read):.1f} "
            f"| {tally.reached['risk'] / len(tally.plans):.2f} | {tally.shorts / len(tally.plans):.2f} | {mean:.2f} ± {half:.2f} "
            f"| {tally.plans.count(0)} | {max(tally.plans)} | {len(tally.setups)} | {len(tally.broken)} |"
        )
    yield ""
    yield f"| gate | {' | '.join(tally.profile for tally in tallies)} |"
    yield f"|---|{'--:|' * len(tallies)}"
    stages = list(dict.fromkeys(stage for tally in tallies for stage in tally.reached))
    for stage in stages:
        codes = sorted({code for tally in tallies for at, code in tally.stops if at == stage})
        for code in codes:
            counts = [tally.stops[stage, code] for tally in tallies]
            yield f"| `{code}` | {' | '.join(f'{count:,}' for count in counts)} |"
    yield from (f"- {tally.profile} {what}" for tally in tallies for what in tally.broken)


def main(arguments: Sequence[str]) -> int:
    """Run and print; 1 when anything was broken, 0 also where there are no candles."""
    usual = Path(
        os.environ.get("SNIPERSIGHT_MARKET_DATA", Path(__file__).resolve().parents[2] / "shared/market")
    )
    parser = argparse.ArgumentParser(prog="python -m devtools.instants")
    parser.add_argument("folder", nargs="?", type=Path, default=usual)
    parser.add_argument("--profiles", default="balanced,aggressive")
    parser.add_argument("--instants", type=int, default=INSTANTS)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args(arguments)
    if not asked.folder.is_dir():
        print(
            f"skipped: no recorded candles at {asked.folder}; name a folder, or set SNIPERSIGHT_MARKET_DATA"
        )
        return 0
    with tempfile.TemporaryDirectory() as folder:
        file = (asked.home or Path(folder)) / "candles.sqlite3"
        is_new = not file.exists()
        store = SqliteCandleStore(file)
        if is_new:
            import_folder(asked.folder, store)
        times = [FIRST_MS + day * DAY_MS for day in range(asked.instants)]
        tallies = [walk(store, profile, times) for profile in asked.profiles.split(",")]
        store.close()
    print("\n".join(report(tallies)))
    return int(any(tally.broken for tally in tallies))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
