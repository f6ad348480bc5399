"""What may be done to the candles after an instant without anything at or before it changing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from shared.models.data import COLUMNS, Candles
from shared.models.lookahead import Law

ABSURD: Final = 1000.0
"""What prices and volumes of a poisoned candle are multiplied by: legal for a candle, and nothing that stays unnoticed."""

Future = Callable[[Candles, int], Candles]
"""A series with another future: of the first ``bars`` candles nothing is touched."""


def ended(candles: Candles, bars: int) -> Candles:
    """No future: the first ``bars`` candles alone."""
    return candles.head(bars)


def poisoned(candles: Candles, bars: int) -> Candles:
    """Every later candle at absurd prices and volumes."""
    return _scaled(candles, bars, len(candles))


def blinded(candles: Candles, bars: int) -> Candles:
    """Every later candle not a number. Such are no candles: this is for kernels over arrays, which must not even look."""
    columns = [np.r_[getattr(candles, name)[:bars], np.full(len(candles) - bars, np.nan)] for name in COLUMNS]
    return Candles.known(candles.timeframe, [candles.open_ms, *columns])


FUTURES: Final[Mapping[Law, Future]] = MappingProxyType(
    {Law.PREFIX: ended, Law.POISONED: poisoned, Law.BLINDED: blinded}
)
"""By the law that says nothing comes of it, for series on their own."""
OFFERED: Final = (Law.PREFIX, Law.POISONED)
"""Laws a plugin's functions are held to: they are promised candles, so none that are not a number."""


def closed_at(candles: Candles, as_of_ms: int) -> int:
    """How many candles are closed at an instant."""
    return int(np.searchsorted(candles.close_ms, as_of_ms, "right"))


def is_running(candles: Candles, as_of_ms: int) -> bool:
    """Whether a candle is open at an instant and not closed."""
    closed = closed_at(candles, as_of_ms)
    return closed < len(candles) and int(candles.open_ms[closed]) < as_of_ms


def with_running_poisoned(candles: Candles, as_of_ms: int) -> Candles:
    """The candle that is open at the instant, if one is, at absurd prices and volumes; all others stay."""
    closed = closed_at(candles, as_of_ms)
    return _scaled(candles, closed, closed + int(is_running(candles, as_of_ms)))


def _scaled(candles: Candles, first: int, stop: int) -> Candles:
    factor = np.ones(len(candles))
    factor[first:stop] = ABSURD
    columns = [getattr(candles, name) * factor for name in COLUMNS]
    return Candles.known(candles.timeframe, [candles.open_ms, *columns])
