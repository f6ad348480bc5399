"""``alerts``: what waits in the outbox and what only a person can settle. ``alarm``: a notice from outside."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.ui.alerts import alerts_json, alerts_lines, alerts_tsv
from engine.commands.console import Console
from engine.commands.edges import SystemClock, exchange_names, open_journal
from engine.commands.flags import Flags
from engine.commands.notify import open_outbox, telling_of, write_alarms
from engine.commands.paths import alarm_file, is_there, journal_file
from engine.commands.posting import deliver
from engine.commands.scan import start
from engine.commands.settings import configure
from engine.commands.signs import put
from shared.errors import EXIT_DEGRADED, EXIT_OK, ClockFault, ConfigFault, SniperError, StorageFault
from shared.models.notifications import Delivered, Delivery, Notice
from shared.models.outbox import ALARMING, OPEN, Fate, Letter

if TYPE_CHECKING:
    from engine.telling import Telling

LONGEST = 1000
"""Characters of an alarm."""


def list_alerts(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Show every parcel that is open, dead or held, oldest first.

    Raises:
        StorageFault: the outbox cannot be read.
    """
    console = Console.of(flags.output, environ)
    letters: tuple[Letter, ...] = ()
    if is_there(journal_file(environ)):
        with open_outbox(environ) as outbox:
            letters = outbox.letters(*OPEN, *ALARMING)
    if flags.output.json:
        console.result([alerts_json(letters)])
    elif console.watched:
        console.result(alerts_lines(letters, console.look))
    else:
        console.result(alerts_tsv(letters))
    return EXIT_OK


def retry(alert_id: str, flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Have a dead or held parcel sent again.

    Raises:
        NotFound: no parcel, or several, of that id.
        ConfigFault: it has expired.
    """
    return _settle(alert_id, Fate.PENDING, flags, environ)


def drop(alert_id: str, flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Give a dead or held parcel up.

    Raises:
        NotFound: no parcel, or several, of that id.
    """
    return _settle(alert_id, Fate.DROPPED, flags, environ)


def _settle(alert_id: str, fate: Fate, flags: Flags, environ: Mapping[str, str]) -> int:
    if not is_there(journal_file(environ)):
        raise ConfigFault("nothing was ever told", "Scan first: 'snipersight scan --notify'")
    with open_outbox(environ) as outbox:
        letter = outbox.settle(alert_id, fate, SystemClock().now_ms())
        write_alarms(alarm_file(environ), outbox)
    Console.of(flags.output, environ).remark([f"{letter.id} is {letter.fate}"])
    return EXIT_OK


def alarm(text: str, flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Tell every channel that something is wrong; 10 where that could not be done, or could not be recorded: a full disk or a damaged
    journal may be what is wrong, so then it is told once without a record.

    Raises:
        ConfigFault: no text, or nobody to tell.
    """
    from bot.notifications.signs import alarm_notice

    words = " ".join(text.split())[:LONGEST]
    if not words:
        raise ConfigFault("alarm needs a text", "Say what is wrong")
    settings = configure(flags, environ, exchange_names()).settings
    telling = telling_of(settings, settings.profile.name, environ)
    with start(flags.output, settings, environ) as console:
        now_ms = SystemClock().now_ms()
        notice = alarm_notice(words, now_ms)
        try:
            with open_journal(environ) as journal:
                fresh = put([notice], telling, journal, now_ms)
        except (StorageFault, ClockFault) as fault:
            return _unrecorded(notice, telling, fault, console)
        if not fresh:
            console.remark(["this was told within the hour, or alarms are off (levels.alarm)"])
        return deliver(settings, environ, console)


def _unrecorded(notice: Notice, telling: Telling, fault: SniperError, console: Console) -> int:
    """Tell an alarm once to everybody, though it cannot be recorded."""
    from bot.notifications.noise import levelled

    async def told() -> list[Delivery]:
        heard: list[Delivery] = []
        for channel in telling.channels:
            parcels = channel.parcels(levelled(notice, telling.noise), {})
            heard += [await channel.send(parcel, "") for parcel in parcels]
            await channel.close()
        return heard

    ends = asyncio.run(told())
    taken = sum(isinstance(end, Delivered) for end in ends)
    console.warn(
        [
            f"! told {taken} of {len(ends)} without a record: {fault.problem}. {fault.action}".rstrip(". ")
            + "."
        ]
    )
    return EXIT_DEGRADED
