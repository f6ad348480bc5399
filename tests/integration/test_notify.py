"""``scan --notify``: what was found is recorded and told once, whoever asks again; secrets are told to nobody."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from data.journal import SqliteJournal
from data.outbox_store import SqliteOutbox
from engine.commands.app import run
from engine.commands.edges import SystemClock
from risk.audit_pipeline import chain, check_chain
from shared.models.outbox import Fate
from tests.servers.hook import running

CANARY = "canary-4f7a91c2d08e5b63"
STANDS_MS = 1794153600000
SCAN = (
    "scan",
    "-e",
    "demo",
    "-s",
    "XRP/USDT,WIF/USDT,LTC/USDT",
    "--notify",
    "--jsonl",
    "-v",
    "--log-json",
    "log.jsonl",
)
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("SNIPERSIGHT_NOTIFY__PATIENCE_S", "0")
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: STANDS_MS + 60_000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    def call(**settings: str) -> tuple[int, str, str]:
        for name, value in settings.items():
            monkeypatch.setenv(f"SNIPERSIGHT_{name}", value)
        code = run(list(SCAN))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def kept(home: Path) -> tuple[list[Fate], str]:
    """Where every parcel stands, and all of the chain's text; the chain and the outbox are whole."""
    with closing(SqliteJournal(home / "data" / "journal.sqlite3", chain)) as journal:
        records = list(journal.records())
        check_chain(records, journal.head())
        outbox = SqliteOutbox(journal)
        outbox.examine()
        fates = [letter.fate for letter in outbox.letters(*Fate)]
    return fates, "".join(record.body.decode() for record in records)


@contextmanager
def gone() -> Iterator[str]:
    """A receiver that answers 410 to everything, and quotes what it was sent."""

    class Gone(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(410, CANARY)
            self.end_headers()
            self.wfile.write(CANARY.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is said."""

    with HTTPServer(("127.0.0.1", 0), Gone) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/{CANARY}"
        finally:
            server.shutdown()
            thread.join()


def test_every_plan_is_told_once_to_every_channel(home: Path, cli: Cli) -> None:
    with running(CANARY) as remote:
        code, out, err = cli(
            NOTIFY__FILE="alerts.jsonl", NOTIFY__WEBHOOK_URL=f"{remote.url}/hook", WEBHOOK_SECRET=CANARY
        )
        plans = [json.loads(line) for line in out.splitlines()]
        assert code == 0, err
        assert plans, err
        again, _, _ = cli()
        arrivals = remote.arrivals()
    assert again == 0
    lines = [json.loads(line) for line in Path("alerts.jsonl").read_text().splitlines()]
    assert [line["notice"]["plan"] for line in lines] == plans
    assert [(one.id != "", one.is_signed, one.is_marked) for one in arrivals] == [(True, True, False)] * len(
        plans
    )
    assert [one.text for one in arrivals] == [line["notice"]["text"] for line in lines]
    fates, _ = kept(home)
    assert fates == [Fate.DONE] * 2 * len(plans)
    assert f"notify: {2 * len(plans)} requests, 0 waiting, {2 * len(plans)} done" in err
    assert run(["audit", "verify"]) == 0


def test_what_is_refused_for_good_is_an_alarm_and_no_secret_is_told(home: Path, cli: Cli) -> None:
    secret_file = home / "secret"
    secret_file.write_text(f"{CANARY}\n")
    with gone() as url:
        code, out, err = cli(NOTIFY__WEBHOOK_URL=url, WEBHOOK_SECRET_FILE=str(secret_file))
    assert code == 10
    alarms = (home / "data" / "alarms.jsonl").read_text()
    assert {json.loads(line)["note"] for line in alarms.splitlines()} == {"HTTP 410"}
    fates, told = kept(home)
    assert set(fates) == {Fate.DEAD}
    log = Path("log.jsonl").read_text()
    assert log
    for text in (out, err, alarms, told, log):
        assert CANARY not in text
    assert CANARY.encode() not in (home / "data" / "journal.sqlite3").read_bytes()
    again, _, _ = cli()
    assert again == 0


def test_a_receiver_that_is_away_gets_it_later(home: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = cli(NOTIFY__WEBHOOK_URL="http://127.0.0.1:9/")
    assert code == 0
    assert " waiting" in err
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: STANDS_MS + 20 * 60_000)
    with running(CANARY) as remote:
        cli(NOTIFY__WEBHOOK_URL=f"{remote.url}/", WEBHOOK_SECRET=CANARY)
        arrivals = remote.arrivals()
    fates, _ = kept(home)
    assert arrivals
    assert fates == [Fate.DONE] * len(arrivals)
    assert not any(one.is_marked for one in arrivals)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "nobody to notify"),
        ({"NOTIFY__WEBHOOK_URL": "http://example.org/x"}, "its address must be https"),
        ({"NOTIFY__WEBHOOK_URL": "https://a/?token=x"}, "must not have a query"),
        ({"NOTIFY__IN_DOUBT": "repeat"}, "must be"),
        ({"NOTIFY__FIEL": "x"}, "Did you mean SNIPERSIGHT_NOTIFY__FILE?"),
        (
            {"NOTIFY__WEBHOOK_URL": "https://a/", "WEBHOOK_SECRET": "a", "WEBHOOK_SECRET_FILE": "b"},
            "are both set",
        ),
        ({"NOTIFY__WEBHOOK_URL": "https://a/", "WEBHOOK_SECRET_FILE": "/nowhere"}, "cannot be read"),
        ({"TELEGRAM__CHATS": "77", "TELEGRAM_TOKEN": '"4821:quoted"'}, "the bot's token is none"),
        ({"TELEGRAM__CHATS": "77", "TELEGRAM_TOKEN": "4821:one\n4822:two"}, "the bot's token is none"),
    ],
)
def test_a_channel_that_is_set_wrongly_is_refused_before_anything_is_scanned(
    home: Path, cli: Cli, settings: dict[str, str], problem: str
) -> None:
    code, out, err = cli(**settings)
    assert code == 2
    assert problem in err
    assert not out
    assert not (home / "data" / "journal.sqlite3").exists()
