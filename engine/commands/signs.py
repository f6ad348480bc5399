"""What a run that notifies tells besides setups: signs of life, closes that nobody decided, and alarms of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

from engine.commands.edges import DEMO, SystemClock, open_journal
from engine.commands.paths import is_there, slot_file
from shared.models.journal import START

if TYPE_CHECKING:
    from bot.notifications.signs import Pulse
    from data.journal import SqliteJournal
    from engine.telling import Telling
    from shared.config.settings import NotifySettings, Settings
    from shared.models.notifications import Notice

NOTHING_YET: Final = ""


def put_signs(settings: Settings, telling: Telling, environ: Mapping[str, str]) -> None:
    """Put what is due of signs of life and alarms into the outbox, each once, whoever comes first.

    Raises:
        StorageFault: the outbox or the slots cannot be read or written.
        DamagedJournal: the journal is not what was written.
        ClockFault: the wall clock stands before the newest record.
    """
    now_ms = SystemClock().now_ms()
    with open_journal(environ) as journal:
        put(_gaps(settings.notify, environ, now_ms), telling, journal, now_ms)
        hours = settings.notify.heartbeat_hours
        if hours and _is_due(telling, journal, now_ms, hours):
            from bot.notifications.signs import heartbeat_notice

            put([heartbeat_notice(_pulse(journal, now_ms), now_ms, hours)], telling, journal, now_ms)


def put(notices: Sequence[Notice], telling: Telling, journal: SqliteJournal, now_ms: int) -> int:
    """Put notices into the outbox, as loudly as is set; how many requests were not there before.

    Raises:
        StorageFault: it cannot be written.
        ClockFault: the wall clock stands before the newest record.
    """
    from bot.notifications.noise import levelled
    from data.outbox_store import SqliteOutbox
    from engine.telling import parcels_of

    outbox = SqliteOutbox(journal)
    parcels = parcels_of([levelled(notice, telling.noise) for notice in notices], telling.channels, outbox)
    return outbox.decide(None, parcels, now_ms).added if parcels else 0


def _gaps(settings: NotifySettings, environ: Mapping[str, str], now_ms: int) -> list[Notice]:
    """Closes that nobody decided, of every schedule of this machine."""
    from bot.notifications.signs import gap_notice
    from data.slots import SqliteSlots
    from engine.watching.gaps import gaps

    if not settings.gap_closes or not is_there(slot_file(environ)):
        return []
    with closing(SqliteSlots(slot_file(environ))) as slots:
        found = gaps(slots.decided(), now_ms, settings.gap_closes)
    return [gap_notice(gap.schedule, gap.first_ms, str(gap), now_ms) for gap in found]


def _is_due(telling: Telling, journal: SqliteJournal, now_ms: int, hours: float) -> bool:
    """Whether some channel was not given this stretch's sign of life: its parcels' ids hang on its key alone."""
    from bot.notifications.noise import levelled
    from bot.notifications.signs import Pulse, heartbeat_notice

    empty = Pulse(0, NOTHING_YET, 0, {}, START)
    probe = levelled(heartbeat_notice(empty, now_ms, hours), telling.noise)
    parcels = (parcel for channel in telling.channels for parcel in channel.parcels(probe, {}))
    return any(journal.newest_of(parcel.id) is None for parcel in parcels)


def _pulse(journal: SqliteJournal, now_ms: int) -> Pulse:
    """How things stand. Setups of the demo market are followed by nobody, and never end: they are not counted.

    Raises:
        StorageFault: the journal cannot be read.
    """
    from bot.notifications.signs import Pulse
    from data.outbox_store import SqliteOutbox
    from engine.following.setups import LONGEST_MS, setups_since

    scan = next(iter(journal.newest(1)), None)
    known = setups_since(journal, now_ms - LONGEST_MS)
    standing = sum(not setup.is_over for setup in known if setup.plan["exchange"] != DEMO)
    return Pulse(
        scan.content["as_of_ms"] if scan else 0,
        scan.content["status"] if scan else NOTHING_YET,
        standing,
        SqliteOutbox(journal).tally(),
        journal.head(),
    )
