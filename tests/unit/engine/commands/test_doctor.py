"""``doctor`` on machines that are well and machines that are not, against a loopback exchange."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import sqlite3
import time
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from data.cache import SqliteCandleStore
from engine.commands import doctor_machine
from engine.commands.app import run
from engine.commands.paths import (
    candle_file,
    journal_file,
    lock_file,
    note_file,
    request_file,
    slot_file,
    universe_file,
)
from tests.servers.binance import BinanceServer
from tests.servers.market import DAY, ServedMarket
from tests.servers.ticking import PunctualBinance
from tests.unit.data.test_store import candles

pytestmark = pytest.mark.checkout
"""The document is held to its schema, which lies in the checkout."""

SCHEMA = Path(__file__).parents[4] / "docs" / "schema" / "snipersight.doctor-1.schema.json"
ADDRESS = "SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[BinanceServer]:
    monkeypatch.chdir(tmp_path)
    now = now_ms()
    with PunctualBinance(ServedMarket.synthetic(["BTC/USDT"], now - DAY, now), now) as running:
        monkeypatch.setenv(ADDRESS, running.base_url)
        yield running


def examined(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and every finding by name."""
    code = run(["doctor", "--json", *flags])
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
    assert document["exit_code"] == code
    return code, {one["name"]: one for one in document["findings"]}


def test_a_machine_that_is_well_passes_every_check(
    server: BinanceServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.now_ms = now_ms()
    code, found = examined(capsys)
    assert {name: one["verdict"] for name, one in found.items() if one["verdict"] != "ok"} == {}
    assert code == 0
    assert server.count("/time") == 3
    assert found["budget"]["measured"].startswith("3 of 5,400 spent in 60 s")
    assert found["keys"]["measured"] == "not set: public data only"


def test_an_exchange_that_is_down_fails_and_the_rest_is_still_looked_at(
    server: BinanceServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:9")
    code, found = examined(capsys)
    assert code == 30
    assert found["exchange"]["verdict"] == "fail"
    assert "clock" not in found
    assert found["disk"]["verdict"] == "ok"


@pytest.mark.parametrize(("off_ms", "verdict"), [(5_000, "warn"), (-5_000, "warn"), (3_600_000, "fail")])
def test_a_skewed_clock_is_noticed_by_how_much_it_is_off(
    server: BinanceServer, capsys: pytest.CaptureFixture[str], off_ms: int, verdict: str
) -> None:
    server.now_ms = now_ms() + off_ms
    _, found = examined(capsys)
    assert found["clock"]["verdict"] == verdict
    assert found["clock"]["advice"].startswith("Set the clock")


def test_a_ban_that_begins_while_we_look_stands_in_the_budget(
    server: BinanceServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.fault("/time", "http_418")
    code, found = examined(capsys)
    assert code == 30
    assert "(HTTP 418)" in found["budget"]["measured"]
    assert "banned until" in found["exchange"]["measured"]
    server.requests.clear()
    assert examined(capsys)[1]["budget"]["verdict"] == "fail"
    assert server.requests == []


def filled() -> Path:
    path = candle_file(os.environ)
    with closing(SqliteCandleStore(path)) as store:
        store.write("binance", "BTC/USDT", candles(1000, 3000))
    return path


def test_damage_in_the_store_fails_and_names_the_way_to_mend_it(
    server: BinanceServer, capsys: pytest.CaptureFixture[str]
) -> None:
    path = filled()
    assert examined(capsys)[1]["store"]["verdict"] == "ok"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "UPDATE page SET body = zeroblob(length(body)) WHERE rowid = (SELECT max(rowid) FROM page)"
        )
    _, found = examined(capsys)
    assert found["store"]["verdict"] == "fail"
    assert "1 damaged" in found["store"]["measured"]
    assert "data verify" in found["store"]["advice"]


def test_a_file_that_is_no_store_fails(server: BinanceServer, capsys: pytest.CaptureFixture[str]) -> None:
    path = candle_file(os.environ)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database at all " * 500)
    assert examined(capsys)[1]["store"]["verdict"] == "fail"


def test_a_damaged_ledger_fails(server: BinanceServer, capsys: pytest.CaptureFixture[str]) -> None:
    path = request_file(os.environ)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database at all " * 500)
    _, found = examined(capsys)
    assert found["exchange"]["verdict"] == found["budget"]["verdict"] == "fail"


@pytest.mark.parametrize(
    ("place", "verdict", "code"),
    [
        (lock_file, "fail", 30),
        (journal_file, "fail", 30),
        (slot_file, "fail", 30),
        (universe_file, "warn", 10),
        (note_file, "warn", 10),
    ],
)
def test_a_file_that_is_no_database_is_named_as_a_scan_would_meet_it(
    server: BinanceServer,
    capsys: pytest.CaptureFixture[str],
    place: Callable[[Mapping[str, str]], Path],
    verdict: str,
    code: int,
) -> None:
    path = place(os.environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"not a database" * 999)
    found_code, found = examined(capsys)
    assert (found_code, found["files"]["verdict"]) == (code, verdict)
    assert str(path) in found["files"]["measured"]
    assert "elete" in found["files"]["advice"] or "audit" in found["files"]["advice"]


def test_the_files_that_were_made_are_named(
    server: BinanceServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert examined(capsys)[1]["files"]["measured"] == "none made yet"
    assert run(["locks", "add", "all", "--reason", "away", "--hours", "1"]) == 0
    capsys.readouterr()
    code, found = examined(capsys)
    assert (code, found["files"]["measured"]) == (0, "locks opened and read")


def test_looking_makes_no_store(server: BinanceServer, capsys: pytest.CaptureFixture[str]) -> None:
    examined(capsys)
    assert not candle_file(os.environ).exists()


@pytest.mark.parametrize(("free", "verdict"), [(10_000_000, "fail"), (500_000_000, "warn")])
def test_a_disk_without_room_is_noticed(
    server: BinanceServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    free: int,
    verdict: str,
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12 - free, free))
    assert examined(capsys)[1]["disk"]["verdict"] == verdict


def test_a_folder_that_takes_no_file_is_named(
    server: BinanceServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path / "home" / "below"))
    _, found = examined(capsys)
    assert found["folders"]["verdict"] == "fail"
    assert "home" in found["folders"]["measured"]


def test_an_old_library_is_named_with_the_command_that_renews_it(
    server: BinanceServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed = importlib.metadata.version
    monkeypatch.setattr(
        doctor_machine, "version", lambda name: "4.4.0" if name == "ccxt" else installed(name)
    )
    code, found = examined(capsys)
    assert code == 30
    assert "ccxt 4.4.0 is older than" in found["libraries"]["measured"]
    assert "'ccxt>=" in found["libraries"]["advice"]


def test_a_secret_that_stands_in_a_message_is_shown_nowhere(
    server: BinanceServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "canary4711canary")
    (tmp_path / "canary4711canary").write_text("a file where a folder should be")
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path / "canary4711canary" / "below"))
    for form in ("--json", "--plain"):
        assert run(["doctor", form]) == 30
        out, err = capsys.readouterr()
        assert "[hidden]" in out
        assert "canary4711" not in out + err


def test_quiet_says_nothing_where_all_is_well_and_only_complaints_else(
    server: BinanceServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "-e", "demo", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    server.now_ms = now_ms() + 5_000
    assert run(["doctor", "-q"]) == 10
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["name", "verdict"], ["clock", "warn"]]
