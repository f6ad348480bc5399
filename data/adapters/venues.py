"""The table of venues reached through ccxt: all there is to know of one stands in its row."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from data.adapters.ccxt_binance import BINANCE, BINANCE_USDM
from data.adapters.ccxt_bybit import BYBIT, BYBIT_LINEAR
from data.adapters.venue import Venue

VENUES: Final[Mapping[str, Venue]] = MappingProxyType(
    {venue.name: venue for venue in (BINANCE, BINANCE_USDM, BYBIT, BYBIT_LINEAR)}
)
"""Venues by exchange name."""
