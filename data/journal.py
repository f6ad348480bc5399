"""The journal: every decision in one SQLite file, its chain's head in a witness file beside it.

The truth, not a cache: a file that is damaged, cut, older than its witness or gone is refused, never made anew. WAL mode and
``synchronous=FULL``; one scan is one transaction that holds the write lock before it reads the head, so two processes make one
chain. Bodies are kept deflated; a record's hash is over what its body inflates to.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from contracts.journal_contract import Chain
from data.outbox_rows import OUTBOX
from data.sqlite_file import ADVICE as USUAL
from data.sqlite_file import DAMAGES, STRICT, USUAL_ADVICE, SqliteFile
from data.witness import read_witness, write_witness
from shared.errors import ClockFault, ContractError, DamagedJournal, StorageFault
from shared.models.journal import START, Appended, Batch, Head, Record, RecordKind
from shared.models.timeframe import iso
from shared.utils.serialization import canonical_json

MAX_BODY: Final = 64 << 20
"""Bytes a body may inflate to; more was never written."""
CLOCK_SLACK_MS: Final = 60_000
"""A clock that stands at most this much before the newest record was set right, not lost: the newest record's time is used."""
QUARANTINE: Final = (
    "Do not trade on it. Keep a copy for inspection and put a backup back, or run 'audit quarantine' to move it "
    "aside and begin a new one"
)
ADVICE: Final = {
    **USUAL,
    **dict.fromkeys(DAMAGES, QUARANTINE),
    sqlite3.SQLITE_FULL: "The disk is full: make room; nothing half-written was kept",
}
"""What to do, by SQLite's error code."""

SCHEMA: Final = (
    "CREATE TABLE record (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, run_id TEXT NOT NULL, "
    f"name TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL){STRICT}",
    "CREATE INDEX record_run ON record (run_id)",
    "CREATE INDEX record_name ON record (name) WHERE name <> ''",
    "CREATE INDEX record_scan ON record (seq) WHERE kind = 'scan'",
)
NAMES: Final = ("CREATE INDEX record_kind ON record (kind, name, at_ms) WHERE name <> ''",)
MIGRATIONS: Final = (SCHEMA, OUTBOX, NAMES)
"""Statements that lead from each version to the next, all run in one transaction."""
VERSION: Final = len(MIGRATIONS)
COLUMNS: Final = "seq, at_ms, kind, run_id, name, prev, hash, digest, body"


