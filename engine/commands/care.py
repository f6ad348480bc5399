"""``data status``, ``verify`` and ``prune``: what the store holds, whether it is what was written, and what can go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bot.ui.store import (
    Holding,
    Removal,
    check_json,
    check_line,
    check_lines,
    check_tsv,
    prune_json,
    prune_line,
    prune_lines,
    prune_tsv,
    status_json,
    status_line,
    status_lines,
    status_tsv,
)
from contracts.data_contract import CheckReport
from engine.commands.console import Console
from engine.commands.edges import SystemClock, open_store
from engine.commands.flags import Flags, Prune
from engine.commands.paths import candle_file
from engine.commands.settings import configure_store
from shared.errors import EXIT_FAILED, EXIT_OK, ConfigFault, NotFound
from shared.models.timeframe import Timeframe
from shared.utils.suggest import suggest

if TYPE_CHECKING:
    from contracts.data_contract import CandleStore, SeriesInfo
    from data.cache import SqliteCandleStore
    from data.store_prune import PruneRule

DAY_MS: Final = 86_400_000
EMPTY: Final = "nothing is stored yet. Import files with 'snipersight data import PATH', or scan an exchange."
REMARKS: Final = {
    "store_of_objects": "store_of_objects: damage shows when an object is read; the size is that of the objects in use",
    "store_without_wal": "store_without_wal: the file system has no shared memory, so runs wait for each other; a local disk is "
    "faster",
}


def show_status(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Every stored series, with what of it is damaged."""
    console = Console.of(flags.output, environ)
    with open_store(environ, flags) as store:
        series = _of_exchange(store.series(), flags.exchange)
        held = _holding(store, series)
    if console.watched:
        console.result(
            console.look.signs(line) for line in (status_lines(held, console.look) if series else ())
        )
    else:
        console.result([status_json(held)] if flags.output.json else status_tsv(held))
        console.remark([status_line(held)] if series else [])
    console.remark([] if series else [EMPTY])
    console.warn(f"! {REMARKS[remark]}" for remark in held.remarks)
    return EXIT_OK


def _holding(store: CandleStore, series: tuple[SeriesInfo, ...]) -> Holding:
    """What there is to say of a store; objects are held to their digests when they are read, not here."""
    from data.cache import SqliteCandleStore
    from data.store_check import check_store

    if isinstance(store, SqliteCandleStore):
        return Holding(series, check_store(store.file), store.file.size(), store.file.remarks)
    size, held = sum(info.stored_bytes for info in series), sum(info.count for info in series)
    unlooked = CheckReport(pages=0, candles=held, books=0, markets=0, damage=(), dropped=False)
    return Holding(series, unlooked, size, ("store_of_objects",))


def verify(flags: Flags, *, mend: bool, environ: Mapping[str, str] = os.environ) -> int:
    """Look at every seal; 30 if anything damaged is left."""
    from data.store_check import check_store

    console = Console.of(flags.output, environ)
    with _open_file(flags, environ) as store:
        report = check_store(store.file, mend=mend)
    if console.watched:
        console.result(console.look.signs(line) for line in check_lines(report, console.look))
    else:
        console.result([check_json(report)] if flags.output.json else check_tsv(report))
        console.remark([check_line(report)])
    if report.left:
        console.warn([f"! {_advice(mend=mend)}"])
    return EXIT_FAILED if report.left else EXIT_OK


def _advice(*, mend: bool) -> str:
    if mend:
        return (
            "SQLite's own tables are damaged: move or delete the file, then import or fetch the candles again"
        )
    return "Scan or import those series again, or drop what is damaged with --mend"


def prune(flags: Flags, asked: Prune, environ: Mapping[str, str] = os.environ) -> int:
    """Say what would go; with ``--yes`` remove it and give the room back."""
    from data import store_prune

    console = Console.of(flags.output, environ)
    rule = _rule(flags, asked)
    with _open_file(flags, environ) as store:
        _of_exchange(store.series(), flags.exchange)
        items = (store_prune.prune if asked.yes else store_prune.what_would_go)(store.file, rule)
        removal = Removal(items, asked.yes, store.file.shrink() if asked.yes and items else 0)
    if console.watched:
        console.result(console.look.signs(line) for line in prune_lines(removal, console.look))
    else:
        console.result([prune_json(removal)] if flags.output.json else prune_tsv(removal))
        console.remark([prune_line(removal)])
    return EXIT_OK


def _rule(flags: Flags, asked: Prune) -> PruneRule:
    """What is to go.

    Raises:
        ConfigFault: nothing says what, or a timeframe that is not kept.
    """
    from data.store_prune import FOREVER, PruneRule

    symbols = _split(flags.symbols)
    timeframes = _split(asked.timeframes)
    if not (asked.older_than or flags.exchange or symbols or timeframes):
        raise ConfigFault(
            "data prune: nothing says what may go",
            "Name --older-than, --exchange, --symbols or --timeframes; --symbols '*' is everything",
        )
    for timeframe in timeframes:
        if timeframe not in set(Timeframe):
            raise ConfigFault(f"--timeframes: {timeframe!r} is not kept", suggest(timeframe, set(Timeframe)))
    before = SystemClock().now_ms() - asked.older_than * DAY_MS if asked.older_than else FOREVER
    return PruneRule(before, flags.exchange or "", tuple(map(str.upper, symbols)), timeframes)


def _split(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for value in given for part in value.split(",") if part.strip())


def _of_exchange(series: tuple[SeriesInfo, ...], exchange: str | None) -> tuple[SeriesInfo, ...]:
    """The series of an exchange, or all.

    Raises:
        NotFound: nothing of it is stored.
    """
    names = {info.exchange for info in series}
    if exchange is not None and exchange not in names:
        raise NotFound(
            f"--exchange: nothing of {exchange!r} is stored", suggest(exchange, names) if names else ""
        )
    return tuple(info for info in series if exchange in (None, info.exchange))


@contextmanager
def _open_file(flags: Flags, environ: Mapping[str, str]) -> Iterator[SqliteCandleStore]:
    """The store in its usual file.

    Raises:
        ConfigFault: candles are kept as objects, whose digests are looked at when they are read and which are removed where they lie.
    """
    from data.cache import SqliteCandleStore

    url = configure_store(flags, environ).url
    if url:
        raise ConfigFault(
            f"store.url is {url}: only the store in a file is verified and pruned here",
            "Objects are held to their digests whenever they are read",
        )
    store = SqliteCandleStore(candle_file(environ))
    try:
        yield store
    finally:
        store.close()
