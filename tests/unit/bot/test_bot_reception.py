"""The bot takes up each update at most once: what is asked, decided, repeated, late, forged or broken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.notifications.authorisation import Guests
from bot.notifications.reception import AGE_LIMIT_MS, MARK_LIVES_MS, House, Reception
from bot.notifications.telegram_parcels import nonce_of
from bot.ui.documents import plan_document
from data.bot_store import SqliteBotStore
from shared.errors import DataFault, StorageFault
from shared.models.desk import Decision, Mark, Remark, Verdict
from tests.fixtures.hand_desk import HandClock, HandDesk, HandVoice
from tests.fixtures.hand_scan import BTC

SECRET = "4821:AAE-not_a_real_token"
HOUSE = House("4821", "sniper_test_bot", Guests.of(("77", "78"), ("77", "78", "-500")), SECRET)
FORTY = "f" * 12


class World:
    """A reception with hands for everything around it."""

    def __init__(self, path: Path) -> None:
        self.desk = HandDesk({FORTY: plan_document(BTC)})
        self.voice, self.clock = HandVoice(), HandClock()
        self.remarks: list[Remark] = []
        self.store = SqliteBotStore(path / "bot.sqlite3")
        self.number = 1000
        self.start()

    def start(self) -> None:
        self.reception = Reception(
            HOUSE, self.desk, self.voice, self.store, self.clock,
            remark=self.remarks.append, clean=lambda text: text.replace(SECRET, "[hidden]"),
        )  # fmt: skip

    def says(self, text: str, user: int = 77, chat: int = 77, **more: Any) -> dict[str, Any]:
        self.number += 1
        message = {
            "message_id": 1,
            "date": self.clock.ms // 1000,
            "chat": {"id": chat, "type": "private" if chat > 0 else "group"},
            "from": {"id": user, "is_bot": False},
            "text": text,
            **more,
        }
        return {"update_id": self.number, "message": message}

    def presses(self, data: str, user: int = 77, chat: int = 77) -> dict[str, Any]:
        message = self.says("a plan", user, chat)["message"]
        press = {"id": "8", "from": {"id": user, "is_bot": False}, "message": message, "data": data}
        return {"update_id": self.number, "callback_query": press}

    def hear(self, *updates: dict[str, Any]) -> None:
        async def run() -> None:
            for update in updates:
                await self.reception.receive(update)
            await asyncio.gather(*self.reception._work)

        asyncio.run(run())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.desk.gate.set()
    with closing(made.store):
        yield made


def button(letter: str, fingerprint: str = FORTY) -> str:
    return f"{letter}:{fingerprint}:{nonce_of(SECRET, fingerprint, letter)}"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("/scan", "scan"), ("/signals", "signals"), ("/why BTC", "why BTC"), ("/chart BTC", "chart BTC"),
        ("/chart BTC 1h", "chart BTC 1h"), ("/status", "status"), ("/locks", "locks"), ("/pause", "pause"),
        ("/resume", "resume"), ("/mute BTC", "mute BTC 24"), ("/mute BTC 0", "mute BTC 0"),
    ],
)  # fmt: skip
def test_every_command_asks_the_desk_and_is_answered_once(world: World, text: str, asked: str) -> None:
    world.hear(world.says(text))
    assert (world.desk.asked, world.voice.said) == ([asked], [asked])


def test_a_missing_or_wrong_argument_is_answered_with_the_usage(world: World) -> None:
    world.hear(world.says("/why"), world.says("/mute BTC soon"), world.says("/scna"))
    assert [text.splitlines()[0] for text in world.voice.said] == [
        "/why SYMBOL",
        "/mute SYMBOL [HOURS]",
        "No such command",
    ]
    assert world.desk.asked == []


def test_what_is_no_command_is_not_answered(world: World) -> None:
    world.hear(world.says("hello"), world.says("/why@another_bot BTC"))
    assert (world.voice.said, world.remarks) == ([], [])


def test_strangers_get_no_answer_and_one_remark_without_their_words(world: World) -> None:
    world.hear(
        *(world.says(f"/pause my secret {number}", user=66, chat=66) for number in range(5)),
        world.presses(button("a"), user=66, chat=66),
        world.says("/pause", user=66, chat=-500),
        world.says("/status", forward_origin={"type": "user"}),
    )
    assert (world.desk.asked, world.desk.decided, world.voice.said, world.voice.notes) == ([], [], [], [])
    assert [(one.event, one.user, one.chat) for one in world.remarks] == [
        ("denied", 66, 66), ("denied", 66, -500), ("denied", 77, 77),
    ]  # fmt: skip
    assert "secret" not in repr(world.remarks)


def test_a_repeated_update_is_passed_over_also_after_a_restart(world: World) -> None:
    first, second = world.says("/status"), world.says("/locks")
    world.hear(first, first, second)
    world.start()
    world.hear(first, second)
    assert world.desk.asked == ["status", "locks"]


def test_a_command_older_than_the_limit_is_not_carried_out(world: World) -> None:
    old = world.says("/pause", date=(world.clock.ms - AGE_LIMIT_MS) // 1000 - 1)
    young = world.says("/resume", date=(world.clock.ms - AGE_LIMIT_MS) // 1000)
    world.hear(old, young)
    assert world.desk.asked == ["resume"]
    assert [one.event for one in world.remarks] == ["too_old"]


def test_a_command_without_a_time_is_too_old(world: World) -> None:
    world.hear(world.says("/pause", date=None))
    assert world.desk.asked == []


def test_after_a_quiet_week_lower_numbers_are_heard_again(world: World) -> None:
    world.hear(world.says("/status"))
    world.number = 5
    world.hear(world.says("/locks"))
    world.clock.ms += MARK_LIVES_MS
    world.hear(world.says("/signals"))
    assert world.desk.asked == ["status", "signals"]


@pytest.mark.parametrize(
    ("letter", "verdict"), [("a", Verdict.APPROVED), ("h", Verdict.HALF), ("s", Verdict.SKIPPED)]
)
def test_a_decision_reaches_the_desk_with_who_took_it(world: World, letter: str, verdict: Verdict) -> None:
    world.hear(world.presses(button(letter), user=78, chat=-500))
    assert world.desk.decided == [Decision(FORTY, verdict, 78, -500, world.number)]
    assert world.voice.notes == [str(verdict)]


@pytest.mark.parametrize(
    "data",
    [
        f"a:{FORTY}:0000000000", f"a:{FORTY}:", f"a:{FORTY}", "a::", "a", "", button("a").replace("a:", "h:", 1),
        button("a", "other").replace("other", FORTY), button("a") + "0", button("a")[:-1], button("a").upper(),
        f"a:{FORTY}:ü", "z:1:2",
    ],
)  # fmt: skip
def test_a_nonce_that_was_never_given_decides_nothing(world: World, data: str) -> None:
    world.hear(world.presses(data or "-"))
    assert world.desk.decided == []
    assert world.voice.notes == ["This button is not valid; nothing was done."]


def test_details_chart_and_offered_symbols_are_asked_by_button(world: World) -> None:
    world.hear(world.presses(f"w:{FORTY}"))
    assert "BTC/USDT · LONG" in world.voice.said[0]
    world.hear(world.presses(f"c:{FORTY}"))
    world.hear(world.presses("y:ETH/USDT"))
    assert world.desk.asked == ["chart BTC/USDT", "why ETH/USDT"]
    world.hear(world.presses("w:unknown"))
    assert "no setup of that name" in world.voice.notes[-1]


def test_a_question_is_marked_before_it_is_answered_a_decision_after(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(bot: str, mark: Mark) -> None:
        raise StorageFault("full")

    monkeypatch.setattr(world.store, "keep_mark", fails)
    with pytest.raises(StorageFault):
        world.hear(world.says("/pause"))
    assert world.desk.asked == []
    press = world.presses(button("a"))
    with pytest.raises(StorageFault):
        world.hear(press)
    monkeypatch.undo()
    world.start()
    world.hear(press)
    assert [one.update_id for one in world.desk.decided] == [world.number] * 2


def test_slow_questions_are_worked_on_one_at_a_time_beside_the_others(world: World) -> None:
    async def run() -> None:
        world.desk.gate.clear()
        await world.reception.receive(world.says("/scan"))
        await world.reception.receive(world.says("/pause"))
        await world.reception.receive(world.says("/why BTC"))
        assert world.voice.said[0] == "pause"
        assert world.voice.said[1].startswith("Busy with /scan")
        world.desk.gate.set()
        await asyncio.gather(*world.reception._work)
        await world.reception.receive(world.says("/why BTC"))
        await asyncio.gather(*world.reception._work)

    asyncio.run(run())
    assert world.voice.said[2:] == ["scan", "why BTC"]


def test_closing_does_not_wait_for_slow_work(world: World) -> None:
    async def run() -> None:
        world.desk.gate.clear()
        await world.reception.receive(world.says("/scan"))
        await world.reception.close()

    began = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - began < 2
    world.desk.gate.set()


def test_faults_are_told_in_plain_words_without_secrets(world: World) -> None:
    world.desk.fault = DataFault(f"no candles with {SECRET}", "Try later")
    world.hear(world.says("/why BTC"))
    assert world.voice.said == ["That cannot be done\nno candles with [hidden]\nTry later"]
    assert world.remarks == []


def test_a_defect_is_told_and_the_bot_goes_on(world: World) -> None:
    world.desk.fault = ZeroDivisionError(f"in {SECRET}")
    world.hear(world.says("/status"))
    world.desk.fault = None
    world.hear(world.says("/locks"))
    assert world.voice.said[0].startswith("That failed")
    assert world.voice.said[1] == "locks"
    assert [(one.event, one.what) for one in world.remarks] == [("failed", "ZeroDivisionError: in [hidden]")]


def test_the_house_does_not_show_its_secret() -> None:
    assert SECRET not in repr(HOUSE)
