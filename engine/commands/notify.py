"""Runs that notify: the channels that are set, how much they are told, and the outbox."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.commands.edges import SystemClock, open_journal
from engine.commands.paths import bot_file, is_there
from engine.commands.recall import recalled
from shared.errors import ConfigFault, StorageFault
from shared.models.outbox import ALARMING, Terms

if TYPE_CHECKING:
    from bot.notifications.noise import Noise, Past
    from contracts.desk_contract import BotStore
    from contracts.notification_contract import Channel, Outbox
    from data.outbox_store import SqliteOutbox
    from engine.telling import Draw, Telling
    from shared.config.settings import NotifySettings, Settings, TelegramSettings
    from shared.models.context import SniperContext
    from shared.models.desk import Hush

STDOUT: Final = "-"
SIGNED_WITH: Final = "SNIPERSIGHT_WEBHOOK_SECRET"
TOKEN: Final = "SNIPERSIGHT_TELEGRAM_TOKEN"  # noqa: S105 - a variable's name
USUAL_TOKEN: Final = "TELEGRAM_BOT_TOKEN"  # noqa: S105 - a variable's name
TOKEN_FORM: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
APPRISE: Final = "SNIPERSIGHT_APPRISE_URLS"
PICTURED: Final = frozenset({"telegram", "apprise"})
"""Channels that show pictures."""
ADDRESS: Final = "webhook"
"""What the one webhook is called in ids and reports: its address may stand nowhere."""


def telling_of(settings: Settings, profile: str, environ: Mapping[str, str]) -> Telling:
    """The channels that are set, how much they are told of a profile's setups, and the outbox beside the journal.

    Raises:
        ConfigFault: no channel is set, or one wrongly.
    """
    from engine.telling import Telling

    channels = channels_of(settings, environ)
    if not channels:
        raise ConfigFault(
            "nobody to notify",
            "Set telegram.chats, notify.file, notify.webhook_url or SNIPERSIGHT_APPRISE_URLS",
        )
    pictured = settings.notify.charts and any(channel.name in PICTURED for channel in channels)
    draw: dict[str, Draw] = {"draw": _drawn} if pictured else {}
    return Telling(
        channels,
        partial(open_outbox, environ),
        noise_of(settings, profile, environ),
        partial(_past, environ, settings.exchange, channels),
        recall=partial(recalled, environ),
        **draw,
    )


def channels_of(settings: Settings, environ: Mapping[str, str]) -> tuple[Channel, ...]:
    """Every channel that is set; nothing is asked of any yet.

    Raises:
        ConfigFault: one is set wrongly, its templates among it.
    """
    return tuple(_channels(settings, environ))


def _drawn(context: SniperContext) -> bytes:
    """The chart of a context's plan, dark as chats are read at night."""
    from bot.ui.chart_theme import Theme
    from bot.ui.charts import png
    from engine.charting import charted_plan

    return png(charted_plan(context), Theme.DARK)


def _past(environ: Mapping[str, str], exchange: str, channels: Sequence[Channel]) -> Past:
    """When each symbol's newest setup on an exchange that was told of was decided, and what all finished ones there were worth."""
    from bot.notifications.noise import Past
    from data.outbox_store import SqliteOutbox
    from engine.following.setups import setups_since
    from engine.following.track import track_record
    from engine.telling import is_told
    from shared.models.statistics import Expectancy

    with open_journal(environ) as journal:
        setups, outbox = setups_since(journal, 0, exchange), SqliteOutbox(journal)
        told = [setup for setup in setups if is_told(setup.fingerprint, channels, outbox)]
    record = track_record(setups)
    last_ms = {str(setup.plan["symbol"]): setup.decided_ms for setup in told}
    return Past(last_ms, str(record) if isinstance(record, Expectancy) else "")


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


def terms_of(settings: NotifySettings) -> Terms:
    """How long, how often and in which case again."""
    return Terms(late_ms=int(60_000 * settings.late_min), doubt=settings.in_doubt, repeats=settings.repeats)


def write_alarms(path: Path, outbox: Outbox) -> None:
    """Every parcel that only a person can settle, one JSON object a line; no file where there is none.

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


def noise_of(settings: Settings, profile: str, environ: Mapping[str, str]) -> Noise:
    """How much is told of a profile's setups, now: what is paused or muted is read anew.

    Raises:
        StorageFault: whether anything is paused cannot be read.
    """
    from bot.notifications.noise import Noise

    notify, hush = settings.notify, hush_of(environ)
    return Noise(
        asdict(settings.levels_of(profile)),
        notify.most,
        notify.rest_min,
        bool(hush.paused_ms),
        hush.symbols(SystemClock().now_ms()),
    )


def hush_of(environ: Mapping[str, str]) -> Hush:
    """What is paused and muted; nothing where no bot ever ran.

    Raises:
        StorageFault: it cannot be read.
    """
    from shared.models.desk import Hush

    if not is_there(bot_file(environ)):
        return Hush()
    with open_bot_store(environ) as store:
        return store.hush()


@contextmanager
def open_bot_store(environ: Mapping[str, str]) -> Iterator[BotStore]:
    """What the bot remembers.

    Raises:
        StorageFault: the file cannot be opened.
    """
    from data.bot_store import SqliteBotStore

    store = SqliteBotStore(bot_file(environ))
    try:
        yield store
    finally:
        store.close()


def token_of(environ: Mapping[str, str]) -> str:
    """The Telegram bot's token, without space around it; empty where there is none. The usual variable counts where ours is not set.

    Raises:
        ConfigFault: it is given twice, its file cannot be read, or it cannot be a token: no request could be made with it.
    """
    token = (secret_of(TOKEN, environ) or environ.get(USUAL_TOKEN, "")).strip()
    if token and not TOKEN_FORM.fullmatch(token):
        raise ConfigFault(
            "the bot's token is none",
            "@BotFather's has digits, a colon, then letters, digits, _ and -: look for quotation marks or a second line",
        )
    return token


def _telegram(settings: TelegramSettings, templates: str, environ: Mapping[str, str]) -> Channel:
    from bot.notifications.telegram import API, Access, TelegramChannel

    token = token_of(environ)
    if not token:
        raise ConfigFault("telegram.chats is set, but the bot has no token", f"Set {TOKEN}")
    if templates:
        from bot.notifications.own_templates import check_templates

        templates = str(Path(templates).expanduser())
        check_templates(Path(templates))
    return TelegramChannel(
        Access(token, settings.chats, settings.base_url or API, settings.follows_migration, templates)
    )


def _channels(every: Settings, environ: Mapping[str, str]) -> Iterator[Channel]:
    settings = every.notify
    if every.telegram.chats:
        yield _telegram(every.telegram, settings.templates, environ)
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
    urls = secret_of(APPRISE, environ).split()
    if urls:
        from bot.notifications.apprise import AppriseChannel

        yield AppriseChannel(urls)


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
