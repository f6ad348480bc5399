"""Scans in the journal and out of it again: recorded once, shown, proven, replayed byte for byte or told what differs."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import engine.recording
import engine.replay
import snipersight as ss
from data.cache import SqliteCandleStore
from data.journal import SqliteJournal
from data.universe_store import SqliteUniverseStore
from engine.code import code_digest
from engine.commands.app import run
from engine.hooks import HOOKS, Hooks
from engine.replay import RecordedRun
from risk.audit_pipeline import chain
from shared.config.account import account_table, read_account
from shared.config.digest import config_digest
from shared.config.environment import variable
from shared.config.layers import planted
from shared.config.profiles import load_profile, profile_names, recorded_profile
from shared.models.context import SniperContext
from shared.models.journal import RecordKind
from shared.models.risk import Account, Position
from shared.models.smc import Side
from shared.models.timeframe import Timeframe
from shared.utils.serialization import canonical_json
from tests.conformance.stands import MIDNIGHT, SERVERS
from tests.conformance.stands import NOW as SERVED_NOW
from tests.fixtures.stored import NOON, SYMBOLS, filled_home, series, store_file
from tests.servers.market import DAY, ServedMarket

Run = Callable[..., tuple[int, str, str]]
SCAN = ("scan", "--offline", "--as-of", "2024-08-05T12:00:00Z", "--json")
DEMO = ("scan", "-e", "demo", "-s", "WIF/USDT,BTC/USDT,OLDX/USDT", "--journal", "--json")
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return filled_home(tmp_path)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def journal_of(home: Path) -> Path:
    return home / "data" / "journal.sqlite3"


def records(home: Path) -> list[Any]:
    with closing(SqliteJournal(journal_of(home), chain)) as journal:
        return list(journal.records())


def scanned(cli: Run, *words: str) -> dict[str, Any]:
    code, out, err = cli(*words)
    assert code == 0, err
    document: dict[str, Any] = json.loads(out)
    return document


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "schema" / f"{name}.schema.json").read_text("utf-8"))
    return found


def test_a_scan_is_recorded_with_the_digest_of_what_it_printed(home: Path, cli: Run) -> None:
    _, out, _ = cli(*SCAN)
    document = json.loads(out)
    kept = records(home)
    assert [record.kind for record in kept] == [
        RecordKind.SCAN, RecordKind.UNIVERSE, RecordKind.REJECTION, *[RecordKind.PLAN] * len(document["plans"]),
        RecordKind.DECISION,
    ]  # fmt: skip
    assert {record.run_id for record in kept} == {document["run_id"]}
    assert kept[-1].content["document_digest"] == hashlib.sha256(out.encode()).hexdigest()
    first = kept[0].document
    assert (first["config_digest"], first["data_digest"]) == (
        document["config_digest"],
        document["data_digest"],
    )
    assert first["code_digest"] == code_digest(HOOKS)


@pytest.mark.checkout
def test_every_record_is_valid(home: Path, cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNIPERSIGHT_NOTIFY__FILE", "alerts.jsonl")
    cli(*SCAN)
    cli("scan", "-e", "demo", "-s", "WIF/USDT,BTC/USDT,OLDX/USDT", "--notify", "--json")
    validator = Draft202012Validator(schema("snipersight.record-1"))
    kinds = set()
    for record in records(home):
        validator.validate(record.document)
        kinds.add(record.kind)
    assert kinds == set(RecordKind) - {RecordKind.OUTCOME, RecordKind.VERDICT}, "what scans leave"


def test_the_same_scan_again_is_not_recorded_twice_and_another_is(home: Path, cli: Run) -> None:
    scanned(cli, *SCAN)
    count = len(records(home))
    scanned(cli, *SCAN)
    assert len(records(home)) == count
    scanned(cli, *SCAN, "-p", "trend")
    assert len(records(home)) > count


def test_what_is_not_to_be_recorded_is_not(home: Path, cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned(cli, *SCAN, "--no-journal")
    scanned(cli, "scan", "-e", "demo", "-s", "BTC", "--json")
    (home / "off.toml").write_text("journal.enabled = false")
    scanned(cli, *SCAN, "-c", "off.toml")
    monkeypatch.setenv("SNIPERSIGHT_JOURNAL__ENABLED", "no")
    scanned(cli, *SCAN)
    assert not journal_of(home).exists()
    scanned(cli, *SCAN, "--journal")
    assert journal_of(home).exists()


def test_in_python_a_scan_is_recorded_when_asked(home: Path) -> None:
    result = ss.scan(exchange="demo", symbols="WIF/USDT")
    assert not journal_of(home).exists()
    again = ss.scan(exchange="demo", symbols="WIF/USDT", journal=True)
    assert again.run_id == result.run_id == records(home)[0].run_id


@pytest.mark.parametrize("words", [SCAN, DEMO])
def test_any_recorded_decision_comes_out_again_byte_for_byte(
    words: tuple[str, ...], home: Path, cli: Run
) -> None:
    document = scanned(cli, *words)
    code, out, err = cli("replay", document["run_id"], "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["verdict"], found["same_scan"], found["differences"]) == ("same", True, [])
    for plan in document["plans"]:
        code, out, _ = cli("replay", plan["id"])
        assert code == 0
        assert "same: it comes out again, byte for byte" in out
    assert document["plans"] or words is SCAN


@pytest.fixture(scope="module")
def served() -> ServedMarket:
    return ServedMarket.synthetic(["BTC/USDT", "ETH/USDT", "USDC/USDT"], MIDNIGHT - 430 * DAY, MIDNIGHT + DAY)


@pytest.mark.parametrize(
    ("exchange", "words", "testnet"),
    [
        ("binance", (), False),
        ("binance-lite", ("-s", "ETH"), False),
        ("bybit-linear", ("-s", "ETH/USDT:USDT"), False),
        ("bybit", (), True),
    ],
)
def test_what_was_fetched_from_an_exchange_comes_out_again_from_the_store_alone(
    exchange: str, words: tuple[str, ...], testnet: bool, served: ServedMarket, tmp_path: Path, cli: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.setenv(variable(f"exchanges.{exchange}.testnet"), str(testnet).lower())
    with SERVERS[exchange](served, SERVED_NOW) as server:
        monkeypatch.setenv(variable(f"exchanges.{exchange}.base_url"), server.base_url)
        document = scanned(cli, "scan", "-e", exchange, "--json", *words)
    assert document["market"]["state"] != "unknown"
    code, out, err = cli("replay", document["run_id"], "--json")
    assert (code, json.loads(out)["verdict"], json.loads(out)["differences"]) == (0, "same", []), err
    recorded = RecordedRun.of(document["run_id"], records(tmp_path)).snapshot()
    drops = [stop["symbol"] for stop in document["rejections"] if stop["stage"] == "universe"]
    assert [drop.symbol for drop in recorded.dropped] == drops
    if not words:
        with closing(SqliteUniverseStore(tmp_path / "data" / "universes.sqlite3")) as universes:
            assert universes.last(exchange, "balanced", SERVED_NOW + 1) == (recorded,)


@pytest.mark.checkout
def test_a_replay_is_a_valid_document(home: Path, cli: Run) -> None:
    run_id = scanned(cli, *SCAN)["run_id"]
    validator = Draft202012Validator(schema("snipersight.replay-1"))
    validator.validate(json.loads(cli("replay", run_id, "--json")[1]))
    revise(home, "ETH/USDT", Timeframe.H1)
    validator.validate(json.loads(cli("replay", run_id, "--json")[1]))


def revise(home: Path, symbol: str, timeframe: Timeframe) -> None:
    """Change one stored candle's volume."""
    with closing(SqliteCandleStore(store_file(home))) as store:
        kept = store.read("binance", symbol, timeframe, 0, NOON)
        last = kept.rows(len(kept) - 300, len(kept) - 299)
        assert store.write("binance", symbol, replace(last, volume=last.volume * 2)).revised == 1