class SqliteJournal:
    """The journal of :class:`contracts.journal_contract.Journal` in one SQLite file. ``chain`` builds its records.

    Raises:
        StorageFault: the file cannot be opened, read or written, or was made by a newer version.
        DamagedJournal: it is not what was written, older than its witness, or gone.
    """

    def __init__(self, path: Path, chain: Chain, *, accept: bool = False) -> None:
        """Open ``path``; a journal that never was is begun. ``accept`` looks at one that its witness does not vouch for, so that
        somebody can decide."""
        self.path = path
        self.witness = path.with_suffix(".head")
        self._chain = chain
        seen = None if accept else self._seen()
        if seen and seen.seq and not path.is_file():
            raise self._damage(f"it is gone, and its witness has seen record {seen}")
        self.file = SqliteFile(path, "journal", ADVICE, DamagedJournal)
        try:
            self._open(seen, accept=accept)
        except BaseException:
            self.file.close()
            raise

    def head(self) -> Head:
        """The newest record, as the store has it."""
        newest = self._newest_record()
        return newest.head if newest else START

    def append(self, batch: Batch, now_ms: int) -> Appended:
        """Record one scan; a run that the same code has recorded already adds nothing.

        Raises:
            StorageFault: it could not be written, and nothing of it was; or only its witness could not.
            ClockFault: the wall clock stands before the newest record's time.
            ContractError: the same code recorded the run with another decision.
        """
        with self.writing():
            if self.holds(batch):
                return Appended(self.head(), 0)
            return self.add(batch, now_ms)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, for what belongs together; its end moves the witness."""
        with self.file.transaction():
            before = self.head()
            yield
            moved = self.head() != before
        if moved:
            self._bear_witness()

    def add(self, batch: Batch, now_ms: int) -> Appended:
        """Put a batch on the chain, inside :meth:`writing`; what it names may be there already.

        Raises:
            ClockFault: the wall clock stands before the newest record's time.
        """
        newest = self._newest_record()
        head, at_ms = (newest.head, self._time(newest, now_ms)) if newest else (START, now_ms)
        records = self._chain(batch, head, at_ms)
        self.file.db.executemany(
            f"INSERT INTO record ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)", map(_row, records)
        )
        return Appended(records[-1].head, len(records))

    def records(self, run_id: str = "") -> Iterator[Record]:
        """Every record in order, or those of one run, read as of one instant."""
        where, values = ("WHERE run_id=?", (run_id,)) if run_id else ("", ())
        with self.file.faults("read"):
            rows = self.file.db.execute(f"SELECT {COLUMNS} FROM record {where} ORDER BY seq", values)
            for row in rows:
                yield self._record(row)

    def examine(self) -> None:
        """Have the file's own structure checked: what finds records must find all of them.

        Raises:
            DamagedJournal: it does not hold together.
        """
        found = self.file.all("PRAGMA integrity_check(1)")
        if found != [("ok",)]:
            raise self._damage(str(found[0][0]).partition("\n")[2] or str(found[0][0]))

    def newest(self, limit: int) -> tuple[Record, ...]:
        """The scan records of the newest ``limit`` runs, newest first."""
        query = f"SELECT {COLUMNS} FROM record WHERE kind='scan' ORDER BY seq DESC LIMIT ?"
        return tuple(self._record(row) for row in self.file.all(query, limit))

    def scan_of(self, run_id: str) -> Record | None:
        """The newest scan record of a run; None if there is none."""
        query = f"SELECT {COLUMNS} FROM record WHERE run_id=? AND kind='scan' ORDER BY seq DESC LIMIT 1"
        rows = self.file.all(query, run_id)
        return self._record(rows[0]) if rows else None

    def scans_since(self, since_ms: int) -> tuple[Record, ...]:
        """The scan records written at or after a wall time, oldest first."""
        query = f"SELECT {COLUMNS} FROM record WHERE kind='scan' AND at_ms>=? ORDER BY seq"
        return tuple(self._record(row) for row in self.file.all(query, since_ms))

    def named(self, kind: RecordKind, since_ms: int = 0, *, newest: bool = False) -> tuple[Record, ...]:
        """Of each name that records of a kind have, the first that was written at or after a wall time, or with ``newest`` the
        newest, in the order in which they were written."""
        chosen = f"SELECT {'max' if newest else 'min'}(seq) FROM record WHERE kind=? AND name<>'' AND at_ms>=? GROUP BY name"
        query = f"SELECT {COLUMNS} FROM record WHERE seq IN ({chosen}) ORDER BY seq"
        return tuple(self._record(row) for row in self.file.all(query, kind.value, since_ms))

    def newest_of(self, name: str, kind: RecordKind | None = None) -> Record | None:
        """The newest record that is found by a name, of one kind if it is given."""
        return self._found(name, kind, "DESC")

    def first_of(self, name: str, kind: RecordKind) -> Record | None:
        """The first record of a kind that is found by a name."""
        return self._found(name, kind, "ASC")

    def _found(self, name: str, kind: RecordKind | None, order: str) -> Record | None:
        kinds = tuple(each.value for each in RecordKind if kind in (None, each))
        which = f"name=? AND name<>'' AND kind IN ({', '.join('?' * len(kinds))})"
        query = f"SELECT {COLUMNS} FROM record WHERE {which} ORDER BY seq {order} LIMIT 1"
        rows = self.file.all(query, name, *kinds)
        return self._record(rows[0]) if rows else None

    def run_of(self, plan_id: str) -> str:
        """The newest run that approved a plan; empty if none did."""
        rows = self.file.all(
            "SELECT run_id FROM record WHERE name=? AND name<>'' AND kind='plan' ORDER BY seq DESC LIMIT 1",
            plan_id,
        )
        return str(rows[0][0]) if rows else ""

    def accept(self, head: Head) -> None:
        """Take ``head`` as the newest there is, whatever the witness says."""
        with self.file.faults("written"):
            write_witness(self.witness, head)

    def close(self) -> None:
        """Release the file; may be called twice."""
        self.file.close()

    def _open(self, seen: Head | None, *, accept: bool) -> None:
        self._migrate(fresh_allowed=seen is None or seen.seq == 0)
        with self.file.faults("opened"):
            self.file.enter_wal()
            self.file.db.execute("PRAGMA synchronous=FULL")
        if not accept:
            self._hold_to_witness()

    def _hold_to_witness(self) -> None:
        """Refuse a file in which what the witness has seen is not there any more."""
        held, seen = self.head(), self._seen()
        if seen is None:
            if held.seq:
                raise self._damage(f"its witness {self.witness.name} is gone", unvouched=True)
            self._call_witness()
        elif seen.seq:
            rows = self.file.all("SELECT hash FROM record WHERE seq=?", seen.seq)
            if not rows:
                raise self._damage(f"it ends at record {held}, its witness has seen {seen}", unvouched=True)
            if rows[0][0] != seen.hash:
                raise self._damage(f"record {seen.seq} is not the one its witness has seen")

    def _call_witness(self) -> None:
        """Give a new journal its witness before its first record; under the lock, so that none can be newer."""
        with self.file.transaction():
            if self._seen() is None and self._newest_record() is None:
                write_witness(self.witness, START)

    def _seen(self) -> Head | None:
        try:
            return read_witness(self.witness)
        except OSError as error:
            raise StorageFault(f"journal {self.path} could not be opened: {error}", USUAL_ADVICE) from error

    def _bear_witness(self) -> None:
        """Move the witness to the head as it is now; another process may have gone further."""
        with self.file.faults("written"):
            write_witness(self.witness, self.head())

    def holds(self, batch: Batch) -> bool:
        """Whether the same code has recorded the run; its decision must be the same then."""
        query = f"SELECT {COLUMNS} FROM record WHERE run_id=? AND kind='decision'"
        for row in self.file.all(query, batch.run_id):
            document = self._record(row).document
            if document["code_digest"] != batch.code:
                continue
            if canonical_json(document["content"]) != canonical_json(batch.content(RecordKind.DECISION)):
                raise ContractError(
                    f"run {batch.run_id} is journaled with another decision by the same code",
                    "This is a defect: a scan must give the same bytes for the same inputs. Please report it",
                )
            return True
        return False

    def _newest_record(self) -> Record | None:
        rows = self.file.all(f"SELECT {COLUMNS} FROM record ORDER BY seq DESC LIMIT 1")
        return self._record(rows[0]) if rows else None

    def _time(self, newest: Record, now_ms: int) -> int:
        if now_ms < newest.at_ms - CLOCK_SLACK_MS:
            raise ClockFault(
                f"the clock says {iso(now_ms)}, but the journal's newest record is of {iso(newest.at_ms)}",
                "Set the machine's clock",
            )
        return max(now_ms, newest.at_ms)

    def _record(self, row: tuple[Any, ...]) -> Record:
        """A stored row as a record whose hash is the one that was stored with it."""
        try:
            seq, at_ms, kind, run_id, name, prev, stored, digest, deflated = row
            record = Record(seq, at_ms, RecordKind(kind), run_id, name, prev, _inflated(deflated, digest))
            if record.hash == stored and record.filed_right:
                return record
        except (ValueError, TypeError, zlib.error):
            pass
        raise self._damage(f"record {row[0]} is not what was written")

    def _migrate(self, *, fresh_allowed: bool) -> None:
        (version,) = self.file.all("PRAGMA user_version")[0]
        if version > VERSION:
            raise StorageFault(
                f"{self.path}: written by a newer version (schema {version}, this one reads {VERSION})",
                "Update SniperSight or name another data directory with SNIPERSIGHT_HOME",
            )
        if version == VERSION:
            return
        if version == 0 and not fresh_allowed:
            raise self._damage("it is empty, and its witness has seen records")
        with self.file.transaction():
            ((version,),) = self.file.all("PRAGMA user_version")
            if version == 0 and self.file.all("SELECT count(*) FROM sqlite_master") != [(0,)]:
                raise StorageFault(
                    f"{self.path}: a database of another program", "Move it, or name another data directory"
                )
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    self.file.db.execute(statement)
            self.file.db.execute(f"PRAGMA user_version={VERSION}")

    def _damage(self, why: str, *, unvouched: bool = False) -> DamagedJournal:
        restored = (
            "If you put an old copy back on purpose, run 'audit verify --accept'; else put a newer backup back, or run "
            "'audit quarantine' to move it aside and begin a new one"
        )
        return DamagedJournal(f"journal {self.path}: {why}", restored if unvouched else QUARANTINE)


def _row(record: Record) -> tuple[object, ...]:
    deflated = zlib.compress(record.body, 6)
    columns = (record.seq, record.at_ms, record.kind.value, record.run_id, record.name)
    return (*columns, record.prev, record.hash, hashlib.sha256(deflated).digest(), deflated)


def _inflated(deflated: bytes, digest: bytes) -> bytes:
    """The body; its stored form has a digest too, since deflate has bits that mean nothing."""
    inflater = zlib.decompressobj()
    body = inflater.decompress(deflated, MAX_BODY)
    if not inflater.eof or hashlib.sha256(deflated).digest() != digest:
        raise ValueError("not the deflated body that was stored")
    return body
