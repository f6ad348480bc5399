"""``locks`` on the command line, and scans under them."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.commands.app import run
from engine.commands.locks import HOUR_MS, under_locks
from engine.edges import ScanRequest
from shared.config.profiles import load_profile
from shared.errors import StorageFault
from shared.models.risk import Account

DOCS = Path(__file__).parents[4] / "docs"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def request(exchange: str = "binance", as_of_ms: int | None = None) -> ScanRequest:
    account = Account(Decimal(1000), "USDT")
    return ScanRequest(load_profile(), exchange, account, as_of_ms=as_of_ms)


def test_a_lock_is_added_listed_and_removed(cli: Run) -> None:
    code, out, err = cli("locks", "add", "btc/usdt", "--reason", "fork tomorrow", "--hours", "24")
    lock_id = out.strip()
    assert (code, err.startswith("BTC/USDT: fork tomorrow, until ")) == (0, True)
    code, out, _ = cli("locks", "list")
    head, row = out.splitlines()
    assert head == "id\tscope\trule\tsince\tuntil\treason"
    assert row.startswith(f"{lock_id}\tBTC/USDT\tby hand\t")
    assert cli("locks", "remove", lock_id) == (0, "", f"removed {lock_id}\n")
    assert cli("locks", "list", "-q") == (0, f"{head}\n", "")


@pytest.mark.checkout
def test_locks_are_one_valid_document_with_whether_everything_is_stopped(cli: Run, home: Path) -> None:
    schema = json.loads((DOCS / "schema" / "snipersight.locks-1.schema.json").read_text("utf-8"))
    code, out, err = cli("locks", "list", "--json")
    assert (code, err, json.loads(out)["locks"]) == (0, "nothing is locked\n", [])
    _, lock_id, _ = cli("locks", "add", "long", "--reason", "a talk", "--hours", "2")
    (home / "data" / "KILL").touch()
    code, out, err = cli("locks", "list", "--json")
    document = json.loads(out)
    Draft202012Validator(schema).validate(document)
    (lock,) = document["locks"]
    assert (lock["id"], lock["scope"], lock["reason"]) == (lock_id.strip(), "long", "a talk")
    assert (lock["in_force"], document["killed"]) == (True, True)
    assert "the kill switch is set" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "lnog", "--reason", "x", "--hours", "1"), "'lnog' is no scope. Did you mean 'long'?"),
        (("add", "all", "--reason", " ", "--hours", "1"), "Give a reason of one line"),
        (("add", "all", "--reason", "x", "--hours", "0"), "--hours must be above 0"),
        (("add", "all", "--reason", "x", "--hours", "nan"), "--hours must be above 0"),
        (("remove", "abc"), "no lock 'abc' is kept"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(cli: Run, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = cli("locks", *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_where_nobody_can_look_for_the_kill_switch_nothing_is_approved(cli: Run, home: Path) -> None:
    (home / "data").symlink_to(home / "data")
    with pytest.raises(StorageFault, match=r"could not be looked for: .*SNIPERSIGHT_HOME"):
        under_locks(request(), {"SNIPERSIGHT_HOME": str(home)})
    code, out, err = cli("audit", "verify")
    assert (code, out) == (30, "")
    assert "could not be looked for" in err


def test_the_kill_switch_is_told_and_reaches_the_account(cli: Run, home: Path) -> None:
    assert under_locks(request(), {"SNIPERSIGHT_HOME": str(home)}) == request()
    switch = home / "data" / "KILL"
    switch.parent.mkdir(exist_ok=True)
    switch.touch()
    assert f"no plan is approved while {switch} exists" in cli("locks", "list", "-q")[2]
    assert under_locks(request(), {"SNIPERSIGHT_HOME": str(home)}).account.killed


def test_a_scan_knows_the_locks_of_its_moment_and_the_demo_none(cli: Run, home: Path) -> None:
    environ = {"SNIPERSIGHT_HOME": str(home)}
    _, out, _ = cli("locks", "add", "all", "--reason", "holidays", "--hours", "1")
    (lock,) = under_locks(request(), environ).account.locks
    assert (lock.id, lock.until_ms - lock.since_ms) == (out.strip(), HOUR_MS)
    assert under_locks(request(as_of_ms=lock.since_ms - 1), environ).account.locks == ()
    assert under_locks(request(as_of_ms=lock.until_ms), environ).account.locks == ()
    assert under_locks(request("demo"), environ) == request("demo")
