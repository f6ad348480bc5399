"""Trading rules read off recorded candles: a tick is the largest power of ten of which every price is a multiple, a lot step the
same of every volume."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

import numpy as np

from data.formats.names import SeriesName
from shared.models.data import Candles, Floats, Market

MAX_DECIMALS: Final = 12
SLACK: Final = 1e-9
MOST_SLACK: Final = 1e-3
"""A multiple of the tick may miss a whole number by this share of itself, and never by more than this."""


def infer_market(name: SeriesName, candles: Candles) -> Market:
    """Trading rules read off recorded candles; the smallest order stays unknown, so 0."""
    prices = np.concatenate((candles.open, candles.high, candles.low, candles.close))
    return Market(
        exchange=name.exchange,
        symbol=name.symbol,
        market_id=name.base + name.quote,
        base=name.base,
        quote=name.quote,
        kind="perpetual" if name.is_perpetual else "spot",
        tick=step_of(prices),
        lot_step=step_of(candles.volume),
        min_notional=Decimal(0),
        active=True,
        source="inferred",
    )


def step_of(values: Floats) -> Decimal:
    """The largest power of ten, at most 1, of which every value is a multiple."""
    for decimals in range(MAX_DECIMALS):
        scaled = values * 10.0**decimals
        if np.all(np.abs(scaled - np.rint(scaled)) <= np.minimum(SLACK * scaled, MOST_SLACK)):
            return Decimal(1).scaleb(-decimals)
    return Decimal(1).scaleb(-MAX_DECIMALS)


def finer(new: Market, known: Market | None) -> Market:
    """The smaller steps of two readings: more candles only ever show finer ones."""
    if known is None:
        return new
    return replace(new, tick=min(new.tick, known.tick), lot_step=min(new.lot_step, known.lot_step))
