"""``track``: what is on record of walk-forwards, and how to drop it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from bot.ui.track import recorded_lines, recorded_tsv, track_json
from engine.commands.console import Console
from engine.commands.flags import Flags
from engine.commands.paths import is_there, track_file
from engine.commands.recall import open_track
from shared.errors import EXIT_OK, NotFound
from shared.models.track import PastTrade, Recorded
from shared.utils.suggest import suggest


def list_track(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """A line a source and profile, the source kept last at the end."""
    console = Console.of(flags.output, environ)
    rows = recorded(environ)
    if flags.output.json:
        console.result([track_json(rows)])
    elif console.watched:
        console.result(recorded_lines(rows, console.look))
    else:
        console.result(recorded_tsv(rows))
    return EXIT_OK


def recorded(environ: Mapping[str, str]) -> tuple[Recorded, ...]:
    """What is on record, by source in the order they were kept, then exchange, profile and decision digest.

    Raises:
        StorageFault: the track record cannot be read.
        DamagedPage: it is not what was written.
    """
    if not is_there(track_file(environ)):
        return ()
    with open_track(environ) as store:
        return tuple(row for source in store.sources() for row in _parted(source, store.of(source)))


def _parted(source: str, trades: Sequence[PastTrade]) -> Iterator[Recorded]:
    from bot.telemetry.analytics import Result, expectancy

    parts: dict[tuple[str, str, str], list[PastTrade]] = {}
    for trade in trades:
        parts.setdefault((trade.exchange, trade.profile, trade.decision), []).append(trade)
    for key in sorted(parts):
        own = parts[key]
        times = [trade.decided_ms for trade in own]
        worth = expectancy([Result(trade.decided_ms, trade.r, trade.best_r) for trade in own])
        yield Recorded(source, *key, len(own), min(times), max(times), worth)


def forget(source: str, flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Drop a source.

    Raises:
        NotFound: nothing of that name is on record.
    """
    console = Console.of(flags.output, environ)
    known: tuple[str, ...] = ()
    if is_there(track_file(environ)):
        with open_track(environ) as store:
            if store.forget(source):
                console.remark([f"{source} is forgotten"])
                return EXIT_OK
            known = store.sources()
    raise NotFound(f"nothing is on record as {source!r}", suggest(source, known) if known else "")
