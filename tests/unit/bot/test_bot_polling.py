"""Polling by the real library against a Bot API on the loopback: nothing twice, nothing told of the token, every fault survived."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bot.notifications.authorisation import Guests
from bot.notifications.linking import greet, linked, username
from bot.notifications.polling import CONFLICTS, Polling
from bot.notifications.reception import House, Reception
from bot.notifications.telegram import Access, connect, disconnect
from bot.notifications.telegram_voice import TelegramVoice
from data.bot_store import SqliteBotStore
from shared.errors import ConfigFault, NotifyFault, SniperError, TransportFault
from shared.models.desk import Remark
from tests.fixtures.hand_desk import HandDesk
from tests.servers.telegram import PNG, TOKEN, Fault, TelegramServer

BUSY = (429, '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":1}}')


class Clock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class World:
    """A polling bot, its hands, and a memory that outlives it."""

    def __init__(self, api: TelegramServer, store: SqliteBotStore, token: str = TOKEN) -> None:
        self.api, self.store, self.token = api, store, token
        self.desk = HandDesk()
        self.desk.gate.set()
        self.remarks: list[Remark] = []
        self.waits: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0.01)

    def run(self, until: Callable[[], bool], within_s: float = 10.0) -> None:
        """Poll until something is so, or polling ends."""

        async def main() -> None:
            bot = connect(Access(self.token, ("77",), self.api.base_url))
            house = House("4821", "sniper_test_bot", Guests.of(("77",), ("77", "-500")), TOKEN)
            voice = TelegramVoice(bot, self.remarks.append)
            reception = Reception(
                house, self.desk, voice, self.store, Clock(), remark=self.remarks.append, clean=str
            )
            polling = Polling(bot, reception, self.remarks.append, self.wait, random.Random(7).random)
            ending = asyncio.Event()
            task = asyncio.ensure_future(polling.run(ending))
            try:
                async with asyncio.timeout(within_s):
                    while not task.done() and not until():  # noqa: ASYNC110 - the server is another thread
                        await asyncio.sleep(0.01)
                ending.set()
                await asyncio.wait_for(task, 2)
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError, SniperError):
                    await task
                await reception.close()
                await disconnect(bot)

        asyncio.run(main())

    def said(self, count: int) -> Callable[[], bool]:
        return lambda: len(self.api.messages) >= count


@pytest.fixture
def api() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running


@pytest.fixture
def world(api: TelegramServer, tmp_path: Path) -> Iterator[World]:
    with closing(SqliteBotStore(tmp_path / "bot.sqlite3")) as store:
        yield World(api, store)


def test_a_command_is_answered_as_a_reply_and_confirmed(api: TelegramServer, world: World) -> None:
    api.says("/status")
    api.says("/locks", chat_id=-500)
    world.run(world.said(2))
    assert [(one.chat_id, one.text, one.reply_to) for one in api.messages] == [
        (77, "status", 901000),
        (-500, "locks", 901001),
    ]
    world.run(lambda: api.confirmed == 1001)
    assert world.desk.asked == ["status", "locks"]


def test_a_restart_replays_nothing_though_telegram_sends_it_again(api: TelegramServer, world: World) -> None:
    api.says("/pause")
    world.run(world.said(1))
    asked = [fields.get("offset") for method, fields in api.calls if method == "getUpdates"]
    assert str(asked[0]) in ("None", "0")
    world.run(lambda: api.confirmed == 1000)
    assert world.desk.asked == ["pause"]


def test_the_end_does_not_wait_for_a_long_poll(api: TelegramServer, world: World) -> None:
    began = time.monotonic()
    world.run(lambda: api.pollers > 0)
    assert time.monotonic() - began < 3


def test_another_poller_ends_polling_with_an_explanation(api: TelegramServer, world: World) -> None:
    api.is_polled_elsewhere = True
    world.run(lambda: False)
    assert len(world.waits) == CONFLICTS - 1
    (remark,) = world.remarks
    assert remark.event == "conflict"
    assert "another program polls" in remark.what
    assert "alerts are still sent" in remark.what


def test_one_conflict_is_our_own_last_request_and_is_waited_out(api: TelegramServer, world: World) -> None:
    api.is_polled_elsewhere = True
    api.says("/status")
    original = world.wait

    async def freed(seconds: float) -> None:
        api.is_polled_elsewhere = False
        await original(seconds)

    world.wait = freed  # type: ignore[method-assign]
    world.run(world.said(1))
    assert world.desk.asked == ["status"]
    assert world.remarks == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("getUpdates"), Fault("getUpdates", (500, "oops")), Fault("getUpdates", (200, "<html>")), Fault("getUpdates", BUSY),
        Fault("getUpdates", (200, '{"ok":true,"result":[{"message":3}]}')), Fault("getUpdates", (200, '{"ok":true,"result":7}')),
    ],
)  # fmt: skip
def test_what_fails_is_asked_again_after_growing_waits_and_told_once(
    api: TelegramServer, world: World, fault: Fault
) -> None:
    api.faults += [Fault(fault.method, fault.answer) for _ in range(4)]
    api.says("/status")
    world.run(world.said(1))
    assert world.desk.asked == ["status"]
    assert [one.event for one in world.remarks] == ["polling_failed", "polling_again"]
    assert 0.5 <= world.waits[0] <= 1.5
    assert all(
        0.5 * base <= wait <= 1.5 * base for base, wait in zip((1, 2, 5, 15), world.waits, strict=True)
    )


def test_an_unknown_token_ends_the_bot_with_what_to_do(api: TelegramServer, world: World) -> None:
    world.token = "4821:wrong-token"
    with pytest.raises(ConfigFault, match="does not know the bot's token") as caught:
        world.run(lambda: False)
    assert "wrong-token" not in str(caught.value)


@pytest.mark.parametrize(
    "answer", [None, (403, '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked"}')]
)
def test_an_answer_that_cannot_be_sent_is_remarked_on_and_not_repeated(
    api: TelegramServer, world: World, answer: tuple[int, str] | None
) -> None:
    api.faults.append(Fault("sendMessage", answer))
    api.says("/status")
    api.says("/locks")
    world.run(world.said(1))
    assert [one.text for one in api.messages] == ["locks"]
    assert [one.event for one in world.remarks] == ["unanswered"]


def test_no_log_line_of_any_library_holds_the_token(
    api: TelegramServer, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    api.faults += [Fault("getUpdates"), Fault("getUpdates", (500, "oops")), Fault("sendMessage")]
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().setLevel(logging.DEBUG)
        for text in ("/status", "/locks", "/why"):
            api.says(text)
        world.run(world.said(2))
        with suppress(ConfigFault):
            World(api, world.store, TOKEN + "x").run(lambda: False)
    ours = [record for record in caplog.records if not record.name.startswith("aiohttp")]
    assert [
        record.name for record in ours if TOKEN in f"{record.getMessage()} {record.args} {record.exc_text}"
    ] == []
    assert TOKEN not in repr(world.remarks)


async def with_bot(api: TelegramServer, work: Callable[..., Awaitable[object]], token: str = TOKEN) -> object:
    bot = connect(Access(token, ("77",), api.base_url))
    try:
        return await work(bot)
    finally:
        await disconnect(bot)


def test_who_gives_the_code_is_linked_and_nobody_else(api: TelegramServer) -> None:
    for text, user, chat in (
        ("/start", 66, 66), ("/start 0000", 66, 66), ("abcd", 66, 66), ("/start abcd", 77, -500), ("/start abcd", 66, 66),
    ):  # fmt: skip
        api.says(text, user_id=user, chat_id=chat)
    found = asyncio.run(with_bot(api, lambda bot: linked(bot, "abcd", lambda: False)))
    assert (found.user, found.address, found.kind) == (77, "-500", "group")  # type: ignore[attr-defined]
    assert api.confirmed == 1003


def test_nobody_is_linked_when_the_time_is_over(api: TelegramServer) -> None:
    assert asyncio.run(with_bot(api, lambda bot: linked(bot, "abcd", lambda: True))) is None


def test_getting_acquainted_fails_in_plain_words(api: TelegramServer) -> None:
    assert asyncio.run(with_bot(api, username)) == "sniper_test_bot"
    with pytest.raises(ConfigFault):
        asyncio.run(with_bot(api, username, "4821:wrong"))
    api.faults.append(Fault("getMe"))
    with pytest.raises(TransportFault):
        asyncio.run(with_bot(api, username))
    with pytest.raises(NotifyFault, match="Chat not found"):
        asyncio.run(with_bot(api, lambda bot: greet(bot, "12345", "hello")))
    api.is_polled_elsewhere = True
    with pytest.raises(ConfigFault, match="another program"):
        asyncio.run(with_bot(api, lambda bot: linked(bot, "abcd", lambda: False)))


def test_a_picture_is_sent_with_its_words(
    api: TelegramServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.models.desk import Answer

    monkeypatch.setattr(world.desk, "status", lambda: Answer("BTC", ("words " * 400,), picture=PNG + b"x"))
    api.says("/status")
    world.run(world.said(2))
    head, rest = api.messages
    assert (head.photo, head.text) == (PNG + b"x", "BTC")
    assert rest.text.startswith("words words")
