"""What a run that notifies does after its scan: follow the open setups. ``signals``: how they stand, and their track record."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.commands.console import Console
from engine.commands.edges import DEMO, SystemClock, open_journal
from engine.commands.flags import Flags
from engine.commands.locks import open_locks
from engine.commands.paths import is_there, journal_file
from shared.errors import EXIT_OK, ConfigFault, SniperError
from shared.models.scan import RunStatus, ScanResult

if TYPE_CHECKING:
    from engine.edges import Edges, ScanRequest
    from engine.following.turn import FollowReport

UNFOLLOWED = "follow_failed"
"""The flag of a scan after which the open setups could not be followed."""


def followed(
    result: ScanResult, request: ScanRequest, edges: Edges, environ: Mapping[str, str]
) -> ScanResult:
    """The result after the open setups were followed; a flag where some, or all, could not be."""
    if request.exchange == DEMO or request.as_of_ms is not None or result.status is RunStatus.REFUSED:
        return result
    try:
        report = _follow(result, request, edges, environ)
    except SniperError as fault:
        return _flagged(result, (f"{UNFOLLOWED}: {fault.problem}",))
    flags = tuple(f"{UNFOLLOWED}: {fault.symbol} {fault.problem}" for fault in report.faults)
    return _flagged(result, flags) if flags else result


def _follow(
    result: ScanResult, request: ScanRequest, edges: Edges, environ: Mapping[str, str]
) -> FollowReport:
    from data.outbox_store import SqliteOutbox
    from engine.following.turn import Record, follow_setups
    from engine.telling import undrawn

    telling = edges.telling
    if telling is None:
        raise ConfigFault("nobody to tell what has become of a setup", "Notify somebody")
    with open_journal(environ) as journal, open_locks(environ) as locks:
        pictured = telling.draw is not undrawn
        record = Record(journal, SqliteOutbox(journal), telling.channels, telling.noise, pictured=pictured)
        return follow_setups(record, request, edges, locks, result.as_of_ms)


def _flagged(result: ScanResult, flags: tuple[str, ...]) -> ScanResult:
    status = RunStatus.DEGRADED if result.status is RunStatus.OK else result.status
    return replace(result, status=status, flags=(*result.flags, *flags))


def signals(flags: Flags, days: float, environ: Mapping[str, str] = os.environ) -> int:
    """Show the setups of the last ``days`` and how they stand, and what all finished ones were worth.

    Raises:
        ConfigFault: a time that is none, or nothing was ever journaled.
    """
    from bot.ui.signals import signals_json, signals_lines, signals_tsv
    from engine.following.setups import LONGEST_MS, setups_since
    from engine.following.track import shown, track_record

    if not 0 < days * 86_400_000 <= LONGEST_MS:
        raise ConfigFault(f"--days must lie between 0 and {LONGEST_MS // 86_400_000}, found {days:g}")
    if not is_there(journal_file(environ)):
        raise ConfigFault("nothing is journaled yet", "Scan first: 'snipersight scan --notify'")
    console = Console.of(flags.output, environ)
    now_ms = SystemClock().now_ms()
    with open_journal(environ) as journal:
        setups = setups_since(journal, 0, flags.exchange or "")
    since_ms = now_ms - round(days * 86_400_000)
    rows = [shown(setup) for setup in setups if setup.decided_ms >= since_ms]
    record = track_record(setups)
    if flags.output.json:
        console.result([signals_json(rows, record)])
    elif console.watched:
        console.result(signals_lines(rows, record, console.look))
    else:
        console.result(signals_tsv(rows))
        console.remark([f"track record: {record}"])
    return EXIT_OK
