"""The universe over several scans of a loopback Binance: stored with each, shown, held to, and never silently smaller."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from data.cache import SqliteCandleStore
from engine.commands.app import run
from shared.models.data import Market
from tests.servers.binance import BinanceServer
from tests.servers.market import ServedMarket

NOW = int(datetime(2024, 8, 2, 12, 7, 30, tzinfo=UTC).timestamp()) * 1000
START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 1000
SYMBOLS = ["BTC/USDT", "ETH/USDT", "SOL/USDT", "BTCUP/USDT", "USDC/USDT"]
TURNOVER = {"BTC/USDT": 9e8, "ETH/USDT": 5e8, "SOL/USDT": 3e8, "BTCUP/USDT": 9e9, "USDC/USDT": 9e9}
TWO_SEATS = {
    "SNIPERSIGHT_PROFILE__UNIVERSE__SIZE": "2",
    "SNIPERSIGHT_PROFILE__UNIVERSE__HYSTERESIS_PCT": "50",
}


def trade(server: BinanceServer, symbol: str, turnover: float) -> None:
    """Let the last 24 hours of a symbol turn over so much."""
    rows = server.market.base[symbol]
    day = rows[(rows[:, 0] >= server.now_ms - 86_400_000) & (rows[:, 0] < server.now_ms)]
    rows[:, 5] *= turnover / float((day[:, 4] * day[:, 5]).sum())


@pytest.fixture
def server() -> Iterator[BinanceServer]:
    market = ServedMarket.synthetic(SYMBOLS, START, NOW + 86_400_000)
    with BinanceServer(market, NOW) as running:
        for symbol, turnover in TURNOVER.items():
            trade(running, symbol, turnover)
        yield running


Cli = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def cli(server: BinanceServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command line; its exit code, JSON document and remarks."""
    monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", server.base_url)

    def call(*words: str, **more: str) -> tuple[int, Any, str]:
        with monkeypatch.context() as patched:
            for name, value in more.items():
                patched.setenv(name, value)
            code = run([*words, "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else {}, err

    return call


def names(universe: Any) -> list[str]:
    return [member["symbol"] for member in universe["chosen"]]


def codes(universe: Any) -> dict[str, str]:
    return {drop["symbol"]: drop["code"] for drop in universe["dropped"]}


def stored_universes() -> int:
    file = Path(os.environ["SNIPERSIGHT_HOME"]) / "data" / "universes.sqlite3"
    with closing(sqlite3.connect(file)) as db:
        (count,) = db.execute("SELECT count(*) FROM universe_snapshot").fetchone()
        return int(count)


def test_every_scan_stores_its_universe_and_the_command_shows_it(server: BinanceServer, cli: Cli) -> None:
    code, looked, err = cli("universe")
    assert (code, server.count("/klines")) == (0, 0), err
    assert names(looked) == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    assert codes(looked) == {"BTCUP/USDT": "universe.leveraged", "USDC/USDT": "universe.pegged"}
    code, nothing, err = cli("universe", "--last")
    assert (code, nothing, err.count("\n")) == (2, {}, 1)
    assert "no universe of binance with profile balanced is stored" in err

    code, scanned, err = cli("scan")
    assert code == 0, err
    code, last, err = cli("universe", "--last")
    assert (code, last) == (0, looked), err
    drops = [drop for drop in scanned["rejections"] if drop["stage"] == "universe"]
    assert drops == last["dropped"]

    server.now_ms += 300_000
    assert cli("universe")[1]["chosen"][0]["was_in"] is True
    assert stored_universes() == 1


def test_what_was_unknown_at_first_is_measured_on_what_the_first_scan_stored(
    server: BinanceServer, cli: Cli
) -> None:
    first = cli("universe")[1]
    young = {"universe.age", "universe.volatility_low", "universe.volatility_high", "universe.stop_precision"}
    assert young <= {one["code"] for one in first["unmeasured"]}
    assert cli("scan")[0] == 0
    again = cli("universe")[1]
    assert not young & {one["code"] for one in again["unmeasured"]}
    assert names(again) == names(first)


def test_a_symbol_keeps_its_seat_until_it_falls_below_the_band(server: BinanceServer, cli: Cli) -> None:
    code, _, err = cli("scan", **TWO_SEATS)
    assert code == 0, err
    server.now_ms += 300_000
    trade(server, "SOL/USDT", 6e8)
    _, held, _ = cli("universe", **TWO_SEATS)
    assert names(held) == ["BTC/USDT", "ETH/USDT"]
    (drop,) = (drop for drop in held["dropped"] if drop["symbol"] == "SOL/USDT")
    assert (drop["code"], drop["measured"], drop["threshold"]) == ("universe.rank", 2, 1)
    assert held["chosen"][1]["rank"] == 3


def test_a_member_that_stops_trading_or_is_gone_is_told(server: BinanceServer, cli: Cli) -> None:
    code, _, err = cli("scan")
    assert code == 0, err
    server.now_ms += 300_000
    server.status["SOL/USDT"] = "BREAK"
    del server.market.base["ETH/USDT"]
    found = codes(cli("universe")[1])
    assert found["SOL/USDT"] == "universe.not_trading"
    assert found["ETH/USDT"] == "universe.not_listed"
    told = ["vanished: ETH/USDT, in the universe before this one, is not listed any more"]
    for flags in (told, []):
        code, scanned, _ = cli("scan")
        assert [flag for flag in scanned["flags"] if flag.startswith("vanished")] == flags
        assert code == (10 if flags else 0)
        server.now_ms += 300_000


def test_a_changed_market_id_is_refused_until_it_is_mapped(server: BinanceServer, cli: Cli) -> None:
    assert cli("scan")[0] == 0
    file = Path(os.environ["SNIPERSIGHT_HOME"]) / "data" / "universes.sqlite3"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE universe_market_id SET market_id='OLDSOLUSDT' WHERE symbol='SOL/USDT'")
    server.now_ms += 300_000
    for _ in range(2):
        code, scanned, err = cli("scan")
        assert code == 0, err
        reasons = {drop["symbol"]: drop["reason"] for drop in scanned["rejections"]}
        assert "(OLDSOLUSDT to SOLUSDT)" in reasons["SOL/USDT"]
        server.now_ms += 300_000
    mapped = {"SNIPERSIGHT_PROFILE__UNIVERSE__RENAMED": "OLDSOLUSDT>SOLUSDT"}
    assert "SOL/USDT" in names(cli("universe", **mapped)[1])


def test_offline_the_stored_hours_give_volume_and_range_and_no_spread_is_guessed(
    server: BinanceServer, cli: Cli
) -> None:
    _, online, _ = cli("scan")
    markets = {
        symbol: Market(
            "binance", symbol, symbol.replace("/", ""), symbol.partition("/")[0], "USDT", "spot", Decimal("0.01"),
            Decimal("0.01"), Decimal(5), True, "exchange",
        )
        for symbol in SYMBOLS[:3]
    }  # fmt: skip
    file = Path(os.environ["SNIPERSIGHT_HOME"]) / "cache" / "candles.sqlite3"
    with closing(SqliteCandleStore(file)) as store:
        store.save_markets(markets)
    code, found, err = cli("universe", "--offline", "--as-of", online["as_of"])
    assert code == 0, err
    assert (set(names(found)), found["dropped"]) == (set(markets), [])
    assert found["figures_at"] == found["as_of"]
    assert {one["code"] for one in found["unmeasured"]} == {"universe.delisting", "universe.spread"}


def test_a_named_universe_does_not_become_the_one_that_is_held_to(server: BinanceServer, cli: Cli) -> None:
    code, _, err = cli("scan", "-s", "SOL,NOWHERE")
    assert code == 10, err
    assert stored_universes() == 1
    code, found, err = cli("universe", "-s", "SOL,NOWHERE")
    assert (code, found["basis"], names(found)) == (10, "named", ["SOL/USDT"])
    assert [fault["symbol"] for fault in found["faults"]] == ["NOWHERE/USDT"]
    assert "! NOWHERE/USDT: symbol 'NOWHERE/USDT' is not listed" in err
    assert cli("universe", "--last")[0] == 2
    assert "exclude each other" in cli("universe", "--last", "-s", "SOL")[2]
