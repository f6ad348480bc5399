"""The bot as a process of its own against a Bot API on the loopback: asked, decided, stopped, killed, and beside ``watch``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from data.journal import SqliteJournal
from data.outbox_store import SqliteOutbox
from engine.commands.app import run
from engine.commands.edges import SystemClock
from risk.audit_pipeline import chain, check_chain
from shared.models.journal import RecordKind
from tests.servers.market import DAY, ServedMarket
from tests.servers.telegram import PNG, TOKEN, Sent, TelegramServer
from tests.servers.ticking import TickingBinance

STANDS_MS = 1_794_153_660_000
"""A minute after the demo's newest close: its plans are fresh then."""
AHEAD_MS = STANDS_MS - time.time_ns() // 1_000_000
"""By how much the clock of a bot stands ahead."""
LEASE_MS = 60_000
SYMBOLS = "XRP/USDT,WIF/USDT"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def api() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running


def bot_environ(api: TelegramServer, home: Path) -> dict[str, str]:
    return {
        "SNIPERSIGHT_HOME": str(home),
        "SNIPERSIGHT_TELEGRAM_TOKEN": TOKEN,
        "SNIPERSIGHT_TELEGRAM__BASE_URL": api.base_url,
        "SNIPERSIGHT_TELEGRAM__CHATS": "77",
        "SNIPERSIGHT_TELEGRAM__USERS": "77",
    }


