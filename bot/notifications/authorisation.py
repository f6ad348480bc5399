"""Who may ask the bot: deny by default.

An update is admitted only if all of this holds; whatever is not listed is denied, also what Telegram will think of later:

- it is a new message of text, or a press of a button under a message of this bot in a chat
- it has no field beyond those named here: so nothing forwarded, edited, sent through another bot, for a channel, by an anonymous
  administrator or through a business account
- who wrote it is a person in ``users``, and the chat is in ``chats`` (its topic too, where one is named)
- the chat is that person's own, or a group
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

MESSAGE: Final = frozenset(
    {
        "message_id", "date", "chat", "from", "text", "entities", "message_thread_id", "is_topic_message",
        "reply_to_message", "link_preview_options", "has_protected_content", "effect_id", "sender_boost_count",
    }
)  # fmt: skip
"""Fields a message may have."""
PRESS: Final = frozenset({"id", "from", "message", "chat_instance", "data"})
"""Fields a press may have."""
FOREIGN: Final = frozenset({"forward_origin", "via_bot", "sender_chat", "business_connection_id"})
"""Fields the message under which a button was pressed may not have."""
GROUPS: Final = frozenset({"group", "supergroup"})
PRIVATE: Final = "private"


@dataclass(frozen=True, slots=True)
class Guests:
    """Ids of people, and addresses of chats (``77``, ``-100600``, ``-100600:5``) in which they may ask."""

    users: frozenset[int]
    chats: frozenset[str]

    @classmethod
    def of(cls, users: Sequence[str], chats: Sequence[str]) -> Self:
        """Those of the settings ``telegram.users`` and ``telegram.chats``."""
        return cls(frozenset(map(int, users)), frozenset(chats))

    def may_speak_in(self, chat: int, topic: int | None) -> bool:
        """Whether a chat, or its topic, is among the chats."""
        return str(chat) in self.chats or (topic is not None and f"{chat}:{topic}" in self.chats)


@dataclass(frozen=True, slots=True)
class Asked:
    """An admitted update: what was written, or with ``query`` the data of the button that was pressed. ``sent_s`` is when it was
    written (s since the epoch), None for a press, which has no time."""

    update_id: int
    user: int
    chat: int
    topic: int | None
    message: int
    text: str
    sent_s: int | None
    query: str = ""


@dataclass(frozen=True, slots=True)
class Denied:
    """An update that nobody is answered, and why; ids are 0 where there are none."""

    update_id: int
    why: str
    user: int = 0
    chat: int = 0


def admitted(update: Mapping[str, Any], guests: Guests) -> Asked | Denied:
    """What was asked, or why it is denied. Total: no update of any shape raises."""
    number = _number(update.get("update_id"))
    kinds = sorted(key for key in update if key != "update_id")
    if kinds == ["message"]:
        return _message(number, _table(update["message"]), guests)
    if kinds == ["callback_query"]:
        return _press(number, _table(update["callback_query"]), guests)
    return Denied(number, f"an update of kind {', '.join(kinds) or 'none'}")


def _message(number: int, message: Mapping[str, Any], guests: Guests) -> Asked | Denied:
    said = {key for key, value in message.items() if value not in (None, False, (), [], {})}
    user, chat, topic = _place(message.get("from"), message)
    if strange := sorted(said - MESSAGE):
        return Denied(number, f"a message with {strange[0]}", user, chat)
    why = _unwelcome(message.get("from"), message, guests)
    text = message.get("text")
    if not why and not isinstance(text, str):
        why = "a message without text"
    if why:
        return Denied(number, why, user, chat)
    sent_s = _number(message.get("date"))
    return Asked(number, user, chat, topic, _number(message.get("message_id")), str(text), sent_s)


def _press(number: int, press: Mapping[str, Any], guests: Guests) -> Asked | Denied:
    message = _table(press.get("message"))
    user, chat, topic = _place(press.get("from"), message)
    said = {key for key, value in press.items() if value is not None}
    if strange := sorted(said - PRESS):
        return Denied(number, f"a press with {strange[0]}", user, chat)
    if foreign := sorted(key for key in FOREIGN if message.get(key)):
        return Denied(number, f"a press under a message with {foreign[0]}", user, chat)
    why = _unwelcome(press.get("from"), message, guests)
    data, query = press.get("data"), press.get("id")
    if not why and not (isinstance(data, str) and isinstance(query, str) and query):
        why = "a press without data"
    if not why and not _number(message.get("date")):
        why = "a press under a message that is gone"
    if why:
        return Denied(number, why, user, chat)
    return Asked(number, user, chat, topic, _number(message.get("message_id")), str(data), None, str(query))


def _place(sender: object, message: Mapping[str, Any]) -> tuple[int, int, int | None]:
    """Ids of who wrote and where; the topic only where the message is in one."""
    topic = _number(message.get("message_thread_id")) if message.get("is_topic_message") else 0
    return _number(_table(sender).get("id")), _number(_table(message.get("chat")).get("id")), topic or None


def _unwelcome(sender: object, message: Mapping[str, Any], guests: Guests) -> str:
    """Why who asks, or where, is not welcome; empty if both are."""
    user, chat, topic = _place(sender, message)
    kind = _table(message.get("chat")).get("type")
    if not user or _table(sender).get("is_bot") is not False:
        return "no person"
    if user not in guests.users:
        return "a person who is not in telegram.users"
    if not guests.may_speak_in(chat, topic):
        return "a chat that is not in telegram.chats"
    if kind == PRIVATE:
        return "" if chat == user else "another person's chat"
    return "" if kind in GROUPS else "a chat that is neither private nor a group"


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
