"""What a notice becomes on Telegram: the requests that tell it, each within Telegram's limits.

- a new setup is the head of its thread: a picture with a caption, or a text, with buttons; what does not fit follows as replies
- what becomes of it later is told by a reply, and the head is edited to say how the setup stands
- everything else is a text of its own
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.notifications.markup import rendered, split, units
from bot.notifications.reasons import listed, reasons_of
from contracts.notification_contract import Threads
from shared.models.notifications import SHORT_ID, Level, Notice, Parcel, SetupState, Verb, parcel_id
from shared.utils.serialization import canonical_json

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
ROOM: Final = 64
"""Units left free for the marks of a repeat and of lateness."""
NONCE_DIGITS: Final = 10
NO_RECORD: Final = {"text": ""}
"""Where nothing is said of setups like this one."""

Button = Mapping[str, str]
ASKED: Final = (("Details", "w"), ("Chart", "c"))
DECIDED: Final = (("Approve", "a"), ("Half", "h"), ("Skip", "s"))
"""Buttons and the letter their data begins with: questions, and decisions, which are taken once."""


@dataclass(frozen=True, slots=True)
class Address:
    """A chat, and the topic in it: ``-100600`` or ``-100600:5``."""

    chat: str
    topic: int | None

    @classmethod
    def of(cls, text: str) -> Address:
        """The address that a parcel carries."""
        chat, _, topic = text.partition(":")
        return cls(chat, int(topic) if topic else None)


def nonce_of(secret: str, fingerprint: str, letter: str) -> str:
    """What a decision's button carries and nobody else can make: it opens one setup's one decision."""
    digest = hmac.new(secret.encode(), f"{fingerprint}\n{letter}".encode(), hashlib.sha256)
    return digest.hexdigest()[:NONCE_DIGITS]


def parcels_for(
    address: str, notice: Notice, threads: Threads, secret: str, templates: str = ""
) -> tuple[Parcel, ...]:
    """The requests to one chat, in order. ``secret`` makes the buttons' nonces; ``templates`` is a folder of templates that stand for
    ours."""
    if notice.level is Level.OFF:
        return ()
    compose = _Composer(
        address, notice, json.loads(notice.document), threads.get(address, ""), secret, templates
    )
    if notice.kind != "setup":
        return compose.news("send")
    return (
        compose.head() if notice.state is SetupState.NEW else (*compose.news("reply"), *compose.edited_head())
    )


@dataclass(frozen=True, slots=True)
class _Composer:
    """Parcels of one notice to one address. ``thread`` is the head's id, empty for a notice that begins one."""

    address: str
    notice: Notice
    document: Mapping[str, Any]
    thread: str
    secret: str
    templates: str

    def head(self) -> tuple[Parcel, ...]:
        """The head with its picture, and what does not fit as replies."""
        limit = CAPTION_LIMIT if self.notice.picture else TEXT_LIMIT
        first, *rest = self._head_texts(limit, 0)
        head = self._parcel(0, "send", first, buttons=_buttons(self.document["plan"], self.secret))
        return (
            head,
            *(
                self._parcel(part, "reply", text, thread=head.id, silent=True)
                for part, text in enumerate(rest, 1)
            ),
        )

    def edited_head(self) -> tuple[Parcel, ...]:
        """The head as it reads now; nothing where this chat was never sent one."""
        if not self.thread:
            return ()
        pictured = bool(self.document["pictured"])
        part = len(self.news("reply"))
        limit = CAPTION_LIMIT if pictured else TEXT_LIMIT
        text = self._head_texts(limit, part)[0]
        buttons = _buttons(self.document["plan"], self.secret)
        return (
            self._parcel(part, "edit", text, thread=self.thread, captioned=pictured, buttons=buttons[:-1]),
        )

    def news(self, verb: Verb) -> tuple[Parcel, ...]:
        """The notice's own text."""
        values = {"symbol": self.notice.symbol, "text": self.document["text"]}
        short = self._id(0)[:SHORT_ID]
        texts = split(self._rendered("news.html.j2", {**values, "short_id": short}), TEXT_LIMIT - ROOM)
        told: Verb = verb if self.thread else "send"
        return tuple(
            self._parcel(part, told, text, thread=self.thread if told == "reply" else "")
            for part, text in enumerate(texts)
        )

    def _head_texts(self, limit: int, part: int) -> tuple[str, ...]:
        """The head with as many reasons as fit, the strongest first; in parts where even none does."""
        plan = self.document["plan"]
        values = {
            "plan": plan,
            "status": self.document.get("status", ""),
            "record": self.document.get("record", NO_RECORD)["text"],
            "short_id": self._id(part)[:SHORT_ID],
        }
        good, _ = reasons_of(plan)
        text = ""
        for most in range(len(good), -1, -1):
            text = self._rendered("setup.html.j2", {**values, **listed(plan, most)})
            if units(text) <= limit - ROOM:
                return (text,)
        return split(text, limit - ROOM)

    def _rendered(self, template: str, values: Mapping[str, Any]) -> str:
        return rendered(template, values, self.templates)

    def _id(self, part: int) -> str:
        return parcel_id("telegram", self.address, self.notice.key, part)

    def _parcel(
        self,
        part: int,
        verb: Verb,
        text: str,
        *,
        thread: str = "",
        buttons: list[list[Button]] | None = None,
        captioned: bool = False,
        silent: bool = False,
    ) -> Parcel:
        is_pictured = part == 0 and verb == "send" and bool(self.notice.picture)
        body = {
            "html": text,
            "buttons": buttons or [],
            "silent": silent or self.notice.level is Level.SILENT,
            "captioned": captioned or is_pictured,
        }
        return Parcel(
            id=self._id(part),
            channel="telegram",
            address=self.address,
            verb=verb,
            body=canonical_json(body),
            at_ms=self.notice.at_ms,
            expires_ms=self.notice.expires_ms,
            thread=thread,
            fingerprint=self.notice.fingerprint,
            picture=self.notice.picture if is_pictured else b"",
            low_value=self.notice.is_of_low_value,
        )


def _buttons(plan: Mapping[str, Any], secret: str) -> list[list[Button]]:
    """Rows of buttons: prices to copy, questions, and last decisions."""
    prices = [("Entry", plan["entry"]["price_text"]), ("Stop", plan["stop"]["price_text"])]
    prices += [(f"TP{place}", target["price_text"]) for place, target in enumerate(plan["targets"][:2], 1)]
    name = plan["id"]
    return [
        [{"text": f"📋 {label}", "copy": price} for label, price in prices],
        [{"text": label, "data": f"{letter}:{name}"} for label, letter in ASKED],
        [
            {"text": label, "data": f"{letter}:{name}:{nonce_of(secret, name, letter)}"}
            for label, letter in DECIDED
        ],
    ]
