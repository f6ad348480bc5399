"""The outbox's file: decided with the scan or not at all, damage never sent, no room never sent, an old file carried over."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.notifications.delivery import Delivery
from data.journal import MIGRATIONS, SqliteJournal
from data.outbox_store import SqliteOutbox
from data.witness import write_witness
from risk.audit_pipeline import chain, check_chain
from shared.errors import ConfigFault, ContractError, DamagedJournal, NotFound, SniperError, StorageFault
from shared.models.journal import Entry, RecordKind
from shared.models.notifications import (
    Delivered,
    Level,
    Notice,
    Parcel,
    Refused,
    SetupState,
    Unknown,
    notice_key,
)
from shared.models.outbox import Claim, Fate, Letter, Lost, Terms, Turn, Wait
from tests.fixtures.hand_journal import NOW, batch
from tests.fixtures.memory_channel import QUICK, MemoryChannel, refuse, take_silently

MORE = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"


class Standing:
    """A clock that stands."""

    def now_ms(self) -> int:
        return NOW


def notice(number: int, picture: bytes = b"") -> Notice:
    fingerprint = f"f{number}"
    return Notice(
        notice_key(fingerprint, SetupState.NEW), "setup", SetupState.NEW, fingerprint, "BTC/USDT", NOW, NOW + 3_600_000,
        Level.ON, '{"schema":"snipersight.notice/1","text":"' + f"text {number}" + '"}', picture,
    )  # fmt: skip


def parcels(count: int = 3, picture: bytes = b"") -> list[Parcel]:
    channel = MemoryChannel()
    return [one for number in range(count) for one in channel.parcels(notice(number, picture), {})]


@pytest.fixture
def path(memory_folder: Path) -> Path:
    return memory_folder / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    with closing(SqliteJournal(path, chain)) as opened:
        yield opened


@pytest.fixture
def outbox(journal: SqliteJournal) -> SqliteOutbox:
    return SqliteOutbox(journal)


def turn_of(outbox: SqliteOutbox, now_ms: int = NOW) -> Turn:
    turn = outbox.take("memory", "a", "me", now_ms, QUICK.lease_ms)
    assert isinstance(turn, Turn)
    return turn


def drained(outbox: SqliteOutbox, channel: MemoryChannel, terms: Terms = QUICK) -> None:
    asyncio.run(Delivery(outbox, [channel], Standing(), "me", terms).drain(0.0))


def fates(outbox: SqliteOutbox) -> list[Fate]:
    return [letter.fate for letter in outbox.letters(*Fate)]


def test_a_scan_and_its_parcels_are_one_transaction_and_repeating_it_adds_nothing(
    journal: SqliteJournal, outbox: SqliteOutbox
) -> None:
    first = outbox.decide(batch(1), parcels(), NOW)
    assert first.added == 5 + 3
    assert outbox.decide(batch(1), parcels(), NOW + 1).added == 0
    assert check_chain(journal.records(), journal.head()).scans == 1
    assert [record.content["to"] for record in journal.records() if record.kind == "alert"] == ["pending"] * 3
    with pytest.raises(ContractError, match="another decision"):
        outbox.decide(batch(1, decision="other"), parcels(9), NOW)
    assert len(fates(outbox)) == 3
    assert outbox.decide(None, parcels(4), NOW).added == 1


def test_fates_are_stored_under_the_words_that_written_files_hold() -> None:
    words = "pending inflight ambiguous done held dropped expired dead"
    assert [str(fate) for fate in Fate] == words.split()


def test_a_thread_begins_with_a_setups_first_parcel_and_a_reply_knows_its_remote_name(
    outbox: SqliteOutbox,
) -> None:
    outbox.decide(None, parcels(1), NOW)
    threads = outbox.threads("memory", "f0")
    assert threads == {"a": parcels(1)[0].id}
    assert outbox.threads("memory", "") == outbox.threads("memory", "f9") == {}
    armed = replace(notice(0), key=notice_key("f0", SetupState.ARMED), state=SetupState.ARMED)
    channel = MemoryChannel()
    outbox.decide(None, channel.parcels(armed, threads), NOW)
    drained(outbox, channel)
    assert channel.parents == ["", f"r-{parcels(1)[0].id}"]
    assert outbox.threads("memory", "f0") == threads


def test_a_ruling_and_what_tells_of_it_are_one_transaction_and_the_first_stands(
    path: Path, journal: SqliteJournal, outbox: SqliteOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (Entry(RecordKind.VERDICT, {"verdict": word}, "f0") for word in ("approved", "skipped"))

    def full(parcel: Parcel) -> None:
        raise StorageFault("full")

    monkeypatch.setattr(outbox, "_insert", full)
    with pytest.raises(StorageFault):
        outbox.rule(first, parcels(1), NOW)
    monkeypatch.undo()
    assert journal.head().seq == 0
    assert outbox.rule(first, parcels(1), NOW) is None
    with closing(SqliteJournal(path, chain)) as other:
        standing = SqliteOutbox(other).rule(second, parcels(2), NOW)
    assert standing is not None
    assert standing.content == {"verdict": "approved"}
    told = [record.content for record in journal.records() if record.kind is RecordKind.ALERT]
    assert [(content["from"], content["to"]) for content in told] == [("", "pending")]
    assert outbox.rule(replace(second, name="f1"), (), NOW) is None
    assert fates(outbox) == [Fate.PENDING]
    outbox.examine()
    check_chain(journal.records(), journal.head())


def test_a_picture_is_kept_once_and_only_while_it_may_be_sent(
    journal: SqliteJournal, outbox: SqliteOutbox
) -> None:
    picture = bytes(range(256)) * 100
    outbox.decide(None, parcels(3, picture), NOW)
    count = lambda: journal.file.one("SELECT count(*) FROM picture")[0]
    assert count() == 1
    channel = MemoryChannel()
    drained(outbox, channel)
    assert [parcel.picture for parcel in channel.arrived] == [picture] * 3
    assert count() == 0


def test_what_the_other_side_refuses_for_good_is_a_dead_letter(outbox: SqliteOutbox) -> None:
    outbox.decide(None, parcels(1), NOW)
    drained(outbox, MemoryChannel(answer=refuse))
    (letter,) = outbox.letters(Fate.DEAD)
    assert (letter.note, letter.attempts) == ("HTTP 400", 1)
    assert outbox.addresses("memory") == ()
    assert outbox.tally() == {Fate.DEAD: 1}


@pytest.mark.parametrize(
    ("terms", "low_value", "fate"),
    [
        (replace(QUICK, doubt="hold"), False, Fate.HELD),
        (replace(QUICK, doubt="drop_marked"), False, Fate.DROPPED),
        (QUICK, True, Fate.DROPPED),
        (replace(QUICK, repeats=0), False, Fate.DEAD),
    ],
)
def test_what_may_have_arrived_goes_by_the_terms(
    outbox: SqliteOutbox, terms: Terms, low_value: bool, fate: Fate
) -> None:
    outbox.decide(None, [replace(parcels(1)[0], low_value=low_value)], NOW)
    channel = MemoryChannel(answer=take_silently)
    drained(outbox, channel, terms)
    drained(outbox, channel, terms)
    assert fates(outbox) == [fate]
    assert [parcel.is_repeat for parcel in channel.arrived] == [False]


def test_repeats_of_unknown_fate_come_to_an_end(outbox: SqliteOutbox) -> None:
    outbox.decide(None, parcels(1), NOW)
    channel = MemoryChannel(answer=take_silently)
    for step in range(5):
        turn = turn_of(outbox, NOW + 1000 * step)
        claim = outbox.claim(turn, NOW + 1000 * step, replace(QUICK, repeats=2))
        if isinstance(claim, Claim):
            outcome = asyncio.run(channel.send(claim.parcel, ""))
            outbox.book(claim, outcome, NOW + 1000 * step, QUICK)
            outbox.release(turn)
    assert [parcel.is_repeat for parcel in channel.arrived] == [False, True, True]
    assert fates(outbox) == [Fate.DEAD]


def test_what_is_late_is_marked_and_what_is_too_late_is_not_sent(outbox: SqliteOutbox) -> None:
    old = replace(parcels(1)[0], at_ms=NOW - 1_000_000)
    gone = replace(parcels(2)[1], at_ms=NOW - 1_000_000, expires_ms=NOW)
    outbox.decide(None, [old, gone], NOW)
    channel = MemoryChannel()
    drained(outbox, channel)
    assert [parcel.late_ms for parcel in channel.arrived] == [1_000_000]
    assert fates(outbox) == [Fate.DONE, Fate.EXPIRED]


def test_every_flipped_bit_of_a_row_is_seen_and_never_sent(
    path: Path, journal: SqliteJournal, outbox: SqliteOutbox
) -> None:
    outbox.decide(None, parcels(1, b"\x89PNG picture"), NOW)
    columns = [name for (_, name, *_) in journal.file.all("PRAGMA table_info(outbox)")]
    for table, names in (("outbox", columns), ("picture", ["png"])):
        for column in names:
            for flipped, held in flips_of(journal, table, column):
                journal.file.db.execute(f"UPDATE {table} SET {column}=?", (flipped,))
                channel = MemoryChannel()
                sent_or_seen(outbox, channel)
                assert not channel.arrived, (table, column)
                journal.file.db.execute(f"UPDATE {table} SET {column}=?", (held,))
    channel = MemoryChannel()
    drained(outbox, channel)
    assert len(channel.arrived) == 1


def sent_or_seen(outbox: SqliteOutbox, channel: MemoryChannel) -> None:
    """Damage is either refused when it is met, or hides the row: then holding it to the chain finds it."""
    try:
        turn = outbox.take("memory", "a", "me", NOW, QUICK.lease_ms)
        assert isinstance(turn, Turn)
        claim = outbox.claim(turn, NOW, QUICK)
    except SniperError:
        outbox._file.db.execute("UPDATE lease SET expires_ms=0")
        return
    assert claim is None
    with pytest.raises(SniperError):
        outbox.examine()


def flips_of(journal: SqliteJournal, table: str, column: str) -> list[tuple[object, object]]:
    """Values with one bit turned, by the column's type."""
    held = journal.file.one(f"SELECT {column} FROM {table}")[0]
    if isinstance(held, int):
        return [(held ^ 1 << bit, held) for bit in range(0, 40, 1 if MORE else 7)]
    raw = held.encode() if isinstance(held, str) else held
    flipped: list[Any] = []
    for bit in range(0, len(raw) * 8, 1 if MORE else 11):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        flipped.append(bytes(changed).decode("latin-1") if isinstance(held, str) else bytes(changed))
    return [(value, held) for value in flipped]


