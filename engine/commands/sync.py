"""``data sync``: history into the store, resumable, with a progress bar."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from bot.ui.sync import Backfill, Filled, sync_json, sync_line, sync_lines, sync_tsv
from engine.commands.edges import DEMO, exchange_names, open_edges
from engine.commands.flags import Flags
from engine.commands.reading import parse_timeframes
from engine.commands.request import request_of
from engine.commands.scan import start
from engine.commands.settings import configure
from shared.errors import EXIT_DEGRADED, EXIT_FAILED, EXIT_OK, ConfigFault


def sync(flags: Flags, timeframes: tuple[str, ...], environ: Mapping[str, str] = os.environ) -> int:
    """Fetch what is missing; 0 if all of it is there, 10 if symbols broke or the run carries a flag, 30 if every symbol broke.

    Raises:
        ConfigFault: the demo market, of which nothing is stored.
        SniperError: the exchange or the store cannot be read.
    """
    from bot.ui.progress import progress_on
    from bot.ui.terminal_funnel import symbol_fault_lines
    from engine.backfill import run_sync

    configured = configure(flags, environ, exchange_names())
    request = request_of(flags, configured)
    if request.exchange == DEMO:
        raise ConfigFault("nothing of the demo market is stored", "Name an exchange with --exchange")
    chosen = parse_timeframes(timeframes) if timeframes else ()
    with start(flags.output, configured.settings, environ) as console:
        with (
            open_edges(configured.settings, request, environ) as edges,
            progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as progress,
        ):
            report = run_sync(request, edges, chosen, progress)
        symbols = [
            Filled(
                one.symbol,
                {timeframe.value: count for timeframe, count in one.candles.items()},
                {timeframe.value: count for timeframe, count in one.gaps.items()},
            )
            for one in report.symbols
        ]
        done = Backfill(report.exchange, report.as_of_ms, symbols, report.faults, report.flags)
        if console.watched:
            console.result(line for text in sync_lines(done) for line in console.look.wrap(text, "  "))
        else:
            console.result([sync_json(done)] if flags.output.json else sync_tsv(done))
            console.remark([sync_line(done)])
        console.warn([*symbol_fault_lines(report.faults), *(f"! {flag}" for flag in report.flags)])
        if report.faults and not report.symbols:
            return EXIT_FAILED
        return EXIT_DEGRADED if report.faults or report.flags else EXIT_OK
