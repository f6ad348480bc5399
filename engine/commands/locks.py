"""``locks``: what keeps plans from being approved, and the account as it stands under them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.ui.lock_document import locks_json
from engine.commands.console import Console
from engine.commands.edges import DEMO, SystemClock
from engine.commands.flags import Flags
from engine.commands.paths import is_there, kill_file, lock_file
from shared.errors import EXIT_OK, ConfigFault, NotFound
from shared.models.risk import EVERYTHING, Lock
from shared.models.smc import Side
from shared.models.timeframe import iso
from shared.utils.suggest import suggest

if TYPE_CHECKING:
    from contracts.lock_contract import LockStore
    from engine.edges import ScanRequest

HOUR_MS: Final = 3_600_000
MAX_HOURS: Final = 10 * 365 * 24
COLUMNS: Final = ("id", "scope", "rule", "since", "until", "reason")
SCOPES: Final = (EVERYTHING, *(side.word for side in Side))


@contextmanager
def open_locks(environ: Mapping[str, str]) -> Iterator[LockStore]:
    """The kept locks.

    Raises:
        StorageFault: the file cannot be opened.
    """
    from data.lock_store import SqliteLockStore

    store = SqliteLockStore(lock_file(environ))
    try:
        yield store
    finally:
        store.close()


def under_locks(request: ScanRequest, environ: Mapping[str, str]) -> ScanRequest:
    """The request with its account's locks (those in force at the as-of time, or now) and kill switch; the made-up market has
    none.

    Raises:
        StorageFault: the locks cannot be read: nothing is approved without knowing them.
    """
    if request.exchange == DEMO:
        return request
    locks: tuple[Lock, ...] = ()
    if is_there(lock_file(environ)):
        with open_locks(environ) as store:
            locks = store.locks()
    moment = SystemClock().now_ms() if request.as_of_ms is None else request.as_of_ms
    locks = tuple(lock for lock in locks if lock.since_ms <= moment < lock.until_ms)
    killed = is_there(kill_file(environ))
    return replace(request, account=replace(request.account, locks=locks, killed=killed))


def list_locks(flags: Flags, *, ended: bool, environ: Mapping[str, str] = os.environ) -> int:
    """Locks in force, with ``ended`` all of them, the first to end first; whether the kill switch is set."""
    console = Console.of(flags.output, environ)
    with open_locks(environ) as store:
        locks = store.locks()
    now_ms = SystemClock().now_ms()
    shown = [lock for lock in locks if ended or lock.until_ms > now_ms]
    rows = [
        (lock.id, lock.scope, lock.rule, iso(lock.since_ms), iso(lock.until_ms), lock.reason)
        for lock in shown
    ]
    switch = kill_file(environ)
    killed = is_there(switch)
    if flags.output.json:
        console.result([locks_json(shown, now_ms, killed=killed)])
    elif console.watched:
        console.result(_table([COLUMNS, *rows] if rows else []))
    else:
        console.result("\t".join(row) for row in (COLUMNS, *rows))
    console.remark([] if rows else ["nothing is locked"])
    console.warn([f"! the kill switch is set: no plan is approved while {switch} exists"] if killed else [])
    return EXIT_OK


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows with their columns beneath each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def add_lock(
    scope: str, reason: str, hours: float, flags: Flags, environ: Mapping[str, str] = os.environ
) -> int:
    """Lock a scope from now on; says the id.

    Raises:
        ConfigFault: a scope, reason or time that is none.
    """
    if not (math.isfinite(hours) and 0 < hours <= MAX_HOURS):
        raise ConfigFault(
            f"--hours must be above 0 and at most {MAX_HOURS}, found {hours:g}", "Give hours like 24"
        )
    since_ms = SystemClock().now_ms()
    until_ms = since_ms + max(1, round(hours * HOUR_MS))
    lock = Lock(_scope(scope), "by hand", reason, since_ms, until_ms, 0.0, 0.0, "")
    console = Console.of(flags.output, environ)
    with open_locks(environ) as store:
        store.add(lock)
    console.result([lock.id])
    console.remark([str(lock)])
    return EXIT_OK


def _scope(given: str) -> str:
    """``all``, a direction, or a symbol.

    Raises:
        ConfigFault: none of them.
    """
    if "/" in given:
        return given.upper()
    if given.lower() not in SCOPES:
        raise ConfigFault(
            f"locks add: {given!r} is no scope", f"{suggest(given, SCOPES)} Or name a symbol like BTC/USDT"
        )
    return given.lower()


def remove_lock(lock_id: str, flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Forget a lock.

    Raises:
        NotFound: there is none of that id.
    """
    with open_locks(environ) as store:
        if not store.remove(lock_id):
            raise NotFound(f"no lock {lock_id!r} is kept", "See 'snipersight locks list --all'")
    Console.of(flags.output, environ).remark([f"removed {lock_id}"])
    return EXIT_OK
