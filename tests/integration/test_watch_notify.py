"""``watch --notify`` and ``scan --slot --notify`` against a loopback Binance: signs of life, alarms, and faults that end nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from data.slots import Lease, Slot, SqliteSlots
from engine.commands.app import run
from engine.commands.edges import SystemClock
from shared.errors import TransportFault
from tests.servers.market import DAY, ServedMarket
from tests.servers.ticking import TickingBinance

CLOSE = 1_722_600_000_000
QUARTER = 15 * 60_000
WHICH = ("-s", "BTC/USDT,ETH/USDT")
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def market() -> ServedMarket:
    return ServedMarket.synthetic(["BTC/USDT", "ETH/USDT"], CLOSE - 400 * DAY, CLOSE + DAY)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: CLOSE + 60_000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(
    market: ServedMarket, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Cli]:
    with TickingBinance(market, CLOSE + 60_000) as server:
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", server.base_url)

        def call(*arguments: str, **settings: str) -> tuple[int, str, str]:
            for name, value in {"file": "told.jsonl", **settings}.items():
                monkeypatch.setenv(f"SNIPERSIGHT_NOTIFY__{name.upper()}", value)
            code = run([*arguments])
            out, err = capsys.readouterr()
            return code, out, err

        yield call


@contextmanager
def switch(status: int) -> Iterator[tuple[str, list[str]]]:
    """A dead-man's switch, and the paths it was asked for."""
    asked: list[str] = []

    class Switch(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is said."""

    with HTTPServer(("127.0.0.1", 0), Switch) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/canary-5e1", asked
        finally:
            server.shutdown()
            thread.join()


def told(home: Path) -> list[dict[str, Any]]:
    path = home / "told.jsonl"
    return [json.loads(line)["notice"] for line in path.read_text().splitlines()] if path.exists() else []


def test_a_sign_of_life_is_told_once_whoever_comes_first_and_the_switch_is_asked_for_each_decided_close(
    home: Path, cli: Cli
) -> None:
    with switch(204) as (url, asked):
        code, _, err = cli("watch", *WHICH, "--rounds", "1", "--notify", heartbeat_hours="24", ping_url=url)
        assert code == 0, err
        assert asked == ["/canary-5e1"]
        code, _, err = cli("scan", *WHICH, "--slot", "--notify")
    assert code == 0, err
    assert "overlap: " in err
    assert asked == ["/canary-5e1"]
    (beat,) = (notice for notice in told(home) if notice["kind"] == "heartbeat")
    assert beat["text"].startswith("alive: last scan 2024-08-02T12:01:00Z, ok; ")
    assert beat["key"] == "heartbeat:1440min:2024-08-02T00:00:00Z"
    assert beat["witness"]["seq"] > 0
    assert run(["audit", "verify"]) == 0


def test_a_fault_of_the_outbox_or_the_switch_is_a_flag_and_ends_nothing(home: Path, cli: Cli) -> None:
    (home / "data" / "alarms.jsonl" / "in the way").mkdir(parents=True)
    with switch(500) as (url, _):
        code, _, err = cli(
            "watch", *WHICH, "--rounds", "1", "--notify", "--log-json", "log.jsonl", ping_url=url
        )
    assert code == 0
    assert "! notify_failed: notify.ping_url did not answer (HTTP 500)" in err
    assert "alarms.jsonl could not be written" in err
    assert "canary-5e1" not in err
    flags = [json.loads(line).get("flag", "") for line in Path("log.jsonl").read_text().splitlines()]
    assert sum(flag.startswith("notify_failed: ") for flag in flags) == 2
    code, _, err = cli("alarm", "still here", ping_url="")
    assert code == 10
    assert [notice["text"] for notice in told(home)][-1] == "⚠️ still here"


def test_closes_that_nobody_decided_are_an_alarm_once(home: Path, cli: Cli) -> None:
    schedule = "binance balanced 15m 0123abcd"
    with closing(SqliteSlots(home / "data" / "slots.sqlite3")) as slots:
        lease = slots.claim(Slot(schedule, CLOSE - 9 * QUARTER), "it", CLOSE, 1000)
        assert isinstance(lease, Lease)
        assert slots.finish(lease, "r-0123456789ab")
    for _ in range(2):
        code, _, err = cli("scan", *WHICH, "--slot", "--notify")
        assert code == 0, err
    (gap,) = (notice for notice in told(home) if notice["kind"] == "alarm")
    assert "8 closes were decided by nobody, 2024-08-02T10:00:00Z to 2024-08-02T11:45:00Z" in gap["text"]


def test_a_file_of_slots_that_cannot_be_read_keeps_nothing_from_being_sent(home: Path, cli: Cli) -> None:
    (home / "data").mkdir()
    (home / "data" / "slots.sqlite3").write_bytes(b"of another program" * 400)
    code, _, err = cli("alarm", "is anybody there")
    assert code == 10
    assert "! notify_failed: " in err
    assert [notice["text"] for notice in told(home)] == ["⚠️ is anybody there"]


def test_what_is_open_is_sent_also_where_the_scan_fails(
    home: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise TransportFault("no answer")

    monkeypatch.setattr("engine.commands.slotted.open_turns", fails)
    code, _, _ = cli("scan", *WHICH, "--slot", "--notify", heartbeat_hours="24")
    assert code == 30
    assert [notice["kind"] for notice in told(home)] == ["heartbeat"]
    assert "alive: no scan yet" in told(home)[0]["text"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_request_that_hangs_does_not_keep_it_from_ending(
    market: ServedMarket, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with TickingBinance(market, CLOSE + 60_000) as server, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(60)
        settings = {
            "HOME": str(tmp_path),
            "EXCHANGES__BINANCE__BASE_URL": server.base_url,
            "NOTIFY__WEBHOOK_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/",
            "NOTIFY__HEARTBEAT_HOURS": "24",
            "NOTIFY__TIMEOUT_S": "50",
        }
        environ = os.environ | {f"SNIPERSIGHT_{name}": value for name, value in settings.items()}
        call = [sys.executable, "-m", "sniper_sight_cli", "watch", *WHICH, "--notify"]
        process = subprocess.Popen(call, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        caller, _ = silent.accept()
        asked_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        caller.close()
    assert process.returncode == 0, err
    assert time.monotonic() - asked_s < 20
    assert b"Traceback" not in err
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    assert run(["alerts", "--plain"]) == 0
    assert "\tinflight\t" in capsys.readouterr().out


def test_watch_without_anybody_to_notify_is_refused_at_once(home: Path, cli: Cli) -> None:
    code, _, err = cli("watch", *WHICH, "--notify", file="")
    assert code == 2
    assert "nobody to notify" in err
