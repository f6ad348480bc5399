"""Telegram through python-telegram-bot: one request a parcel, every end of it a value.

The library sends, keeps to Telegram's limit of 30 messages a second in all and reads the answers; whether something is sent again is
never its decision but the outbox's, and the limits of each chat are the send loop's (``pace_s``): a wait inside the library would look
like a request that was not answered. Its errors do not say what we need to know (a timeout and a
refusal are both a ``NetworkError``), so they are told apart by what went wrong below them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.notifications.markup import plain
from bot.notifications.telegram_parcels import Address, parcels_for
from contracts.notification_contract import Threads
from shared.models.notifications import Delivered, Delivery, Notice, Parcel, Refused, Unknown

if TYPE_CHECKING:
    from telegram import Bot, InlineKeyboardMarkup, Message
    from telegram.error import RetryAfter, TelegramError
    from telegram.ext import ExtBot

CONNECT_S: Final = 5.0
REQUEST_S: Final = 15.0
PRIVATE_PACE_S: Final = 1.0
GROUP_PACE_S: Final = 3.0
DEADLINE_S: Final = 25.0
API: Final = "https://api.telegram.org/bot"
TALKATIVE: Final = ("httpx", "httpcore", "telegram", "AIORateLimiter")
"""Loggers whose lines may name an address with the token in it."""
TIMEDELTAS: Final = ("PTB_TIMEDELTA", "1")
"""Asks the library for the waits of its next major version; without it every wait raises a warning."""
UNMODIFIED: Final = "message is not modified"
"""Telegram's answer to an edit that changes nothing: it has been made before."""
UNREADABLE: Final = "can't parse entities"
DELETED: Final = "message to edit not found"
"""Telegram's answer to an edit of a message that somebody deleted: there is nothing left to show it in."""
UNKNOWN_BOT: Final = "Telegram does not know the bot's token: set it anew, then 'snipersight alerts retry'"
MISTAKEN: Final = ("there is no caption in the message", "there is no text in the message")
"""Telegram's answers where a head has a picture and was thought to have none, or the other way round."""


@dataclass(frozen=True, slots=True)
class Access:
    """``chats`` are addresses (``77``, ``-100600:5``); ``base_url`` is what the token is added to. ``follows_migration`` says
    whether a group that became a supergroup is followed to its new id; ``templates`` is a folder of templates that stand for ours."""

    token: str
    chats: Sequence[str]
    base_url: str = API
    follows_migration: bool = False
    templates: str = ""

    def __repr__(self) -> str:
        """Without the token."""
        return f"Access(chats={tuple(self.chats)}, base_url={self.base_url!r})"


