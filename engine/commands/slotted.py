"""``scan --slot``: one scan for cron, only if no other run has decided this close."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.commands.console import Console
from engine.commands.edges import SystemClock, exchange_names
from engine.commands.flags import Flags
from engine.commands.request import request_of
from engine.commands.scan import log, show_scan, start
from engine.commands.settings import configure
from engine.commands.turns import Turns, open_turns
from shared.errors import EXIT_OK
from shared.models.scan import RunStatus
from shared.models.timeframe import iso

if TYPE_CHECKING:
    from data.slots import Taken


def scan_in_slot(flags: Flags, environ: Mapping[str, str]) -> int:
    """Scan the newest close that is due, waiting for one that is a few seconds off; 0 where another run has it."""
    from bot.telemetry.events import ScanStarted, events_of
    from bot.ui.progress import progress_on
    from data.slots import Taken
    from engine.plugins.loader import register_plugins

    configured = configure(flags, environ, exchange_names())
    request = request_of(flags, configured)
    shown = not flags.output.quiet and not flags.output.verbose
    with start(flags.output, configured.settings, environ) as console:
        register_plugins()
        log(ScanStarted(request.profile.name, request.exchange))
        with (
            progress_on(sys.stderr, shown=shown, colour=console.error_look.colour) as report,
            open_turns(configured.settings, request, flags, environ, report) as turns,
        ):
            boundary_ms = _when_due(turns)
            end = turns.take(boundary_ms)
        if isinstance(end, Taken):
            return _overlap(boundary_ms, end, console)
        log(*events_of(end))
        show_scan(end, flags.output, console, SystemClock().now_ms())
        if flags.notify and end.status is not RunStatus.REFUSED:
            from engine.commands.posting import pinged

            pinged(configured.settings, console)
        return end.status.exit_code


def _when_due(turns: Turns) -> int:
    """The close to decide, waited for where it was a moment ago: cron starts at the minute, candles are given out later."""
    from engine.watching.turn import GRACE_MS

    trigger = turns.request.profile.timeframes.trigger
    now_ms = turns.read_time().exchange_ms
    boundary_ms = trigger.floor(now_ms)
    time.sleep(max(0, boundary_ms + GRACE_MS - now_ms) / 1000)
    return boundary_ms


def _overlap(boundary_ms: int, taken: Taken, console: Console) -> int:
    what = f"run {taken.run_id} decided" if taken.is_decided else "another run is deciding"
    console.remark([f"overlap: {what} the slot of {iso(boundary_ms)}"])
    return EXIT_OK
