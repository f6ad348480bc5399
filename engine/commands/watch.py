"""``watch``: scans at every close until it is stopped; results to the streams as they come."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.ui.watching import heartbeat, missed_line, news_shown, overlap_line, trouble_line
from engine.commands.bot import answering
from engine.commands.console import Console
from engine.commands.edges import SystemClock, exchange_names
from engine.commands.flags import Flags, Output, Watching
from engine.commands.request import request_of
from engine.commands.scan import log, start
from engine.commands.settings import configure
from engine.commands.stopping import stopping
from engine.commands.turns import open_turns, streaming
from engine.edges import silent
from engine.watching.news import News, Told, news_of
from shared.models.scan import RunStatus, ScanResult, Setup, SymbolFault
from shared.models.watching import Missed, Overlapped, Scanned, Troubled, WatchEvent

if TYPE_CHECKING:
    from engine.commands.stopping import Stop
    from shared.config.settings import Settings
    from shared.models.timeframe import Timeframe


def watch(flags: Flags, watching: Watching, environ: Mapping[str, str] = os.environ) -> int:
    """Watch until stopped; 0, or 130 after Ctrl-C."""
    from engine.plugins.loader import register_plugins
    from engine.series_cache import SeriesCache
    from engine.watching.loop import Watcher, World

    configured = configure(flags, environ, exchange_names())
    request = request_of(flags, configured)
    trigger = request.profile.timeframes.trigger
    with start(flags.output, configured.settings, environ) as console:
        register_plugins()
        teller = Teller(console, flags.output, trigger, show_all=watching.all)
        with (
            stopping() as stop,
            open_turns(configured.settings, request, flags, environ, silent) as turns,
            streaming(turns, wanted=watching.stream) as turns,
            answering(configured, flags, environ, console) if watching.bot else nullcontext(),
        ):
            draw = random.Random().random  # noqa: S311 - spreads repeats, keeps no secret
            take = replace(turns, cache=SeriesCache(trigger)).take
            tell = _telling(teller, configured.settings, flags, environ, stop)
            world = World(SystemClock(), turns.read_time, take, stop.wait, tell, draw)
            Watcher(trigger, world).run(watching.rounds)
    return stop.exit_code


def _telling(
    teller: Teller, settings: Settings, flags: Flags, environ: Mapping[str, str], stop: Stop
) -> Callable[[WatchEvent], None]:
    """What is done with an event: it is shown, then what is open is delivered, where somebody is notified.

    Raises:
        ConfigFault: nobody is to be notified, or wrongly.
    """
    if not flags.notify:
        return teller.tell
    from engine.commands.posting import Postman

    postman = Postman(settings, environ, settings.profile.timeframes.trigger, teller.console, stop)

    def tell(event: WatchEvent) -> None:
        teller.tell(event)
        postman.told(event)

    return tell


class Teller:
    """Shows what happens. Remembers the plans, the faults and the flags' names of the last scan, no more."""

    def __init__(self, console: Console, output: Output, trigger: Timeframe, *, show_all: bool) -> None:
        """Nothing was told yet."""
        self.console = console
        self._output = output
        self._trigger = trigger
        self._all = show_all
        self._told: Told = {}
        self._faults: tuple[SymbolFault, ...] = ()
        self._flagged: frozenset[str] = frozenset()
        self._headed = False

    def tell(self, event: WatchEvent) -> None:
        """Show one event: plans on standard output, everything else on standard error."""
        zone = self.console.error_look.zone
        match event:
            case Scanned():
                self._scanned(event)
            case Overlapped(boundary_ms):
                self.console.remark([overlap_line(event, boundary_ms + self._trigger.ms, zone)])
            case Troubled():
                self.console.warn([trouble_line(event)])
            case Missed():
                self.console.warn([missed_line(event, zone)])

    def _scanned(self, event: Scanned) -> None:
        from bot.telemetry.events import events_of
        from bot.ui.terminal_funnel import fault_lines

        result = event.result
        log(*events_of(result))
        news = News((), (), ())
        if result.status is not RunStatus.REFUSED:
            news, self._told = news_of(result.setups, self._told)
        self._show(result.setups if self._all else news.told)
        counts = news_shown(len(news.new), len(news.changed), len(news.gone))
        next_ms = event.boundary_ms + self._trigger.ms
        self.console.remark([heartbeat(event, counts, next_ms, self.console.error_look.zone)])
        self.console.remark(f"  gone: {name}" for name in news.gone)
        self.console.remark(f"  {flag}" for flag in result.flags)
        if self._output.quiet:
            self._warn_of_flags(result)
        if result.faults != self._faults:
            self._faults = result.faults
            self.console.warn(fault_lines(result))

    def _warn_of_flags(self, result: ScanResult) -> None:
        """Say why a scan is degraded, once until it is over."""
        flags = () if result.status is RunStatus.OK else result.flags
        named = {flag.partition(":")[0]: flag for flag in flags}
        self.console.warn(f"! {flag}" for name, flag in named.items() if name not in self._flagged)
        self._flagged = frozenset(named)

    def _show(self, setups: tuple[Setup, ...]) -> None:
        from bot.ui.documents import plan_json
        from bot.ui.terminal import plan_lines, tsv_lines

        if self._output.jsonl:
            self.console.result(plan_json(setup) for setup in setups)
        elif self.console.watched:
            self.console.result(plan_lines(setups, self.console.look) if setups else ())
        else:
            self.console.result(tsv_lines(setups)[int(self._headed) :])
            self._headed = True
