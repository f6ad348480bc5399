"""``scan --notify``: the channels that are set, and the delivery of everything that is open."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.commands.edges import SystemClock, open_journal
from engine.commands.paths import alarm_file
from engine.commands.turns import owner
from shared.errors import EXIT_DEGRADED, EXIT_OK, ConfigFault, StorageFault
from shared.models.outbox import ALARMING, OPEN, Fate, Terms

if TYPE_CHECKING:
    from bot.notifications.delivery import Delivery
    from contracts.notification_contract import Channel, Outbox
    from data.outbox_store import SqliteOutbox
    from engine.commands.console import Console
    from engine.telling import Telling
    from shared.config.settings import NotifySettings

SETTLED: Final = tuple(fate for fate in Fate if fate not in OPEN)
STDOUT: Final = "-"
SIGNED_WITH: Final = "SNIPERSIGHT_WEBHOOK_SECRET"
ADDRESS: Final = "webhook"
"""What the one webhook is called in ids and reports: its address may stand nowhere."""


def telling_of(settings: NotifySettings, environ: Mapping[str, str]) -> Telling:
    """The channels that are set, and the outbox beside the journal.

    Raises:
        ConfigFault: no channel is set, or one wrongly.
    """
    from engine.telling import Telling

    channels = tuple(_channels(settings, environ))
    if not channels:
        raise ConfigFault("nobody to notify", "Set notify.file or notify.webhook_url")
    return Telling(channels, partial(open_outbox, environ))


@contextmanager
def open_outbox(environ: Mapping[str, str]) -> Iterator[SqliteOutbox]:
    """The outbox in the journal's usual place.

    Raises:
        StorageFault: it cannot be opened.
        DamagedJournal: it is not what was written.
    """
    from data.outbox_store import SqliteOutbox

    with open_journal(environ) as journal:
        yield SqliteOutbox(journal)


def deliver(settings: NotifySettings, environ: Mapping[str, str], console: Console) -> int:
    """Send what is open, of earlier runs too; 10 where something has become what a person has to look at.

    Raises:
        StorageFault: the outbox, or the file of alarms, cannot be read or written.
    """
    from bot.notifications.delivery import Delivery

    telling = telling_of(settings, environ)
    with telling.open_outbox() as outbox:
        before = outbox.tally()
        sender = Delivery(outbox, telling.channels, SystemClock(), owner(), terms_of(settings))
        sent = asyncio.run(_drained(sender, settings.patience_s))
        after = outbox.tally()
        write_alarms(alarm_file(environ), outbox)
    waiting = sum(after.get(fate, 0) for fate in OPEN)
    fresh = {fate: after.get(fate, 0) - before.get(fate, 0) for fate in SETTLED}
    counts = "".join(f", {count} {fate}" for fate, count in fresh.items() if count > 0)
    console.remark([f"notify: {sent} requests, {waiting} waiting{counts}"])
    if not any(fresh[fate] > 0 for fate in ALARMING):
        return EXIT_OK
    console.warn([f"! notify: something could not be told; see {alarm_file(environ)}"])
    return EXIT_DEGRADED


def terms_of(settings: NotifySettings) -> Terms:
    """How long, how often and in which case again."""
    return Terms(late_ms=int(60_000 * settings.late_min), doubt=settings.in_doubt, repeats=settings.repeats)


def write_alarms(path: Path, outbox: Outbox) -> None:
    """Every parcel that a person has to look at, one JSON object a line; no file where there is none.

    Raises:
        StorageFault: it cannot be written.
    """
    from shared.utils.serialization import canonical_json

    letters = outbox.letters(*ALARMING)
    try:
        if letters:
            path.write_text("".join(f"{canonical_json(letter)}\n" for letter in letters), encoding="utf-8")
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageFault(f"{path} could not be written: {error}", "Check the folder's space") from error


async def _drained(sender: Delivery, patience_s: float) -> int:
    """Send until nothing is left, or a signal ends it after the parcels being sent."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    return await sender.drain(patience_s, stop)


def _channels(settings: NotifySettings, environ: Mapping[str, str]) -> Iterator[Channel]:
    if settings.file == STDOUT:
        from bot.notifications.streams import JsonLines

        yield JsonLines(sys.stdout)
    elif settings.file:
        from bot.notifications.file import LinesFile

        yield LinesFile([Path(settings.file).expanduser().absolute()])
    if settings.webhook_url:
        from bot.notifications.webhook import Hook, Webhook

        hook = Hook(ADDRESS, settings.webhook_url, secret_of(SIGNED_WITH, environ))
        yield Webhook([hook], SystemClock(), settings.timeout_s)


def secret_of(name: str, environ: Mapping[str, str]) -> str:
    """The secret in a variable, or in the file that the variable with ``_FILE`` at its end names; empty for neither.

    Raises:
        ConfigFault: both are set, or the file cannot be read.
    """
    said, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if said and file:
        raise ConfigFault(f"{name} and {name}_FILE are both set", "Leave one out")
    if not file:
        return said
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFault(f"{name}_FILE cannot be read ({type(error).__name__})", "Check the file") from error
