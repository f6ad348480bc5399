"""The candle store: 3,000 series × 1,000 candles written, read, and one candle appended to each; beside Parquet files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.walk import END_MS, cpu_s, walk
from data.cache import SqliteCandleStore
from shared.models.data import COLUMNS, Candles
from shared.models.timeframe import Timeframe

SERIES: Final = 3000
PEER_SERIES: Final = 300


def run() -> None:
    """Print CPU seconds, and the ratio to one Parquet file a series (measured on a tenth, scaled)."""
    candles = walk(1000)
    newest = Candles(Timeframe.M5, np.array([END_MS]), *(getattr(candles, name)[-1:] for name in COLUMNS))
    names = [f"S{number}" for number in range(SERIES)]
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteCandleStore(Path(folder) / "candles.sqlite3")
        ours = {
            "write": cpu_s(lambda: store.write_many("x", dict.fromkeys(names, (candles,)))),
            "read": cpu_s(lambda: [store.read("x", name, Timeframe.M5, 0, END_MS) for name in names]),
            "append": cpu_s(lambda: store.write_many("x", dict.fromkeys(names, (newest,)))),
        }
        store.close()
        peer = _parquet(candles, Path(folder))
    for work, seconds in ours.items():
        print(
            f"{work:7} {seconds:6.3f} s CPU · Parquet a file per series {peer[work]:6.2f} s · ratio {peer[work] / seconds:5.1f}"
        )


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
        "read": scale * cpu_s(lambda: [parquet.read_table(file) for file in files]),
        "append": scale * cpu_s(append),
    }
