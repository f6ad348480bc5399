"""Candles a loopback exchange serves: real ones where they are, made-up ones elsewhere. Knows nothing of the product."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MINUTE = 60_000
BASE_MS = 5 * MINUTE
MONDAY = 4 * 86_400_000
INTERVAL_MS = {
    "1m": MINUTE, "5m": BASE_MS, "15m": 15 * MINUTE, "1h": 60 * MINUTE, "4h": 240 * MINUTE,
    "1d": 1440 * MINUTE, "1w": 7 * 1440 * MINUTE,
}  # fmt: skip
COLUMNS = ("open", "high", "low", "close", "volume")


def market_folder() -> Path:
    """Where recorded candles lie, if they are there."""
    default = Path(__file__).resolve().parents[2].parent / "shared" / "market"
    return Path(os.environ.get("SNIPERSIGHT_MARKET_DATA", default))


@dataclass(frozen=True)
class ServedMarket:
    """5m candles by symbol (``BTC/USDT``): a table of shape (n, 6), open time first."""

    base: dict[str, np.ndarray]

    @classmethod
    def from_parquet(cls, folder: Path, symbols: list[str], since_ms: int, until_ms: int) -> ServedMarket:
        """Recorded candles."""
        import pyarrow.parquet as parquet

        tables = {}
        for symbol in symbols:
            table = parquet.read_table(folder / f"binance__{symbol.replace('/', '-')}__5m.parquet")
            rows = np.column_stack([table[name].to_numpy().astype(float) for name in ("ts", *COLUMNS)])
            tables[symbol] = rows[(rows[:, 0] >= since_ms) & (rows[:, 0] < until_ms)]
        return cls(tables)

    @classmethod
    def synthetic(cls, symbols: list[str], since_ms: int, until_ms: int, seed: int = 1) -> ServedMarket:
        """A random walk per symbol."""
        times = np.arange(since_ms, until_ms, BASE_MS)
        tables = {}
        for place, symbol in enumerate(symbols):
            draw = np.random.default_rng(seed + place)
            close = np.round(100.0 * np.exp(np.cumsum(draw.normal(0, 0.002, times.size))), 2)
            opened = np.r_[close[0], close[:-1]]
            high = np.round(np.maximum(opened, close) * (1 + np.abs(draw.normal(0, 0.001, times.size))), 2)
            low = np.round(np.minimum(opened, close) * (1 - np.abs(draw.normal(0, 0.001, times.size))), 2)
            volume = np.round(draw.exponential(5000.0, times.size) + 1, 3)
            tables[symbol] = np.column_stack(
                [
                    times,
                    opened,
                    np.maximum(high, np.maximum(opened, close)),
                    np.minimum(low, np.minimum(opened, close)),
                    close,
                    volume,
                ]
            )
        return cls(tables)

    def candles(self, symbol: str, interval: str, since_ms: int, now_ms: int) -> np.ndarray:
        """Candles of an interval that opened at or after ``since_ms`` and before ``now_ms``; the last may still be forming."""
        length = INTERVAL_MS[interval]
        anchor = MONDAY if interval == "1w" else 0
        rows = self.base[symbol]
        first = since_ms - (since_ms - anchor) % length
        rows = rows[(rows[:, 0] >= first) & (rows[:, 0] < now_ms)]
        window = ((rows[:, 0] - anchor) // length).astype(np.int64)
        made = []
        edges = np.flatnonzero(np.r_[True, np.diff(window) != 0, True])
        for start, stop in itertools.pairwise(edges):
            part = rows[start:stop]
            traded = part[part[:, 5] > 0]
            part = traded if len(traded) else part
            opened = int(window[start]) * length + anchor
            if opened >= since_ms:
                made.append(
                    [opened, part[0, 1], part[:, 2].max(), part[:, 3].min(), part[-1, 4], part[:, 5].sum()]
                )
        return np.asarray(made).reshape(-1, 6)
