"""Every packaged profile over the recorded candles, with what it was worth beside the same plans at random times: ``make past``.

``python -m devtools.past_years [FOLDER] [--draws 1000] [--home DIR]``: FOLDER holds candle files that ``data import`` reads (default:
SNIPERSIGHT_MARKET_DATA, else ``../shared/market``); ``--home`` keeps the store for the next time. Prints the tables of docs/validation.md.
On spot shorts are followed too, as what they are there: information.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from bot.ui.backtest_reading import r_text
from data.cache import SqliteCandleStore
from data.file_import import Reading, import_path
from devtools.instants import LateClock
from engine.backtest.request import BacktestRequest
from engine.backtest.telling import tell
from engine.edges import Edges, silent
from shared.config.profiles import load_profile, profile_names
from shared.models.backtest import Told
from shared.models.fills import Ending
from shared.models.profile import Profile
from shared.models.risk import Account
from shared.models.statistics import Drawdown, Figure, Placebo
from shared.models.timeframe import from_iso


@dataclass(frozen=True, slots=True)
class Past:
    """An exchange's recorded candles and the period they are replayed in."""

    exchange: str
    since: str
    until: str


PASTS: Final = (
    Past("binance", "2023-01-01T00:00:00Z", "2024-12-30T00:00:00Z"),
    Past("binance-usdm", "2023-03-01T00:00:00Z", "2024-05-14T00:00:00Z"),
)


def following_shorts(profile: Profile) -> Profile:
    """The profile with shorts on spot approved as information."""
    return replace(profile, risk=replace(profile.risk, allow_spot_shorts="information"))


def told_of(store: SqliteCandleStore, past: Past, profile: str, draws: int) -> Told:
    """What a profile's replay came to."""
    settings = following_shorts(load_profile(profile))
    request = BacktestRequest(
        settings,
        past.exchange,
        Account(Decimal(10_000), settings.universe.quote),
        from_iso(past.since),
        from_iso(past.until),
    )
    edges = Edges(None, store, LateClock())
    return tell(request, edges, kept=None, draws=draws, tried=1, progress=silent)


def lines(past: Past, tales: Iterable[Told]) -> Iterator[str]:
    """Markdown: one row a profile, then both directions."""
    sides = []
    yield f"`{past.exchange}`, {past.since[:10]} to {past.until[:10]}:"
    yield ""
    yield "| profile | decisions | setups taken | filled | ran away | expectancy [95 %] | placebo: mean [5, 95 %] | above so many draws | Sharpe | drawdown |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for told in tales:
        yield row(told)
        found = [group for group in told.statistics.groups if group.dimension == "side"]
        sides.append(f"- {told.backtest.profile}: " + "; ".join(f"{one.name} {one.worth}" for one in found))
    yield from ("", *sides, "")


def row(told: Told) -> str:
    """A profile's row."""
    backtest, said, placebo = told.backtest, told.statistics, told.placebo
    away = sum(trade.outcome.ending is Ending.RAN_AWAY for trade in backtest.trades)
    chance = (
        (f"{r_text(placebo.mean)} [{placebo.low:+.2f}, {placebo.high:+.2f}]", f"{placebo.percentile:.0%}")
        if isinstance(placebo, Placebo)
        else ("–", "–")
    )
    sharpe = f"{said.sharpe.value:.2f}" if isinstance(said.sharpe, Figure) else "–"
    fall = f"{said.drawdown.pct:.1f} %" if isinstance(said.drawdown, Drawdown) else "–"
    cells = (
        backtest.profile, f"{backtest.decisions:,}", str(len(backtest.trades)), str(said.filled), str(away), str(said.worth),
        *chance, sharpe, fall,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Run and print; 0 also where there are no candles."""
    usual = Path(
        os.environ.get("SNIPERSIGHT_MARKET_DATA", Path(__file__).resolve().parents[2] / "shared/market")
    )
    parser = argparse.ArgumentParser(prog="python -m devtools.past_years")
    parser.add_argument("folder", nargs="?", type=Path, default=usual)
    parser.add_argument("--draws", type=int, default=1000)
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
            import_path(asked.folder, store, Reading(LateClock().now_ms()))
        for past in PASTS:
            tales = (told_of(store, past, name, asked.draws) for name in profile_names())
            for line in lines(past, tales):
                print(line, flush=True)
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