class Bot:
    """A process, and how people speak with it. Its clock stands at the demo's time."""

    def __init__(self, api: TelegramServer, home: Path, *command: str, **more: str) -> None:
        self.api, self.home = api, home
        self.offset_ms = int(more.get("BOT_CLOCK_MS", AHEAD_MS))
        clock = {"BOT_CLOCK_MS": str(self.offset_ms)}
        environ = os.environ | bot_environ(api, home) | clock | more
        call = [sys.executable, "-m", "tests.fixtures.bot_process", *command]
        self.process = subprocess.Popen(
            call, env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def says(self, text: str, **more: Any) -> int:
        return self.api.says(text, date=(time.time_ns() // 1_000_000 + self.offset_ms) // 1000, **more)

    def until(self, holds: Callable[[], object], within_s: float = 60) -> None:
        ends_s = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < ends_s, (self.api.messages, self.process.poll())
            time.sleep(0.02)

    def asked(self, text: str) -> Sent:
        """The first answer to a text."""
        said = 900_000 + self.says(text)
        self.until(lambda: [one for one in self.api.messages if one.reply_to == said])
        return next(one for one in self.api.messages if one.reply_to == said)

    def pressed(self, message: Sent, text: str) -> str:
        before = len(self.api.answered)
        self.api.presses(message, message.button(text)["callback_data"])
        self.until(lambda: len(self.api.answered) > before)
        return self.api.answered[before][1]

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@contextmanager
def running(api: TelegramServer, home: Path, *command: str, **more: str) -> Iterator[Bot]:
    bot = Bot(api, home, *command, **more)
    try:
        yield bot
    finally:
        if bot.process.poll() is None:
            bot.process.kill()
        bot.process.wait()
        for stream in (bot.process.stdout, bot.process.stderr):
            if stream:
                stream.close()


def verdicts(home: Path) -> list[dict[str, Any]]:
    """What was decided; the chain and the outbox are whole."""
    with closing(SqliteJournal(home / "data" / "journal.sqlite3", chain)) as journal:
        records = list(journal.records())
        check_chain(records, journal.head())
        SqliteOutbox(journal).examine()
    return [record.content for record in records if record.kind is RecordKind.VERDICT]


def test_it_answers_scans_decides_and_stops(api: TelegramServer, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with running(api, tmp_path, "bot", "-e", "demo", "-s", SYMBOLS, "-vv", "--log-json", str(log)) as bot:
        assert "/chart SYMBOL [TF]" in bot.asked("/help").text
        api.says("/pause", user_id=66, chat_id=66)
        assert "XRP/USDT · SHORT" in bot.asked("/why XRP").text
        picture = bot.asked("/chart XRP 1h")
        assert picture.photo.startswith(PNG)
        assert picture.text.startswith("XRP/USDT 1h")
        assert "Did you mean WIF/USDT" in bot.asked("/why WIFF").text
        assert "2 plans" in bot.asked("/scan").text

        bot.until(lambda: len([one for one in api.messages if "Approve" in one.button_texts]) == 2)
        head = next(one for one in api.messages if "Approve" in one.button_texts)
        told = bot.pressed(head, "Approve")
        assert told.startswith("Approved: ")
        assert "Nothing was sent to an exchange" in told
        bot.until(lambda: "armed: approved" in api._find(77, head.message_id).text)
        assert "Approve" not in api._find(77, head.message_id).button_texts
        assert bot.pressed(head, "Skip").startswith("Already approved: ")
        assert "open setups: 2" in bot.asked("/status").text

        began_s = time.monotonic()
        bot.process.send_signal(signal.SIGTERM)
        code, out, err = bot.ended()
        assert (code, time.monotonic() - began_s < 10) == (0, True)
    assert [one["verdict"] for one in verdicts(tmp_path)] == ["approved"]
    assert api.to(66) == []
    assert err.count("a person who is not in telegram.users (user 66, chat 66)") == 1
    for text in (out, err, log.read_text(), *(one.text for one in api.messages)):
        assert TOKEN not in text


def test_killed_between_a_decision_and_its_mark_it_is_taken_once(
    api: TelegramServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bot_environ(api, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: time.time_ns() // 1_000_000 + AHEAD_MS)
    assert run(["scan", "-e", "demo", "-s", SYMBOLS, "--notify", "-q"]) == 0
    head = next(one for one in api.messages if "Approve" in one.button_texts)
    api.presses(head, head.button("Half")["callback_data"])
    command = ("bot", "-e", "demo", "-s", SYMBOLS)
    with running(api, tmp_path, *command, BOT_DIES_AFTER_DECIDING="1") as bot:
        assert bot.process.wait(30) == -signal.SIGKILL
    later = str(AHEAD_MS + LEASE_MS)
    with running(api, tmp_path, *command, BOT_CLOCK_MS=later) as bot:
        bot.until(lambda: len(api.answered) == 2)
        bot.until(lambda: "armed: approved at half size" in api._find(77, head.message_id).text)
    assert len({text for _, text in api.answered}) == 1
    assert run(["audit", "verify"]) == 0
    assert [one["verdict"] for one in verdicts(tmp_path)] == ["approved at half size"]


def test_where_another_program_polls_it_says_so_and_goes_on_sending(
    api: TelegramServer, tmp_path: Path
) -> None:
    api.is_polled_elsewhere = True
    with running(api, tmp_path, "bot", "-e", "demo") as bot:
        assert bot.process.stderr is not None
        lines = [bot.process.stderr.readline() for _ in range(2)]
        assert "listening as @sniper_test_bot" in lines[0]
        assert "another program polls with this bot's token" in lines[1]
        assert bot.process.poll() is None
        bot.process.send_signal(signal.SIGINT)
        assert bot.ended()[0] == 130


def test_beside_watch_its_end_is_told_and_the_watch_goes_on(
    api: TelegramServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    close = 1_722_600_000_000
    market = ServedMarket.synthetic(["BTC/USDT", "ETH/USDT"], close - 400 * DAY, close + DAY)
    which = ("watch", "--bot", "-s", "BTC/USDT,ETH/USDT")
    with TickingBinance(market, close + 60_000) as server:
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", server.base_url)
        with running(api, tmp_path, *which, BOT_CLOCK_MS="0") as bot:
            assert "binance, profile balanced" in bot.asked("/status").text
            bot.process.send_signal(signal.SIGTERM)
            code, _, err = bot.ended()
            assert code == 0, err
        for name, value in bot_environ(api, tmp_path / "other").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SNIPERSIGHT_TELEGRAM_TOKEN", "4821:wrong-token-wrong-token")
        code = run([*which, "--rounds", "1"])
    err = capsys.readouterr().err
    assert code == 0, err
    assert "! bot: ended: Telegram does not know the bot's token" in err
    assert "2/2 symbols" in err
    assert "wrong-token" not in err


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "the bot has no token"),
        ({"TELEGRAM_TOKEN": TOKEN, "TELEGRAM__CHATS": "77"}, "nobody may ask the bot"),
        ({"TELEGRAM_TOKEN": TOKEN, "TELEGRAM__USERS": "77"}, "nobody may ask the bot"),
        (
            {
                "TELEGRAM_TOKEN": TOKEN,
                "TELEGRAM__USERS": "77",
                "TELEGRAM__CHATS": "77",
                "NOTIFY__TEMPLATES": "/nowhere",
            },
            "is no folder",
        ),
    ],
)
def test_without_token_or_people_it_does_not_start(
    settings: dict[str, str],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"SNIPERSIGHT_{name}", value)
    assert run(["bot", "-e", "demo"]) == 2
    assert problem in capsys.readouterr().err


def test_linking_shows_what_to_set_and_a_test_reaches_every_chat(
    api: TelegramServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNIPERSIGHT_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("SNIPERSIGHT_TELEGRAM__BASE_URL", api.base_url)
    monkeypatch.setattr("secrets.token_hex", lambda _: "4821abcd")
    assert run(["telegram", "test"]) == 2
    assert run(["telegram", "link", "--wait", "1"]) == 30
    api.says("/start 4821abcd")
    capsys.readouterr()
    assert run(["telegram", "link"]) == 0
    out, err = capsys.readouterr()
    assert out == '[telegram]\nusers = ["77"]\nchats = ["77"]\n'
    assert "https://t.me/sniper_test_bot?start=4821abcd" in err
    monkeypatch.setenv("SNIPERSIGHT_TELEGRAM__CHATS", "77,12345")
    assert run(["telegram", "test"]) == 30
    out, _ = capsys.readouterr()
    assert out.splitlines()[0] == "77\tok"
    assert out.splitlines()[1].startswith("12345\tchat 12345: Chat not found")
    assert [one.text.split(":")[0] for one in api.messages] == ["SniperSight"] * 2
    assert TOKEN not in out + err
