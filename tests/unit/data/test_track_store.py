"""The track record on disk: what was kept of a run comes back value for value, whole or not at all, and a setup counts once."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.track_store import SqliteTrackStore, pack, unpack
from shared.errors import ContractError, DamagedPage, StorageFault
from shared.models.planner import Style
from shared.models.smc import Side
from shared.models.track import PastTrade
from tests.fixtures.hand_track import past_trade, past_trades

ROWS = past_trades((65.0, 70.1), each=3)
D = "d" * 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "track.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteTrackStore]:
    with closing(SqliteTrackStore(path)) as opened:
        yield opened


def test_what_was_kept_comes_back_by_time_after_a_restart(path: Path, store: SqliteTrackStore) -> None:
    store.keep("r-1", ROWS[::-1])
    with closing(SqliteTrackStore(path)) as again:
        assert again.rows("demo", D) == ROWS
        assert again.sources() == ("r-1",)


def test_nothing_is_given_of_another_market_or_under_other_rules(store: SqliteTrackStore) -> None:
    elsewhere = replace(past_trade(1), exchange="binance")
    otherwise = replace(past_trade(2), decision="e" * 64)
    store.keep("r-1", (*ROWS, elsewhere, otherwise))
    assert store.rows("demo", D) == ROWS
    assert store.rows("binance", D) == (elsewhere,)
    assert store.rows("demo", "e" * 64) == (otherwise,)
    assert store.rows("bybit", D) == ()


def test_a_source_gives_back_all_that_it_kept(store: SqliteTrackStore) -> None:
    elsewhere = replace(past_trade(1), exchange="binance")
    otherwise = replace(past_trade(2), decision="e" * 64)
    store.keep("r-1", (*ROWS, otherwise, elsewhere))
    store.keep("r-2", ROWS[:1])
    assert store.of("r-1") == (elsewhere, *ROWS, otherwise)
    assert store.of("r-2") == ROWS[:1]
    assert store.of("r-3") == ()


def test_keeping_a_source_again_replaces_all_of_it(store: SqliteTrackStore) -> None:
    store.keep("r-1", (*ROWS, replace(past_trade(1), exchange="binance")))
    store.keep("r-2", ())
    store.keep("r-1", ROWS[:2])
    assert store.rows("demo", D) == ROWS[:2]
    assert store.rows("binance", D) == ()


def test_a_setup_of_two_runs_counts_once_as_the_one_kept_last_has_it(store: SqliteTrackStore) -> None:
    first, second, third = past_trade(1), past_trade(2), past_trade(3)
    store.keep("r-1", (first, second))
    store.keep("r-2", (replace(second, r=-1.0, best_r=-1.0), third))
    assert store.rows("demo", D) == (first, replace(second, r=-1.0, best_r=-1.0), third)
    store.keep("r-1", (first, second))
    assert store.rows("demo", D) == (first, second, third)
    assert store.sources() == ("r-2", "r-1")


def test_a_setup_that_one_run_traded_twice_counts_twice(store: SqliteTrackStore) -> None:
    again = replace(past_trade(5), fingerprint=past_trade(1).fingerprint)
    store.keep("r-1", (past_trade(1), again))
    assert store.rows("demo", D) == (past_trade(1), again)


def test_a_forgotten_source_is_gone_and_one_that_is_not_there_cannot_be_forgotten(
    store: SqliteTrackStore,
) -> None:
    store.keep("r-1", ROWS)
    assert (store.forget("r-1"), store.forget("r-1"), store.rows("demo", D)) == (True, False, ())


@pytest.mark.parametrize(
    "change", ["body=zeroblob(length(body))", "source='r-2'", "exchange='bybit'", "decision='e'"]
)
def test_what_is_not_what_was_written_is_never_given_until_it_is_kept_anew(
    path: Path, store: SqliteTrackStore, change: str
) -> None:
    store.keep("r-1", ROWS)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"UPDATE kept SET {change}")
        exchange, decision, source = db.execute("SELECT exchange, decision, source FROM kept").fetchone()
    with pytest.raises(DamagedPage, match=r"are not what was written\. Delete the file"):
        store.rows(exchange, decision)
    store.keep(source, ROWS)
    assert store.rows("demo", D) == ROWS


def test_a_file_that_is_none_or_cannot_be_written_is_a_fault_that_says_what_to_do(
    path: Path, store: SqliteTrackStore
) -> None:
    store._file.db.execute("PRAGMA query_only=1")
    with pytest.raises(StorageFault, match=r"track record in .* could not be written.*It may not be written"):
        store.keep("r-1", ROWS)
    path.with_name("other").write_bytes(b"not a database, and long enough to be looked at" * 9)
    with pytest.raises(StorageFault, match="could not be opened"):
        SqliteTrackStore(path.with_name("other"))


def test_several_writers_lose_nothing(path: Path, store: SqliteTrackStore) -> None:
    def write(place: int) -> None:
        with closing(SqliteTrackStore(path)) as own:
            own.keep(f"r-{place}", (past_trade(place),))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(12)))
    assert store.rows("demo", D) == tuple(past_trade(place) for place in range(12))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_leaves_the_trades_before_or_after_whole(path: Path) -> None:
    """One of two sets is kept in turn by a process that is killed at some moment; what is there then is one of them."""
    sets = [past_trades((65.0,), each=count) for count in (200, 300)]
    with closing(SqliteTrackStore(path)) as store:
        store.keep("r-1", sets[0])
    seen = set()
    for kill in range(12):
        child = os.fork()
        if not child:
            try:
                with closing(SqliteTrackStore(path)) as own:
                    while True:
                        own.keep("r-1", sets[1])
                        own.keep("r-1", sets[0])
            finally:
                os._exit(1)
        time.sleep(0.01 + 0.007 * kill)
        os.kill(child, 9)
        os.waitpid(child, 0)
        with closing(SqliteTrackStore(path)) as store:
            seen.add(store.rows("demo", D))
    assert seen <= set(sets)


def test_what_no_finished_trade_can_be_is_refused() -> None:
    for nonsense in ({"score_tenths": 1001}, {"ended_ms": 0}, {"r": float("nan")}, {"best_r": float("inf")}):
        with pytest.raises(ContractError, match="no finished trade"):
            replace(past_trade(1), **nonsense)  # type: ignore[arg-type]


results = st.floats(-1e9, 1e9)
trades = st.builds(
    PastTrade,
    exchange=st.just("x"),
    decision=st.just("d"),
    profile=st.text(max_size=5),
    symbol=st.sampled_from(["A/B", "C/D:D"]),
    side=st.sampled_from(Side),
    style=st.sampled_from(Style),
    fingerprint=st.text("0123456789abcdef", min_size=1, max_size=12),
    score_tenths=st.integers(0, 1000),
    decided_ms=st.integers(0, 2**41),
    ended_ms=st.integers(2**41 + 1, 2**42),
    r=results,
    best_r=results,
)


@given(st.lists(trades, unique_by=lambda trade: (trade.decided_ms, trade.symbol, trade.fingerprint)))
def test_any_trades_survive_packing_and_pack_to_the_same_bytes_in_any_order(rows: list[PastTrade]) -> None:
    assert set(unpack("x", "d", pack(rows))) == set(rows)
    assert pack(rows) == pack(rows[::-1])
