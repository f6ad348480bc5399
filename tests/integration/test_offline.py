"""Offline: what is stored is read honestly. Old candles, a time beside them, a damaged page: each says so and what to do."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from data.cache import SqliteCandleStore
from shared.models.data import Candles, Market
from shared.models.timeframe import DAY_MS, Timeframe, iso
from tests.unit.data.test_store import damage_page

NOON = 1_722_859_200_000
"""2024-08-05T12:00:00Z"""
HISTORY = {Timeframe.M15: 1400, Timeframe.H1: 1400, Timeframe.H4: 1400, Timeframe.D1: 200, Timeframe.W1: 60}


def series(timeframe: Timeframe, until_ms: int, seed: int) -> Candles:
    count = HISTORY[timeframe]
    sigma = 0.004 * (timeframe.ms / Timeframe.M15.ms) ** 0.5
    close = np.round(100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, sigma, count))), 2)
    open_ = np.r_[close[:1], close[:-1]]
    times = timeframe.floor(until_ms) - timeframe.ms * np.arange(count, 0, -1)
    volume = np.full(count, 1e6)
    return Candles(timeframe, times, open_, np.maximum(open_, close), np.minimum(open_, close), close, volume)


def store_of(home: Path, symbols: tuple[str, ...], until_ms: int = NOON) -> Path:
    """A store that holds every timeframe of the symbols up to a time."""
    path = home / "cache" / "candles.sqlite3"
    store = SqliteCandleStore(path)
    for seed, symbol in enumerate(symbols):
        base = symbol.partition("/")[0]
        rules = Market(
            "binance", symbol, f"{base}USDT", base, "USDT", "spot",
            Decimal("0.01"), Decimal("0.01"), Decimal(0), True, "inferred",
        )  # fmt: skip
        store.save_markets({symbol: rules})
        store.write_many("binance", {symbol: [series(timeframe, until_ms, seed) for timeframe in HISTORY]})
    store.close()
    return path


def cli(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:

    call = [sys.executable, "-m", "sniper_sight_cli", *words]
    environ = os.environ | {"SNIPERSIGHT_HOME": str(home)} | more
    return subprocess.run(call, env=environ, capture_output=True, text=True, timeout=120, check=False)


SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    store_of(folder, SYMBOLS)
    return folder


def test_old_candles_are_not_taken_for_now(home: Path) -> None:
    ran = cli(home, "scan", "--offline")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (20, "", 1)
    assert "the newest stored 15m candle of binance closed 2024-08-05T12:00:00Z" in ran.stderr
    assert "days) ago; balanced allows 1" in ran.stderr
    assert "Give --as-of 2024-08-05T12:00:00Z to look back, or scan without --offline." in ran.stderr


def test_fresh_candles_need_no_as_of(tmp_path: Path) -> None:
    store_of(tmp_path, SYMBOLS, time.time_ns() // 1_000_000)
    ran = cli(tmp_path, "scan", "--offline", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["coverage"] == {"read": 3, "asked": 3}


def test_young_candles_stand_in_for_an_exchange_that_is_wholly_down_and_the_scan_says_so(
    tmp_path: Path,
) -> None:
    store_of(tmp_path, SYMBOLS, time.time_ns() // 1_000_000)
    down = {"SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL": "http://127.0.0.1:9"}
    ran = cli(tmp_path, "scan", "--json", **down)
    assert ran.returncode == 10, ran.stderr
    document = json.loads(ran.stdout)
    assert (document["status"], document["coverage"]) == ("degraded", {"read": 3, "asked": 3})
    (flag,) = (flag for flag in document["flags"] if flag.startswith("from_cache"))
    assert flag.startswith("from_cache: all of binance, age ")
    assert "could not be read" in flag
    asked = cli(tmp_path, "scan", "-s", "BTC", "--json", **down)
    assert json.loads(asked.stdout)["coverage"] == {"read": 1, "asked": 1}


def test_old_candles_do_not_stand_in_for_an_exchange_that_is_down(home: Path) -> None:
    ran = cli(home, "scan", "--json", SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL="http://127.0.0.1:9")
    assert (ran.returncode, ran.stdout) == (30, "")
    assert "could not be read" in ran.stderr


def test_a_time_beside_everything_stored_is_one_line_with_what_is_stored(home: Path) -> None:
    ran = cli(home, "scan", "--offline", "--as-of", "2021-01-01T00:00:00Z")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (20, "", 1)
    first = Timeframe.W1.floor(NOON) - HISTORY[Timeframe.W1] * Timeframe.W1.ms
    assert f"in the 24 h before 2021-01-01T00:00:00Z; what is stored reaches from {iso(first)}" in ran.stderr
    assert "to 2024-08-05T12:00:00Z" in ran.stderr
    assert "Give an --as-of inside that" in ran.stderr


def test_a_symbol_that_did_not_trade_is_rejected_and_not_a_refusal(home: Path, tmp_path: Path) -> None:
    store_of(tmp_path, ("BTC/USDT",))
    store_of(tmp_path, ("BTC/USDT", "OLD/USDT"), NOON - 9 * DAY_MS)
    ran = cli(tmp_path, "explain", "OLD/USDT", "--offline", "--as-of", iso(NOON))
    assert ran.returncode == 0, ran.stderr
    assert "universe.not_trading" in ran.stdout


@pytest.mark.parametrize(
    ("asked", "closed"), [("12:07:30", "12:00"), ("12:03:00", "12:00"), ("12:00:00", "12:00")]
)
def test_the_heading_names_a_bar_that_closed(home: Path, asked: str, closed: str) -> None:
    ran = cli(home, "scan", "--offline", "--as-of", f"2024-08-05T{asked}Z", "-s", "BTC")
    assert f"· 1 symbol · closed bars up to 2024-08-05 {closed} UTC" in ran.stderr.splitlines()[0]


@pytest.mark.parametrize("page", range(5), ids=HISTORY)
def test_a_damaged_page_is_its_symbols_fault_alone_and_writing_it_again_mends_it(
    tmp_path: Path, page: int
) -> None:
    path = store_of(tmp_path, SYMBOLS)
    timeframe = tuple(HISTORY)[page]
    store = SqliteCandleStore(path)
    store.write("binance", "ETH/USDT", long := lengthened(timeframe))
    store.close()
    damage_series(path, "ETH/USDT", timeframe)
    ran = cli(tmp_path, "scan", "--offline", "--as-of", iso(NOON), "--json")
    assert ran.returncode == 10, ran.stderr
    (fault,) = json.loads(ran.stdout)["faults"]
    assert (fault["symbol"], fault["error"]) == ("ETH/USDT", "DamagedPage")
    assert f"the page of binance ETH/USDT {timeframe} that starts" in fault["problem"]
    assert "data import" in fault["action"]
    store = SqliteCandleStore(path)
    assert store.write("binance", "ETH/USDT", long).dropped == 1
    store.close()
    assert cli(tmp_path, "scan", "--offline", "--as-of", iso(NOON), "--json").returncode == 0


def lengthened(timeframe: Timeframe) -> Candles:
    """Enough candles for a page of its own, whatever the timeframe."""
    kept = HISTORY[timeframe]
    HISTORY[timeframe] = 1400
    try:
        return series(timeframe, NOON, 1)
    finally:
        HISTORY[timeframe] = kept


def damage_series(path: Path, symbol: str, timeframe: Timeframe) -> None:
    """Move the series to the front of the pages and damage its newest page."""

    with closing(sqlite3.connect(path)) as db:
        query = "SELECT series.id FROM series WHERE symbol=? AND timeframe=?"
        (series_id,) = db.execute(query, (symbol, timeframe.value)).fetchone()
        places = [row[0] for row in db.execute("SELECT series FROM page ORDER BY series, first_ms")]
    damage_page(path, page=len(places) - 1 - places[::-1].index(series_id))


@pytest.mark.parametrize("words", [("scan",), ("scan", "--as-of", iso(NOON))])
def test_a_file_of_another_program_is_left_alone(tmp_path: Path, words: tuple[str, ...]) -> None:
    path = tmp_path / "cache" / "candles.sqlite3"
    path.parent.mkdir()
    path.write_text("some notes of mine, " * 50)
    ran = cli(tmp_path, *words, "--offline")
    assert (ran.returncode, ran.stderr.count("\n")) == (30, 1)
    assert "It is not a SniperSight store: move or delete it" in ran.stderr


def test_names_that_are_not_listed_stop_only_themselves(home: Path, tmp_path: Path) -> None:
    watched = tmp_path / "watchlist.txt"
    watched.write_text("BTC/USDT\nETHH/USDT\nSOL/USDT\nNOWHERE/USDT\nMOON/USDT\n")
    ran = cli(home, "scan", "--offline", "--as-of", iso(NOON), "-s", f"@{watched}", "--json")
    assert ran.returncode == 10, ran.stderr
    document = json.loads(ran.stdout)
    faults = {fault["symbol"]: fault for fault in document["faults"]}
    assert set(faults) == {"ETHH/USDT", "NOWHERE/USDT", "MOON/USDT"}
    assert (faults["ETHH/USDT"]["error"], faults["ETHH/USDT"]["stage"]) == ("NotFound", "universe")
    assert "Did you mean ETH/USDT" in faults["ETHH/USDT"]["action"]
    assert document["coverage"] == {"read": 2, "asked": 2}
    assert document["funnel"][0]["faults"] == 3


def test_when_no_name_is_listed_it_is_wrong_usage(home: Path) -> None:
    ran = cli(home, "scan", "--offline", "--as-of", iso(NOON), "-s", "ETHH,NOWHERE")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert "symbol 'ETHH/USDT' is not listed; symbol 'NOWHERE/USDT' is not listed" in ran.stderr
