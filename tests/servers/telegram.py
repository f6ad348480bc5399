"""A Bot API on the loopback: real requests of the real library, Telegram's limits, its floods, its polling and its faults.

``with TelegramServer() as api:`` serves ``api.base_url``. Messages that had their effect stand in ``api.messages``; people speak through
``api.says`` and ``api.presses``. ``api.faults`` is a queue: the next request to a method takes the first one meant for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from tests.servers.telegram_html import CannotParse, Entity, parse, units

TOKEN = "4821:AAE-not_a_real_token-9f1b2c3d4e5f60718"
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
CALLBACK_LIMIT = 64
COPY_LIMIT = 256
PHOTO_LIMIT = 10 << 20
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Sent:
    """A message as the chat shows it now. ``history`` holds its texts, the first first."""

    chat_id: int
    message_id: int
    text: str
    entities: tuple[Entity, ...] = ()
    photo: bytes = b""
    buttons: tuple[tuple[Mapping[str, Any], ...], ...] = ()
    reply_to: int = 0
    topic: int = 0
    is_silent: bool = False
    history: tuple[str, ...] = ()

    @property
    def button_texts(self) -> list[str]:
        return [button["text"] for row in self.buttons for button in row]

    def button(self, text: str) -> Mapping[str, Any]:
        return next(button for row in self.buttons for button in row if button["text"] == text)


@dataclass
class Fault:
    """What goes wrong with the next request to ``method`` (any, if empty): an ``answer`` of (status, body), or the connection is
    torn down. ``after`` says whether the request had its effect before."""

    method: str = ""
    answer: tuple[int, str] | None = None
    after: bool = False
    delay_s: float = 0.0
    chat_id: int = 0


class Refuse(Exception):
    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


@dataclass
class Limits:
    """Messages allowed: per chat and second, per group and minute, in all per second; 0 for no limit."""

    chat_per_s: float = 0.0
    group_per_min: int = 0
    overall_per_s: int = 0


@dataclass
class TelegramServer:
    """One bot and its chats. ``chats`` has a type by id; ids below 0 are groups. ``clock`` counts the floods' seconds."""

    chats: dict[int, str] = field(
        default_factory=lambda: {77: "private", -500: "group", -100600: "supergroup"}
    )
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.messages: list[Sent] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answered: list[tuple[str, str]] = []
        self.faults: list[Fault] = []
        self.blocked: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.topics: dict[int, set[int]] = {-100600: {5}}
        self.updates: deque[dict[str, Any]] = deque()
        self.next_update = 1000
        self.confirmed = 0
        self.pollers = 0
        self.is_polled_elsewhere = False
        self.times: list[tuple[float, int]] = []
        self.flooded = 0

    def __enter__(self) -> TelegramServer:
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="bot-api", daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        started.set()
        await self._stop.wait()
        await runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    @property
    def base_url(self) -> str:
        """What ``telegram.base_url`` is set to: the token comes right behind it."""
        return f"http://127.0.0.1:{self.port}/bot"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fields = await _fields(request)
        if request.match_info["token"] != TOKEN:
            return _answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        fault = self._next_fault(method, fields)
        if fault and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault and not fault.after:
            return await _broken(request, fault)
        try:
            with self.lock:
                self.calls.append((method, fields))
            result = await self._do(method, fields)
        except CannotParse as error:
            answer = _refusal(Refuse(400, str(error)))
        except Refuse as error:
            answer = _refusal(error)
        else:
            answer = _answer(200, {"ok": True, "result": result})
        return await _broken(request, fault) if fault else answer

    def _next_fault(self, method: str, fields: Mapping[str, Any]) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                is_chat = not fault.chat_id or str(fault.chat_id) == str(fields.get("chat_id"))
                if fault.method in ("", method) and is_chat and (fault.method or method != "getUpdates"):
                    self.faults.remove(fault)
                    return fault
        return None

    async def _do(self, method: str, fields: dict[str, Any]) -> Any:
        if method == "getUpdates":
            return await self._poll(fields)
        with self.lock:
            return METHODS[method](self, fields) if method in METHODS else _unknown(method)

    async def _poll(self, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.is_polled_elsewhere or self.pollers:
            raise Refuse(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            )
        offset, timeout = int(fields.get("offset", 0)), float(fields.get("timeout", 0))
        self.pollers += 1
        try:
            until = time.monotonic() + timeout
            while True:
                with self.lock:
                    while self.updates and offset > 0 and self.updates[0]["update_id"] < offset:
                        self.confirmed = self.updates.popleft()["update_id"]
                    found = list(self.updates)[: int(fields.get("limit", 100))]
                if found or time.monotonic() >= until or self._stop.is_set():
                    return found
                await asyncio.sleep(0.01)
        finally:
            self.pollers -= 1

    # What people do

    def says(
        self, text: str, *, chat_id: int = 77, user_id: int = 77, age_s: float = 0.0, **more: Any
    ) -> int:
        """A message to the bot; ``more`` are further fields of it (``forward_origin``, ``edit_date`` …). Its update's id."""
        kind = more.pop("update", "message")
        message = {
            "message_id": 900_000 + self.next_update,
            "date": int(time.time() - age_s),
            "chat": self._chat(chat_id),
            "from": {"id": user_id, "is_bot": False, "first_name": "Anna"},
            "text": text,
            **more,
        }
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": units(text.split()[0])}]
        return self._update({kind: message})

    def presses(self, message: Sent, data: str, *, user_id: int = 77) -> int:
        """A press of an inline button."""
        shown = self._shown(self._find(message.chat_id, message.message_id))
        query = {
            "id": str(self.next_update),
            "from": {"id": user_id, "is_bot": False, "first_name": "Anna"},
            "chat_instance": "1",
            "message": shown,
            "data": data,
        }
        return self._update({"callback_query": query})

    def _update(self, body: dict[str, Any]) -> int:
        with self.lock:
            number, self.next_update = self.next_update, self.next_update + 1
            self.updates.append({"update_id": number, **body})
            return number

    def to(self, chat_id: int) -> list[Sent]:
        """Messages of a chat."""
        with self.lock:
            return [message for message in self.messages if message.chat_id == chat_id]

    # What the bot asks

    def _chat(self, chat_id: int) -> dict[str, Any]:
        kind = self.chats.get(chat_id, "private" if chat_id > 0 else "group")
        names = {"first_name": "Anna"} if kind == "private" else {"title": "Desk"}
        return {"id": chat_id, "type": kind, **names}

    def _shown(self, sent: Sent) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "message_id": sent.message_id,
            "date": int(time.time()),
            "chat": self._chat(sent.chat_id),
        }
        if sent.photo:
            shown |= {
                "photo": [
                    {
                        "file_id": f"f{sent.message_id}",
                        "file_unique_id": f"u{sent.message_id}",
                        "width": 1280,
                        "height": 800,
                    }
                ],
                "caption": sent.text,
            }
        else:
            shown["text"] = sent.text
        return shown

    def _find(self, chat_id: int, message_id: int) -> Sent:
        for message in self.messages:
            if (message.chat_id, message.message_id) == (chat_id, message_id):
                return message
        raise Refuse(400, "Bad Request: message to edit not found")

    def _reach(self, fields: Mapping[str, Any]) -> int:
        chat_id = int(fields["chat_id"])
        if chat_id in self.migrated:
            raise Refuse(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.migrated[chat_id],
            )
        if chat_id not in self.chats:
            raise Refuse(400, "Bad Request: chat not found")
        if chat_id in self.blocked:
            who = "was blocked by the user" if chat_id > 0 else "was kicked from the group chat"
            raise Refuse(403, f"Forbidden: bot {who}")
        return chat_id

    def _flood(self, chat_id: int) -> None:
        """Count a message, or ask to wait."""
        now, limits = self.clock(), self.limits
        rules = [
            (limits.overall_per_s, 1.0, [at for at, _ in self.times]),
            (
                limits.group_per_min if chat_id < 0 else 0,
                60.0,
                [at for at, chat in self.times if chat == chat_id],
            ),
            (limits.chat_per_s, 1.0, [at for at, chat in self.times if chat == chat_id]),
        ]
        for allowed, window, times in rules:
            recent = [at for at in times if at > now - window]
            if allowed and len(recent) >= allowed:
                self.flooded += 1
                wait = max(1, int(recent[0] + window - now) + 1)
                raise Refuse(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        self.times.append((now, chat_id))

    def _new(self, fields: Mapping[str, Any], source: str, limit: int, photo: bytes = b"") -> dict[str, Any]:
        chat_id = self._reach(fields)
        text, entities = _read(fields, source, limit, must=not photo)
        topic = int(fields.get("message_thread_id", 0))
        if topic and topic not in self.topics.get(chat_id, set()):
            raise Refuse(400, "Bad Request: message thread not found")
        reply = json.loads(fields.get("reply_parameters", "{}"))
        reply_to = int(reply.get("message_id", 0))
        if reply_to and not reply.get("allow_sending_without_reply"):
            try:
                self._find(chat_id, reply_to)
            except Refuse:
                raise Refuse(400, "Bad Request: message to be replied not found") from None
        buttons = _buttons(fields)
        self._flood(chat_id)
        sent = Sent(
            chat_id, len(self.messages) + 1, text, entities, photo, buttons, reply_to, topic,
            str(fields.get("disable_notification", "false")).lower() == "true", (text,),
        )  # fmt: skip
        self.messages.append(sent)
        return self._shown(sent)

    def _send_message(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self._new(fields, fields.get("text", ""), TEXT_LIMIT)

    def _send_photo(self, fields: dict[str, Any]) -> dict[str, Any]:
        photo = fields.get("photo", b"")
        name = photo.removeprefix("attach://") if isinstance(photo, str) else ""
        photo = fields.get(name, photo)
        if not isinstance(photo, bytes) or not photo.startswith(PNG):
            raise Refuse(400, "Bad Request: IMAGE_PROCESS_FAILED")
        if len(photo) > PHOTO_LIMIT:
            raise Refuse(413, "Request Entity Too Large")
        return self._new(fields, fields.get("caption", ""), CAPTION_LIMIT, photo)

    def _edit(
        self, fields: dict[str, Any], source: str | None, limit: int, *, caption: bool
    ) -> dict[str, Any]:
        chat_id = self._reach(fields)
        old = self._find(chat_id, int(fields["message_id"]))
        if source is not None and bool(old.photo) is not caption:
            what = "text" if not caption else "caption"
            raise Refuse(400, f"Bad Request: there is no {what} in the message to edit")
        text, entities = (
            (old.text, old.entities) if source is None else _read(fields, source, limit, must=not caption)
        )
        buttons = _buttons(fields)
        if (text, entities, buttons) == (old.text, old.entities, old.buttons):
            raise Refuse(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the same",
            )
        self._flood(chat_id)
        new = replace(old, text=text, entities=entities, buttons=buttons, history=(*old.history, text))
        self.messages[self.messages.index(old)] = new
        return self._shown(new)

    def _edit_text(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self._edit(fields, fields.get("text", ""), TEXT_LIMIT, caption=False)

    def _edit_caption(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self._edit(fields, fields.get("caption", ""), CAPTION_LIMIT, caption=True)

    def _edit_markup(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self._edit(fields, None, 0, caption=False)

    def _answer_callback(self, fields: dict[str, Any]) -> bool:
        if units(fields.get("text", "")) > 200:
            raise Refuse(400, "Bad Request: MESSAGE_TOO_LONG")
        self.answered.append((fields["callback_query_id"], fields.get("text", "")))
        return True

    def _get_me(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"id": 4821, "is_bot": True, "first_name": "Sniper", "username": "sniper_test_bot"}

    def _get_chat(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat_id = self._reach(fields)
        gifts = dict.fromkeys(
            (
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ),
            True,
        )
        more = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
        return {**self._chat(chat_id), **more}

    def _yes(self, fields: dict[str, Any]) -> bool:
        return True


METHODS: Mapping[str, Callable[[TelegramServer, dict[str, Any]], Any]] = {
    "getMe": TelegramServer._get_me,
    "getChat": TelegramServer._get_chat,
    "sendMessage": TelegramServer._send_message,
    "sendPhoto": TelegramServer._send_photo,
    "editMessageText": TelegramServer._edit_text,
    "editMessageCaption": TelegramServer._edit_caption,
    "editMessageReplyMarkup": TelegramServer._edit_markup,
    "answerCallbackQuery": TelegramServer._answer_callback,
    "setMyCommands": TelegramServer._yes,
    "deleteWebhook": TelegramServer._yes,
}


def _unknown(method: str) -> Any:
    raise Refuse(404, f"Not Found: method {method!r} not found")


def _read(
    fields: Mapping[str, Any], source: str, limit: int, *, must: bool
) -> tuple[str, tuple[Entity, ...]]:
    mode = fields.get("parse_mode", "")
    if mode not in ("", "HTML"):
        raise Refuse(400, "Bad Request: unsupported parse_mode")
    text, entities = parse(source) if mode else (source, ())
    text = text.rstrip()
    if must and not text.strip():
        raise Refuse(400, "Bad Request: message text is empty")
    if units(text) > limit:
        what = "message caption" if limit == CAPTION_LIMIT else "message"
        raise Refuse(400, f"Bad Request: {what} is too long")
    return text, entities


def _buttons(fields: Mapping[str, Any]) -> tuple[tuple[Mapping[str, Any], ...], ...]:
    markup = json.loads(fields.get("reply_markup", "{}"))
    rows = tuple(tuple(row) for row in markup.get("inline_keyboard", ()))
    for button in (button for row in rows for button in row):
        if not button.get("text"):
            raise Refuse(400, "Bad Request: can't parse inline keyboard button: text must be non-empty")
        data = button.get("callback_data")
        if data is not None and not 1 <= len(data.encode()) <= CALLBACK_LIMIT:
            raise Refuse(400, "Bad Request: BUTTON_DATA_INVALID")
        copied = button.get("copy_text")
        if copied is not None and not 1 <= len(copied["text"]) <= COPY_LIMIT:
            raise Refuse(400, "Bad Request: BUTTON_COPY_TEXT_INVALID")
        if not {"callback_data", "copy_text", "url"} & set(button):
            raise Refuse(400, "Bad Request: BUTTON_TYPE_INVALID")
    return rows


async def _fields(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    posted = await request.post()
    fields: dict[str, Any] = dict(request.query)
    for name, value in posted.items():
        fields[name] = value.file.read() if isinstance(value, web.FileField) else value
    return fields


def _answer(status: int, body: Mapping[str, Any]) -> web.Response:
    return web.json_response(body, status=status)


def _refusal(error: Refuse) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.status, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return _answer(error.status, body)


async def _broken(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.answer is not None:
        status, body = fault.answer
        return web.Response(status=status, text=body, content_type="application/json")
    if request.transport is not None:
        request.transport.abort()
    with contextlib.suppress(ConnectionError):
        await asyncio.sleep(0)
    return web.Response(status=500)
