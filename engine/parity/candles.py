"""Which candles of a series are not those a decision read, as far as the store still has their former values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from contracts.data_contract import Revision
from engine.recording import SHORT
from shared.models.data import COLUMNS, Candles
from shared.models.parity import CandleMoved, SeriesMoved, Values
from shared.models.replay import Difference
from shared.models.statistics import Unsaid
from shared.models.timeframe import Timeframe

GONE: Final = Unsaid("it is not stored any more")


def series_moved(
    difference: Difference, held: Candles, former: Iterable[Revision], as_of_ms: int
) -> SeriesMoved:
    """A series that is not what was recorded as of ``as_of_ms``. ``held`` is what is read of it now, ``former`` every former value the
    store has, oldest sighting first: of those that were replaced after the decision the oldest is what it read."""
    since_ms = int(held.open_ms[0]) if len(held) else 0
    was: dict[int, Revision] = {}
    for one in former:
        open_ms = int(one.candles.open_ms[0])
        if one.seen_ms > as_of_ms and since_ms <= open_ms <= as_of_ms - held.timeframe.ms:
            was.setdefault(open_ms, one)
    moved = tuple(
        CandleMoved(open_ms, one.seen_ms, _values(one.candles, 0), _now(held, open_ms))
        for open_ms, one in sorted(was.items())
    )
    before = put_back(held, {open_ms: one.candles for open_ms, one in was.items()})
    return SeriesMoved(
        symbol=difference.symbol,
        timeframe=Timeframe(difference.timeframe),
        recorded=difference.recorded,
        found=difference.found,
        candles=moved,
        proven=f"{len(before)}:{before.digest()[:SHORT]}" == difference.recorded,
    )


def put_back(held: Candles, former: Mapping[int, Candles]) -> Candles:
    """``held`` with the candles of these open times as they were; those that are not held stay away."""
    columns = {name: getattr(held, name).copy() for name in COLUMNS}
    for open_ms, candle in former.items():
        row = int(np.searchsorted(held.open_ms, open_ms))
        if row < len(held) and int(held.open_ms[row]) == open_ms:
            for name in COLUMNS:
                columns[name][row] = getattr(candle, name)[0]
    return Candles.known(held.timeframe, [held.open_ms.copy(), *columns.values()])


def _now(held: Candles, open_ms: int) -> Values | Unsaid:
    row = int(np.searchsorted(held.open_ms, open_ms))
    if row == len(held) or int(held.open_ms[row]) != open_ms:
        return GONE
    return _values(held, row)


def _values(candles: Candles, row: int) -> Values:
    first, high, low, close, volume = (float(getattr(candles, name)[row]) for name in COLUMNS)
    return first, high, low, close, volume
