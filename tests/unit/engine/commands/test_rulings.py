"""A decision on a setup: one for good, on the plan that was shown, while it may be taken."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bot.notifications.authorisation import Guests
from bot.notifications.reception import VERDICTS, House, Reception
from bot.notifications.telegram_parcels import nonce_of
from data.bot_store import SqliteBotStore
from data.outbox_store import SqliteOutbox
from engine.commands.app import run
from engine.commands.desk import EngineDesk
from engine.commands.edges import SystemClock, exchange_names, open_journal, open_store
from engine.commands.flags import Flags
from engine.commands.locks import open_locks
from engine.commands.notify import noise_of, open_bot_store, open_outbox, telling_of
from engine.commands.rulings import plan_hash
from engine.commands.settings import configure
from engine.commands.signs import put_signs
from risk.audit_pipeline import check_chain
from shared.errors import ConfigFault, NotFound
from shared.models.data import Market
from shared.models.desk import Decision, Verdict
from shared.models.journal import Batch, Entry, RecordKind
from shared.models.outbox import Fate
from shared.models.risk import Lock
from shared.models.timeframe import from_iso
from tests.fixtures.hand_desk import HandVoice
from tests.servers.telegram import TOKEN

STANDS_MS = 1_794_153_600_000
DAY_MS = 86_400_000
BTC_MARKET = Market(
    "binance", "BTC/USDT", "BTCUSDT", "BTC", "USDT", "spot", Decimal("0.1"), Decimal("0.001"), Decimal(5), True, "exchange",
)  # fmt: skip
SCHEMA = Path(__file__).parents[4] / "docs" / "schema" / "snipersight.record-1.schema.json"
MORE = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"


class World:
    """One demo scan that was told of, and the desk at which it is decided on."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ms = STANDS_MS + 60_000
        monkeypatch.setattr(SystemClock, "now_ms", lambda _: self.now_ms)
        self.environ = {
            "SNIPERSIGHT_HOME": str(home),
            "SNIPERSIGHT_TELEGRAM_TOKEN": TOKEN,
            "SNIPERSIGHT_TELEGRAM__CHATS": "77",
            "SNIPERSIGHT_TELEGRAM__BASE_URL": "http://127.0.0.1:9/bot",
            "SNIPERSIGHT_NOTIFY__PATIENCE_S": "0",
            "SNIPERSIGHT_NOTIFY__CHARTS": "false",
            "SNIPERSIGHT_EXCHANGE": "demo",
        }
        for name, value in self.environ.items():
            monkeypatch.setenv(name, value)
        self.kicks: list[int] = []
        flags = Flags(symbols=("XRP/USDT,WIF/USDT,LTC/USDT",))
        configured = configure(flags, self.environ, exchange_names())
        self.settings = configured.settings
        self.desk = EngineDesk(configured, flags, self.environ, lambda: self.kicks.append(1))

    def plans(self) -> list[dict[str, Any]]:
        with open_journal(self.environ) as journal:
            return [record.content for record in journal.named(RecordKind.PLAN)]

    def verdicts(self) -> list[dict[str, Any]]:
        with open_journal(self.environ) as journal:
            records = list(journal.records())
            check_chain(records, journal.head())
            SqliteOutbox(journal).examine()
        return [record.content for record in records if record.kind is RecordKind.VERDICT]

    def edits(self) -> list[str]:
        with open_outbox(self.environ) as outbox:
            return [row.body for row in outbox._rows("verb='edit'")]

    def decide(self, fingerprint: str, verdict: Verdict = Verdict.APPROVED, update_id: int = 7) -> str:
        answer = self.desk.decide(Decision(fingerprint, verdict, 77, 77, update_id))
        return ". ".join((answer.title, *answer.lines))


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which that scan was told of once."""
    home = tmp_path_factory.mktemp("scanned")
    with pytest.MonkeyPatch.context() as patch:
        World(home, patch).desk.scan()
    return home


@pytest.fixture
def world(scanned: Path, fresh: World) -> World:
    shutil.copytree(scanned, fresh.environ["SNIPERSIGHT_HOME"], dirs_exist_ok=True)
    return fresh


@pytest.mark.checkout
def test_an_approval_is_recorded_with_the_hash_of_the_plan_and_edits_the_head(world: World) -> None:
    plan = world.plans()[0]
    told = world.decide(plan["id"])
    digest = plan_hash(plan)
    assert told == f"Approved: {plan['symbol']} plan {digest[:16]}. Nothing was sent to an exchange"
    assert world.verdicts() == [
        {"verdict": "approved", "user": 77, "chat": 77, "update_id": 7, "plan_digest": digest}
    ]
    with open_journal(world.environ) as journal:
        record = journal.newest_of(plan["id"], RecordKind.VERDICT)
    assert record is not None
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(record.document)
    (body,) = world.edits()
    assert "armed: approved" in body
    assert "Approve" not in {button["text"] for row in json.loads(body)["buttons"] for button in row}
    assert len(world.kicks) == 1


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(Verdict.HALF, "armed: approved at half size"), (Verdict.SKIPPED, "skipped, still followed")],
)
def test_half_and_skip_are_recorded_too_and_a_skipped_setup_stays_open(
    world: World, verdict: Verdict, status: str
) -> None:
    fingerprint = world.plans()[0]["id"]
    assert world.decide(fingerprint, verdict).startswith(verdict.capitalize())
    assert [one["verdict"] for one in world.verdicts()] == [verdict]
    assert status in world.edits()[0]
    assert len(world.desk.open_symbols()) == len(world.plans())
    assert any(str(verdict) in line for line in world.desk.signals().lines)


def test_the_first_decision_stands_and_its_own_repetition_says_the_same(world: World) -> None:
    fingerprint = world.plans()[0]["id"]
    first = world.decide(fingerprint, update_id=7)
    assert world.decide(fingerprint, update_id=7) == first
    assert world.decide(fingerprint, Verdict.SKIPPED, 8).startswith("Already approved")
    assert len(world.verdicts()) == 1
    assert len(world.edits()) == 1


def test_presses_at_once_make_one_decision(world: World) -> None:
    fingerprint = world.plans()[0]["id"]
    verdicts = [*Verdict] * 2
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda at: world.decide(fingerprint, verdicts[at], 100 + at), range(6)))
    assert sum(not text.startswith("Already") for text in told) == 1
    assert len(world.verdicts()) == 1


PRESSES = st.tuples(
    st.sampled_from("ahs"), st.sampled_from((77, 77, 77, 66)), st.sampled_from((True, True, True, False))
)
STEPS = st.lists(
    st.one_of(PRESSES, PRESSES, st.sampled_from(("again", "restart", "a day passes"))),
    min_size=1,
    max_size=10,
)


@settings(max_examples=200 if MORE else 8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_pressed_the_first_valid_press_of_a_listed_person_decides(
    steps: list[Any], scanned: Path, memory_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model with one variable, the verdict that stands, against the bot with its real memory and journal."""
    home = Path(tempfile.mkdtemp(dir=memory_folder))
    shutil.copytree(scanned, home, dirs_exist_ok=True)
    world = World(home, monkeypatch)
    plan = world.plans()[0]
    valid_until_ms = from_iso(plan["valid_until"])
    house = House("4821", "bot", Guests.of(("77",), ("77", "66")), TOKEN)
    standing, update, number, voice = "", {}, 100, HandVoice()

    def reception(store: SqliteBotStore) -> Reception:
        return Reception(house, world.desk, voice, store, SystemClock(), remark=lambda _: None, clean=str)

    with closing(SqliteBotStore(home / "bot.sqlite3")) as store:
        bot = reception(store)
        for step in steps:
            if step == "restart":
                bot = reception(store)
                continue
            if step == "a day passes":
                world.now_ms += DAY_MS
                continue
            if step != "again":
                letter, user, is_right = step
                number += 1
                nonce = nonce_of(TOKEN, plan["id"], letter) if is_right else "0" * 10
                under = {"message_id": 1, "date": 1, "chat": {"id": user, "type": "private"}}
                person = {"id": user, "is_bot": False}
                press = {
                    "id": "1",
                    "from": person,
                    "message": under,
                    "data": f"{letter}:{plan['id']}:{nonce}",
                }
                update = {"update_id": number, "callback_query": press}
                if is_right and user == 77 and world.now_ms < valid_until_ms:
                    standing = standing or str(VERDICTS[letter])
            if update:
                asyncio.run(bot.receive(update))
    assert [one["verdict"] for one in world.verdicts()] == ([standing] if standing else [])


