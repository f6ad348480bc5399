"""Rows of a file held to the rules of candles: unit of time, order, repeats, the candle that is not closed.

What is harmless is mended and said (order, a repeated row, an unclosed last candle); what may mean something else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.errors import DataFault
from shared.models.data import Candles, Floats, Ints
from shared.models.timeframe import Timeframe, iso

TIME_NAMES: Final = ("ts", "open_ms", "open_time", "date", "timestamp", "time")
"""What a column of open times may be called."""
QUOTE_VOLUME: Final = "quote_volume"
UNITS: Final = ((10**11, "seconds"), (10**14, "milliseconds"), (10**17, "microseconds"))
"""Below which number a time since 1973 is in which unit."""
SAME: Final = 1.5
"""Two figures agree when neither is more than this many times the other."""
EMPTY: Final = np.empty(0)


@dataclass(frozen=True, slots=True)
class Rows:
    """A file's rows as they stand there. ``open_ms`` shape (n,), UTC ms; ``table`` shape (n, 5): open, high, low, close, volume;
    ``quote_volume`` shape (n,), or (0,) where the file has none. ``remarks`` say what reading them showed."""

    open_ms: Ints
    table: Floats
    quote_volume: Floats
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """Candles a file holds, and what was mended on the way."""

    candles: Candles
    remarks: tuple[str, ...]


def check_rows(rows: Rows, timeframe: Timeframe, now_ms: int) -> Checked:
    """The closed candles of a file's rows, oldest first.

    Raises:
        DataFault: no rows, times that are not milliseconds, two different candles of one time, a candle of the future, a volume
            in quote currency, or a row that is not a candle (rows count from 0).
    """
    if not rows.open_ms.size:
        raise DataFault("it holds no candles")
    check_unit(rows.open_ms)
    _check_volume(rows)
    times, table, sorting = _sorted(rows.open_ms, rows.table)
    times, table, repeats = _without_repeats(times, table)
    candles = Candles(timeframe, times, *table.T)
    closed = _closed(candles, now_ms)
    if not len(closed):
        raise DataFault("its only candle is not closed yet")
    unclosed = ("the last candle is not closed yet: left out",) if len(closed) < len(candles) else ()
    return Checked(closed, (*rows.remarks, *sorting, *repeats, *unclosed))


def unit_of(time: int) -> str:
    """The unit in which a number is a plausible time."""
    return next((unit for limit, unit in UNITS if time < limit), "nanoseconds")


def check_unit(times: Ints) -> None:
    """Refuse open times that are plausible in another unit only.

    Raises:
        DataFault: the first row that is not in milliseconds, and what it is in.
    """
    low, high = UNITS[0][0], UNITS[1][0]
    strange = (times < low) | (times >= high)
    if strange.any():
        row = int(strange.argmax())
        raise DataFault(
            f"row {row} opens at {int(times[row])}, a time in {unit_of(int(times[row]))}",
            "Give open times as UTC milliseconds",
        )


def _sorted(times: Ints, table: Floats) -> tuple[Ints, Floats, tuple[str, ...]]:
    if np.all(np.diff(times) >= 0):
        return times, table, ()
    order = np.argsort(times, kind="stable")
    return times[order], table[order], ("the rows were out of order: sorted",)


def _without_repeats(times: Ints, table: Floats) -> tuple[Ints, Floats, tuple[str, ...]]:
    """One row a time; rows of one time must be equal."""
    repeated = np.flatnonzero(np.diff(times) == 0) + 1
    if not repeated.size:
        return times, table, ()
    differs = (table[repeated] != table[repeated - 1]).any(axis=1)
    if differs.any():
        row = int(repeated[differs.argmax()])
        raise DataFault(
            f"two different candles open at {iso(int(times[row]))} (row {row} and the one before)"
        )
    kept = np.delete(np.arange(times.size), repeated)
    return times[kept], table[kept], (f"repeated rows left out: {repeated.size}",)


def _closed(candles: Candles, now_ms: int) -> Candles:
    """All but a last candle that is still forming."""
    ahead = candles.open_ms > now_ms
    if ahead.any():
        row = int(ahead.argmax())
        raise DataFault(
            f"row {row} opens at {iso(int(candles.open_ms[row]))}, which is in the future",
            "Check the unit of its times and this machine's clock",
        )
    return candles.rows(0, int((candles.close_ms <= now_ms).sum()))


def _check_volume(rows: Rows) -> None:
    """The file's own two volumes, where it has both, must stand to each other as the price."""
    if not rows.quote_volume.size:
        return
    close, volume = rows.table[:, 3], rows.table[:, 4]
    traded = (volume > 0) & (rows.quote_volume > 0) & (close > 0)
    if not traded.any():
        return
    paid = rows.quote_volume[traded] / volume[traded] / close[traded]
    found = float(np.median(paid))
    if not 1 / SAME <= found <= SAME:
        raise DataFault(
            f"volume and quote_volume do not stand to each other as the price ({found:.3g} of it)",
            "Give volume in base currency",
        )


def check_volume_unit(new: Candles, held: Candles) -> None:
    """Refuse volumes that are those already held times the price: quote currency where base was meant.

    Raises:
        DataFault: that is what they are.
    """
    _, ours, theirs = np.intersect1d(new.open_ms, held.open_ms, assume_unique=True, return_indices=True)
    traded = (new.volume[ours] > 0) & (held.volume[theirs] > 0)
    ours, theirs = ours[traded], theirs[traded]
    if not ours.size:
        return
    times_held = new.volume[ours] / held.volume[theirs]
    found, as_price = float(np.median(times_held)), float(np.median(times_held / new.close[ours]))
    if not 1 / SAME <= found <= SAME and 1 / SAME <= as_price <= SAME:
        raise DataFault(
            f"its volume is {found:.3g} times the stored one, which is the price: it is in quote currency",
            "Give volume in base currency",
        )
