"""The candle store: 3,000 series × 1,000 candles written, read, and one candle appended to each; beside Parquet files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.walk import END_MS, cpu_s, walk
from data.cache import SqliteCandleStore
from data.pages import TAIL
from data.store_check import check_store
from shared.models.data import COLUMNS, Candles
from shared.models.timeframe import Timeframe

SERIES: Final = 3000
PEER_SERIES: Final = 300


def run() -> None:
    """Print CPU seconds, and the ratio to one Parquet file a series (measured on a tenth, scaled)."""
    candles = walk(1000)
    names = [f"S{number}" for number in range(SERIES)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candles.sqlite3"
        store = SqliteCandleStore(path)
        write = cpu_s(lambda: store.write_many("x", dict.fromkeys(names, (candles,))))
        store.close()
        ours = {"write": write, **_reopened(path, names)}
        peer = _parquet(candles, Path(folder))
    for work, seconds in ours.items():
        print(f"{work:22} {seconds:6.3f} s CPU{_beside(peer[work], seconds) if work in peer else ''}")


def _beside(peer: float, ours: float) -> str:
    return f" · Parquet a file per series {peer:6.2f} s · ratio {peer / ours:5.1f}"


def _reopened(path: Path, names: list[str]) -> dict[str, float]:
    """Reads (the quickest of three) and appends, also with a tail half full and when it is folded into pages."""
    store = SqliteCandleStore(path)

    def read() -> object:
        return [store.read("x", name, Timeframe.M5, 0, 2 * END_MS) for name in names]

    def append(first: int, count: int) -> float:
        new = later(first, count)
        return cpu_s(lambda: store.write_many("x", dict.fromkeys(names, (new,))))

    figures = {"read": cpu_s(read, repeat=3), "append": append(0, 1)}
    appends = [append(number, 1) for number in range(1, TAIL // 2)]
    figures["read, tail half full"] = cpu_s(read, repeat=3)
    appends += [append(number, 1) for number in range(TAIL // 2, 2 * TAIL)]
    figures["append, slowest of 100"] = max(appends)
    figures["check of every seal"] = cpu_s(lambda: check_store(store.file))
    store.close()
    return figures


def later(first: int, count: int) -> Candles:
    """Candles that open ``first`` candles after ``END_MS``."""
    part = walk(count)
    times = END_MS + Timeframe.M5.ms * (first + np.arange(count))
    return Candles(Timeframe.M5, times, *(getattr(part, name) for name in COLUMNS))


def _parquet(candles: Candles, folder: Path) -> dict[str, float]:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    table = pa.table({name: getattr(candles, name) for name in ("open_ms", *COLUMNS)})
    files = [folder / f"{number}.parquet" for number in range(PEER_SERIES)]
    scale = SERIES / PEER_SERIES

    def append() -> None:
        for file in files:
            parquet.write_table(pa.concat_tables([parquet.read_table(file), table.slice(999)]), file)

    return {
        "write": scale * cpu_s(lambda: [parquet.write_table(table, file) for file in files]),
        "read": scale * cpu_s(lambda: [parquet.read_table(file) for file in files], repeat=3),
        "append": scale * cpu_s(append),
    }