def _expire(world: World, plan: dict[str, Any]) -> None:
    world.now_ms += 4 * DAY_MS


def _kill(world: World, plan: dict[str, Any]) -> None:
    (Path(world.environ["SNIPERSIGHT_HOME"]) / "data" / "KILL").touch()


def _lock(world: World, plan: dict[str, Any]) -> None:
    with open_locks(world.environ) as store:
        store.add(Lock(plan["side"], "by hand", "too hot", 1, world.now_ms + DAY_MS, 0.0, 0.0, ""))


def _enter(world: World, plan: dict[str, Any]) -> None:
    with open_journal(world.environ) as journal:
        content = {"ending": "open", "states": ["entered"]}
        journal.append(Batch("", "", "", "", (Entry(RecordKind.OUTCOME, content, plan["id"]),)), world.now_ms)


@pytest.mark.parametrize(
    ("happens", "why", "may_skip"),
    [
        (_expire, "the plan was valid until", False),
        (_kill, "the kill switch is set", True),
        (_lock, "locked: ", True),
        (_enter, "would chase the price", True),
    ],
)
def test_what_may_not_be_approved_is_not_and_says_why(
    world: World, happens: Callable[[World, dict[str, Any]], None], why: str, may_skip: bool
) -> None:
    plan = world.plans()[0]
    happens(world, plan)
    for verdict in (Verdict.APPROVED, Verdict.HALF):
        assert why in world.decide(plan["id"], verdict)
    assert world.verdicts() == []
    assert world.decide(plan["id"], Verdict.SKIPPED).startswith("Skipped") is may_skip