def test_a_row_that_was_put_back_or_taken_away_is_not_what_the_chain_says(
    journal: SqliteJournal, outbox: SqliteOutbox
) -> None:
    outbox.decide(None, parcels(2), NOW)
    kept = journal.file.all("SELECT * FROM outbox")
    drained(outbox, MemoryChannel())
    outbox.examine()
    journal.file.db.execute("DELETE FROM outbox")
    marks = ", ".join("?" * len(kept[0]))
    journal.file.db.executemany(f"INSERT INTO outbox VALUES ({marks})", kept)
    with pytest.raises(DamagedJournal, match="is pending, the chain says otherwise"):
        outbox.examine()
    journal.file.db.execute("DELETE FROM outbox")
    with pytest.raises(DamagedJournal, match="2 parcels on the chain are gone"):
        outbox.examine()


class Faulty:
    """A connection on which the ``at``-th writing statement, and all after it, fail."""

    def __init__(self, inner: sqlite3.Connection, at: int) -> None:
        self._inner, self._left = inner, at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _writes(self, text: str) -> None:
        if text.split()[0] in ("BEGIN", "INSERT", "UPDATE", "DELETE", "COMMIT"):
            self._left -= 1
            if self._left < 0:
                raise sqlite3.OperationalError("disk I/O error")

    def execute(self, text: str, *values: Any) -> sqlite3.Cursor:
        self._writes(text)
        return self._inner.execute(text, *values)

    def executemany(self, text: str, *values: Any) -> sqlite3.Cursor:
        self._writes(text)
        return self._inner.executemany(text, *values)


