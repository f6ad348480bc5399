"""``data status``, ``verify`` and ``prune``: what is shown, what is removed, and the exit codes."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from data.cache import SqliteCandleStore, wall_clock_ms
from engine.commands.app import run
from shared.models.data import Candles, OrderBook
from tests.unit.data.test_store import ALL, M5, candles

SCHEMAS = Path(__file__).parents[4] / "docs" / "schema"
DAY = 288
"""5m candles of a day."""


def recent(days_ago: int, count: int) -> Candles:
    """Candles that begin so many days ago."""
    first = M5.floor(wall_clock_ms()) // M5.ms - days_ago * DAY
    return candles(first, count)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqliteCandleStore:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return SqliteCandleStore(tmp_path / "cache" / "candles.sqlite3")


@pytest.fixture
def filled(store: SqliteCandleStore) -> SqliteCandleStore:
    """Two symbols; one was revised, and has an order book."""
    store.write("binance", "BTC/USDT", recent(20, 5000))
    store.write("binance", "BTC/USDT", Candles(M5, *shifted(recent(20, 3))))
    store.write("bybit", "ETH/USDT", recent(2, 30))
    store.save_book(OrderBook("binance", "BTC/USDT", 5000, np.array([[9.0, 1.0]]), np.array([[10.0, 1.0]])))
    return store


def shifted(part: Candles) -> list[np.ndarray[Any, Any]]:
    names = ("open", "high", "low", "close", "volume")
    return [part.open_ms, *(getattr(part, name) * 2 for name in names)]


def cli(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def damage(store: SqliteCandleStore) -> None:
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE page SET body=zeroblob(48000) WHERE first_ms=(SELECT min(first_ms) FROM page)")


def valid(name: str, out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out)
    schema = json.loads((SCHEMAS / f"snipersight.{name}-1.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(found)
    return found


@pytest.mark.checkout
def test_status_counts_candles_gaps_revisions_damage_and_bytes(
    filled: SqliteCandleStore, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(filled)
    code, out, err = cli(capsys, "data", "status")
    header, btc, eth = (line.split("\t") for line in out.splitlines())
    assert (code, header[5:]) == (0, ["candles", "missing", "bytes", "revised", "damaged"])
    assert (btc[:3], btc[5:7], btc[8:]) == (["binance", "BTC/USDT", "5m"], ["5000", "0"], ["3", "1"])
    assert (eth[1], eth[5:]) == ("ETH/USDT", ["30", "0", str(30 * 52), "0", "0"])
    assert "2 series, 1 order book, rules of 0 markets" in err
    document = valid("data-status", cli(capsys, "data", "status", "--json")[1])
    assert [one["damaged"] for one in document["series"]] == [1, 0]
    assert document["remarks"] == []
    assert cli(capsys, "data", "status", "-e", "bybit")[1].count("\n") == 2
    code, _, err = cli(capsys, "data", "status", "-e", "bybt")
    assert (code, "Did you mean 'bybit'?" in err) == (2, True)


def test_a_status_fits_every_terminal(
    filled: SqliteCandleStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    damage(filled)
    for columns in (60, 80, 120, 140):
        monkeypatch.setenv("COLUMNS", str(columns))
        for words in (("data", "status"), ("data", "verify"), ("data", "prune", "-s", "*")):
            lines = cli(capsys, *words)[1].splitlines()
            assert max(map(len, lines)) <= columns
            assert any("BTC/USDT" in line for line in lines)


@pytest.mark.checkout
def test_verify_ends_in_30_on_damage_and_mending_ends_that(
    filled: SqliteCandleStore, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = cli(capsys, "data", "verify")
    assert (code, out) == (0, "kind\texchange\tsymbol\ttimeframe\tat\n")
    assert "5 pages, 5,030 whole candles, 1 order book, rules of 0 markets: nothing damaged" in err
    damage(filled)
    code, out, err = cli(capsys, "data", "verify")
    assert (code, out.splitlines()[1].split("\t")[:4]) == (30, ["page", "binance", "BTC/USDT", "5m"])
    assert "1 damaged" in err
    assert "--mend" in err
    document = valid("data-verify", cli(capsys, "data", "verify", "--json")[1])
    assert (len(document["damage"]), document["dropped"], document["left"]) == (1, False, 1)
    code, out, err = cli(capsys, "data", "verify", "--mend")
    assert (code, "1 damaged, dropped" in err) == (0, True)
    assert cli(capsys, "data", "verify")[0] == 0
    assert len(filled.read("binance", "BTC/USDT", M5, *ALL)) == 4000


@pytest.mark.checkout
def test_prune_says_first_what_would_go_and_then_removes_exactly_that(
    filled: SqliteCandleStore, capsys: pytest.CaptureFixture[str]
) -> None:
    before = filled.file.size()
    _, out, err = cli(capsys, "data", "prune", "--older-than", "10")
    rows = [line.split("\t") for line in out.splitlines()[1:]]
    assert [(row[1], row[2], row[5]) for row in rows] == [
        ("BTC/USDT", "books", "1"),
        ("BTC/USDT", "5m", "2000"),
    ]
    assert "2,000 candles and 1 order book would be removed" in err
    assert len(filled.read("binance", "BTC/USDT", M5, *ALL)) == 5000
    removed = valid("data-prune", cli(capsys, "data", "prune", "--older-than", "10", "--yes", "--json")[1])
    assert [item["count"] for item in removed["items"]] == [1, 2000]
    assert removed["freed_bytes"] > 80_000
    assert filled.file.size() < before
    held = filled.read("binance", "BTC/USDT", M5, *ALL)
    assert (len(held), held.gaps()) == (3000, 0)
    assert filled.books("binance", "BTC/USDT", *ALL) == ()
    assert cli(capsys, "data", "prune", "--older-than", "10")[1].count("\n") == 1


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (("-s", "btc/*"), {"ETH/USDT"}),
        (("-e", "bybit"), {"BTC/USDT"}),
        (("-s", "*/USDT"), set()),
        (("-s", "*", "-t", "1h"), {"BTC/USDT", "ETH/USDT"}),
        (("-t", "5m,1h", "-e", "binance"), {"ETH/USDT"}),
    ],
)
def test_prune_takes_exchange_symbols_and_timeframes(
    filled: SqliteCandleStore, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], left: set[str]
) -> None:
    assert cli(capsys, "data", "prune", *asked, "--yes")[0] == 0
    assert {info.symbol for info in filled.series()} == left


def test_a_pruned_series_can_be_written_again_by_a_process_that_knew_it(filled: SqliteCandleStore) -> None:
    assert run(["data", "prune", "-s", "ETH/USDT", "--yes"]) == 0
    filled.write("bybit", "ETH/USDT", recent(2, 30))
    assert filled.read("bybit", "ETH/USDT", M5, *ALL) == recent(2, 30)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "nothing says what may go. Name --older-than"),
        (("-t", "5h"), "--timeframes: '5h' is not kept"),
        (("--older-than", "0"), "--older-than"),
        (("-e", "binanc"), "Did you mean 'binance'?"),
    ],
)
def test_a_prune_that_is_not_clear_removes_nothing(
    filled: SqliteCandleStore, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], said: str
) -> None:
    code, _, err = cli(capsys, "data", "prune", *asked, "--yes")
    assert (code, said in err) == (2, True), err
    assert sum(info.count for info in filled.series()) == 5030


def test_a_store_without_shared_memory_is_named(
    store: SqliteCandleStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from data import store_file

    store.close()
    for file in store.path.parent.iterdir():
        file.unlink()
    connect = sqlite3.connect
    monkeypatch.setattr(
        store_file.sqlite3,
        "connect",
        lambda path, **given: connect(f"file:{path}?vfs=unix-dotfile", uri=True, **given),
    )
    code, _, err = cli(capsys, "data", "status")
    assert (code, "! store_without_wal: the file system has no shared memory" in err) == (0, True)
