"""Back-fill: killed at any instant it goes on from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from data.cache import SqliteCandleStore
from engine.commands.app import run
from engine.commands.paths import candle_file
from shared.models.timeframe import DAY_MS, Timeframe
from tests.servers.binance import BinanceServer
from tests.servers.faults import FaultPlan
from tests.servers.market import ServedMarket

ROOT = Path(__file__).resolve().parents[3]
KILLS = 60
EXPLAIN_SCHEMA = ROOT / "docs" / "schema" / "snipersight.explain-1.schema.json"
SCHEMA = ROOT / "docs" / "schema" / "snipersight.data-sync-1.schema.json"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_kill_at_any_instant_of_a_back_fill_loses_no_reported_candle_and_it_ends_whole(
    tmp_path: Path,
) -> None:
    call = [sys.executable, "-m", "tests.fixtures.killed_sync", str(tmp_path), str(KILLS)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    kills, reported, lost, damaged, wrong, completed = map(int, done.stdout.split())
    assert kills == KILLS
    assert reported > KILLS
    assert (lost, damaged, wrong) == (0, 0, 0)
    assert completed >= 1


NOW = 1_722_600_450_000
"""2024-08-02T12:07:30Z"""


def cli(server: BinanceServer, home: Path, *words: str) -> tuple[int, str, str]:
    environ = os.environ | {
        "SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL": server.base_url, "SNIPERSIGHT_HOME": str(home),
    }  # fmt: skip
    call = [sys.executable, "-m", "sniper_sight_cli", *words]
    done = subprocess.run(
        call, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.checkout
def test_sync_fills_the_store_once_and_offline_scans_read_it(tmp_path: Path) -> None:
    names = ["BTC/USDT", "ETH/USDT"]
    market = ServedMarket.synthetic(names, NOW - 90 * DAY_MS, NOW + DAY_MS)
    with BinanceServer(market, NOW) as server:
        server.fault("/klines", "html_200", times=99, symbol="ETHUSDT")
        code, out, err = cli(server, tmp_path, "data", "sync", "-s", "BTC,ETH", "-t", "1h,4h", "--json")
        document = json.loads(out)
        Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
        assert (code, [fault["symbol"] for fault in document["faults"]]) == (10, ["ETH/USDT"]), err
        assert {(one["symbol"], one["timeframe"]) for one in document["series"]} == {
            ("BTC/USDT", "1h"), ("BTC/USDT", "4h"),
        }  # fmt: skip
        server.faults = FaultPlan()
        code, out, err = cli(server, tmp_path, "data", "sync", "-s", "BTC,ETH")
        assert code == 0, err
        assert len(out.splitlines()) == 1 + 2 * 5
        server.requests.clear()
        assert cli(server, tmp_path, "data", "sync", "-s", "BTC,ETH")[0] == 0
        assert server.count("/klines") == 0
    code, out, err = cli(
        server, tmp_path, "scan", "--offline", "--as-of", "2024-08-02T12:00:00Z", "-s", "BTC,ETH", "--json"
    )
    assert json.loads(out)["coverage"] == {"read": 2, "asked": 2}, err
    code, out, err = cli(server, tmp_path, "scan", "--json", "-s", "BTC")
    assert code == 30, err


def test_nothing_of_the_demo_market_is_synced(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "sync", "-e", "demo"]) == 2
    assert "nothing of the demo market is stored" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["--since", "2024-07-01"], 1_719_792_000_000),
        (["--since", "2024-07-01T05:10:00+02:00"], 1_719_802_800_000 + 900_000),
        (["--days", "3"], NOW - 3 * DAY_MS),
        (["--since", "2015-01-01"], NOW - NOW % DAY_MS - 90 * DAY_MS),
        ([], NOW - NOW % DAY_MS - 90 * DAY_MS),
    ],
)
def test_sync_reaches_back_as_far_as_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], first: int
) -> None:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    market = ServedMarket.synthetic(["BTC/USDT"], NOW - NOW % DAY_MS - 90 * DAY_MS, NOW + DAY_MS)
    with BinanceServer(market, NOW) as server:
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", server.base_url)
        call = ["data", "sync", "-s", "BTC", "-t", "15m,4h", *words]
        assert run(call) == 0
        server.requests.clear()
        assert run(call) == 0
        assert server.count("/klines") == 0
    with closing(SqliteCandleStore(candle_file(os.environ))) as store:
        for timeframe in (Timeframe.M15, Timeframe.H4):
            read = store.read("binance", "BTC/USDT", timeframe, 0, 2**50)
            assert int(read.open_ms[0]) - first in range(timeframe.ms) or not words
            assert read.gaps() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "yesterday"], "--since is not a time"),
        (["--since", "2024-13-01"], "--since is not a time"),
        (["--since", "1969-01-01"], "before 1970"),
        (["--since", "2024-08-02T12:06:00Z"], "no candle has closed since"),
        (["--since", "2030-01-01"], "no candle has closed since"),
        (["--since", "2024-07-01T00:00:00"], "no time zone"),
        (["--days", "0"], "--days"),
        (["--days", "many"], "--days"),
        (["--days", "99999"], "there was no exchange"),
        (["--days", "3", "--since", "2024-07-01"], "exclude each other"),
    ],
)
def test_a_past_that_makes_no_sense_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    with BinanceServer(ServedMarket.synthetic(["BTC/USDT"], NOW - DAY_MS, NOW), NOW) as server:
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", server.base_url)
        assert run(["data", "sync", "-s", "BTC", *words]) == 2
        assert said in capsys.readouterr().err
        assert server.count("/klines") == 0


@pytest.mark.checkout
def test_order_books_are_stored_when_asked_for_and_explain_shows_the_newest_with_its_age(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    market = ServedMarket.synthetic(["BTC/USDT", "ETH/USDT"], NOW - NOW % DAY_MS - 90 * DAY_MS, NOW + DAY_MS)
    with BinanceServer(market, NOW) as server:
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", server.base_url)
        sync = ["data", "sync", "-s", "BTC,ETH", "-t", "15m,1h", "--json"]
        assert run(sync) == 0
        assert server.count("/depth") == 0
        assert json.loads(capsys.readouterr().out)["books"] == 0
        server.fault("/depth", "emptied", symbol="ETHUSDT", times=9)
        assert run([*sync, "--books"]) == 10
        document = json.loads(capsys.readouterr().out)
        Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
        assert document["books"] == 1
        assert [flag.split(":")[:2] for flag in document["flags"]] == [["book_not_taken", " ETH/USDT"]]
        server.now_ms += 34_000
        run(["explain", "BTC", "--json"])
        shown = json.loads(capsys.readouterr().out)
        Draft202012Validator(json.loads(EXPLAIN_SCHEMA.read_text("utf-8"))).validate(shown)
        assert shown["order_book"]["age_s"] == 34
        assert shown["order_book"]["spread_bps"] > 0
        run(["explain", "BTC"])
        assert "levels stored 34 s before" in " ".join(capsys.readouterr().out.split())
        for symbol, later_ms in (("ETH", 0), ("BTC", 3_600_000)):
            server.now_ms += later_ms
            run(["explain", symbol, "--json"])
            assert "order_book" not in json.loads(capsys.readouterr().out)
        run(["data", "status", "--json"])
        assert json.loads(capsys.readouterr().out)["books"] == 1
