"""``watch`` and ``scan --slot`` against a loopback Binance: in this process, and as processes where signals and overlaps count."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from engine.commands.app import run
from engine.series_cache import SeriesCache
from tests.servers.market import DAY, ServedMarket
from tests.servers.ticking import TickingBinance

CLOSE = 1_722_600_000_000
SYMBOLS = ["BTC/USDT", "ETH/USDT"]
WHICH = ("-s", "BTC/USDT,ETH/USDT")


@pytest.fixture(scope="module")
def market() -> ServedMarket:
    return ServedMarket.synthetic(SYMBOLS, CLOSE - 400 * DAY, CLOSE + DAY)


@pytest.fixture
def server(market: ServedMarket) -> Iterator[TickingBinance]:
    with TickingBinance(market, CLOSE + 60_000) as running:
        yield running


def start(server: TickingBinance, *arguments: str, **more: str) -> subprocess.Popen[str]:
    environ = os.environ | {"SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL": server.base_url} | more
    call = [sys.executable, "-m", "sniper_sight_cli", *arguments]
    return subprocess.Popen(call, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str], timeout: float = 60) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def call(
    server: TickingBinance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *arguments: str,
) -> tuple[int, str, str]:
    """The command line in this process."""
    monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", server.base_url)
    code = run(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_it_decides_the_close_that_was_then_the_next_one_shortly_after_it_from_what_it_kept(
    server: TickingBinance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    caches: list[SeriesCache] = []
    monkeypatch.setattr(
        "engine.series_cache.SeriesCache", lambda trigger: caches.append(SeriesCache(trigger)) or caches[-1]
    )
    server.now_ms = CLOSE + 15 * 60_000 - 6_000
    code, out, err = call(server, monkeypatch, capsys, "watch", *WHICH, "--rounds", "2")
    assert code == 0, err
    beats = [line for line in err.splitlines() if "symbols" in line]
    assert [line[:9] for line in beats] == ["12:00 UTC", "12:15 UTC"]
    assert [line.rpartition("next ")[2] for line in beats] == ["12:15 UTC", "12:30 UTC"]
    late_s = float(beats[1].partition("begun ")[2].partition(" s")[0])
    assert 5.0 <= late_s < 8.0
    assert out.count("symbol\tside") == 1
    assert [cache.hits for cache in caches] == [len(SYMBOLS) * 2 * 4]


def test_an_outage_is_waited_for_and_every_plan_is_shown_where_all_are_asked_for(
    server: TickingBinance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.fault("/exchangeInfo", "http_500", times=4)
    code, out, err = call(server, monkeypatch, capsys, "watch", *WHICH, "--rounds", "1", "--jsonl", "--all")
    assert code == 0, err
    assert "Tried again in" in err
    (beat,) = [line for line in err.splitlines() if "symbols" in line]
    assert len([json.loads(line)["id"] for line in out.splitlines()]) == int(beat.split(" · ")[2].split()[0])


def test_cron_that_starts_on_the_minute_waits_for_the_candle_and_the_next_one_says_overlap(
    server: TickingBinance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.now_ms = CLOSE + 15 * 60_000 + 3_500
    code, out, err = call(server, monkeypatch, capsys, "scan", *WHICH, "--slot")
    assert code == 0, err
    assert "closed bars up to 2024-08-02 12:15 UTC" in err
    assert out
    code, out, err = call(server, monkeypatch, capsys, "scan", *WHICH, "--slot")
    assert (code, out) == (0, "")
    assert err.startswith("overlap: run r-")
    code, out, err = call(server, monkeypatch, capsys, "scan", *WHICH)
    assert (code, out[:6]) == (0, "symbol")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("watch", "--stream", "-e", "binance-lite"), "bybit-linear"),
        (("watch", "-e", "demo"), "stands still"),
        (("scan", "--slot", "-e", "demo"), "stands still"),
        (("scan", "--slot", "--offline"), "neither --as-of nor --offline"),
        (("scan", "--slot", "--as-of", "2024-08-01"), "neither --as-of nor --offline"),
    ],
)
def test_what_has_no_closes_is_refused(
    server: TickingBinance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    code, out, err = call(server, monkeypatch, capsys, *arguments)
    assert (code, out) == (2, "")
    assert words in err


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    ("number", "code", "hanging"),
    [(signal.SIGTERM, 0, False), (signal.SIGINT, 130, True)],
    ids=["asked to end while it waits", "interrupted while the exchange hangs"],
)
def test_it_ends_within_five_seconds_of_a_signal(
    server: TickingBinance, number: signal.Signals, code: int, hanging: bool
) -> None:
    if hanging:
        server.fault("/klines", "hang", times=100)
    process = start(server, "watch", *WHICH, SNIPERSIGHT_EXCHANGES__BINANCE__TIMEOUT_S="120")
    path = "/klines" if hanging else "/time"
    deadline = time.monotonic() + 50
    while server.count(path) < (1 if hanging else 3) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    asked = time.monotonic()
    process.send_signal(number)
    ended, _, err = end(process, 20)
    assert ended == code, err
    assert time.monotonic() - asked <= 5.0
    assert "Traceback" not in err


def test_runs_of_cron_that_overlap_decide_a_close_once_and_all_exit_well(server: TickingBinance) -> None:
    processes = [start(server, "scan", *WHICH, "--slot") for _ in range(2)]
    ends = [end(process) for process in processes]
    assert [code for code, _, _ in ends] == [0, 0], ends
    assert sorted("overlap: " in err for _, _, err in ends) == [False, True]
    assert sum(bool(out) for _, out, _ in ends) == 1