class TelegramChannel:
    """The bot's way out. Used within one event loop; :meth:`close` lets its connections go."""

    name = "telegram"
    deadline_s = DEADLINE_S

    def __init__(self, settings: Access) -> None:
        """Nothing is asked yet; the library is loaded at the first request."""
        self._settings = settings
        self._bot: Bot | None = None
        self._moved: dict[str, str] = {}
        self._as_text: set[str] = set()
        self._mistaken: set[str] = set()

    def pace_s(self, address: str) -> float:
        """Telegram lets a bot send about one message a second to a person and twenty a minute to a group or channel."""
        return PRIVATE_PACE_S if Address.of(address).chat.isdecimal() else GROUP_PACE_S

    def parcels(self, notice: Notice, threads: Threads) -> tuple[Parcel, ...]:
        """The requests to every chat."""
        token, templates = self._settings.token, self._settings.templates
        return tuple(
            parcel
            for chat in self._settings.chats
            for parcel in parcels_for(chat, notice, threads, token, templates)
        )

    async def send(self, parcel: Parcel, parent_remote_id: str) -> Delivery:
        """Make the request."""
        from telegram.error import TelegramError

        try:
            async with asyncio.timeout(self.deadline_s):
                return Delivered(await self._request(parcel, parent_remote_id))
        except TelegramError as error:
            return self._read(error, parcel)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return Unknown(f"an answer that is no message ({type(error).__name__})")
        except TimeoutError:
            return Unknown(f"no answer within {self.deadline_s:g} s")

    async def close(self) -> None:
        """Let the connections go."""
        if self._bot is not None:
            await disconnect(self._bot)
            self._bot = None

    async def _request(self, parcel: Parcel, parent: str) -> str:
        """The id of the message that was sent or edited."""
        body, address = json.loads(parcel.body), Address.of(parcel.address)
        chat = self._moved.get(address.chat, address.chat)
        bot = self._connected()
        text = _marks(parcel) + body["html"]
        shown: dict[str, Any] = {"parse_mode": "HTML", "reply_markup": _keyboard(body["buttons"])}
        if parcel.id in self._as_text:
            text, shown = plain(text), {**shown, "parse_mode": None}
        if parcel.verb == "edit":
            captioned = body["captioned"] is not (parcel.id in self._mistaken)
            await _edit(bot, chat, int(parent), {**shown, "text": text}, captioned=captioned)
            return parent
        shown["disable_notification"] = body["silent"]
        if address.topic is not None:
            shown["message_thread_id"] = address.topic
        if parent:
            shown["reply_parameters"] = _reply(int(parent))
        if parcel.picture:
            return str((await bot.send_photo(chat, parcel.picture, caption=text, **shown)).message_id)
        return str((await bot.send_message(chat, text, **shown)).message_id)

    def _connected(self) -> Bot:
        if self._bot is None:
            self._bot = connect(self._settings)
        return self._bot

    def _read(self, error: TelegramError, parcel: Parcel) -> Delivery:
        """What an error of the library says of the request's effect."""
        from telegram.error import (
            BadRequest,
            ChatMigrated,
            EndPointNotFound,
            Forbidden,
            InvalidToken,
            RetryAfter,
        )

        words = str(error).replace(self._settings.token, "[hidden]")
        if isinstance(error, RetryAfter):
            return Refused("Telegram asks to wait", _seconds(error))
        if isinstance(error, ChatMigrated):
            return self._migrated(error, parcel)
        if isinstance(error, BadRequest):
            return self._bad(words, parcel)
        if isinstance(error, InvalidToken | EndPointNotFound):
            return Refused(UNKNOWN_BOT, None)
        if isinstance(error, Forbidden):
            return Refused(words, None)
        return Refused(words, 0.0) if _never_left(error) else Unknown(words)

    def _bad(self, words: str, parcel: Parcel) -> Delivery:
        if UNMODIFIED in words.lower() or DELETED in words.lower():
            return Delivered()
        if UNREADABLE in words.lower() and parcel.id not in self._as_text:
            self._as_text.add(parcel.id)
            return Refused(f"{words}; sent as plain text next", 0.0)
        if any(answer in words.lower() for answer in MISTAKEN) and parcel.id not in self._mistaken:
            self._mistaken.add(parcel.id)
            return Refused(f"{words}; edited the other way next", 0.0)
        return Refused(words, None)

    def _migrated(self, error: Any, parcel: Parcel) -> Delivery:
        chat = Address.of(parcel.address).chat
        if self._settings.follows_migration:
            self._moved[chat] = str(error.new_chat_id)
            return Refused(f"the group is now {error.new_chat_id}", 0.0)
        return Refused(
            f"the group {chat} is now {error.new_chat_id}: set that chat, or telegram.follows_migration", None
        )


def connect(access: Access) -> ExtBot[Any]:
    """The bot, nothing asked yet. What the libraries below would log holds the token in every address: they are silenced."""
    os.environ.setdefault(*TIMEDELTAS)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    from telegram.ext import AIORateLimiter, ExtBot
    from telegram.request import HTTPXRequest

    def request() -> HTTPXRequest:
        return HTTPXRequest(
            connect_timeout=CONNECT_S,
            read_timeout=REQUEST_S,
            write_timeout=REQUEST_S,
            media_write_timeout=REQUEST_S,
        )

    return ExtBot(
        access.token,
        base_url=access.base_url,
        request=request(),
        get_updates_request=request(),
        rate_limiter=AIORateLimiter(group_max_rate=0, group_time_period=0, max_retries=0),
    )


async def disconnect(bot: Bot) -> None:
    """Let a bot's connections go."""
    for request in bot._request:  # noqa: SLF001 - a bot that was never asked who it is has no shutdown
        await request.shutdown()


def _marks(parcel: Parcel) -> str:
    """What is said above a message that may have come before, or comes late; an edit says neither: made twice it is one."""
    if parcel.verb == "edit":
        return ""
    repeat = f"↻ possible repeat #{parcel.short_id}\n" if parcel.is_repeat else ""
    late = f"⚠️ late by {max(1, parcel.late_ms // 60_000)} min\n" if parcel.late_ms else ""
    return repeat + late


async def _edit(
    bot: Bot, chat: str, message: int, shown: dict[str, Any], *, captioned: bool
) -> Message | bool:
    """Edit a head: under a picture its caption, else its text."""
    text = shown.pop("text")
    if captioned:
        return await bot.edit_message_caption(chat, message, caption=text, **shown)
    return await bot.edit_message_text(text, chat, message, **shown)


def _keyboard(rows: Sequence[Sequence[Mapping[str, str]]]) -> InlineKeyboardMarkup | None:
    from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(button["text"], callback_data=button.get("data"))
                if "data" in button
                else InlineKeyboardButton(button["text"], copy_text=CopyTextButton(button["copy"]))
                for button in row
            ]
            for row in rows
        ]
    )


def _reply(message: int) -> Any:
    from telegram import ReplyParameters

    return ReplyParameters(message, allow_sending_without_reply=True)


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _never_left(error: TelegramError) -> bool:
    """Whether the request cannot have reached Telegram: no connection came about, or none was free."""
    import httpx

    return isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
