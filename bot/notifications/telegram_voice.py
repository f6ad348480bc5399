"""The bot's answers through python-telegram-bot: one attempt each, all of it within a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bot.notifications.answers import texts_of
from bot.notifications.authorisation import Asked
from bot.notifications.markup import split
from shared.models.desk import Answer, Remark

if TYPE_CHECKING:
    from telegram import Bot, InlineKeyboardMarkup

ANSWER_S: Final = 25.0
TEXT_LIMIT: Final = 4096


class TelegramVoice:
    """Speaks through a bot. What cannot be said is remarked on, without the token."""

    def __init__(self, bot: Bot, remark: Callable[[Remark], None]) -> None:
        """Nothing is said yet."""
        self._bot = bot
        self._remark = remark

    async def answer(self, asked: Asked, answer: Answer) -> None:
        """Send an answer to where it was asked, as a reply; a picture with the first words under it."""
        await self._attempt(lambda: self._answered(asked, answer))

    async def tell(self, asked: Asked, html: str) -> None:
        """Send a text that is marked up already."""
        await self._attempt(lambda: self._send(asked, split(html, TEXT_LIMIT), None))

    async def note(self, asked: Asked, text: str, *, loud: bool) -> None:
        """Answer a press with a short note."""
        await self._attempt(lambda: self._bot.answer_callback_query(asked.query, text or None, loud))

    async def _answered(self, asked: Asked, answer: Answer) -> None:
        first, *rest = texts_of(answer)
        keyboard = _keyboard(answer)
        if answer.picture:
            await self._bot.send_photo(asked.chat, answer.picture, caption=first, **_shown(asked, keyboard))
            await self._send(asked, rest, None)
        else:
            await self._send(asked, (first, *rest), keyboard)

    async def _send(self, asked: Asked, texts: Any, keyboard: InlineKeyboardMarkup | None) -> None:
        for place, text in enumerate(texts):
            shown = _shown(asked, keyboard if place == 0 else None)
            await self._bot.send_message(asked.chat, text, **shown)

    async def _attempt(self, request: Callable[[], Any]) -> None:
        from telegram.error import TelegramError

        try:
            async with asyncio.timeout(ANSWER_S):
                await request()
        except TelegramError as error:
            words = str(error).replace(self._bot.token, "[hidden]")
            self._remark(Remark("unanswered", f"Telegram: {words}", is_trouble=True))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._remark(Remark("unanswered", f"an answer that is none ({type(error).__name__})"))
        except TimeoutError:
            self._remark(Remark("unanswered", f"no answer within {ANSWER_S:g} s", is_trouble=True))


def _shown(asked: Asked, keyboard: InlineKeyboardMarkup | None) -> dict[str, Any]:
    from telegram import ReplyParameters

    shown: dict[str, Any] = {"parse_mode": "HTML", "reply_markup": keyboard}
    shown["reply_parameters"] = ReplyParameters(asked.message, allow_sending_without_reply=True)
    if asked.topic is not None:
        shown["message_thread_id"] = asked.topic
    return shown


def _keyboard(answer: Answer) -> InlineKeyboardMarkup | None:
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    if not answer.choices:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(choice.text, callback_data=choice.data) for choice in row]
            for row in answer.choices
        ]
    )
