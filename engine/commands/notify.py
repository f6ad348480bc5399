"""``scan --notify``: the channels that are set, and the delivery of everything that is open."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
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
    from bot.notifications.noise import Noise
    from contracts.notification_contract import Channel, Outbox
    from data.outbox_store import SqliteOutbox
    from engine.commands.console import Console
    from engine.telling import Telling
    from shared.config.settings import NotifySettings, Settings, TelegramSettings
    from shared.models.context import SniperContext

SETTLED: Final = tuple(fate for fate in Fate if fate not in OPEN)
STDOUT: Final = "-"
SIGNED_WITH: Final = "SNIPERSIGHT_WEBHOOK_SECRET"
TOKEN: Final = "SNIPERSIGHT_TELEGRAM_TOKEN"  # noqa: S105 - a variable's name
USUAL_TOKEN: Final = "TELEGRAM_BOT_TOKEN"  # noqa: S105 - a variable's name
ADDRESS: Final = "webhook"
"""What the one webhook is called in ids and reports: its address may stand nowhere."""


def telling_of(settings: Settings, profile: str, environ: Mapping[str, str]) -> Telling:
    """The channels that are set, how much they are told of a profile's setups, and the outbox beside the journal.

    Raises:
        ConfigFault: no channel is set, or one wrongly.
    """
    from engine.telling import Telling

    channels = tuple(_channels(settings, environ))
    if not channels:
        raise ConfigFault("nobody to notify", "Set telegram.chats, notify.file or notify.webhook_url")
    draw = {"draw": _drawn} if settings.notify.charts and settings.telegram.chats else {}
    return Telling(
        channels,
        partial(open_outbox, environ),
        noise_of(settings, profile),
        partial(_recent, environ),
        **draw,
    )


def _drawn(context: SniperContext) -> bytes:
    """The chart of a context's plan, dark as chats are read at night."""
    from bot.ui.chart_theme import Theme
    from bot.ui.charts import png
    from engine.charting import charted_plan

    return png(charted_plan(context), Theme.DARK)


def _recent(environ: Mapping[str, str], since_ms: int) -> Mapping[str, int]:
    """When each symbol's newest setup was decided, of those approved since a time."""
    from engine.following.setups import setups_since

    with open_journal(environ) as journal:
        setups = setups_since(journal, since_ms)
    return {str(setup.plan["symbol"]): setup.decided_ms for setup in setups}


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


def deliver(settings: Settings, environ: Mapping[str, str], console: Console) -> int:
    """Send what is open, of earlier runs too; 10 where something has become what a person has to look at.

    Raises:
        StorageFault: the outbox, or the file of alarms, cannot be read or written.
    """
    from bot.notifications.delivery import Delivery

    telling = telling_of(settings, settings.profile.name, environ)
    with telling.open_outbox() as outbox:
        before = outbox.tally()
        sender = Delivery(outbox, telling.channels, SystemClock(), owner(), terms_of(settings.notify))
        sent = asyncio.run(_drained(sender, settings.notify.patience_s))
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


def noise_of(settings: Settings, profile: str) -> Noise:
    """How much is told of a profile's setups."""
    from bot.notifications.noise import Noise

    notify = settings.notify
    return Noise(asdict(settings.levels_of(profile)), notify.most, notify.rest_min)


def token_of(environ: Mapping[str, str]) -> str:
    """The Telegram bot's token; empty where there is none.

    Raises:
        ConfigFault: it is given twice, or its file cannot be read.
    """
    return secret_of(TOKEN, environ) or environ.get(USUAL_TOKEN, "")


def _telegram(settings: TelegramSettings, environ: Mapping[str, str]) -> Channel:
    from bot.notifications.telegram import API, Access, TelegramChannel

    token = token_of(environ)
    if not token:
        raise ConfigFault("telegram.chats is set, but the bot has no token", f"Set {TOKEN}")
    return TelegramChannel(
        Access(token, settings.chats, settings.base_url or API, settings.follows_migration)
    )


def _channels(every: Settings, environ: Mapping[str, str]) -> Iterator[Channel]:
    settings = every.notify
    if every.telegram.chats:
        yield _telegram(every.telegram, environ)
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
