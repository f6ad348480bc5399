"""Delivery of what is open in the outbox: once at the end of a scan, and between the closes of ``watch``.

What goes wrong with it never ends a run: it is said on standard error, logged as a flag, and what was not sent waits.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.commands.console import Console
from engine.commands.edges import SystemClock
from engine.commands.notify import telling_of, terms_of, write_alarms
from engine.commands.paths import alarm_file
from engine.commands.signs import put_signs
from engine.commands.turns import owner
from shared.errors import EXIT_DEGRADED, EXIT_OK, ConfigFault, NotifyFault, SniperError
from shared.models.outbox import ALARMING, OPEN, Fate
from shared.models.scan import RunStatus
from shared.models.watching import Missed, Scanned, WatchEvent

if TYPE_CHECKING:
    from contracts.notification_contract import Channel
    from engine.commands.stopping import Stop
    from engine.telling import Telling
    from shared.config.settings import Settings
    from shared.models.timeframe import Timeframe

FAILED: Final = "notify_failed"
"""The flag of a run after which something could not be delivered, and why."""
MARGIN_S: Final = 5.0
"""Deliveries of ``watch`` have ended at least this long before the next close is due."""
LOOK_S: Final = 0.1

Ends = Callable[[asyncio.Event], Awaitable[None]]
"""Sets an event when no further request may begin."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What a delivery did: requests made, parcels that became settled by fate, parcels still open."""

    requests: int
    settled: Mapping[Fate, int]
    waiting: int

    def __str__(self) -> str:
        """``notify: 2 requests, 0 waiting, 2 done``."""
        counts = "".join(f", {count} {fate}" for fate, count in sorted(self.settled.items()))
        return f"notify: {self.requests} requests, {self.waiting} waiting{counts}"


def deliver(settings: Settings, environ: Mapping[str, str], console: Console) -> int:
    """Send what is open, of earlier runs too; 10 where something has become what only a person can settle, or nothing could be
    looked at.

    Raises:
        ConfigFault: no channel is set, or one wrongly.
    """
    try:
        posted = post(settings, environ, settings.notify.patience_s, _on_signal)
    except SniperError as fault:
        if isinstance(fault, ConfigFault):
            raise
        _flag(fault, console)
        return EXIT_DEGRADED
    return _reported(posted, environ, console)


def post(settings: Settings, environ: Mapping[str, str], patience_s: float, ends: Ends) -> Posted:
    """Put signs of life and alarms that are due into the outbox, and send what is open.

    Raises:
        ConfigFault: no channel is set, or one wrongly.
        StorageFault: the outbox, or the file of alarms, cannot be read or written.
        DamagedJournal: it is not what was written.
        ClockFault: the wall clock stands before the newest record.
    """
    from bot.notifications.delivery import Delivery

    telling = telling_of(settings, settings.profile.name, environ)
    late_fault = _signs_fault(settings, telling, environ)
    with telling.open_outbox() as outbox:
        before = outbox.tally()
        sender = Delivery(outbox, telling.channels, SystemClock(), owner(), terms_of(settings.notify))
        sent = asyncio.run(_drained(sender.drain, telling.channels, patience_s, ends))
        after = outbox.tally()
        write_alarms(alarm_file(environ), outbox)
    if late_fault:
        raise late_fault
    settled = {fate: after.get(fate, 0) - before.get(fate, 0) for fate in Fate if fate not in OPEN}
    return Posted(
        sent,
        {fate: count for fate, count in settled.items() if count > 0},
        sum(after.get(fate, 0) for fate in OPEN),
    )


def _signs_fault(settings: Settings, telling: Telling, environ: Mapping[str, str]) -> SniperError | None:
    """Put signs in; what went wrong is told once the rest has been sent."""
    try:
        put_signs(settings, telling, environ)
    except SniperError as fault:
        return fault
    return None


class Postman:
    """Delivers between the closes of ``watch``: what is open once a close was shown, in time for the next one."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], trigger: Timeframe, console: Console, stop: Stop
    ) -> None:
        """Nothing is sent yet.

        Raises:
            ConfigFault: no channel is set, or one wrongly.
        """
        telling = telling_of(settings, settings.profile.name, environ)
        self._longest_s = max(channel.deadline_s for channel in telling.channels)
        self._settings = settings
        self._environ = environ
        self._trigger = trigger
        self._console = console
        self._stop = stop

    def told(self, event: WatchEvent) -> None:
        """Deliver after an event was shown. After a fault nothing is waited for: the close is still to be decided."""
        if isinstance(event, Missed):
            return
        ends_s = SystemClock().monotonic_s() + self._left_s(event) - self._longest_s - MARGIN_S
        if isinstance(event, Scanned) and event.result.status is not RunStatus.REFUSED:
            pinged(self._settings, self._console)
        left_s = ends_s - SystemClock().monotonic_s()
        wanted_s = self._settings.notify.patience_s if isinstance(event, Scanned) else 0.0
        if left_s > 0 and not self._stop.signal:
            self._post(min(wanted_s, left_s), left_s)

    def _left_s(self, event: WatchEvent) -> float:
        """Seconds to the next close: by the exchange's clock after a scan, else by our own."""
        if isinstance(event, Scanned):
            return self._trigger.ms / 1000 - event.late_s - event.took_s
        return (self._trigger.ms - SystemClock().now_ms() % self._trigger.ms) / 1000

    def _post(self, patience_s: float, left_s: float) -> None:
        async def ends(ending: asyncio.Event) -> None:
            until_s = SystemClock().monotonic_s() + left_s
            while not self._stop.signal and SystemClock().monotonic_s() < until_s:  # noqa: ASYNC110 - heard outside the loop
                await asyncio.sleep(LOOK_S)
            ending.set()

        try:
            posted = post(self._settings, self._environ, patience_s, ends)
        except SniperError as fault:
            _flag(fault, self._console)
        else:
            _reported(posted, self._environ, self._console)


def pinged(settings: Settings, console: Console) -> None:
    """Ask for the address of the dead-man's switch, where one is set: a close was decided."""
    from bot.notifications.ping import ping_switch

    if settings.notify.ping_url:
        try:
            ping_switch(settings.notify.ping_url, settings.notify.timeout_s)
        except NotifyFault as fault:
            _flag(fault, console)


def _reported(posted: Posted, environ: Mapping[str, str], console: Console) -> int:
    if posted.requests or posted.settled or posted.waiting:
        console.remark([str(posted)])
    if posted.settled.keys().isdisjoint(ALARMING):
        return EXIT_OK
    console.warn(
        [f"! notify: something could not be told; see 'snipersight alerts' or {alarm_file(environ)}"]
    )
    return EXIT_DEGRADED


def _flag(fault: SniperError, console: Console) -> None:
    """Say that something could not be delivered, and log it as a flag."""
    from bot.telemetry.events import RunFlagged
    from engine.commands.scan import log

    flag = f"{FAILED}: {fault.problem}"
    log(RunFlagged("", flag))
    console.warn([f"! {flag}. {fault.action}".rstrip(". ") + "."])


async def _drained(
    drain: Callable[[float, asyncio.Event], Awaitable[int]],
    channels: tuple[Channel, ...],
    patience_s: float,
    ends: Ends,
) -> int:
    """Send until nothing is left, or the end comes, after the parcels being sent."""
    ending = asyncio.Event()
    looking = asyncio.ensure_future(ends(ending))
    try:
        return await drain(patience_s, ending)
    finally:
        looking.cancel()
        for channel in channels:
            await channel.close()


async def _on_signal(ending: asyncio.Event) -> None:
    """Ends at SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, ending.set)
    await ending.wait()
