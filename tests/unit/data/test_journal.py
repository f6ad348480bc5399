"""The journal: whole or refused. What was reported is there, what was changed is seen, and nothing begins anew by itself."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from data.journal import SqliteJournal
from data.witness import read_witness, write_witness
from risk.audit_pipeline import chain, check_chain
from shared.errors import ClockFault, ContractError, DamagedJournal, SniperError, StorageFault
from shared.models.journal import START, Appended, Head
from tests.fixtures.hand_journal import NOW, batch
from tests.fixtures.tampered import damage_of, flips, rebuilt

MORE = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
DAMAGES = 10_000 if MORE else 400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    with closing(SqliteJournal(path, chain)) as opened:
        yield opened


def filled(path: Path, scans: int = 4, size: int = 3) -> Head:
    """A closed journal of some scans."""
    with closing(SqliteJournal(path, chain)) as journal:
        for number in range(scans):
            journal.append(batch(number, size), NOW + number)
        return journal.head()


def opened_and_checked(path: Path) -> Head:
    """The head of a journal that opens and whose chain is whole."""
    with closing(SqliteJournal(path, chain)) as journal:
        return check_chain(journal.records(), journal.head()).head


def test_a_scan_is_appended_whole_and_read_back(journal: SqliteJournal) -> None:
    assert journal.head() == START
    done = journal.append(batch(1), NOW)
    assert done == Appended(journal.head(), 5)
    records = list(journal.records())
    assert records == list(chain(batch(1), START, NOW))
    assert check_chain(records, done.head).scans == 1
    assert read_witness(journal.witness) == done.head


def test_the_same_run_by_the_same_code_adds_nothing(journal: SqliteJournal) -> None:
    first = journal.append(batch(1), NOW)
    assert journal.append(batch(1), NOW + 60) == Appended(first.head, 0)
    assert journal.append(batch(1, code="e" * 64), NOW + 60).added == 5


def test_the_same_run_with_another_decision_is_a_defect_and_adds_nothing(journal: SqliteJournal) -> None:
    first = journal.append(batch(1), NOW)
    with pytest.raises(ContractError, match="run r-000000000001 is journaled with another decision"):
        journal.append(batch(1, decision="other"), NOW)
    assert journal.head() == first.head


def test_runs_and_plans_are_found(journal: SqliteJournal) -> None:
    for number in range(3):
        journal.append(batch(number), NOW + number)
    assert [record.content["number"] for record in journal.newest(2)] == [2, 1]
    assert journal.run_of("p-1") == "r-000000000001"
    assert journal.run_of("p-7") == journal.run_of("") == ""
    kinds = [record.kind for record in journal.records("r-000000000001")]
    assert kinds == [entry.kind for entry in batch(1).entries]


def test_a_clock_that_lost_its_time_is_refused_and_one_set_right_is_not(journal: SqliteJournal) -> None:
    journal.append(batch(1), NOW)
    with pytest.raises(ClockFault, match="the clock says 2024-08-05T11:00:00Z"):
        journal.append(batch(2), NOW - 3_600_000)
    journal.append(batch(2), NOW - 1000)
    assert {record.at_ms for record in journal.records()} == {NOW}


def test_a_journal_is_read_while_another_process_holds_it_open(path: Path, journal: SqliteJournal) -> None:
    journal.append(batch(1), NOW)
    reading = journal.records()
    next(reading)
    with closing(SqliteJournal(path, chain)) as other:
        other.append(batch(2), NOW)
    assert len(list(reading)) == 4
    assert len(list(journal.records())) == 10


def test_a_full_disk_is_named_and_keeps_nothing_half_written(path: Path, journal: SqliteJournal) -> None:
    before = journal.append(batch(1), NOW).head
    pages = journal.file.db.execute("PRAGMA page_count").fetchone()[0]
    journal.file.db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StorageFault, match=r"full.*The disk is full: make room") as fault:
        journal.append(batch(2, size=5000), NOW)
    assert not isinstance(fault.value, DamagedJournal)
    assert journal.head() == before
    journal.file.db.execute("PRAGMA max_page_count=1000000")
    assert journal.append(batch(2, size=5000), NOW).added == 5
    journal.close()
    assert opened_and_checked(path).seq == 10


def test_every_write_that_finds_the_disk_full_leaves_the_chain_whole(tmp_path: Path) -> None:
    for room in range(8):
        path = tmp_path / f"{room}.sqlite3"
        head = filled(path)
        with closing(SqliteJournal(path, chain)) as journal:
            pages = journal.file.db.execute("PRAGMA page_count").fetchone()[0]
            journal.file.db.execute(f"PRAGMA max_page_count={pages + room}")
            with suppress(StorageFault):
                for number in range(100, 200):
                    head = journal.append(batch(number, size=900), NOW + number).head
            assert head.seq < 100
        assert opened_and_checked(path) == head


def test_a_newer_journal_is_refused(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=9")
    with pytest.raises(StorageFault, match=r"written by a newer version \(schema 9, this one reads"):
        SqliteJournal(path, chain)


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE notes (text TEXT)")
    with pytest.raises(StorageFault, match="a database of another program"):
        SqliteJournal(path, chain)


def test_an_old_copy_put_back_is_refused_until_somebody_accepts_it(path: Path, tmp_path: Path) -> None:
    old = filled(path, 2)
    shutil.copy(path, tmp_path / "backup")
    filled(path, 4)
    shutil.copy(tmp_path / "backup", path)
    with pytest.raises(DamagedJournal, match=r"it ends at record 10 \w+, its witness has seen 20 .*--accept"):
        SqliteJournal(path, chain)
    with closing(SqliteJournal(path, chain, accept=True)) as journal:
        journal.accept(check_chain(journal.records(), journal.head()).head)
    assert opened_and_checked(path) == old


def test_another_history_of_the_same_length_is_refused(path: Path, tmp_path: Path) -> None:
    filled(path)
    other = tmp_path / "other.sqlite3"
    with closing(SqliteJournal(other, chain)) as journal:
        for number in range(10, 15):
            journal.append(batch(number), NOW)
    shutil.copy(other, path)
    with pytest.raises(DamagedJournal, match="record 20 is not the one its witness has seen"):
        SqliteJournal(path, chain)


def test_a_journal_that_is_gone_is_not_begun_anew(path: Path) -> None:
    filled(path)
    path.unlink()
    with pytest.raises(DamagedJournal, match="it is gone, and its witness has seen record 20"):
        SqliteJournal(path, chain)
    assert not path.exists()
    path.touch()
    with pytest.raises(DamagedJournal, match="it is empty, and its witness has seen records"):
        SqliteJournal(path, chain)


def test_a_witness_that_is_gone_or_damaged_is_refused(path: Path) -> None:
    filled(path)
    witness = path.with_suffix(".head")
    text = witness.read_bytes()
    witness.unlink()
    with pytest.raises(DamagedJournal, match=r"its witness journal\.head is gone"):
        SqliteJournal(path, chain)
    for place in range(0, len(text) * 8, 1 if MORE else 7):
        flipped = bytearray(text)
        flipped[place // 8] ^= 1 << place % 8
        witness.write_bytes(flipped)
        with pytest.raises(DamagedJournal):
            SqliteJournal(path, chain)
    for size in range(0, len(text), 1 if MORE else 5):
        witness.write_bytes(text[:size])
        with pytest.raises(DamagedJournal):
            SqliteJournal(path, chain)


def test_a_witness_left_behind_by_a_kill_is_caught_up_by_the_next_scan(path: Path) -> None:
    filled(path, 2)
    lagging = read_witness(path.with_suffix(".head"))
    head = filled(path, 3)
    assert lagging
    write_witness(path.with_suffix(".head"), lagging)
    assert opened_and_checked(path) == head
    filled(path, 4)
    assert read_witness(path.with_suffix(".head")) == Head(20, opened_and_checked(path).hash)


def test_flips_and_cuts_are_seen_or_change_nothing_that_is_read(path: Path, tmp_path: Path) -> None:
    """A byte of the file that holds nothing (free space of a page) may change: then every record is still what was written."""
    head = filled(path, 6, size=900)
    with closing(SqliteJournal(path, chain)) as journal:
        kept = list(journal.records())
    raw = path.read_bytes()
    copies = (
        rebuilt(tmp_path / "copy", damaged, path.with_suffix(".head")) for damaged in flips(raw, DAMAGES)
    )
    seen = sum(bool(damage_of(copy, kept, head)) for copy in copies)
    print(f"{seen} of {DAMAGES} seen, {DAMAGES - seen} in bytes that hold nothing")
    assert seen > DAMAGES / 2


def test_every_flipped_bit_of_a_stored_row_is_seen(path: Path) -> None:
    filled(path, 1)
    columns = ("at_ms", "kind", "run_id", "name", "prev", "hash", "digest", "body")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for column in columns:
            (value,) = db.execute(f"SELECT CAST({column} AS BLOB) FROM record WHERE seq=4").fetchone()
            (held, kind) = db.execute(f"SELECT {column}, typeof({column}) FROM record WHERE seq=4").fetchone()
            for bit in range(0, len(value) * 8, 1 if MORE else 3):
                flipped = bytearray(value)
                flipped[bit // 8] ^= 1 << bit % 8
                new: object = bytes(flipped)
                if kind == "integer":
                    new = held ^ 1 << bit % 40
                elif kind == "text":
                    new = bytes(flipped).decode("latin-1")
                db.execute(f"UPDATE record SET {column}=? WHERE seq=4", (new,))
                with pytest.raises(SniperError):
                    opened_and_checked(path)
            db.execute(f"UPDATE record SET {column}=? WHERE seq=4", (held,))
    assert opened_and_checked(path).seq == 5