def test_a_revised_candle_is_named_by_symbol_timeframe_and_digest(home: Path, cli: Run) -> None:
    run_id = scanned(cli, *SCAN)["run_id"]
    was = records(home)[1].content
    revise(home, "ETH/USDT", Timeframe.H1)
    code, out, _ = cli("replay", run_id, "--json")
    (difference,) = json.loads(out)["differences"]
    assert code == 20
    assert difference["what"] == "candles of ETH/USDT 1h"
    recorded = {symbol: series for symbol, _, series, _ in was["symbols"]}["ETH/USDT"]["1h"]
    assert difference["recorded"] == recorded
    assert difference["found"].partition(":")[0] == recorded.partition(":")[0]
    assert difference["found"] != recorded


def test_candles_that_are_gone_are_named(home: Path, cli: Run) -> None:
    run_id = scanned(cli, *SCAN)["run_id"]
    with closing(sqlite3.connect(store_file(home))) as db, db:
        (series_id,) = db.execute(
            "SELECT id FROM series WHERE symbol='SOL/USDT' AND timeframe='4h'"
        ).fetchone()
        db.execute("DELETE FROM page WHERE series=?", (series_id,))
        db.execute("DELETE FROM tail WHERE series=?", (series_id,))
    code, out, _ = cli("replay", run_id)
    assert code == 20
    assert "not rebuilt: what it was made of is not all there as it was" in out
    line, trend = [line for line in out.splitlines() if line.startswith("- ")]
    assert trend.startswith("- 4h trend of SOL/USDT: ")
    assert trend.endswith(" recorded, nothing now")
    assert line.startswith("- candles of SOL/USDT 4h: 1")
    assert line.endswith(" recorded, 0:" + series(Timeframe.H4, 2).head(0).digest()[:12] + " now")


