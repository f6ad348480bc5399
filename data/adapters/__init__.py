"""Exchanges, as one table: a name and how to open its feed from its settings, the as-of time asked for, if one is, and the
ledger of requests that is shared on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from contracts.data_contract import CandleFeed, CandleStream
from shared.errors import ConfigFault

if TYPE_CHECKING:
    from data.adapters.budget_ledger import Ledger
    from shared.config.settings import ExchangeSettings


Open = Callable[["ExchangeSettings", int | None, "Ledger"], CandleFeed]


def _venue(name: str, settings: ExchangeSettings, as_of_ms: int | None, ledger: Ledger) -> CandleFeed:
    from data.adapters.ccxt_feed import open_feed
    from data.adapters.venues import VENUES

    return open_feed(VENUES[name], settings, ledger)


def _lite(settings: ExchangeSettings, as_of_ms: int | None, ledger: Ledger) -> CandleFeed:
    from data.adapters.rest_feed import open_feed

    return open_feed(settings, ledger)


def _demo(settings: ExchangeSettings, as_of_ms: int | None, ledger: Ledger) -> CandleFeed:
    from data.adapters.demo import DEMO_AS_OF_MS, DemoFeed

    return DemoFeed(DEMO_AS_OF_MS if as_of_ms is None else min(as_of_ms, DEMO_AS_OF_MS))


THROUGH_CCXT: Final = ("binance", "binance-usdm", "bybit", "bybit-linear")
EXCHANGES: Final[Mapping[str, Open]] = MappingProxyType(
    {name: partial(_venue, name) for name in THROUGH_CCXT} | {"binance-lite": _lite, "demo": _demo}
)
"""Feeds by exchange name; nothing is imported before it is opened."""


def open_stream(name: str, settings: ExchangeSettings) -> CandleStream:
    """The stream of an exchange's candles, in a thread of its own.

    Raises:
        ConfigFault: that exchange streams none.
        SecurityFault: its address is not allowed.
    """
    from data.adapters.venues import VENUES

    streaming = [venue.name for venue in VENUES.values() if venue.stream]
    if name not in streaming:
        raise ConfigFault(
            f"{name} streams no candles", f"Leave --stream out, or name one that does: {', '.join(streaming)}"
        )
    from data.adapters.ccxt_stream import CcxtStream

    return CcxtStream(VENUES[name], settings)