def attempted(path: Path, at: int, channel: MemoryChannel) -> bool:
    """A whole run of which the ``at``-th write fails; whether it came to its end."""
    with closing(SqliteJournal(path, chain)) as journal:
        journal.file.db = Faulty(journal.file.db, at)
        outbox = SqliteOutbox(journal)
        try:
            outbox.decide(batch(1), parcels(2, b"png"), NOW)
            drained(outbox, channel)
        except StorageFault:
            return False
        return True


def test_a_disk_that_fails_at_any_write_leaves_no_effect_without_a_record(memory_folder: Path) -> None:
    at, ended = 0, False
    while not ended:
        path = memory_folder / str(at) / "journal.sqlite3"
        channel = MemoryChannel()
        ended = attempted(path, at, channel)
        with closing(SqliteJournal(path, chain)) as journal:
            check_chain(journal.records(), journal.head())
            outbox = SqliteOutbox(journal)
            outbox.examine()
            sent = [record.name for record in journal.records() if record.content.get("to") == "inflight"]
            assert [parcel.id for parcel in channel.arrived] == sent[: len(channel.arrived)]
            assert len(sent) - len(channel.arrived) == 0
            journal.file.db.execute("UPDATE lease SET expires_ms=0")
            outbox.decide(batch(1), parcels(2, b"png"), NOW)
            drained(outbox, channel)
            assert set(fates(outbox)) == {Fate.DONE}
        unmarked = [parcel.id for parcel in channel.arrived if not parcel.is_repeat]
        assert len(unmarked) == len(set(unmarked))
        assert {parcel.id for parcel in channel.arrived} == {parcel.id for parcel in parcels(2)}
        at += 1
    assert at > 25


