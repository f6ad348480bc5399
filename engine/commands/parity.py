"""``parity``: the journal and the store opened, settings found for every kind of scan in it, and the comparison shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.ui.progress import progress_on
from engine.commands.backtest import shelf_of
from engine.commands.console import Console
from engine.commands.edges import DEMO, SystemClock, open_edges, open_journal
from engine.commands.flags import Flags, Replaying
from engine.commands.paths import is_there, journal_file
from engine.commands.settings import configure
from engine.commands.stored import known_exchanges
from shared.config.profiles import profile_names
from shared.errors import ConfigFault
from shared.models.timeframe import DAY_MS

if TYPE_CHECKING:
    from shared.models.parity import Parity
    from shared.models.profile import Profile
    from shared.models.risk import Account


def parity(flags: Flags, days: float, environ: Mapping[str, str] = os.environ, *, resume: bool = True) -> int:
    """Compare what scans of the last ``days`` approved with what the backtest says of the same closes: 0 all the same, 10 not.

    Raises:
        ConfigFault: a time that is none, the made-up market, or nothing was ever journaled.
        DataFault: nothing is stored of an exchange that was scanned.
    """
    from engine.edges import ScanRequest
    from engine.parity.check import Bench, check_parity
    from engine.plugins.loader import register_plugins

    if not days > 0:
        raise ConfigFault(f"--days must be above 0, found {days:g}", "Say how far back to look")
    if flags.exchange == DEMO:
        raise ConfigFault("the made-up market keeps no candles: nothing can be compared", "Name an exchange")
    if not is_there(journal_file(environ)):
        raise ConfigFault("nothing is journaled yet", "Scan a real exchange first: 'snipersight watch'")
    console = Console.of(flags.output, environ)
    exchanges = known_exchanges(environ, flags)

    def settled(exchange: str, profile: Profile) -> tuple[Profile, Account]:
        """The profile of that name as it is set now; one that only Python was given stays as it was recorded."""
        named = profile.name if profile.name in profile_names() else profile
        of_now = configure(replace(flags, exchange=exchange, profile=named), environ, exchanges)
        return of_now.settings.profile, of_now.account

    configured = configure(flags, environ, exchanges)
    settings = configured.settings
    register_plugins()
    stored = next(name for name in (settings.exchange, *exchanges) if name != DEMO)
    looked = ScanRequest(settings.profile, stored, configured.account, offline=True)
    with (
        progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as report,
        open_journal(environ) as journal,
        open_edges(settings, looked, environ, flags.jobs) as edges,
    ):
        bench = Bench(
            journal, edges, settled, kept=shelf_of(Replaying(resume=resume), environ), progress=report
        )
        since_ms = SystemClock().now_ms() - round(days * DAY_MS)
        found = check_parity(bench, since_ms, flags.exchange or "", str(flags.profile or ""))
    show(found, flags, console)
    return found.exit_code


def show(found: Parity, flags: Flags, console: Console) -> None:
    """A table for people, one document, or tab-separated values."""
    from bot.ui.parity import parity_lines, parity_tsv
    from bot.ui.parity_document import parity_json
    from shared.models.parity import NOT_TRADED

    if flags.output.json:
        console.result([parity_json(found)])
    elif console.watched:
        console.result(parity_lines(found, console.look))
    else:
        console.result(parity_tsv(found))
        console.remark([NOT_TRADED])
