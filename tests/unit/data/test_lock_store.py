"""Locks on disk: what was added comes back value for value until it is removed, whatever breaks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.lock_store import SqliteLockStore
from shared.errors import DamagedPage, StorageFault
from shared.models.risk import Lock

LOCK = Lock("all", "drawdown", "equity 10.5 % below its peak", 1000, 9000, 10.5, 10.0, "% of equity")
SOONER = replace(LOCK, scope="BTC/USDT", until_ms=5000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "locks.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteLockStore]:
    with closing(SqliteLockStore(path)) as opened:
        yield opened


def test_what_was_added_comes_back_in_the_order_of_ends_after_a_restart(
    path: Path, store: SqliteLockStore
) -> None:
    for lock in (LOCK, SOONER, LOCK):
        store.add(lock)
    with closing(SqliteLockStore(path)) as again:
        assert again.locks() == (SOONER, LOCK)


def test_a_removed_lock_is_gone_and_one_that_is_not_there_cannot_be_removed(store: SqliteLockStore) -> None:
    store.add(LOCK)
    assert (store.remove(LOCK.id), store.remove(LOCK.id), store.locks()) == (True, False, ())
    assert store.lifted() == (LOCK,)


def test_a_file_of_before_knows_no_lifted_lock_and_keeps_its_own(path: Path, store: SqliteLockStore) -> None:
    store.add(LOCK)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE lifted")
    with closing(SqliteLockStore(path)) as again:
        assert (again.locks(), again.lifted()) == ((LOCK,), ())


def test_a_damaged_lifted_lock_is_not_lifted_any_more(path: Path, store: SqliteLockStore) -> None:
    store.add(LOCK)
    store.remove(LOCK.id)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE lifted SET scope='long'")
    assert store.lifted() == ()


@pytest.mark.parametrize("change", ["until_ms=8999", "scope='long'", "reason=''", "since_ms='soon'"])
def test_a_lock_that_is_not_what_was_written_is_never_passed_over(
    path: Path, store: SqliteLockStore, change: str
) -> None:
    store.add(LOCK)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"UPDATE lock SET {change}")
    with pytest.raises(DamagedPage, match=f"locks remove {LOCK.id}"):
        store.locks()
    assert store.remove(LOCK.id)
    assert (store.locks(), store.lifted()) == ((), ())


def test_a_file_that_is_none_or_cannot_be_written_is_a_fault_that_says_what_to_do(
    path: Path, store: SqliteLockStore
) -> None:
    store._file.db.execute("PRAGMA query_only=1")
    with pytest.raises(StorageFault, match=r"locks in .* could not be written.*It may not be written"):
        store.add(LOCK)
    path.with_name("other").write_bytes(b"not a database, and long enough to be looked at" * 9)
    with pytest.raises(StorageFault, match="could not be opened"):
        SqliteLockStore(path.with_name("other"))


def test_several_writers_lose_nothing(path: Path, store: SqliteLockStore) -> None:
    def write(place: int) -> None:
        with closing(SqliteLockStore(path)) as own:
            own.add(replace(LOCK, since_ms=place))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(12)))
    assert len(store.locks()) == 12


times = st.integers(0, 2**40)
reasons = st.text(min_size=1, max_size=9).filter(lambda text: text.strip() and text.isprintable())
locks = st.tuples(reasons, times, times, st.floats(-1e9, 1e9)).map(
    lambda cells: Lock(
        "short", "low profit", cells[0], min(cells[1:3]), max(cells[1:3]) + 1, cells[3], 0.0, "R"
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(locks)
def test_any_lock_survives(store: SqliteLockStore, lock: Lock) -> None:
    store.add(lock)
    assert lock in store.locks()
    assert store.remove(lock.id)
