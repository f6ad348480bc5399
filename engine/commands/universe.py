"""``universe``: which symbols a scan would look at now, or looked at last, and why not the others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.commands.edges import DEMO, exchange_names, open_edges, open_store, open_universes
from engine.commands.flags import Flags, Output
from engine.commands.reading import parse_as_of
from engine.commands.request import request_of
from engine.commands.scan import start
from engine.commands.settings import Configured, configure
from shared.errors import EXIT_DEGRADED, EXIT_OK, ConfigFault, NotFound

if TYPE_CHECKING:
    from engine.commands.console import Console
    from shared.models.scan import SymbolFault
    from shared.models.universe import UniverseSnapshot

ANY_TIME_MS = 2**62


def universe(flags: Flags, *, last: bool, environ: Mapping[str, str] = os.environ) -> int:
    """Show the universe and end with 0, or 10 when a name is not listed or the run carries a flag. Nothing is stored.

    Raises:
        NotFound: with ``last``, no scan has stored one.
        SniperError: the exchange or the store cannot be read.
    """
    configured = configure(flags, environ, exchange_names())
    with start(flags.output, configured.settings, environ) as console:
        if last:
            show_universe(_stored(flags, configured, environ), (), (), flags.output, console)
            return EXIT_OK
        return _look_up(flags, configured, environ, console)


def _look_up(flags: Flags, configured: Configured, environ: Mapping[str, str], console: Console) -> int:
    from engine.gather import look_up_universe

    request = request_of(flags, configured)
    with open_edges(configured.settings, request, environ) as edges:
        found = look_up_universe(request, edges)
    show_universe(found.snapshot, found.faults, found.flags, flags.output, console)
    return EXIT_DEGRADED if found.faults or found.flags else EXIT_OK


def _stored(flags: Flags, configured: Configured, environ: Mapping[str, str]) -> UniverseSnapshot:
    """The newest stored universe, at or before the as-of time if one is given."""
    if flags.symbols or flags.top:
        named = "--symbols" if flags.symbols else "--top"
        raise ConfigFault(f"--last and {named} exclude each other", "What is stored is shown as it was")
    settings = configured.settings
    until_ms = ANY_TIME_MS if flags.as_of is None else parse_as_of(flags.as_of, flags.called("as_of")) + 1
    if settings.exchange != DEMO:
        with open_store(environ), open_universes(environ) as universes:
            for snapshot in universes.last(settings.exchange, settings.profile.name, until_ms):
                return snapshot
    raise NotFound(
        f"no universe of {settings.exchange} with profile {settings.profile.name} is stored",
        "Every scan of an exchange stores one; leave --last out to see what a scan would choose now",
    )


def show_universe(
    snapshot: UniverseSnapshot,
    faults: tuple[SymbolFault, ...],
    flags: tuple[str, ...],
    output: Output,
    console: Console,
) -> None:
    """A table, one document or tab-separated values; remarks and faults on standard error."""
    from bot.ui.terminal_funnel import symbol_fault_lines
    from bot.ui.universe import universe_heading, universe_lines, universe_tsv, unmeasured_lines
    from bot.ui.universe_document import universe_json

    if console.watched:
        console.result(universe_lines(snapshot, console.look))
    else:
        console.result([universe_json(snapshot, faults, flags)] if output.json else universe_tsv(snapshot))
        console.remark([universe_heading(snapshot, console.error_look), *unmeasured_lines(snapshot)])
    console.warn([*symbol_fault_lines(faults), *(f"! {flag}" for flag in flags)])
