"""``doctor`` on the channels: what is well, and a fix for each thing that is not; nothing is sent meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from engine.commands import doctor_telling
from engine.commands.doctor_telling import alerts, telegram, webhook
from shared.config.layers import Leaf, Tree
from shared.config.settings import Settings, build_settings
from shared.errors import DamagedJournal
from shared.models.health import Finding, Verdict
from shared.models.outbox import Terms
from tests.fixtures.memory_channel import MemoryChannel, busy, refuse
from tests.servers.hook import running
from tests.servers.telegram import TOKEN, Fault, TelegramServer
from tests.unit.engine.commands.test_alerts import send_all

TELEGRAM_TOKEN = {"SNIPERSIGHT_TELEGRAM_TOKEN": TOKEN}


@pytest.fixture
def api() -> Iterator[TelegramServer]:
    with TelegramServer() as running_api:
        yield running_api


def settings(**tables: Mapping[str, object]) -> Settings:
    tree: Tree = {
        name: {key: Leaf(value, "test") for key, value in table.items()} for name, table in tables.items()
    }
    return build_settings((tree,), ("binance",))


def asked(api: TelegramServer, *chats: str, **environ: str) -> Finding:
    said = settings(telegram={"chats": list(chats), "base_url": api.base_url})
    (found,) = telegram(said, environ or TELEGRAM_TOKEN)
    return found


def test_a_bot_that_reaches_its_chats_is_well_and_sends_nothing(api: TelegramServer) -> None:
    found = asked(api, "77", "-100600:5")
    assert (found.verdict, found.measured) == (Verdict.OK, "@sniper_test_bot answers, 2 of 2 chats reached")
    assert api.messages == []


def test_a_chat_that_never_pressed_start_is_named_with_what_to_do(api: TelegramServer) -> None:
    found = asked(api, "77", "4242")
    assert found.verdict is Verdict.FAIL
    assert found.measured.startswith("@sniper_test_bot answers, 1 of 2 chats reached; 4242: ")
    assert "press START" in found.advice


def test_a_wrong_token_is_told_from_a_bot_that_cannot_be_asked(api: TelegramServer) -> None:
    api.faults.append(Fault("getMe", (401, '{"ok":false,"error_code":401,"description":"Unauthorized"}')))
    assert "@BotFather" in asked(api, "77").advice
    api.faults.append(Fault("getMe", (502, "<html>")))
    found = asked(api, "77")
    assert (found.verdict, "network" in found.advice) == (Verdict.FAIL, True)
    assert TOKEN not in found.measured
    assert "no token" in asked(api, "77", NOTHING="1").measured
    assert asked(api, "77", SNIPERSIGHT_TELEGRAM_TOKEN_FILE="/nowhere").verdict is Verdict.FAIL


def test_a_token_with_the_end_of_a_line_behind_it_is_that_token(api: TelegramServer) -> None:
    assert asked(api, "77", SNIPERSIGHT_TELEGRAM_TOKEN=f"{TOKEN}\r\n").verdict is Verdict.OK


def test_no_row_is_shown_of_what_is_not_set() -> None:
    assert telegram(settings(), {}) == ()
    assert webhook(settings(), {}) == ()


def test_the_way_to_a_webhook_is_looked_at() -> None:
    with running("canary-secret-0123456789") as remote:
        said = settings(notify={"webhook_url": f"{remote.url}/hook"})
        (unsigned,) = webhook(said, {})
        (signed,) = webhook(said, {"SNIPERSIGHT_WEBHOOK_SECRET": "canary-secret-0123456789"})
        assert remote.arrivals() == []
    assert (unsigned.verdict, signed.verdict) == (Verdict.WARN, Verdict.OK)
    (gone,) = webhook(settings(notify={"webhook_url": "http://127.0.0.1:9/"}), {})
    assert (gone.verdict, gone.measured) == (Verdict.FAIL, "cannot be reached (ConnectionRefusedError)")
    (plain,) = webhook(settings(notify={"webhook_url": "http://example.org/"}), {})
    assert "must be https" in plain.measured


@pytest.mark.parametrize(
    ("answer", "measured", "verdict"),
    [
        (refuse, "0 waiting, 3 dead, 0 held, 0 done", Verdict.WARN),
        (busy, "3 waiting, 0 dead, 0 held, 0 done", Verdict.OK),
    ],
)
def test_alerts_that_only_a_person_can_settle_are_a_warning(
    tmp_path: Path, answer: Callable[..., object], measured: str, verdict: Verdict
) -> None:
    environ = {"SNIPERSIGHT_HOME": str(tmp_path)}
    assert alerts(settings(), environ)[0].measured == "nothing told yet"
    assert not (tmp_path / "data").exists()
    send_all(tmp_path, MemoryChannel(answer=answer), Terms(), 3)  # type: ignore[arg-type]
    (found,) = alerts(settings(), environ)
    assert (found.measured, found.verdict) == (measured, verdict)


def test_a_damaged_journal_is_a_failure_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_all(tmp_path, MemoryChannel(), Terms())

    def broken(environ: Mapping[str, str]) -> object:
        raise DamagedJournal("journal: record 3 is not what was written", "put a backup back")

    monkeypatch.setattr(doctor_telling, "open_outbox", broken)
    (found,) = alerts(settings(), {"SNIPERSIGHT_HOME": str(tmp_path)})
    assert (found.verdict, found.advice) == (Verdict.FAIL, "put a backup back")
