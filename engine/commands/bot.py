"""``bot``: the bot that answers, alone or beside ``watch``; it also sends what waits in the outbox."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bot.telemetry.redaction import redact, secrets_of
from engine.commands.console import Console
from engine.commands.edges import SystemClock, exchange_names
from engine.commands.flags import Flags
from engine.commands.scan import start
from engine.commands.settings import Configured, configure
from engine.commands.stopping import stopping
from shared.errors import EXIT_FAILED, ConfigFault, SniperError, TransportFault
from shared.models.desk import Remark

if TYPE_CHECKING:
    from telegram import Bot

    from bot.notifications.reception import House
    from bot.notifications.telegram import Access
    from engine.telling import Telling
    from shared.config.settings import Settings

TURN_S: Final = 5.0
"""How often the outbox is looked into when nothing asks for it."""
STOP_S: Final = 2.5
"""How long what is being sent may take at the end; what it leaves is of unknown fate, and is sent again with its mark."""
JOIN_S: Final = 4.0
ASK_AGAIN_S: Final = (1.0, 5.0, 30.0)


def bot(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Answer until stopped; 0, 130 after Ctrl-C, 30 where the bot had to end.

    Raises:
        ConfigFault: no token, or nobody may ask.
    """
    from engine.plugins.loader import register_plugins

    configured = configure(flags, environ, exchange_names())
    with start(flags.output, configured.settings, environ) as console:
        register_plugins()
        with stopping() as stop, answering(configured, flags, environ, console) as beside:
            while beside.is_alive and not stop.wait(1.0):
                pass
            ended = beside.is_alive
    return stop.exit_code if ended or stop.signal else EXIT_FAILED


@contextmanager
def answering(
    configured: Configured, flags: Flags, environ: Mapping[str, str], console: Console
) -> Iterator[Beside]:
    """The bot in a thread beside this one. A fault of it ends the bot alone, and is told.

    Raises:
        ConfigFault: no token, nobody may ask, or a channel is set wrongly.
    """
    from engine.commands.notify import channels_of

    access = access_of(configured.settings, environ)
    settings = configured.settings.telegram
    if not settings.users or not settings.chats:
        raise ConfigFault(
            "nobody may ask the bot",
            "Set telegram.users and telegram.chats: 'snipersight telegram link' shows both",
        )
    channels_of(configured.settings, environ)
    remark = partial(remarked, console, (access.token, *secrets_of(environ)))
    beside = Beside(Service(configured, flags, environ, access, remark).serve, remark)
    beside.start()
    try:
        yield beside
    finally:
        beside.stop()


def access_of(settings: Settings, environ: Mapping[str, str]) -> Access:
    """How the bot is reached.

    Raises:
        ConfigFault: it has no token.
    """
    from bot.notifications.telegram import API, Access
    from engine.commands.notify import TOKEN, token_of

    token = token_of(environ)
    if not token:
        raise ConfigFault("the bot has no token", f"Set {TOKEN}: @BotFather gives one")
    telegram = settings.telegram
    return Access(token, telegram.chats, telegram.base_url or API, telegram.follows_migration)


def remarked(console: Console, secrets: tuple[str, ...], remark: Remark) -> None:
    """Log a remark, and show it to people; none of the secrets."""
    from bot.telemetry.logging import FIELDS, get_logger

    what = redact(remark.what, secrets)
    fields = {"what": what, "user": remark.user, "chat": remark.chat}
    get_logger("bot").log(logging.INFO, f"bot_{remark.event}", extra={FIELDS: fields})
    who = f" (user {remark.user}, chat {remark.chat})" if remark.user or remark.chat else ""
    if remark.is_trouble:
        console.warn([f"! bot: {what}{who}"])
    else:
        console.remark([f"bot: {what}{who}"])


