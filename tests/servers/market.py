"""Candles a loopback exchange serves: real ones where they are, made-up ones elsewhere. Knows nothing of the product.

Everything is shown as of an instant: what happens later in the base candle that is still forming is never served.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.servers.rules import rules_of

Rows = npt.NDArray[np.float64]
"""Shape (n, 6): open time in UTC ms, open, high, low, close, volume in base units."""

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BASE_MS = 5 * MINUTE
MONDAY = 4 * DAY
"""The first Monday of the epoch, to which weeks are anchored."""
INTERVAL_MS = {
    "1m": MINUTE, "3m": 3 * MINUTE, "5m": BASE_MS, "15m": 15 * MINUTE, "30m": 30 * MINUTE,
    "1h": HOUR, "2h": 2 * HOUR, "4h": 4 * HOUR, "6h": 6 * HOUR, "8h": 8 * HOUR, "12h": 12 * HOUR,
    "1d": DAY, "1w": 7 * DAY,
}  # fmt: skip
COLUMNS = ("ts", "open", "high", "low", "close", "volume")
EMPTY: Rows = np.empty((0, len(COLUMNS)))
STEP_SIGMA = 0.002


def market_folder() -> Path:
    """Where recorded candles lie, if they are there."""
    default = Path(__file__).resolve().parents[2].parent / "shared" / "market"
    return Path(os.environ.get("SNIPERSIGHT_MARKET_DATA", default))


def served_market(symbols: Sequence[str], since_ms: int, until_ms: int, seed: int = 1) -> ServedMarket:
    """The recorded market where its folder is there, else a made-up one; ``source`` says which."""
    folder = market_folder()
    if folder.is_dir():
        return ServedMarket.from_parquet(folder, symbols, since_ms, until_ms)
    return ServedMarket.synthetic(symbols, since_ms, until_ms, seed)


@dataclass(frozen=True)
class ServedMarket:
    """5m candles by symbol (``BTC/USDT``), oldest first; ``source`` says where they come from."""

    base: dict[str, Rows]
    source: str = "made by hand"

    @classmethod
    def from_parquet(cls, folder: Path, symbols: Sequence[str], since_ms: int, until_ms: int) -> ServedMarket:
        """Recorded candles that open in [since, until)."""
        import pyarrow.parquet as parquet

        tables = {}
        for symbol in symbols:
            table = parquet.read_table(folder / f"binance__{symbol.replace('/', '-')}__5m.parquet")
            rows = np.column_stack([table[name].to_numpy().astype(np.float64) for name in COLUMNS])
            tables[symbol] = rows[(rows[:, 0] >= since_ms) & (rows[:, 0] < until_ms)]
        return cls(tables, "recorded")

    @classmethod
    def synthetic(cls, symbols: Sequence[str], since_ms: int, until_ms: int, seed: int = 1) -> ServedMarket:
        """A random walk per symbol, on its own tick; the same for the same arguments."""
        times = np.arange(since_ms, until_ms, BASE_MS, dtype=np.float64)
        return cls({symbol: _walk(symbol, times, seed) for symbol in symbols}, "made up")

    def candles(self, symbol: str, interval: str, since_ms: int, now_ms: int) -> Rows:
        """Candles of an interval that opened at or after ``since_ms`` and before ``now_ms``; the last may still be forming.

        Days open 00:00 UTC, weeks Monday. Untraded candles count only in a window that is wholly untraded.
        """
        length = INTERVAL_MS[interval]
        anchor = MONDAY if interval == "1w" else 0
        first = since_ms + (anchor - since_ms) % length
        rows = self._shown(symbol, first, now_ms, fine=length % BASE_MS != 0)
        return _grouped(rows, length, anchor)

    def last_price(self, symbol: str, now_ms: int) -> float:
        """The price of the last trade before ``now_ms``, NaN before the first."""
        rows = self._shown(symbol, now_ms - DAY, now_ms, fine=False)
        if not len(rows):
            rows = self._shown(symbol, 0, now_ms, fine=False)
        return float(rows[-1, 4]) if len(rows) else float("nan")

    def is_listed(self, symbol: str, now_ms: int) -> bool:
        """Whether its first candle has opened."""
        rows = self.base[symbol]
        return len(rows) > 0 and bool(rows[0, 0] < now_ms)

    def _shown(self, symbol: str, first_ms: int, now_ms: int, *, fine: bool) -> Rows:
        """Base candles from ``first_ms``, the forming one as its minutes so far; all of them as minutes when ``fine``."""
        base = self.base[symbol]
        start, stop = np.searchsorted(base[:, 0], (first_ms - first_ms % BASE_MS, now_ms))
        rows = base[start:stop]
        closed = rows[:0] if fine else rows[rows[:, 0] + BASE_MS <= now_ms]
        minutes = _minutes(rows[len(closed) :])
        minutes = minutes[(minutes[:, 0] >= first_ms) & (minutes[:, 0] < now_ms)]
        if len(minutes) and minutes[-1, 0] + MINUTE > now_ms:
            opened, price, volume = minutes[-1, 0], minutes[-1, 1], minutes[-1, 5]
            minutes[-1] = (opened, price, price, price, price, volume * (now_ms - opened) / MINUTE)
        return np.concatenate([closed, minutes])


def _minutes(rows: Rows) -> Rows:
    """Five minutes for each base candle that add up to it: first against its direction, then with it."""
    opened, price, high, low, close, volume = rows.T
    rising = close >= price
    against, along = np.where(rising, low, high), np.where(rising, high, low)
    path = np.column_stack([price, price, against, against, along, close])
    before, after = path[:, :-1].ravel(), path[:, 1:].ravel()
    times = (opened[:, None] + np.arange(5) * MINUTE).ravel()
    shares = np.repeat(volume / 5, 5)
    return np.column_stack(
        [times, before, np.maximum(before, after), np.minimum(before, after), after, shares]
    )


def _grouped(rows: Rows, length: int, anchor: int) -> Rows:
    """Candles of ``length`` from finer ones."""
    if not len(rows):
        return EMPTY
    starts, stops = _windows(rows, length, anchor)
    traded = rows[:, 5] > 0
    alive = np.repeat(np.logical_or.reduceat(traded, starts), stops - starts)
    rows = rows[traded | ~alive]
    starts, stops = _windows(rows, length, anchor)
    return np.column_stack(
        [
            rows[starts, 0] - (rows[starts, 0] - anchor) % length,
            rows[starts, 1],
            np.maximum.reduceat(rows[:, 2], starts),
            np.minimum.reduceat(rows[:, 3], starts),
            rows[stops - 1, 4],
            np.add.reduceat(rows[:, 5], starts),
        ]
    )


def _windows(rows: Rows, length: int, anchor: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """First row of every window, and the row after its last."""
    window = (rows[:, 0] - anchor) // length
    edges = np.flatnonzero(np.r_[True, np.diff(window) != 0, True])
    return edges[:-1], edges[1:]


def _walk(symbol: str, times: Rows, seed: int) -> Rows:
    rules = rules_of(symbol)
    draw = np.random.default_rng([seed, zlib.crc32(symbol.encode())])
    steps = draw.normal(0, STEP_SIGMA, times.size)
    close = _on_tick(rules.around * np.exp(np.cumsum(steps)), rules.tick)
    price = np.r_[close[:1], close[:-1]]
    wick = np.abs(draw.normal(0, STEP_SIGMA / 2, (2, times.size)))
    high = np.maximum(
        _on_tick(np.maximum(price, close) * (1 + wick[0]), rules.tick), np.maximum(price, close)
    )
    low = np.minimum(_on_tick(np.minimum(price, close) * (1 - wick[1]), rules.tick), np.minimum(price, close))
    turnover = draw.exponential(400_000.0, times.size) * (1 + 200 * np.abs(steps))
    volume = np.round(np.ceil(turnover / rules.around / float(rules.step)) * float(rules.step), 8)
    return np.column_stack([times, price, high, low, close, volume])


def _on_tick(prices: Rows, tick: str) -> Rows:
    """The nearest whole tick, never none; the same float as the written price reads back to."""
    return np.round(np.maximum(np.round(prices / float(tick)), 1) * float(tick), 8)
