"""What the bot remembers comes back after a restart."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from data.bot_store import SqliteBotStore
from shared.errors import StorageFault
from shared.models.desk import Hush, Mark


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "bot.sqlite3"


def test_a_new_memory_is_empty(path: Path) -> None:
    with closing(SqliteBotStore(path)) as store:
        assert (store.mark("1"), store.hush()) == (None, Hush())


def test_marks_of_each_bot_pauses_and_mutes_survive_a_restart(path: Path) -> None:
    with closing(SqliteBotStore(path)) as store:
        for mark in (Mark(7, 100), Mark(8, 200)):
            store.keep_mark("1", mark)
        store.keep_mark("2", Mark(3, 300))
        store.pause(500)
        for symbol, until_ms in (("ETH/USDT", 900), ("BTC/USDT", 800), ("ETH/USDT", 950)):
            store.mute(symbol, until_ms)
    with closing(SqliteBotStore(path)) as again:
        assert (again.mark("1"), again.mark("2"), again.mark("3")) == (Mark(8, 200), Mark(3, 300), None)
        hush = again.hush()
        assert hush == Hush(500, (("BTC/USDT", 800), ("ETH/USDT", 950)))
        assert (hush.symbols(799), hush.symbols(800)) == ({"BTC/USDT", "ETH/USDT"}, {"ETH/USDT"})
        again.pause(0)
        assert again.hush().paused_ms == 0


def test_a_file_that_is_none_of_ours_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database, no database, no database")
    with pytest.raises(StorageFault, match="bot memory"):
        SqliteBotStore(path)
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (one)")
    with pytest.raises(StorageFault, match="not a bot memory"):
        SqliteBotStore(path)
