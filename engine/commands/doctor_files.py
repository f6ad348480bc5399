"""What ``doctor`` reads of the small files beside the candles: what a scan reads of them, and nothing is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.commands.edges import SystemClock, open_journal, open_universes
from engine.commands.locks import open_locks
from engine.commands.paths import (
    is_there,
    journal_file,
    lock_file,
    note_file,
    slot_file,
    track_file,
    universe_file,
)
from engine.commands.recall import open_track
from engine.doctor.files import judge_files
from shared.errors import SniperError, StorageFault
from shared.models.health import Finding

if TYPE_CHECKING:
    from shared.config.settings import Settings

Environ = Mapping[str, str]


def files(settings: Settings, environ: Environ) -> tuple[Finding, ...]:
    """Each file that was made, opened and read."""
    there: list[str] = []
    broken: dict[str, SniperError] = {}
    for name, (place, read) in READERS.items():
        try:
            if is_there(place(environ)):
                there.append(name)
                read(settings, environ)
        except SniperError as fault:
            broken[name] = fault
    return (judge_files(there, broken),)


def _journal(settings: Settings, environ: Environ) -> None:
    with open_journal(environ):
        pass


def _locks(settings: Settings, environ: Environ) -> None:
    with open_locks(environ) as kept:
        kept.locks()


def _slots(settings: Settings, environ: Environ) -> None:
    from data.slots import SqliteSlots

    SqliteSlots(slot_file(environ)).close()


def _universes(settings: Settings, environ: Environ) -> None:
    with open_universes(environ) as kept:
        kept.market_ids(settings.exchange)
        kept.last(settings.exchange, settings.profile.name, SystemClock().now_ms())


def _notes(settings: Settings, environ: Environ) -> None:
    from data.series_notes import SqliteNotes

    with closing(SqliteNotes(note_file(environ))) as kept:
        kept.notes(settings.exchange, "")
        for remark in kept.remarks:
            raise StorageFault(remark.partition(": ")[2], "Delete the file: what it held is learnt anew")


def _track(settings: Settings, environ: Environ) -> None:
    from shared.config.digest import decision_digest

    with open_track(environ) as kept:
        kept.rows(settings.exchange, decision_digest(settings.profile))


READERS: Final[Mapping[str, tuple[Callable[[Environ], Path], Callable[[Settings, Environ], None]]]] = {
    "journal": (journal_file, _journal),
    "locks": (lock_file, _locks),
    "slots": (slot_file, _slots),
    "universes": (universe_file, _universes),
    "notes": (note_file, _notes),
    "track": (track_file, _track),
}