def test_another_history_of_the_benchmark_is_named(home: Path, cli: Run) -> None:
    run_id = scanned(cli, *SCAN, "-s", "ETH/USDT,SOL/USDT")["run_id"]
    with closing(SqliteCandleStore(store_file(home))) as store:
        store.write("binance", "BTC/USDT", series(Timeframe.H1, 77))
    code, out, _ = cli("replay", run_id)
    assert code == 20
    assert "- benchmark BTC/USDT: " in out


def test_other_code_that_decides_the_same_is_the_same_and_is_told(
    home: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = scanned(cli, *SCAN)["run_id"]
    monkeypatch.setattr(engine.replay, "source_digest", lambda: "e" * 64)
    code, out, _ = cli("replay", run_id)
    assert code == 0
    assert f"- source code: {engine.recording.source_digest()[:16]} recorded, {'e' * 16} now" in out


def test_other_bytes_from_the_same_inputs_are_a_defect(
    home: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = scanned(cli, *SCAN)["run_id"]
    monkeypatch.setattr(engine.replay, "document_digest", lambda result: "0" * 64)
    code, out, _ = cli("replay", run_id)
    assert code == 30
    assert "This is a defect in SniperSight; please report it" in out


def test_a_hook_is_part_of_the_run_and_its_absence_is_named(home: Path, cli: Run) -> None:
    plain = scanned(cli, *SCAN)["run_id"]

    def keep(context: SniperContext) -> SniperContext:
        return context

    HOOKS.register("after_confluence", keep, "keeper 1.2")
    try:
        hooked = scanned(cli, *SCAN)["run_id"]
        assert cli("replay", hooked)[0] == 0
    finally:
        HOOKS.remove("after_confluence", keep)
    assert hooked != plain
    _, out, _ = cli("replay", hooked)
    assert "- hooks: after_confluence " in out
    assert "keeper 1.2 recorded, nothing now" in out


def test_the_version_of_a_plugin_is_part_of_the_code() -> None:
    def keep(context: SniperContext) -> SniperContext:
        return context

    digests = set()
    for owner in ("keeper 1.2", "keeper 1.3"):
        hooks = Hooks()
        hooks.register("after_plan", keep, owner)
        digests.add(code_digest(hooks))
    assert len(digests | {code_digest(Hooks())}) == 3


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_is_read_back_as_it_was_recorded(name: str) -> None:
    profile = load_profile(name, {"confluence": {"weights": {"alignment": 17.5, "btc": 2.5}}})
    renamed = replace(profile, name="mine", summary="my own")
    for one in (profile, renamed):
        read = recorded_profile(json.loads(canonical_json(one)))
        assert read == one
        assert config_digest(read) == config_digest(one)


def test_an_account_is_read_back_as_it_was_recorded() -> None:
    held = Position("binance", "ETH/USDT", Side.SHORT, Decimal("1.50"), Decimal(2500), Decimal("2600.5"), 0.5)
    account = Account(Decimal("12345.60"), "USDT", (held,), "main")
    read = read_account(planted(json.loads(canonical_json(account_table(account))), "x"), "x").account
    assert config_digest(read) == config_digest(account)
    assert read == account


def test_a_journal_that_cannot_be_opened_leaves_the_result_and_says_so(home: Path, cli: Run) -> None:
    journal_of(home).mkdir(parents=True)
    code, out, err = cli(*SCAN)
    document = json.loads(out)
    assert (code, document["exit_code"], document["status"]) == (10, 10, "degraded")
    (flag,) = document["flags"]
    assert flag.startswith("journal_failed: journal ")
    assert "Check the folder's permissions and space" in flag
    assert "journal_failed" in err


def test_a_damaged_journal_is_left_as_it_is_until_it_is_moved_aside(home: Path, cli: Run) -> None:
    scanned(cli, *SCAN)
    with closing(sqlite3.connect(journal_of(home))) as db, db:
        db.execute("UPDATE record SET at_ms=at_ms+1 WHERE seq=2")
    before = journal_of(home).read_bytes()
    code, _, err = cli("audit", "verify")
    assert code == 30
    assert "record 2 is not what was written. Do not trade on it." in err
    assert journal_of(home).read_bytes() == before
    code, out, _ = cli("audit", "quarantine")
    assert code == 0
    moved = sorted(path.name for path in Path(out.removeprefix("moved to ").strip()).iterdir())
    assert moved == ["journal.head", "journal.sqlite3"]
    scanned(cli, *SCAN)
    assert cli("audit", "verify")[0] == 0


def test_a_cut_journal_is_seen_and_its_scan_flagged(home: Path, cli: Run) -> None:
    scanned(cli, *SCAN)
    scanned(cli, *SCAN, "-p", "trend")
    with closing(sqlite3.connect(journal_of(home))) as db, db:
        db.execute("DELETE FROM record WHERE seq=(SELECT max(seq) FROM record)")
    code, out, _ = cli(*SCAN, "-p", "range")
    assert code == 10
    assert "its witness has seen" in json.loads(out)["flags"][0]
    assert cli("audit", "verify")[0] == 30
    assert cli("audit", "verify", "--accept")[0] == 0
    assert cli("audit", "verify")[0] == 0


def test_scans_runs_and_plans_are_shown(home: Path, cli: Run) -> None:
    document = scanned(cli, *DEMO)
    (plan,) = document["plans"]
    _, table, _ = cli("audit", "show")
    assert table.splitlines()[0].startswith("seq\trecorded\trun\texchange\tprofile\tas_of\tstatus\tplans")
    assert f"\t{document['run_id']}\tdemo\tbalanced\t2026-11-08T16:00:00Z\tok\t1\t2\t0" in table
    _, shown, _ = cli("audit", "show", document["run_id"])
    assert f"plan {plan['id']}: WIF/USDT {plan['side']}, score {plan['score']:g}" in shown
    assert "decision: ok · document sha256 " in shown
    _, one, _ = cli("audit", "show", plan["id"], "--json")
    assert json.loads(one)["body"]["content"] == plan


def test_an_export_can_be_checked_by_anybody(home: Path, cli: Run) -> None:
    scanned(cli, *SCAN)
    scanned(cli, *DEMO)
    before = "0" * 64
    lines = cli("audit", "export")[1].splitlines()
    for line in lines:
        record = json.loads(line)
        body = json.dumps(record["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert record["prev"] == before
        before = hashlib.sha256(bytes.fromhex(record["prev"]) + body.encode()).hexdigest()
        assert record["hash"] == before
    assert len(lines) == len(records(home))


@pytest.mark.parametrize(
    "words",
    [("audit", "verify"), ("audit", "show"), ("audit", "export"), ("audit", "quarantine"), ("replay", "x")],
)
def test_where_nothing_is_recorded_nothing_is_begun(words: tuple[str, ...], home: Path, cli: Run) -> None:
    code, out, err = cli(*words)
    assert (code, out) == (2, "")
    assert "nothing is journaled yet" in err
    assert not (home / "data").exists()


def test_what_is_not_recorded_is_not_found(home: Path, cli: Run) -> None:
    run_id = scanned(cli, *DEMO)["run_id"]
    for words in (("replay", "nope"), ("replay", "r-000000000000"), ("audit", "show", "nope")):
        code, _, err = cli(*words)
        assert code == 2
        assert "is journaled" in err
    code, _, err = cli("replay", "nope", "--run", run_id)
    assert (code, "approved no plan 'nope'" in err) == (2, True)


def test_symbols_are_recorded_with_rules_volume_and_digests(home: Path, cli: Run) -> None:
    scanned(cli, *SCAN)
    universe = records(home)[1].content
    assert [row[0] for row in universe["symbols"]] == sorted(
        universe["quote_volumes"], key=lambda one: -universe["quote_volumes"][one]
    )
    assert {row[0] for row in universe["symbols"]} == set(SYMBOLS)
    symbol, rules, digests, flags = universe["symbols"][0]
    assert dict(zip(universe["market_columns"], rules, strict=True))["tick"] == "0.01"
    assert set(digests) == {"15m", "1h", "4h", "1d", "1w"}
    assert flags == []
    assert symbol in SYMBOLS