def test_an_unknown_setup_cannot_be_decided_on(world: World) -> None:
    with pytest.raises(NotFound):
        world.decide("nothing")


def test_while_paused_setups_are_recorded_not_told_and_told_after_resume(fresh: World) -> None:
    fresh.desk.pause()
    assert "paused" in fresh.desk.scan().lines[-1]
    with open_outbox(fresh.environ) as outbox:
        assert outbox.letters(*Fate) == ()
    plans = fresh.plans()
    assert plans
    assert any("paused since" in line for line in fresh.desk.status().lines)
    assert fresh.desk.resume().title == "New setups are told again"
    assert fresh.desk.resume().title == "It was not paused"
    fresh.now_ms += 60_000
    fresh.desk.scan()
    with open_outbox(fresh.environ) as outbox:
        assert len({row.fingerprint for row in outbox._rows("1")}) == len(plans)


def test_a_muted_symbol_is_recorded_not_told_until_its_time_is_over(fresh: World) -> None:
    fresh.desk.mute("xrp", 1.5)
    fresh.desk.scan()
    told = {plan["id"]: plan["symbol"] for plan in fresh.plans()}
    with open_outbox(fresh.environ) as outbox:
        assert {told[row.fingerprint] for row in outbox._rows("1")} == set(told.values()) - {"XRP/USDT"}
    assert any("XRP/USDT muted until" in line for line in fresh.desk.status().lines)
    assert noise_of(fresh.settings, "balanced", fresh.environ).muted == {"XRP/USDT"}
    fresh.now_ms += 5_400_000
    assert noise_of(fresh.settings, "balanced", fresh.environ).muted == frozenset()
    fresh.desk.mute("XRP/USDT", 2)
    assert fresh.desk.mute("XRP/USDT", 0).title == "XRP/USDT is told of again"
    assert noise_of(fresh.settings, "balanced", fresh.environ).muted == frozenset()