def sent_one_by_one(outbox: SqliteOutbox, channel: MemoryChannel, wanted: list[Parcel]) -> None:
    for number, one in enumerate(wanted):
        outbox.decide(batch(number), [one], NOW)
        drained(outbox, channel)


def test_a_full_disk_sends_nothing_that_is_not_recorded(memory_folder: Path) -> None:
    for room in range(6):
        path = memory_folder / str(room) / "journal.sqlite3"
        channel = MemoryChannel()
        with closing(SqliteJournal(path, chain)) as journal:
            pages = journal.file.one("PRAGMA page_count")[0]
            journal.file.db.execute(f"PRAGMA max_page_count={pages + room}")
            outbox = SqliteOutbox(journal)
            big = [replace(one, body='{"text":"' + "x" * 900 + '"}') for one in parcels(6)]
            with pytest.raises(StorageFault, match="disk is full"):
                sent_one_by_one(outbox, channel, big)
            sent = [record.name for record in journal.records() if record.content.get("to") == "inflight"]
            assert len(sent) < 6
            assert [parcel.id for parcel in channel.arrived] == sent
            check_chain(journal.records(), journal.head())


def old_file(path: Path) -> None:
    """A journal as version 1 left it, with one scan."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in MIGRATIONS[0]:
            db.execute(statement)
        db.execute("PRAGMA user_version=1")
    with closing(SqliteJournal(path.with_name("new.sqlite3"), chain)) as journal:
        head = journal.append(batch(1), NOW).head
        rows = journal.file.all("SELECT * FROM record")
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany("INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?)", rows)
    write_witness(path.with_suffix(".head"), head)


def test_a_journal_without_an_outbox_is_carried_over_as_it_is(path: Path) -> None:
    old_file(path)
    with closing(SqliteJournal(path, chain)) as journal:
        outbox = SqliteOutbox(journal)
        assert check_chain(journal.records(), journal.head()).scans == 1
        outbox.decide(batch(2), parcels(), NOW)
        drained(outbox, MemoryChannel())
        outbox.examine()


def open_and_die(path: Path, at: int) -> None:
    """Carry a file over in this process, which ends itself at the ``at``-th statement of that."""
    seen, connect = iter(range(100)), sqlite3.connect

    def traced(text: str) -> None:
        if text.startswith(("CREATE", "PRAGMA user_version=", "COMMIT")) and next(seen) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        db = connect(*args, **kwargs)
        db.set_trace_callback(traced)
        return db

    sqlite3.connect = watched
    try:
        SqliteJournal(path, chain)
    finally:
        os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_carrying_over_that_is_killed_at_any_statement_leaves_the_old_file_whole(path: Path) -> None:
    old_file(path)
    for at in range(len(MIGRATIONS[1]) + 2):
        copy = path.parent / str(at) / path.name
        copy.parent.mkdir()
        shutil.copy(path, copy)
        shutil.copy(path.with_suffix(".head"), copy.with_suffix(".head"))
        child = os.fork()
        if not child:
            open_and_die(copy, at)
        assert os.waitpid(child, 0)[1] == 9
        with closing(sqlite3.connect(copy)) as db:
            assert db.execute("PRAGMA user_version").fetchone() == (1,)
            assert db.execute("SELECT name FROM sqlite_master WHERE name='outbox'").fetchall() == []
        with closing(SqliteJournal(copy, chain)) as journal:
            assert check_chain(journal.records(), journal.head()).scans == 1


def test_every_move_is_recorded_with_all_of_where_the_parcel_stands(
    journal: SqliteJournal, outbox: SqliteOutbox
) -> None:
    outbox.decide(None, parcels(1), NOW)
    for now_ms, outcome in ((NOW, Unknown("no answer")), (NOW + 1, Delivered("r-7"))):
        turn = turn_of(outbox, now_ms)
        claim = outbox.claim(turn, now_ms, QUICK)
        assert isinstance(claim, Claim)
        outbox.book(claim, outcome, now_ms, QUICK)
        outbox.release(turn)
    told = [dict(record.content) for record in journal.records()]
    assert {record.name for record in journal.records()} == {parcels(1)[0].id}
    assert {record.run_id for record in journal.records()} == {""}
    bodies = [json.loads(record.body) for record in journal.records()]
    assert {body[f"{name}_digest"] for body in bodies for name in ("data", "config", "code")} == {""}
    assert len({one.pop("digest") for one in told}) == 1
    keys = ("from", "to", "attempts", "unknowns", "fence", "not_before_ms", "remote_id", "note")
    assert told == [
        {"channel": "memory", "address": "a", **dict(zip(keys, values, strict=True))}
        for values in (
            ("", "pending", 0, 0, 0, 0, "", ""),
            ("pending", "inflight", 1, 0, 1, 0, "", ""),
            ("inflight", "ambiguous", 1, 1, 1, NOW + 1, "", "no answer"),
            ("ambiguous", "inflight", 2, 1, 2, NOW + 1, "", "no answer"),
            ("inflight", "done", 2, 1, 2, NOW + 1, "r-7", ""),
        )
    ]


def test_an_address_is_free_when_its_lease_ends_and_not_before(outbox: SqliteOutbox) -> None:
    first = outbox.take("memory", "a", "one", NOW, 1000)
    assert first == Turn("memory", "a", "one", 1)
    assert outbox.take("memory", "a", "two", NOW + 999, 1000) == Wait(NOW + 1000)
    assert outbox.take("memory", "a", "two", NOW + 1000, 1000) == Turn("memory", "a", "two", 2)


def test_a_lease_of_more_than_ten_minutes_was_made_by_a_clock_that_was_set_back(outbox: SqliteOutbox) -> None:
    outbox.take("memory", "a", "one", NOW, 600_000)
    assert outbox.take("memory", "a", "two", NOW, 1000) == Wait(NOW + 600_000)
    assert isinstance(outbox.take("memory", "a", "two", NOW - 1, 1000), Turn)


def test_a_long_refusal_is_kept_to_its_first_two_hundred_characters(outbox: SqliteOutbox) -> None:
    outbox.decide(None, parcels(1), NOW)
    drained(outbox, MemoryChannel(answer=lambda _: (False, Refused("x" * 300, None))))
    assert [letter.note for letter in outbox.letters(Fate.DEAD)] == ["x" * 200]


def test_a_parcel_is_late_after_its_term_and_not_at_its_end(outbox: SqliteOutbox) -> None:
    in_time, late = (
        replace(one, at_ms=NOW - age_ms) for one, age_ms in zip(parcels(2), (900_000, 900_001), strict=True)
    )
    outbox.decide(None, [in_time, late], NOW)
    channel = MemoryChannel()
    drained(outbox, channel)
    assert [parcel.late_ms for parcel in channel.arrived] == [0, 900_001]


def test_what_a_former_sender_left_on_its_way_is_of_unknown_fate_and_says_so(
    journal: SqliteJournal, outbox: SqliteOutbox
) -> None:
    outbox.decide(None, parcels(1), NOW)
    turn = turn_of(outbox)
    assert isinstance(outbox.claim(turn, NOW, QUICK), Claim)
    outbox.take("memory", "a", "next", NOW + QUICK.lease_ms, 1000)
    (letter,) = outbox.letters(*Fate)
    assert (letter.fate, letter.attempts, letter.note) == (
        Fate.AMBIGUOUS,
        1,
        "its sender ended before it knew",
    )
    assert [record.content["unknowns"] for record in journal.records()] == [0, 0, 1]


def test_what_came_of_a_sending_is_not_booked_when_another_has_the_turn(outbox: SqliteOutbox) -> None:
    outbox.decide(None, parcels(1), NOW)
    late = outbox.claim(turn_of(outbox), NOW, QUICK)
    assert isinstance(late, Claim)
    after_ms = NOW + QUICK.lease_ms
    turn = turn_of(outbox, after_ms)
    assert outbox.book(late, Delivered("r-1"), after_ms, QUICK) == Lost()
    claim = outbox.claim(turn, after_ms, QUICK)
    assert isinstance(claim, Claim)
    assert outbox.book(late, Delivered("r-1"), after_ms, QUICK) == Lost()
    assert outbox.book(claim, Delivered("r-2"), after_ms, QUICK) is Fate.DONE


def test_a_parcel_claimed_renews_the_turn_so_that_no_other_comes_between(outbox: SqliteOutbox) -> None:
    outbox.decide(None, parcels(1), NOW)
    claim = outbox.claim(turn_of(outbox), NOW + 10_000, QUICK)
    assert isinstance(claim, Claim)
    assert outbox.take("memory", "a", "next", NOW + 29_999, 1000) == Wait(NOW + 30_000)


def test_a_parcel_too_old_to_be_sent_does_not_hold_up_the_next(outbox: SqliteOutbox) -> None:
    gone, good = parcels(2)
    outbox.decide(None, [replace(gone, expires_ms=NOW), good], NOW)
    claim = outbox.claim(turn_of(outbox), NOW, QUICK)
    assert isinstance(claim, Claim)
    assert claim.parcel.id == good.id
    assert fates(outbox) == [Fate.EXPIRED, Fate.INFLIGHT]


def test_the_next_sender_finds_the_address_free_when_nothing_can_be_sent_now(outbox: SqliteOutbox) -> None:
    outbox.decide(None, parcels(1), NOW)
    turn = turn_of(outbox)
    claim = outbox.claim(turn, NOW, QUICK)
    assert isinstance(claim, Claim)
    assert outbox.book(claim, Refused("busy", 3.0), NOW, QUICK) is Fate.PENDING
    assert outbox.claim(turn, NOW + 2999, QUICK) == Wait(NOW + 3000)
    again = outbox.claim(turn_of(outbox, NOW + 3000), NOW + 3000, QUICK)
    assert isinstance(again, Claim)


def two_dead(outbox: SqliteOutbox) -> tuple[Letter, Letter]:
    outbox.decide(None, parcels(2), NOW)
    drained(outbox, MemoryChannel(answer=refuse))
    first, second = outbox.letters(Fate.DEAD)
    return first, second


def test_a_person_sends_a_dead_parcel_again_or_drops_it_by_the_beginning_of_its_id(
    journal: SqliteJournal, outbox: SqliteOutbox
) -> None:
    first, second = two_dead(outbox)
    moved = outbox.settle(first.id[:6], Fate.PENDING, NOW)
    assert moved == replace(first, fate=Fate.PENDING, note="settled by hand")
    newest = journal.newest_of(first.id)
    assert newest is not None
    told = [newest.content[key] for key in ("from", "to", "not_before_ms", "note")]
    assert told == ["dead", "pending", 0, "settled by hand"]
    assert outbox.settle(second.id, Fate.DROPPED, NOW).fate is Fate.DROPPED
    drained(outbox, MemoryChannel())
    assert fates(outbox) == [Fate.DONE, Fate.DROPPED]


def test_a_person_who_names_none_or_several_moves_nothing(outbox: SqliteOutbox) -> None:
    first, _ = two_dead(outbox)
    see = "See 'snipersight alerts' for their ids$"
    with pytest.raises(NotFound, match=f"^2 dead or held alerts have an id that begins with ''. {see}"):
        outbox.settle("", Fate.DROPPED, NOW)
    with pytest.raises(NotFound, match=f"^0 dead or held alerts have an id that begins with 'nobody'. {see}"):
        outbox.settle("nobody", Fate.DROPPED, NOW)
    outbox.settle(first.id, Fate.DROPPED, NOW)
    with pytest.raises(NotFound, match="1 dead or held alerts"):
        outbox.settle("", Fate.DROPPED, NOW)
    assert fates(outbox) == [Fate.DROPPED, Fate.DEAD]


def test_what_has_expired_is_not_put_up_to_be_sent_again(outbox: SqliteOutbox) -> None:
    first, second = two_dead(outbox)
    end_ms = NOW + 3_600_000
    drop = f"Drop it: 'snipersight alerts drop {first.id[:4]}'$"
    with pytest.raises(ConfigFault, match=f"alert {first.id} expired at .*: nothing would be sent. {drop}"):
        outbox.settle(first.id, Fate.PENDING, end_ms)
    assert outbox.settle(first.id, Fate.PENDING, end_ms - 1).fate is Fate.PENDING
    assert outbox.settle(second.id, Fate.DROPPED, end_ms).fate is Fate.DROPPED
