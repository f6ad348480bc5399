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
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sniper_sight_packages import insist_on_packages

insist_on_packages()

from indicators.registry import compute_set as indicators  # noqa: E402
from shared.config.profiles import load_profile  # noqa: E402
from shared.models.data import Candles  # noqa: E402
from shared.version import VERSION as __version__  # noqa: E402

if TYPE_CHECKING:
    from engine.commands.flags import Flags
    from engine.commands.settings import Configured
    from shared.models.profile import Profile, SmcRules
    from shared.models.scan import Explanation, ScanResult
    from strategy.smc.engine import SmcSeries

__all__ = ["Candles", "__version__", "explain", "indicators", "load_profile", "scan", "structure"]


def scan(
    profile: str | Profile | None = None,
    exchange: str | None = None,
    symbols: str | Sequence[str] = (),
    *,
    as_of: str | datetime | None = None,
    account: str | None = None,
    offline: bool = False,
    base_url: str | None = None,
) -> ScanResult:
    """Scan as ``snipersight scan`` does, with the same settings; the result prints as a table.

    What is not given comes from ``SNIPERSIGHT_…`` variables, ``./snipersight.toml``, the user's settings file, the defaults
    (``balanced``, ``binance``, ``10000USDT``), in this order; a whole ``Profile`` stands for all they say of one.
    ``symbols`` is one symbol, a comma-separated list or a sequence. ``as_of`` is a ``datetime`` with a time zone, or text
    with one, such as ``2024-08-05T12:00:00Z``.

    Raises:
        ConfigFault: an argument or setting that is wrong.
        SniperError: the exchange or the store as a whole cannot be read.
    """
    from engine.commands.edges import open_edges
    from engine.commands.flags import Flags
    from engine.commands.request import request_of
    from engine.orchestrator import run_scan

    flags = Flags(
        profile=profile,
        exchange=exchange,
        symbols=(symbols,) if isinstance(symbols, str) else tuple(symbols),
        as_of=as_of,
        account=account,
        offline=offline,
        base_url=base_url,
        in_python=True,
    )
    configured = _configured(flags)
    request = request_of(flags, configured)
    with open_edges(configured.settings, request, os.environ) as edges:
        return run_scan(request, edges)


def explain(
    symbol: str,
    profile: str | Profile | None = None,
    exchange: str | None = None,
    *,
    as_of: str | datetime | None = None,
    account: str | None = None,
    offline: bool = False,
    base_url: str | None = None,
) -> Explanation:
    """Explain one symbol as ``snipersight explain`` does: every gate, both directions, what stopped it. Arguments as in
    :func:`scan`.

    Raises:
        NotFound: the exchange does not list ``symbol``.
        SniperError: as :func:`scan`.
    """
    from engine.commands.edges import open_edges
    from engine.commands.flags import Flags
    from engine.commands.request import one_symbol, request_of
    from engine.explanation import explain_symbol

    flags = Flags(
        profile=profile,
        exchange=exchange,
        as_of=as_of,
        account=account,
        offline=offline,
        base_url=base_url,
        in_python=True,
    )
    configured = _configured(flags)
    request = request_of(flags, configured)
    with open_edges(configured.settings, request, os.environ) as edges:
        return explain_symbol(request, one_symbol(symbol, configured), edges)


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

    from data.inferred_rules import step_of

    return float(step_of(np.concatenate((candles.open, candles.high, candles.low, candles.close))))


def _configured(flags: Flags) -> Configured:
    """The settings in force, with installed plugins registered."""
    from engine.commands.edges import exchange_names
    from engine.commands.settings import configure
    from engine.plugins.loader import register_plugins

    register_plugins()
    return configure(flags, os.environ, exchange_names())