class Beside:
    """Something that goes on in a thread of its own until it is stopped."""

    def __init__(
        self, serve: Callable[[asyncio.Event], Awaitable[None]], remark: Callable[[Remark], None]
    ) -> None:
        """Nothing goes on yet."""
        self._serve = serve
        self._remark = remark
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="bot", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end, and wait for it as long as an end may take."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        """Serve, and tell with what it ended: what goes on beside it must not fall."""
        self._loop = asyncio.get_running_loop()
        serving = asyncio.ensure_future(self._serve(self._ending))
        await asyncio.wait({serving})
        error = serving.exception()
        if isinstance(error, SniperError):
            self._remark(Remark("ended", f"ended: {error}", is_trouble=True))
        elif error is not None:
            words = f"ended by a defect: {type(error).__name__}: {error}"
            self._remark(Remark("ended", words, is_trouble=True))


@dataclass(frozen=True, slots=True)
class Service:
    """All that the bot does, in one event loop: polls, answers, and sends what waits."""

    configured: Configured
    flags: Flags
    environ: Mapping[str, str]
    access: Access
    remark: Callable[[Remark], None]

    async def serve(self, ending: asyncio.Event) -> None:
        """Until the end is asked for.

        Raises:
            SniperError: Telegram does not know the token, or what must be remembered cannot be.
        """
        from bot.notifications.telegram import connect, disconnect

        bot, kicked = connect(self.access), asyncio.Event()
        tasks = [
            asyncio.ensure_future(self._listen(bot, ending, kicked)),
            asyncio.ensure_future(self._send(ending, kicked)),
        ]
        try:
            await _first_fault(tasks, ending)
        finally:
            await _ended(tasks)
            await disconnect(bot)

    async def _listen(self, bot: Bot, ending: asyncio.Event, kicked: asyncio.Event) -> None:
        """Poll and answer; ends before the end where another program polls too."""
        from bot.notifications.polling import Polling
        from bot.notifications.reception import Reception
        from bot.notifications.telegram_voice import TelegramVoice
        from engine.commands.desk import EngineDesk
        from engine.commands.notify import open_bot_store

        house = await self._house(bot, ending)
        if house is None:
            return
        loop = asyncio.get_running_loop()
        desk = EngineDesk(self.configured, self.flags, self.environ, lambda: _woken(loop, kicked))
        clean = partial(redact, secrets=(self.access.token, *secrets_of(self.environ)))
        with open_bot_store(self.environ) as store:
            voice = TelegramVoice(bot, self.remark)
            reception = Reception(house, desk, voice, store, SystemClock(), remark=self.remark, clean=clean)
            self.remark(Remark("listening", f"listening as @{house.username}"))
            try:
                await Polling(bot, reception, self.remark, partial(_pause, ending)).run(ending)
            finally:
                await reception.close()

    async def _house(self, bot: Bot, ending: asyncio.Event) -> House | None:
        """Whose bot this is, asked until Telegram answers; None where the end comes first."""
        from bot.notifications.authorisation import Guests
        from bot.notifications.linking import username
        from bot.notifications.reception import House

        settings = self.configured.settings.telegram
        guests = Guests.of(settings.users, settings.chats)
        tried = 0
        while not ending.is_set():
            try:
                name = await username(bot)
            except TransportFault as fault:
                if not tried:
                    self.remark(Remark("unreached", f"{fault.problem}; asked again", is_trouble=True))
                await _pause(ending, ASK_AGAIN_S[min(tried, len(ASK_AGAIN_S) - 1)])
                tried += 1
            else:
                return House(self.access.token.partition(":")[0], name, guests, self.access.token)
        return None

    async def _send(self, ending: asyncio.Event, kicked: asyncio.Event) -> None:
        """Send what waits in the outbox, whoever put it there; again whenever something is put there, and every few seconds."""
        from engine.commands.notify import telling_of
        from engine.commands.turns import owner

        settings = self.configured.settings
        telling, name = telling_of(settings, settings.profile.name, self.environ), owner()
        problem = ""
        try:
            while not ending.is_set():
                kicked.clear()
                found = await self._sent(telling, name, ending)
                if found and found != problem:
                    self.remark(Remark("unsent", found, is_trouble=True))
                problem = found
                await _pause(ending, TURN_S, kicked)
        finally:
            for channel in telling.channels:
                await channel.close()

    async def _sent(self, telling: Telling, name: str, ending: asyncio.Event) -> str:
        """Send what may be sent now; what went wrong, or nothing."""
        from bot.notifications.delivery import Delivery
        from engine.commands.notify import terms_of, write_alarms
        from engine.commands.paths import alarm_file, is_there, journal_file

        if not is_there(journal_file(self.environ)):
            return ""
        try:
            with telling.open_outbox() as outbox:
                terms = terms_of(self.configured.settings.notify)
                sender = Delivery(outbox, telling.channels, SystemClock(), name, terms)
                if await sender.drain(0.0, ending):
                    write_alarms(alarm_file(self.environ), outbox)
        except SniperError as fault:
            return str(fault)
        return ""


def _woken(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    """Set an event of a loop from another thread; nothing where the loop has ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(event.set)


async def _pause(ending: asyncio.Event, seconds: float, other: asyncio.Event | None = None) -> None:
    """Wait, unless the end, or the other event, comes first."""
    waits = [asyncio.ensure_future(event.wait()) for event in (ending, other) if event is not None]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


async def _first_fault(tasks: Sequence[asyncio.Task[None]], ending: asyncio.Event) -> None:
    """Until the end is asked for; a task that breaks ends it with its fault, one that is done does not."""
    over: asyncio.Task[Any] = asyncio.ensure_future(ending.wait())
    waiting: set[asyncio.Task[Any]] = {over, *tasks}
    try:
        while not over.done() and len(waiting) > 1:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        over.cancel()


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Let tasks finish for a moment, then end them."""
    await asyncio.wait(tasks, timeout=STOP_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
