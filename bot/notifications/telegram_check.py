"""Whether a Telegram bot could tell its chats anything: asked without sending anything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.notifications.telegram import Access, connect, disconnect
from bot.notifications.telegram_parcels import Address

if TYPE_CHECKING:
    from telegram import Bot

DEADLINE_S: Final = 20.0
"""For all questions together."""


@dataclass(frozen=True, slots=True)
class BotLook:
    """What was seen: the bot's name (empty where it does not answer to its token), and by address why a chat cannot be reached. ``problem``
    is why nothing could be asked at all; ``is_refused`` says that Telegram does not know the token."""

    name: str
    lost: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    is_refused: bool = False


async def look_at_bot(access: Access) -> BotLook:
    """Ask Telegram who the bot is, and for each of its chats. No reason holds the token."""
    from telegram.error import EndPointNotFound, InvalidToken, TelegramError

    bot = connect(access)
    try:
        async with asyncio.timeout(DEADLINE_S):
            name = (await bot.get_me()).username or ""
            lost = [(chat, await _why_lost(bot, chat, access)) for chat in access.chats]
    except TimeoutError:
        return BotLook("", problem=f"no answer within {DEADLINE_S:g} s")
    except TelegramError as error:
        refused = isinstance(error, InvalidToken | EndPointNotFound)
        return BotLook("", problem=_words(error, access), is_refused=refused)
    except (KeyError, TypeError):
        return BotLook("", problem="an answer that is no bot")
    finally:
        await disconnect(bot)
    return BotLook(name, tuple((chat, why) for chat, why in lost if why))


async def _why_lost(bot: Bot, chat: str, access: Access) -> str:
    """Why a chat cannot be reached; empty where it can."""
    from telegram.error import BadRequest, Forbidden

    try:
        await bot.get_chat(Address.of(chat).chat)
    except (BadRequest, Forbidden) as error:
        return _words(error, access)
    return ""


def _words(error: Exception, access: Access) -> str:
    return str(error).replace(access.token, "[hidden]")
