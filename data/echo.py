"""The echo check: candles that were fetched are held against prices that are known, so that another symbol's never pass.

An exchange's candle rows do not name their symbol. What betrays another's is the price: the newest close against the
exchange's own last price, the seam against the stored candles they join, and the newest close against a finer
timeframe's close of that time. Each must agree within ``BAND``; two symbols closer than that cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.errors import DataFault
from shared.models.data import Candles
from shared.models.timeframe import iso

BAND: Final = 1.5
"""Two prices of the same time agree when neither is more than this many times the other."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a symbol's price: the exchange's ``last`` price (0: unknown, or the fetch does not reach up to
    now), ``stored`` candles of the same timeframe, and a ``finer`` timeframe's (empty where there are none)."""

    last: float
    stored: Candles
    finer: Candles


def check_echo(name: str, fresh: Candles, known: Known) -> None:
    """Hold ``fresh`` candles to what is ``known``; ``name`` says whose they should be.

    Raises:
        DataFault: a price is outside the band.
    """
    if not len(fresh):
        return
    for what, at_ms, found, expected in _pairs(fresh, known):
        if not agree(found, expected):
            when = f" of {iso(at_ms)}" if at_ms else ""
            raise DataFault(
                f"{name}: the candles answered are another market's: {found:g} where {what}{when} is {expected:g}",
                "Scan again later; if it stays, import this series anew or check base_url",
            )


def check_price(name: str, found: float, last: float) -> None:
    """Hold one price to the exchange's ``last`` price; ``name`` says whose it should be.

    Raises:
        DataFault: it is outside the band.
    """
    if not agree(found, last):
        raise DataFault(
            f"{name}: it is another market's: {found:g} where the exchange's last price is {last:g}",
            "Try again later; if it stays, check base_url",
        )


def agree(found: float, expected: float) -> bool:
    """Whether two prices of one time can be the same market's."""
    return 1 / BAND <= found / expected <= BAND


def _pairs(fresh: Candles, known: Known) -> Iterator[tuple[str, int, float, float]]:
    """What is compared: words for it, its open time where they need one (else 0), the price found, the price known."""
    if known.last > 0:
        yield "the exchange's last price", 0, float(fresh.close[-1]), known.last
    joined = int(np.searchsorted(known.stored.close_ms, fresh.open_ms[0]))
    if joined < len(known.stored) and known.stored.close_ms[joined] == fresh.open_ms[0]:
        yield "the stored close before it", 0, float(fresh.open[0]), float(known.stored.close[joined])
    _, ours, theirs = np.intersect1d(
        fresh.open_ms, known.stored.open_ms, assume_unique=True, return_indices=True
    )
    if ours.size:
        yield (
            "the stored close",
            int(fresh.open_ms[ours[-1]]),
            float(fresh.close[ours[-1]]),
            float(known.stored.close[theirs[-1]]),
        )
    inside = int(np.searchsorted(known.finer.close_ms, fresh.close_ms[-1], "right")) - 1
    if inside >= 0 and known.finer.close_ms[inside] > fresh.open_ms[-1]:
        word = f"the {known.finer.timeframe} close inside it"
        yield word, 0, float(fresh.close[-1]), float(known.finer.close[inside])
