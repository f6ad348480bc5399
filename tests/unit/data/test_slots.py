"""Slots: leases that run out, fences that rise, and one decision a slot however many start at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data.slots import KEPT_MS, Lease, Slot, SqliteSlots, Taken
from shared.errors import StorageFault

NOW = 1_722_600_000_000
TTL = 120_000
SLOT = Slot("every quarter", NOW)
STARTS = 1_000 if os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly" else 40


@pytest.fixture
def slots(tmp_path: Path) -> Iterator[SqliteSlots]:
    kept = SqliteSlots(tmp_path / "slots.sqlite3")
    yield kept
    kept.close()


def leased(slots: SqliteSlots, owner: str, now_ms: int = NOW, slot: Slot = SLOT) -> Lease:
    lease = slots.claim(slot, owner, now_ms, TTL)
    assert isinstance(lease, Lease)
    return lease


def test_a_leased_slot_is_taken_until_its_lease_runs_out(slots: SqliteSlots) -> None:
    leased(slots, "one")
    assert slots.claim(SLOT, "two", NOW + TTL - 1, TTL) == Taken("", NOW + TTL)
    assert leased(slots, "two", NOW + TTL).fence == 2


def test_a_decided_slot_stays_decided(slots: SqliteSlots) -> None:
    assert slots.finish(leased(slots, "one"), "r-1")
    assert slots.claim(SLOT, "two", NOW + 10 * TTL, TTL) == Taken("r-1", NOW + TTL)


def test_schedules_and_boundaries_are_apart(slots: SqliteSlots) -> None:
    leased(slots, "one")
    leased(slots, "two", slot=Slot("another", NOW))
    leased(slots, "three", slot=Slot("every quarter", NOW + 1))


def test_whoever_overslept_can_neither_renew_nor_finish_nor_give_back(slots: SqliteSlots) -> None:
    old = leased(slots, "one")
    new = leased(slots, "two", NOW + TTL)
    assert not slots.renew(old, NOW + TTL, TTL)
    assert not slots.give_back(old)
    assert not slots.finish(old, "r-old")
    assert slots.finish(new, "r-new")
    assert not slots.finish(new, "r-again")


def test_the_same_owner_with_an_old_fence_is_another(slots: SqliteSlots) -> None:
    old = leased(slots, "one")
    leased(slots, "one", NOW + TTL)
    assert not slots.finish(old, "r-old")


def test_a_lease_that_ran_out_and_that_nobody_took_may_still_finish(slots: SqliteSlots) -> None:
    lease = leased(slots, "one")
    assert slots.renew(lease, NOW + 5 * TTL, TTL)
    assert slots.finish(lease, "r-1")


def test_a_slot_given_back_can_be_claimed_at_once(slots: SqliteSlots) -> None:
    assert slots.give_back(leased(slots, "one"))
    assert leased(slots, "two").fence == 2


def test_a_lease_of_a_clock_that_was_since_set_back_does_not_block(slots: SqliteSlots) -> None:
    old = leased(slots, "one", NOW + 86_400_000)
    assert leased(slots, "two", NOW).fence == 2
    assert not slots.finish(old, "r-old")


def test_a_run_that_read_its_clock_before_another_leased_waits_for_it(slots: SqliteSlots) -> None:
    leased(slots, "one", NOW + 25)
    assert slots.claim(SLOT, "two", NOW, TTL) == Taken("", NOW + 25 + TTL)


def test_what_was_decided_is_remembered_by_the_next_process(slots: SqliteSlots, tmp_path: Path) -> None:
    slots.finish(leased(slots, "one"), "r-1")
    slots.close()
    with closing(SqliteSlots(tmp_path / "slots.sqlite3")) as again:
        assert again.claim(SLOT, "two", NOW, TTL) == Taken("r-1", NOW + TTL)


def test_old_slots_are_forgotten(slots: SqliteSlots, tmp_path: Path) -> None:
    for place in range(50):
        leased(slots, "one", slot=Slot("every quarter", NOW + place))
    leased(slots, "one", slot=Slot("every quarter", NOW + KEPT_MS + 50))
    with closing(sqlite3.connect(tmp_path / "slots.sqlite3")) as db:
        assert db.execute("SELECT count(*) FROM slot").fetchone() == (1,)


@pytest.mark.parametrize("body", [b"not a database " * 300, b""], ids=["garbage", "another program's"])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "slots.sqlite3"
    path.write_bytes(body)
    if not body:
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StorageFault):
        SqliteSlots(path)


def test_a_full_disk_is_a_fault_and_decides_nothing(slots: SqliteSlots) -> None:
    lease = leased(slots, "one")
    slots._file.db.execute("PRAGMA query_only=ON")
    with pytest.raises(StorageFault):
        slots.finish(lease, "r-1")
    slots._file.db.execute("PRAGMA query_only=OFF")
    assert slots.finish(lease, "r-1")


def _start(path: Path, owner: int, boundaries: int, barrier: Any, ended: Any) -> None:
    """One of several processes that start in every slot together; says which slots it decided."""
    with closing(SqliteSlots(path)) as slots:
        for boundary in range(boundaries):
            barrier.wait(60)
            slot = Slot("overlap", NOW + boundary)
            lease = slots.claim(slot, f"process {owner}", NOW, TTL)
            if isinstance(lease, Lease) and slots.finish(lease, f"r-{owner}"):
                ended.put((boundary, owner))
    ended.put((-1, owner))


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_processes_that_start_together_decide_each_slot_exactly_once(tmp_path: Path, processes: int) -> None:
    decided = overlapping_starts(tmp_path / "slots.sqlite3", processes, -(-STARTS // 3))
    assert set(decided.values()) == {1}
    assert len(decided) == -(-STARTS // 3)


def overlapping_starts(path: Path, processes: int, boundaries: int) -> Counter[int]:
    """Decisions by slot."""
    context = multiprocessing.get_context("spawn")
    barrier, ended = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=_start, args=(path, owner, boundaries, barrier, ended))
        for owner in range(processes)
    ]
    for worker in workers:
        worker.start()
    decided: Counter[int] = Counter()
    left = processes
    while left:
        boundary, _ = ended.get(timeout=120)
        left -= boundary < 0
        decided.update([boundary] if boundary >= 0 else [])
    for worker in workers:
        worker.join(20)
        assert worker.exitcode == 0
    ended.close()
    ended.join_thread()
    return decided


def _hold(path: Path, ready: Any) -> None:
    slots = SqliteSlots(path)
    slots.claim(SLOT, "killed", NOW, TTL)
    ready.put("held")
    time.sleep(60)


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_the_slot_of_a_killed_process_is_free_when_its_lease_has_run_out(tmp_path: Path) -> None:
    path = tmp_path / "slots.sqlite3"
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    holder = context.Process(target=_hold, args=(path, ready))
    holder.start()
    assert ready.get(timeout=60) == "held"
    os.kill(holder.pid or 0, signal.SIGKILL)
    holder.join(20)
    with closing(SqliteSlots(path)) as slots:
        assert isinstance(slots.claim(SLOT, "two", NOW + 1, TTL), Taken)
        assert leased(slots, "two", NOW + TTL).fence == 2
    ready.close()
    ready.join_thread()
