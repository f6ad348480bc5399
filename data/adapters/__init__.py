"""Exchanges, as one table: a name and how to open its feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from contracts.data_contract import CandleFeed

if TYPE_CHECKING:
    from shared.config.settings import ExchangeSettings


def _binance(settings: ExchangeSettings) -> CandleFeed:
    from data.adapters.ccxt_binance import BinanceSpot

    return BinanceSpot(settings)


def _demo(settings: ExchangeSettings) -> CandleFeed:
    from data.adapters.demo import DemoFeed

    return DemoFeed()


EXCHANGES: Final[Mapping[str, Callable[[ExchangeSettings], CandleFeed]]] = MappingProxyType(
    {"binance": _binance, "demo": _demo}
)
"""Feeds by exchange name; nothing is imported before it is opened."""
