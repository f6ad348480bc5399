"""``alerts``, ``alarm`` and ``signals``: what waits, what only a person settles, how setups stand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.notifications.delivery import Delivery
from bot.ui.signals import signals_json
from data.journal import SqliteJournal
from data.outbox_store import SqliteOutbox
from engine.commands.app import run
from engine.commands.edges import SystemClock
from engine.following.setups import setups_since
from engine.following.track import shown, track_record
from risk.audit_pipeline import chain, check_chain
from shared.models.journal import Batch, Entry, RecordKind
from shared.models.notifications import SetupState
from shared.models.outbox import Fate, Terms
from shared.models.statistics import Expectancy
from tests.fixtures.followed import on_binance, world
from tests.fixtures.hand_journal import NOW
from tests.fixtures.hand_scan import BTC as DEMO_BTC
from tests.fixtures.memory_channel import MemoryChannel, refuse, take, take_silently
from tests.unit.data.test_outbox import Standing, parcels

pytestmark = pytest.mark.checkout
"""Documents are held to their schemas, which lie in the checkout."""

SCHEMAS = Path(__file__).parents[4] / "docs" / "schema"
BTC = on_binance(DEMO_BTC)
HOUR = 3_600_000
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: NOW)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run([*arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def validated(name: str, text: str) -> dict[str, Any]:
    schema = json.loads((SCHEMAS / f"snipersight.{name}-1.schema.json").read_text("utf-8"))
    document: dict[str, Any] = json.loads(text)
    Draft202012Validator(schema).validate(document)
    return document


def send_all(home: Path, channel: MemoryChannel, terms: Terms, count: int = 1) -> None:
    """Decide ``count`` parcels, and send what is open."""
    with closing(SqliteJournal(home / "data" / "journal.sqlite3", chain)) as journal:
        outbox = SqliteOutbox(journal)
        outbox.decide(None, parcels(count), NOW)
        asyncio.run(Delivery(outbox, [channel], Standing(), "me", terms).drain(0.0))
        outbox.examine()
        check_chain(journal.records(), journal.head())


def test_schemas_know_every_state_a_setup_can_be_in() -> None:
    for name, path in (("signals", ("signal", "state")), ("record", ("outcome", "states"))):
        schema = json.loads((SCHEMAS / f"snipersight.{name}-1.schema.json").read_text("utf-8"))
        body = schema["$defs"][path[0]]["properties"][path[1]]
        assert set(body.get("items", body)["enum"]) == set(SetupState)


def test_a_dead_letter_is_shown_with_its_reason_and_sent_again_when_told_so(tmp_path: Path, cli: Cli) -> None:
    send_all(tmp_path, MemoryChannel(answer=refuse), Terms(), 2)
    code, out, _ = cli("alerts", "--json")
    first, second = validated("alerts", out)["alerts"]
    assert code == 0
    assert (first["fate"], first["reason"], first["attempts"]) == ("dead", "HTTP 400", 1)
    assert cli("alerts", "retry", first["id"][:8])[0] == 0
    assert cli("alerts", "drop", second["id"])[0] == 0
    taken = MemoryChannel(answer=take)
    send_all(tmp_path, taken, Terms())
    assert [parcel.is_repeat for parcel in taken.arrived] == [False]
    assert cli("alerts")[1].splitlines() == ["id\tchannel\taddress\tfate\tat\tattempts\treason"]


def test_a_held_one_that_may_have_arrived_is_sent_again_with_its_mark(tmp_path: Path, cli: Cli) -> None:
    channel = MemoryChannel(answer=take_silently)
    send_all(tmp_path, channel, Terms(doubt="hold"))
    with closing(SqliteJournal(tmp_path / "data" / "journal.sqlite3", chain)) as journal:
        outbox = SqliteOutbox(journal)
        (held,) = outbox.letters(Fate.HELD)
    out = cli("alerts", "--plain")[1]
    assert "\theld\t" in out
    assert cli("alerts", "retry", held.id)[0] == 0
    again = MemoryChannel(answer=take)
    send_all(tmp_path, again, Terms())
    assert [parcel.is_repeat for parcel in again.arrived] == [True]


def test_what_expired_is_not_sent_again_and_what_is_not_there_is_named(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("alerts", "drop", "abcd")[0] == 2
    send_all(tmp_path, MemoryChannel(answer=refuse), Terms(), 1)
    (dead,) = validated("alerts", cli("alerts", "--json")[1])["alerts"]
    code, _, err = cli("alerts", "retry", "zzzz")
    assert (code, "0 dead or held alerts" in err) == (2, True)
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: NOW + 2 * HOUR)
    code, _, err = cli("alerts", "retry", dead["id"])
    assert code == 2
    assert f"alerts drop {dead['id'][:4]}" in err


def test_an_alarm_is_told_once_an_hour(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNIPERSIGHT_NOTIFY__FILE", "told.jsonl")
    assert cli("alarm", "the disk\nis full")[0] == 0
    code, _, err = cli("alarm", "the disk is full")
    assert code == 0
    assert "within the hour" in err
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: NOW + HOUR)
    assert cli("alarm", "the disk is full")[0] == 0
    told = [json.loads(line)["notice"]["text"] for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    assert told == ["⚠️ the disk is full"] * 2
    assert cli("alarm", " ")[0] == 2


def test_an_alarm_is_told_even_where_the_journal_is_damaged(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNIPERSIGHT_NOTIFY__FILE", "told.jsonl")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "journal.sqlite3").write_bytes(b"not a journal" * 500)
    code, _, err = cli("alarm", "the journal is damaged")
    assert code == 10
    assert "! told 1 of 1 without a record: " in err
    (line,) = (tmp_path / "told.jsonl").read_text().splitlines()
    assert json.loads(line)["notice"]["text"] == "⚠️ the journal is damaged"


def test_setups_and_how_they_stand_are_shown(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("signals")[0] == 2
    with world(tmp_path / "data") as here:
        here.approves(BTC)
        here.trades("67400 67410 67200 67350, 67350 67360 66500 66600")
        here.follow(2)
        now_ms = here.clock.at_ms
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: now_ms)
    code, out, _ = cli("signals", "--json", "--days", "7")
    found = validated("signals", out)
    assert code == 0
    assert [(one["symbol"], one["state"], one["ending"]) for one in found["signals"]] == [
        ("BTC/USDT", "closed", "stop")
    ]
    assert found["track_record"]["text"] == "insufficient: 1 of 30 trades on 1 of 20 days"
    assert validated("signals", cli("signals", "--json", "-e", "bybit")[1])["signals"] == []
    rows = cli("signals", "--plain")[1].splitlines()
    assert [row.split("\t")[6] for row in rows] == ["state", "closed (stop)"]
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: now_ms + 8 * 24 * HOUR)
    assert validated("signals", cli("signals", "--json", "--days", "7")[1])["signals"] == []
    assert cli("signals", "--days", "0")[0] == 2


def test_a_track_record_with_numbers_is_valid_and_so_are_an_outcome_and_a_verdict_on_record(
    tmp_path: Path,
) -> None:
    with world(tmp_path) as here:
        here.approves(BTC)
        here.trades("67400 67410 67200 67350, 67350 67360 66500 66600")
        here.follow(2)
        (setup,) = setups_since(here.journal, 0)
        verdict = {"verdict": "skipped", "user": 7, "chat": 7, "update_id": 1, "plan_digest": "0" * 64}
        entry = Entry(RecordKind.VERDICT, verdict, BTC.plan.fingerprint)
        here.outbox.decide(Batch("", "", "", "", (entry,)), (), here.clock.at_ms)
        records = [
            record.document
            for record in here.journal.records()
            if record.kind in (RecordKind.OUTCOME, RecordKind.VERDICT)
        ]
    validated("signals", signals_json([shown(setup)], Expectancy(31, 22, 0.1, -0.2, 0.4, 0.2, 3)))
    validated("signals", signals_json([], track_record([setup])))
    assert {document["kind"] for document in records} == {"outcome", "verdict"}
    for document in records:
        validated("record", json.dumps(document))
