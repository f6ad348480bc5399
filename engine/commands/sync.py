"""``data sync``: history into the store, resumable, with a progress bar."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.ui.sync import Backfill, Filled, sync_json, sync_line, sync_lines, sync_tsv
from engine.commands.edges import DEMO, exchange_names, open_edges
from engine.commands.flags import Flags, Past
from engine.commands.reading import parse_as_of, parse_timeframes
from engine.commands.request import request_of
from engine.commands.scan import start
from engine.commands.settings import configure
from shared.errors import EXIT_DEGRADED, EXIT_FAILED, EXIT_OK, ConfigFault

if TYPE_CHECKING:
    from engine.backfill import Reach


def sync(flags: Flags, past: Past, environ: Mapping[str, str] = os.environ) -> int:
    """Fetch what is missing; 0 if all of it is there, 10 if symbols broke or the run carries a flag, 30 if every symbol broke.

    Raises:
        ConfigFault: the demo market, of which nothing is stored; a date or a number of days that makes no sense.
        SniperError: the exchange or the store cannot be read.
    """
    from bot.ui.progress import progress_on
    from bot.ui.terminal_funnel import symbol_fault_lines
    from engine.backfill import run_sync

    configured = configure(flags, environ, exchange_names())
    request = request_of(flags, configured)
    if request.exchange == DEMO:
        raise ConfigFault("nothing of the demo market is stored", "Name an exchange with --exchange")
    reach = _reach(past)
    with start(flags.output, configured.settings, environ) as console:
        with (
            open_edges(configured.settings, request, environ) as edges,
            progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as progress,
        ):
            report = run_sync(request, edges, reach, progress)
        symbols = [
            Filled(
                one.symbol,
                {timeframe.value: count for timeframe, count in one.candles.items()},
                {timeframe.value: count for timeframe, count in one.gaps.items()},
            )
            for one in report.symbols
        ]
        done = Backfill(report.exchange, report.as_of_ms, symbols, report.faults, report.flags, report.books)
        if console.watched:
            console.result(line for text in sync_lines(done) for line in console.look.wrap(text, "  "))
        else:
            console.result([sync_json(done)] if flags.output.json else sync_tsv(done))
            console.remark([sync_line(done)])
        console.warn([*symbol_fault_lines(report.faults), *(f"! {flag}" for flag in report.flags)])
        if report.faults and not report.symbols:
            return EXIT_FAILED
        return EXIT_DEGRADED if report.faults or report.flags else EXIT_OK


def _reach(past: Past) -> Reach:
    """What of each symbol, as said.

    Raises:
        ConfigFault: both a date and a number of days, or not a date, or an unknown timeframe.
    """
    from engine.backfill import Reach

    if past.since is not None and past.days:
        raise ConfigFault("--since and --days exclude each other", "Give one of them")
    since_ms = 0 if past.since is None else parse_as_of(past.since, "--since")
    return Reach(
        parse_timeframes(past.timeframes) if past.timeframes else (), since_ms, past.days, past.books
    )
