"""SniperSight in a notebook or script: ``import snipersight as ss``.

    r = ss.scan(profile="balanced", exchange="demo")
    r.setups[0].plan.rationale
    r[0].chart()                               # the best plan as a picture
    ss.chart("BTC/USDT", exchange="demo")      # a plan, or what stands without one
    ss.explain("BTC/USDT", exchange="demo")
    b = ss.backtest(exchange="demo", since="2026-09-01")   # stored candles through the same stages; prints its summary
    b.report("report.html")
    candles = ss.Candles.from_frame(frame, "1h")
    ss.indicators(candles).last("rsi")
    ss.detect(frame, timeframe="15m")          # every structure event of a frame of closed candles, as a frame
    ss.snapshot(frame, timeframe="15m")        # what a trader would see at its last close, as tables
    ss.structure(candles).history(object_id)   # one object's life; also .snapshot(bar), .events(...), .extend(...)

A small, stable door to the same functions the command line calls. Importing it configures nothing and touches no
network.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sniper_sight_packages import insist_on_packages

insist_on_packages()

from indicators.registry import compute_set as indicators  # noqa: E402
from shared.config.profiles import load_profile  # noqa: E402
from shared.models.data import Candles  # noqa: E402
from shared.version import VERSION as __version__  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

    from engine.commands.flags import Flags
    from engine.commands.settings import Configured
    from engine.notebook.pictures import Picture
    from engine.notebook.shown import ShownScan, ShownStructure
    from engine.notebook.shown_backtest import ShownBacktest
    from shared.models.context import SniperContext
    from shared.models.profile import Profile, SmcRules
    from shared.models.scan import Explanation
    from strategy.smc.engine import SmcSeries

    Options = SmcRules | Mapping[str, object] | None

__all__ = [
    "Candles",
    "__version__",
    "backtest",
    "chart",
    "detect",
    "explain",
    "indicators",
    "load_profile",
    "scan",
    "snapshot",
    "structure",
]


def scan(
    profile: str | Profile | None = None,
    exchange: str | None = None,
    symbols: str | Sequence[str] = (),
    *,
    as_of: str | datetime | None = None,
    account: str | None = None,
    offline: bool = False,
    base_url: str | None = None,
    journal: bool = False,
) -> ShownScan:
    """Scan as ``snipersight scan`` does, with the same settings; the result prints as a table, and ``[0].chart()`` draws its best plan.

    What is not given comes from ``SNIPERSIGHT_…`` variables, ``./snipersight.toml``, the user's settings file, the defaults
    (``balanced``, ``binance``, ``10000USDT``), in this order; a whole ``Profile`` stands for all they say of one.
    ``symbols`` is one symbol, a comma-separated list or a sequence. ``as_of`` is a ``datetime`` with a time zone, or text
    with one, such as ``2024-08-05T12:00:00Z``. ``journal`` records the scan, as the command does by itself.

    Raises:
        ConfigFault: an argument or setting that is wrong.
        SniperError: the exchange or the store as a whole cannot be read.
    """
    from dataclasses import replace
    from functools import partial

    from engine.commands.edges import open_edges, open_journal
    from engine.commands.flags import Flags
    from engine.commands.locks import under_locks
    from engine.commands.request import request_of
    from engine.notebook.shown import ShownScan
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
    request = under_locks(request_of(flags, configured), os.environ)
    with open_edges(configured.settings, request, os.environ) as edges:
        if journal:
            edges = replace(edges, open_journal=partial(open_journal, os.environ))
        kept: list[SniperContext] = []
        edges = replace(edges, on_judged=kept.extend)
        return ShownScan.of(run_scan(request, edges), kept)


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
    from engine.commands.locks import under_locks
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
    request = under_locks(request_of(flags, configured), os.environ)
    with open_edges(configured.settings, request, os.environ) as edges:
        return explain_symbol(request, one_symbol(symbol, configured), edges)


def chart(
    symbol: str,
    profile: str | Profile | None = None,
    exchange: str | None = None,
    *,
    timeframe: str | None = None,
    theme: str = "light",
    as_of: str | datetime | None = None,
    account: str | None = None,
    offline: bool = False,
    base_url: str | None = None,
) -> Picture:
    """Draw one symbol as ``snipersight chart`` does: its plan with what it cites, else what stands and why there is no plan.

    ``timeframe`` is one the profile reads, else its anchor timeframe; ``theme`` is ``light`` or ``dark``; the others as in :func:`scan`.

    Raises:
        ConfigFault: also for an unknown timeframe or theme, and, when it is shown, where matplotlib is not installed.
        SniperError: as :func:`explain`.
    """
    from engine.charting import charted
    from engine.commands.chart import one_timeframe
    from engine.notebook.pictures import Picture, theme_of

    drawn, colours = one_timeframe(timeframe, "timeframe"), theme_of(theme)
    explanation = explain(
        symbol, profile, exchange, as_of=as_of, account=account, offline=offline, base_url=base_url
    )
    return Picture(charted(explanation, drawn), colours)


def backtest(
    profile: str | Profile | None = None,
    exchange: str | None = None,
    symbols: str | Sequence[str] = (),
    *,
    since: str | None = None,
    until: str | None = None,
    account: str | None = None,
    top: int | None = None,
    placebo: int = 200,
    seed: int = 7,
    jobs: int = 1,
) -> ShownBacktest:
    """Replay stored candles as ``snipersight backtest`` does; the result prints as its summary, and ``report(path)`` writes its page.

    ``since`` and ``until`` are UTC days or months like ``2024-01-01`` and ``2024-09`` (the last 90 days of what is stored). ``placebo`` is
    how often the plans are laid out at other times, 0 not at all. ``jobs`` processes share the work. The others as in :func:`scan`.

    Raises:
        ConfigFault: an argument or setting that is wrong.
        DataFault: nothing is stored.
        SniperError: the store as a whole cannot be read.
    """
    from engine.backtest.telling import tell
    from engine.commands.backtest import backtest_edges, request_of
    from engine.commands.flags import Flags, Replaying
    from engine.commands.trials import note_trial
    from engine.edges import silent
    from engine.notebook.shown_backtest import ShownBacktest

    flags = Flags(
        profile=profile,
        exchange=exchange,
        symbols=(symbols,) if isinstance(symbols, str) else tuple(symbols),
        account=account,
        top=top,
        jobs=jobs,
        in_python=True,
    )
    asked = Replaying(since=since, until=until, seed=seed, placebo=placebo)
    configured = _configured(flags)
    with backtest_edges(configured, flags, asked, os.environ) as edges:
        request = request_of(flags, asked, configured, edges)
        tried = note_trial(request, os.environ)
        told = tell(request, edges, kept=None, draws=placebo, tried=tried, progress=silent)
    return ShownBacktest.of(told)


def detect(
    frame: pd.DataFrame, timeframe: str = "15m", options: Options = None, tick: float | None = None
) -> pd.DataFrame:
    """Every structure event of a frame of closed candles, in the order in which they became known, as a frame.

    ``frame`` has the columns ``open high low close volume`` and a UTC DatetimeIndex of open times, oldest first. The frame returned
    has the columns ``t_known, t_origin, detector, kind, layer, side, event, object_id, price_low, price_high, level, atr`` in every
    row (``engine.notebook.log_frame.log_frame`` says what they mean) and what only some events say after them, NaN elsewhere.
    Rows once known never change: the rows of ``frame[:t]`` are the rows of ``frame`` with ``t_known`` up to its last close.

    ``options`` are ``SmcRules``, or some of them by name (``{"swing_reach": 30}``), else those of the balanced profile (distances
    in ATR). ``tick`` is the market's price step in quote currency; a scan leaves out zones of less than three ticks and calls prices
    equal that are one tick apart. Without it there is no such floor: a step read off the prices would depend on those to come.

    Raises:
        DataFault: there are no candles, a column is missing, the index is not UTC time or a row is not a candle.
        ConfigFault: an unknown timeframe or option, an option out of its range, a tick that is not above 0.
    """
    from engine.notebook.log_frame import log_frame

    series = _series_of(frame, timeframe, options, tick)
    return log_frame(series.candles, series.log)


def snapshot(
    frame: pd.DataFrame,
    timeframe: str = "15m",
    options: Options = None,
    tick: float | None = None,
    *,
    bar: int = -1,
) -> ShownStructure:
    """What a trader would see at the close of candle ``bar`` (default: the last): living zones and pools with their state, trend and
    dealing range of both layers, recent sweeps. It prints as tables; its parts are plain values. Arguments and faults as in
    :func:`detect`.

    Raises:
        DataFault: also when there is no such bar.
    """
    from engine.notebook.shown import ShownStructure

    series = _series_of(frame, timeframe, options, tick)
    return ShownStructure.of(series.snapshot(bar), series.tick or _step_of(series.candles))


def structure(candles: Candles, options: Options = None, tick: float | None = None) -> SmcSeries:
    """Everything the structure of closed ``candles`` did: ``.snapshot(bar)`` is what a trader saw at a close, ``.events(since_ms,
    until_ms)`` what became known in a span, ``.history(object_id)`` one object's life, ``.extend(candles)`` goes on.

    ``options`` and ``tick`` as in :func:`detect`.

    Raises:
        DataFault: there are no candles.
        ConfigFault: an unknown option, or one out of its range; a tick that is not above 0.
    """
    from shared.errors import ConfigFault, DataFault
    from strategy.smc.engine import SmcSeries

    if not len(candles):
        raise DataFault("structure: no candles", "Give at least one closed candle")
    if tick is not None and not tick > 0:
        raise ConfigFault(f"tick must be above 0, found {tick!r}", "Give the market's price step")
    return SmcSeries(candles, _rules(options), 0.0 if tick is None else tick)


def _series_of(frame: pd.DataFrame, timeframe: str, options: Options, tick: float | None) -> SmcSeries:
    return structure(Candles.from_frame(frame, timeframe), options, tick)


def _rules(options: Options) -> SmcRules:
    from shared.models.profile import SmcRules

    if isinstance(options, SmcRules):
        return options
    return load_profile("balanced", {"smc": dict(options or {})}).smc


def _step_of(candles: Candles) -> float:
    """The step on which prices are shown: the largest power of ten they all are multiples of."""
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