@pytest.mark.parametrize("hours", [-1, float("nan"), float("inf"), 721])
def test_a_time_that_is_none_mutes_nothing(fresh: World, hours: float) -> None:
    with pytest.raises(ConfigFault):
        fresh.desk.mute("BTC", hours)


def test_a_symbol_that_is_not_listed_is_not_muted(fresh: World) -> None:
    real = replace(fresh.desk.configured, settings=replace(fresh.settings, exchange="binance"))
    desk = replace(fresh.desk, configured=real)
    with open_store(fresh.environ) as store:
        store.save_markets({"BTC/USDT": BTC_MARKET})
    with pytest.raises(NotFound, match="Did you mean 'BTC/USDT'"):
        desk.mute("BTV", 1)
    assert desk.mute("btc", 1).title.startswith("BTC/USDT is muted")


def test_a_file_is_no_symbol(fresh: World, tmp_path: Path) -> None:
    (tmp_path / "symbols").write_text("BTC/USDT")
    for ask in (
        fresh.desk.why,
        lambda given: fresh.desk.chart(given, ""),
        lambda given: fresh.desk.mute(given, 1),
    ):
        with pytest.raises(ConfigFault, match="not a symbol"):
            ask(f"@{tmp_path / 'symbols'}")


def test_an_empty_house_says_so(fresh: World) -> None:
    assert "last scan: nothing is journaled yet" in fresh.desk.status().lines
    assert fresh.desk.signals().lines[0] == "none"
    assert fresh.desk.locks().lines == ("nothing is locked",)
    assert fresh.desk.open_symbols() == ()
    with pytest.raises(NotFound):
        fresh.desk.plan("nothing")
    assert not list(Path(fresh.environ["SNIPERSIGHT_HOME"]).rglob("journal*"))


def test_status_and_locks_tell_what_holds(world: World) -> None:
    _lock(world, {"side": "long"})
    _kill(world, {})
    status = world.desk.status().lines
    assert "demo, profile balanced" in status
    assert f"open setups: {len(world.plans())}" in status
    assert any(line.startswith("outbox: ") and "pending" in line for line in status)
    assert world.desk.locks().lines[0].startswith("the kill switch is set")
    assert world.desk.locks().lines[1].startswith("long: too hot")


def test_setups_of_the_demo_market_rest_no_real_symbol_and_count_in_no_sign_of_life(
    world: World,
) -> None:
    for exchange, known in (("demo", {"XRP/USDT", "WIF/USDT", "LTC/USDT"}), ("binance", set())):
        chosen = replace(world.settings, exchange=exchange)
        assert set(telling_of(chosen, "balanced", world.environ).remember().last_ms) == known
    notify = replace(world.settings.notify, heartbeat_hours=24.0)
    put_signs(
        replace(world.settings, notify=notify),
        telling_of(world.settings, "balanced", world.environ),
        world.environ,
    )
    with open_outbox(world.environ) as outbox:
        bodies = [row.body for row in outbox._rows("verb='send'")]
    assert any("0 setups open" in body for body in bodies)


def test_a_setup_that_nobody_was_told_of_lets_no_symbol_rest(
    fresh: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["scan", "-e", "demo", "-s", "XRP/USDT,WIF/USDT,LTC/USDT", "--journal"]) == 0
    capsys.readouterr()
    demo = replace(fresh.settings, exchange="demo")
    assert telling_of(demo, "balanced", fresh.environ).remember().last_ms == {}
    assert fresh.plans()


def test_a_pause_of_the_bot_holds_for_scans_of_the_command_line(
    fresh: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_bot_store(fresh.environ) as store:
        store.pause(5)
    assert run(["scan", "-e", "demo", "-s", "XRP/USDT,WIF/USDT,LTC/USDT", "--notify"]) == 0
    capsys.readouterr()
    with open_outbox(fresh.environ) as outbox:
        assert outbox.letters(*Fate) == ()
    assert fresh.plans()
