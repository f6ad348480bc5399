"""Making acquaintance: who pressed START behind a code, and whether a chat can be reached."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from shared.errors import ConfigFault, NotifyFault, TransportFault

if TYPE_CHECKING:
    from telegram import Bot
    from telegram.error import TelegramError

LOOK_S: Final = 2


@dataclass(frozen=True, slots=True)
class Linked:
    """A person and the chat in which they gave the code."""

    user: int
    chat: int
    kind: str
    topic: int | None

    @property
    def address(self) -> str:
        """The chat as ``telegram.chats`` takes it."""
        return str(self.chat) if self.topic is None else f"{self.chat}:{self.topic}"


async def username(bot: Bot) -> str:
    """The bot's name, without the @.

    Raises:
        ConfigFault: Telegram does not know the token.
        TransportFault: it cannot be asked.
    """
    from telegram.error import TelegramError

    try:
        return str((await bot.get_me()).username)
    except TelegramError as error:
        raise fault_of(error, bot) from error


async def linked(bot: Bot, code: str, is_over: Callable[[], bool]) -> Linked | None:
    """Wait for ``/start CODE``; None when it is over before.

    Raises:
        SniperError: Telegram cannot be asked, or another program polls with this token.
    """
    from telegram.error import TelegramError

    offset = None
    while not is_over():
        try:
            updates = await bot.get_updates(
                offset, timeout=timedelta(seconds=LOOK_S), allowed_updates=["message"]
            )
        except TelegramError as error:
            raise fault_of(error, bot) from error
        for update in updates:
            offset = update.update_id + 1
            found = _given(update.to_dict(), code)
            if found:
                await _confirm(bot, offset)
                return found
    return None


async def _confirm(bot: Bot, offset: int) -> None:
    """Have Telegram forget what was read."""
    await bot.get_updates(offset, limit=1, timeout=timedelta(0), allowed_updates=["message"])


def _given(update: Mapping[str, Any], code: str) -> Linked | None:
    message = update.get("message") or {}
    words = str(message.get("text", "")).split()
    sender, chat = message.get("from") or {}, message.get("chat") or {}
    if len(words) != 2 or words[0].partition("@")[0] != "/start" or sender.get("is_bot", True):
        return None
    if not hmac.compare_digest(words[1].encode(), code.encode()):
        return None
    topic = message.get("message_thread_id") if message.get("is_topic_message") else None
    return Linked(int(sender["id"]), int(chat["id"]), str(chat["type"]), topic)


async def greet(bot: Bot, address: str, text: str) -> None:
    """Send one text to one chat.

    Raises:
        NotifyFault: Telegram does not take it.
        SniperError: it cannot be asked.
    """
    from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

    chat, _, topic = address.partition(":")
    try:
        await bot.send_message(chat, text, message_thread_id=int(topic) if topic else None)
    except (BadRequest, ChatMigrated, Forbidden) as error:
        words = str(error).replace(bot.token, "[hidden]")
        raise NotifyFault(
            f"chat {address}: {words}", "Press START in the chat, or run 'telegram link'"
        ) from error
    except TelegramError as error:
        raise fault_of(error, bot) from error


def fault_of(error: TelegramError, bot: Bot) -> ConfigFault | TransportFault:
    """An error of the library as ours, without the token."""
    from telegram.error import Conflict, EndPointNotFound, InvalidToken

    if isinstance(error, InvalidToken | EndPointNotFound):
        return ConfigFault("Telegram does not know the bot's token", "Ask @BotFather for it, and set it anew")
    if isinstance(error, Conflict):
        return ConfigFault(
            "another program polls with this bot's token",
            "End it ('snipersight bot', 'watch --bot') meanwhile",
        )
    words = str(error).replace(bot.token, "[hidden]")
    return TransportFault(f"Telegram: {words}", "Check the network, and try again")
