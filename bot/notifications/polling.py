"""Asking Telegram for updates, in a loop of our own over python-telegram-bot's ``get_updates``.

The library's own updater confirms updates before they are handled and handles several at once; here the order and the moment of
the mark are the law, so the loop is ours: what is asked for next is always what comes behind the newest mark.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.notifications.reception import Reception
from shared.errors import ConfigFault
from shared.models.desk import Remark

if TYPE_CHECKING:
    from telegram import Bot, Update

ASKED_FOR: Final = ("message", "callback_query")
LONG_POLL_S: Final = 25
LIMIT: Final = 100
PAUSES_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Waits after failures in a row; the last one for all further."""
CONFLICTS: Final = 3
CONFLICT_WINDOW_S: Final = 60.0
"""So many conflicts within so many seconds are another program; one alone may be our own last request, cut off by a restart."""
CONFLICT: Final = (
    "another program polls with this bot's token, or a webhook is set, so commands are not heard here; alerts are still sent. End "
    "the other program, then start this one again. Telegram says: {words}"
)
Wait = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Polling:
    """The loop. ``wait`` waits some seconds, or less where the end is asked for."""

    bot: Bot
    reception: Reception
    remark: Callable[[Remark], None]
    wait: Wait
    draw: Callable[[], float] = random.Random().random  # noqa: S311 - spreads requests, keeps no secret
    failures: int = 0
    conflicts: deque[float] = field(default_factory=deque)

    async def run(self, ending: asyncio.Event) -> None:
        """Poll until the end is asked for, or another program turns out to poll too.

        Raises:
            ConfigFault: Telegram does not know the token.
            StorageFault: what was taken up cannot be remembered.
        """
        while not ending.is_set():
            updates = await self._asked(ending)
            if updates is None:
                return
            for update in updates:
                if not ending.is_set():
                    await self.reception.receive(update)

    async def _asked(self, ending: asyncio.Event) -> Sequence[Mapping[str, Any]] | None:
        """The next updates; None where the end comes first, which does not wait for a long poll."""
        asking, over = asyncio.ensure_future(self._ask()), asyncio.ensure_future(ending.wait())
        try:
            await asyncio.wait([asking, over], return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            for task in (asking, over):
                task.cancel()
            await asyncio.gather(asking, over, return_exceptions=True)

    async def _ask(self) -> Sequence[Mapping[str, Any]] | None:
        """The next updates, none after a failure; None where this is to end."""
        from telegram.error import Conflict, EndPointNotFound, Forbidden, InvalidToken, TelegramError

        offset = self.reception.newest() + 1
        try:
            updates = await self.bot.get_updates(
                offset if offset > 1 else None,
                LIMIT,
                timedelta(seconds=LONG_POLL_S),
                allowed_updates=ASKED_FOR,
            )
        except Conflict as error:
            return await self._conflict(self._clean(error))
        except (InvalidToken, Forbidden, EndPointNotFound) as error:
            raise ConfigFault(
                "Telegram does not know the bot's token", "Ask @BotFather for it, and set it anew"
            ) from error
        except TelegramError as error:
            return await self._failed(self._clean(error), getattr(error, "retry_after", 0))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return await self._failed(f"an answer that is none ({type(error).__name__})", 0)
        if self.failures:
            self.remark(Remark("polling_again", "Telegram answers again"))
        self.failures = 0
        return [_plain(update) for update in updates]

    async def _conflict(self, words: str) -> Sequence[Mapping[str, Any]] | None:
        now_s = asyncio.get_running_loop().time()
        self.conflicts.append(now_s)
        while self.conflicts[0] < now_s - CONFLICT_WINDOW_S:
            self.conflicts.popleft()
        if len(self.conflicts) >= CONFLICTS:
            self.remark(Remark("conflict", CONFLICT.format(words=words), is_trouble=True))
            return None
        await self.wait(PAUSES_S[len(self.conflicts) - 1])
        return ()

    async def _failed(self, words: str, asked_s: float | timedelta) -> Sequence[Mapping[str, Any]]:
        """Wait: as long as Telegram asks, else longer after each failure, spread by half so that not all come back at once."""
        if not self.failures:
            self.remark(Remark("polling_failed", f"Telegram: {words}; asked again", is_trouble=True))
        wanted = asked_s.total_seconds() if isinstance(asked_s, timedelta) else asked_s
        pause_s = PAUSES_S[min(self.failures, len(PAUSES_S) - 1)] * (0.5 + self.draw())
        self.failures += 1
        await self.wait(max(wanted, pause_s))
        return ()

    def _clean(self, error: Exception) -> str:
        return str(error).replace(self.bot.token, "[hidden]")


def _plain(update: Update) -> Mapping[str, Any]:
    """An update as plain values."""
    return update.to_dict()
