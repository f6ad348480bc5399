"""The audit chain, purely: records built from what a scan decided, and proven to be what was built.

A record's hash is SHA-256 over the hash before it and its own canonical body, so none can be changed, left out, put in or moved
without every hash after it changing. The body repeats the record's number, time, kind and run, so the columns a store keeps
beside it cannot say something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from shared.errors import DamagedJournal
from shared.models.journal import SCHEMA, START, Batch, Checked, Entry, Head, Record, RecordKind
from shared.utils.serialization import canonical_json

ADVICE: Final = (
    "Do not trade on it. Keep a copy for inspection and put a backup back, or run 'audit quarantine' to move it "
    "aside and begin a new one"
)


def chain(batch: Batch, head: Head, at_ms: int) -> tuple[Record, ...]:
    """The records of one scan, in order, following ``head``; ``at_ms`` is the wall time at which they are recorded."""
    records: list[Record] = []
    for entry in batch.entries:
        record = _record(batch, entry, head, at_ms)
        records.append(record)
        head = record.head
    return tuple(records)


def _record(batch: Batch, entry: Entry, head: Head, at_ms: int) -> Record:
    seq = head.seq + 1
    body = {
        "schema": SCHEMA,
        "seq": seq,
        "at_ms": at_ms,
        "kind": entry.kind,
        "run_id": batch.run_id,
        "name": entry.name,
        "data_digest": batch.data,
        "config_digest": batch.config,
        "code_digest": batch.code,
        "content": entry.content,
    }
    return Record(seq, at_ms, entry.kind, batch.run_id, entry.name, head.hash, canonical_json(body).encode())


def proven(records: Iterable[Record], head: Head = START) -> Iterator[Record]:
    """The records, each held to its place in the chain that follows ``head`` before it is given.

    Raises:
        DamagedJournal: a record that is missing, moved, or not what was written; the message gives its number.
    """
    last_ms = 0
    for record in records:
        if record.seq != head.seq + 1:
            raise _damage(f"record {head.seq + 1} is missing: {record.seq} follows {head.seq}")
        if record.prev != head.hash:
            raise _damage(f"record {record.seq} does not follow record {head.seq}: one of them was changed")
        if not record.filed_right:
            raise _damage(f"record {record.seq} is filed as something else than its body says")
        if record.at_ms < last_ms:
            raise _damage(f"record {record.seq} is older than the one before it")
        head, last_ms = record.head, record.at_ms
        yield record


def check_chain(records: Iterable[Record], head: Head) -> Checked:
    """Recompute a whole chain; ``head`` is the newest record the store has a hash of.

    Raises:
        DamagedJournal: it is not whole, or ends before ``head`` or in another record.
    """
    last, scans, first_ms, last_ms = START, 0, 0, 0
    for record in proven(records):
        last, last_ms = record.head, record.at_ms
        first_ms = first_ms or record.at_ms
        scans += record.kind is RecordKind.SCAN
    if last != head:
        raise _damage(f"the chain ends at record {last}, its own head says {head}")
    return Checked(last, scans, first_ms, last_ms)


def _damage(problem: str) -> DamagedJournal:
    return DamagedJournal(f"the journal is not what was written: {problem}", ADVICE)
