"""Funding: what a perpetual position pays at the exchange's stamps while it is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

from bot.executor.bars import Bars
from bot.executor.terms import Terms
from shared.models.fills import Fill, Funding
from shared.models.timeframe import Timeframe

FundingRates = Mapping[int, float]
"""Rate by stamp: UTC milliseconds, and the share of the notional that longs pay to shorts."""

EVERY_MS: Final = 2 * Timeframe.H4.ms
"""Binance and Bybit pay at 00:00, 08:00 and 16:00 UTC unless a contract says otherwise."""


def pay_funding(
    terms: Terms, fills: Sequence[Fill], bars: Bars, last: int, rates: FundingRates | None
) -> Funding:
    """Funding of a position from its fill to candle ``last``. A stamp without a rate on record costs the configured stress rate
    whichever side is held; it is counted, never left out."""
    charges = funding_charges(terms, fills, bars, last, rates)
    missing = sum(charge.is_stress for charge in charges)
    return Funding(sum((charge.paid for charge in charges), 0.0), len(charges), missing)


class Charge(NamedTuple):
    """One payment: its stamp (UTC ms), what it cost in quote currency, and whether its rate was not on record."""

    stamp_ms: int
    paid: float
    is_stress: bool


def funding_charges(
    terms: Terms, fills: Sequence[Fill], bars: Bars, last: int, rates: FundingRates | None
) -> tuple[Charge, ...]:
    """Every payment of a position from its fill to candle ``last``, oldest first."""
    if not terms.perpetual or not fills or last < 0:
        return ()
    stress = terms.costs.funding_stress_bps / 10_000
    charges = []
    for stamp in _stamps(fills[0].bar_ms, int(bars.open_ms[last])):
        notional = float(_held(fills, stamp)) * _price(bars, stamp)
        rate = (rates or {}).get(stamp)
        charges.append(
            Charge(stamp, notional * (stress if rate is None else rate * int(terms.side)), rate is None)
        )
    return tuple(charges)


def _stamps(filled_ms: int, last_ms: int) -> range:
    """Stamps after the candle of the fill opened, up to the open of the last one."""
    return range((filled_ms // EVERY_MS + 1) * EVERY_MS, last_ms + 1, EVERY_MS)


def _held(fills: Sequence[Fill], stamp: int) -> Decimal:
    """Base currency held when a stamp was due."""
    quantity = Decimal(0)
    for fill in fills:
        if fill.bar_ms < stamp:
            quantity += fill.quantity if fill.leg == "entry" else -fill.quantity
    return quantity


def _price(bars: Bars, stamp: int) -> float:
    """Open of the first candle at or after a stamp."""
    index = min(bars.start(stamp), len(bars) - 1)
    return float(np.abs(bars.open[index]))
