"""SniperSight in a notebook or script: ``import snipersight as ss``.

    r = ss.scan(profile="balanced", exchange="demo")
    r.setups[0].plan.rationale
    ss.explain("BTC/USDT", exchange="demo")
    candles = ss.Candles.from_frame(frame, "1h")
    ss.indicators(candles).last("rsi")
    ss.structure(candles).snapshot().order_blocks

A small, stable door to the same functions the command line calls. Importing it configures nothing and touches no
network.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from indicators.registry import compute_set as indicators
from shared.config.account import parse_equity
from shared.config.profiles import load_profile
from shared.config.settings import ExchangeSettings, Settings
from shared.models.data import Candles
from shared.version import VERSION as __version__

if TYPE_CHECKING:
    from engine.edges import ScanRequest
    from shared.models.profile import Profile, SmcRules
    from shared.models.scan import Explanation, ScanResult
    from strategy.smc.engine import SmcSeries

__all__ = ["Candles", "__version__", "explain", "indicators", "load_profile", "scan", "structure"]


def scan(
    profile: str | Profile = "balanced",
    exchange: str = "binance",
    symbols: Sequence[str] = (),
    *,
    as_of: str | None = None,
    account: str = "10000USDT",
    offline: bool = False,
    base_url: str = "",
) -> ScanResult:
    """Scan as ``snipersight scan`` does; the result prints as a table.

    ``as_of`` is RFC 3339 text with a zone, such as ``2024-08-05T12:00:00Z``.

    Raises:
        ConfigFault: an unknown profile, exchange or symbol spelling.
        SniperError: the exchange or the store as a whole cannot be read.
    """
    from engine.commands.edges import open_edges
    from engine.orchestrator import run_scan

    request = _request(profile, exchange, tuple(symbols), as_of=as_of, account=account, offline=offline)
    with open_edges(_settings(request, base_url), request, os.environ) as edges:
        return run_scan(request, edges)


def explain(
    symbol: str,
    profile: str | Profile = "balanced",
    exchange: str = "binance",
    *,
    as_of: str | None = None,
    account: str = "10000USDT",
    offline: bool = False,
    base_url: str = "",
) -> Explanation:
    """Explain one symbol as ``snipersight explain`` does: every gate, both directions, what stopped it.

    Raises:
        NotFound: the exchange does not list ``symbol``.
        SniperError: as :func:`scan`.
    """
    from engine.commands.edges import open_edges
    from engine.explanation import explain_symbol

    request = _request(profile, exchange, (symbol,), as_of=as_of, account=account, offline=offline)
    with open_edges(_settings(request, base_url), request, os.environ) as edges:
        return explain_symbol(request, symbol, edges)


def structure(candles: Candles, options: SmcRules | None = None, tick: float | None = None) -> SmcSeries:
    """Everything the structure of closed ``candles`` did: ``.snapshot(bar)`` is what a trader saw at a close, ``.events(since_ms,
    until_ms)`` what became known in a span, ``.history(object_id)`` one object's life, ``.extend(candles)`` goes on.

    ``options`` default to those of the balanced profile (distances in ATR); ``tick`` is the price step in quote currency, read
    off the prices when it is not given.

    Raises:
        DataFault: there are no candles.
    """
    from shared.errors import DataFault
    from shared.models.profile import SmcRules
    from strategy.smc.engine import SmcSeries

    if not len(candles):
        raise DataFault("structure: no candles", "Give at least one closed candle")
    return SmcSeries(candles, options or SmcRules(), _tick_of(candles) if tick is None else tick)


def _tick_of(candles: Candles) -> float:
    import numpy as np

    from data.parquet_import import step_of

    return float(step_of(np.concatenate((candles.open, candles.high, candles.low, candles.close))))


def _request(
    profile: str | Profile,
    exchange: str,
    symbols: tuple[str, ...],
    *,
    as_of: str | None,
    account: str,
    offline: bool,
) -> ScanRequest:
    from data.adapters import EXCHANGES
    from engine.commands.reading import parse_as_of
    from engine.edges import ScanRequest
    from shared.errors import ConfigFault
    from shared.models.risk import Account

    if exchange not in EXCHANGES:
        raise ConfigFault(f"exchange {exchange!r} is not known", f"There are {', '.join(EXCHANGES)}")
    equity, currency = parse_equity(account, "account")
    return ScanRequest(
        profile=load_profile(profile) if isinstance(profile, str) else profile,
        exchange=exchange,
        account=Account(equity, currency),
        symbols=symbols,
        as_of_ms=None if as_of is None else parse_as_of(as_of),
        offline=offline,
    )


def _settings(request: ScanRequest, base_url: str) -> Settings:
    reached: Mapping[str, ExchangeSettings] = {request.exchange: ExchangeSettings(base_url=base_url)}
    return Settings(request.profile, request.exchange, reached)
