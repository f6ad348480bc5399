"""What to expect of the detectors on recorded candles: ``python -m devtools.expectations FOLDER``.

FOLDER holds ``binance__<COIN>-USDT__5m.parquet`` files. Prints the table of the playbook: how often a pattern forms, and how
many objects are alive at a close. The defaults of the rules are used, and the ticks that the recorded prices show.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from data.aggregation import aggregate
from data.formats.names import SeriesName
from data.inferred_rules import infer_market
from data.parquet_import import read_candles
from shared.models.data import Candles
from shared.models.events import Event, EventLog, Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from strategy.smc.engine import detect

COINS: Final = ("BTC", "SOL", "PEPE", "ELF")
TIMEFRAMES: Final = (Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4)
FROM_MS, UNTIL_MS = 1_704_067_200_000, 1_735_689_600_000
"""The year 2024, UTC."""
RULES: Final = SmcRules()
LONG_MEMORY: Final = replace(RULES, pool_expiry_bars=10_000)
NO_FLOOR: Final = 1e-12
"""A tick so small that no zone is too low and no tolerance is a tick."""
ENDS: Final = (Event.INVALIDATED, Event.EXPIRED, Event.SWEPT_WICK, Event.SWEPT_RECLAIM, Event.BROKEN)
"""Events after which a zone or a pool is no longer shown."""
ALIVE: Final = (
    Kind.FAIR_VALUE_GAP,
    Kind.INVERSE_GAP,
    Kind.ORDER_BLOCK,
    Kind.BREAKER,
    Kind.MITIGATION_BLOCK,
)
HEADER: Final = (
    "| coin | timeframe | N, bars | gaps (no floor) | blocks | breaks internal | swing "
    "| live: pools (of 10,000 bars) | gaps | inverse gaps | blocks | breakers | mitigation blocks |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def per_thousand(log: EventLog, kind: Kind, layer: int = -2) -> float:
    """Objects of a kind (of a layer, −2: of any) that formed, per 1,000 bars."""
    known = (log.ints[:, 1] == kind) & (log.ints[:, 2] == Event.FORMED)
    if layer > -2:
        known &= log.ints[:, 4] == layer
    return 1000.0 * float(known.sum()) / log.atr.size


def mean_alive(log: EventLog, kind: Kind) -> float:
    """Zones or pools of a kind that a trader sees at a close, on average over all closes."""
    of_kind = log.ints[:, 1] == kind
    born = np.flatnonzero(of_kind & (log.ints[:, 2] == Event.FORMED))
    ended = np.flatnonzero(of_kind & np.isin(log.ints[:, 2], ENDS))
    end_bar = np.full(len(log), log.atr.size, np.int64)
    end_bar[log.formed[ended]] = log.ints[ended, 0]
    return float((end_bar[born] - log.ints[born, 0]).sum()) / log.atr.size


def row(coin: str, candles: Candles, tick: float) -> str:
    """One row of the table."""
    log = detect(candles, RULES, tick)
    no_floor, long_memory = detect(candles, RULES, NO_FLOOR), detect(candles, LONG_MEMORY, tick)
    gaps, pools = Kind.FAIR_VALUE_GAP, Kind.POOL
    cells = (
        coin,
        str(candles.timeframe),
        f"{len(candles):,}",
        f"{per_thousand(log, gaps):.0f} ({per_thousand(no_floor, gaps):.0f})",
        f"{per_thousand(log, Kind.ORDER_BLOCK):.0f}",
        *(f"{per_thousand(log, Kind.BREAK, layer):.0f}" for layer in (0, 1)),
        f"{mean_alive(log, pools):.0f} ({mean_alive(long_memory, pools):.0f})",
        *(f"{mean_alive(log, kind):.1f}" for kind in ALIVE),
    )
    return f"| {' | '.join(cells)} |"


def year_of(folder: Path, coin: str) -> tuple[Candles, float]:
    """What was recorded of a coin in 2024: 5m candles, and the tick their prices show.

    Raises:
        DataFault: there is no such file, or it is not one of candles.
    """
    year = read_candles(folder / f"binance__{coin}-USDT__5m.parquet", Timeframe.M5).between(FROM_MS, UNTIL_MS)
    return year, float(infer_market(SeriesName("binance", coin, "USDT", "5m"), year).tick)


def table(folder: Path) -> Iterator[str]:
    """The lines of the table."""
    yield HEADER
    for coin in COINS:
        year, tick = year_of(folder, coin)
        for timeframe in TIMEFRAMES:
            yield row(coin, year if timeframe is Timeframe.M5 else aggregate(year, timeframe), tick)


def main(arguments: list[str]) -> int:
    """Print the table; 2 without a folder that has the files."""
    folder = Path(arguments[0]) if arguments else Path()
    missing = [coin for coin in COINS if not (folder / f"binance__{coin}-USDT__5m.parquet").is_file()]
    if len(arguments) != 1 or missing:
        print(
            f"usage: python -m devtools.expectations FOLDER (no 5m file of {', '.join(missing)})",
            file=sys.stderr,
        )
        return 2
    for line in table(folder):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
