"""The outbox in the journal's file: decided with the scan, recorded as on its way before it is sent, moved under one rule.

1. ``decide``: the scan's records and a row per parcel, in one transaction; the unique id makes a repetition nothing.
2. ``take``: a turn at an address, by lease; its fence is higher than every former turn's. What a former sender left on its way
   becomes of unknown fate.
3. ``claim``: the oldest open row is recorded as on its way, under the turn's fence. Only then is it sent, by others.
4. ``book``: what came of it, under the same fence.

Every move is compared with where the row stood and under which fence, and is a record on the chain in the same transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from contracts.notification_contract import Threads
from data.journal import QUARANTINE, SqliteJournal
from data.outbox_rows import INSERT, MOVING, SELECT, UPDATE, Row
from shared.errors import ConfigFault, ContractError, DamagedJournal, NotFound
from shared.models.journal import Appended, Batch, Entry, Record, RecordKind
from shared.models.notifications import SHORT_ID, Delivered, Delivery, Parcel, Refused
from shared.models.outbox import ALARMING, MOVES, OPEN, Claim, Fate, Letter, Lost, Terms, Turn, Wait
from shared.models.timeframe import iso

LONGEST_LEASE_MS: Final = 600_000
"""A lease that ends further away was made by a clock that has since been set back."""
NOTE_LENGTH: Final = 200
OPEN_ROWS: Final = f"fate IN ({', '.join(repr(str(fate)) for fate in OPEN)})"


class SqliteOutbox:
    """The outbox of :class:`contracts.notification_contract.Outbox` in a journal's file. The journal stays the caller's to close."""

    def __init__(self, journal: SqliteJournal) -> None:
        """Nothing is written yet."""
        self._journal = journal
        self._file = journal.file

    def decide(self, batch: Batch | None, parcels: Sequence[Parcel], now_ms: int) -> Appended:
        """Record a scan and what is to be told of it together. A run that is recorded already, and parcels that are, add nothing.

        Raises:
            ContractError: the same code recorded the run with another decision.
        """
        with self._writing():
            added = 0
            if batch and not self._journal.holds(batch):
                added = self._journal.add(batch, now_ms).added
            rows = [row for parcel in parcels if (row := self._insert(parcel))]
            if rows:
                added += self._record([_entry(row, "") for row in rows], now_ms).added
            return Appended(self._journal.head(), added)

    def rule(self, entry: Entry, parcels: Sequence[Parcel], now_ms: int) -> Record | None:
        """Record one ruling on a setup together with what is to be told of it, unless a record of its kind and name is there: that
        one is returned then, and nothing is added."""
        with self._writing():
            standing = self._journal.newest_of(entry.name, entry.kind)
            if standing is None:
                rows = [row for parcel in parcels if (row := self._insert(parcel))]
                self._record([entry, *(_entry(row, "") for row in rows)], now_ms)
            return standing

    def threads(self, channel: str, fingerprint: str) -> Threads:
        """By address, the first parcel of a setup."""
        rows = self._rows("channel=? AND fingerprint=? AND fingerprint<>''", channel, fingerprint)
        return {row.address: row.id for row in reversed(rows)}

    def addresses(self, channel: str) -> tuple[str, ...]:
        """Where parcels wait to be sent, sorted."""
        query = f"SELECT DISTINCT address FROM outbox WHERE channel=? AND {OPEN_ROWS} ORDER BY address"
        return tuple(str(address) for (address,) in self._file.all(query, channel))

    def take(self, channel: str, address: str, owner: str, now_ms: int, lease_ms: int) -> Turn | Wait:
        """Begin to send to an address, unless another sender is at it. What a former sender left on its way is of unknown fate
        from now on."""
        with self._writing():
            found = self._file.all(
                "SELECT fence, expires_ms FROM lease WHERE channel=? AND address=?", channel, address
            )
            fence, expires_ms = found[0] if found else (0, now_ms)
            if now_ms < expires_ms <= now_ms + LONGEST_LEASE_MS:
                return Wait(expires_ms)
            turn = Turn(channel, address, owner, fence + 1)
            values = (channel, address, owner, turn.fence, now_ms + lease_ms)
            self._file.db.execute("INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?)", values)
            for row in self._open_rows(turn):
                self._recover(row, now_ms)
            return turn

    def claim(self, turn: Turn, now_ms: int, terms: Terms) -> Claim | Wait | Lost | None:
        """The next parcel to send, oldest first; None where nothing is left. Renews the turn, or ends it where nothing is to be
        sent now: whoever comes meanwhile and finds the address taken may rely on it that his parcels are seen."""
        with self._writing():
            if not self._renewed(turn, now_ms + terms.lease_ms):
                return Lost()
            for row in self._open_rows(turn):
                standing = self._recover(row, now_ms)
                settled = _settled(standing, now_ms, terms)
                if settled:
                    self._move(standing, replace(standing, fate=settled), now_ms)
                    continue
                if standing.not_before_ms <= now_ms:
                    return self._send(standing, turn, now_ms, terms)
                self._end(turn)
                return Wait(standing.not_before_ms)
            self._end(turn)
            return None

    def book(self, claim: Claim, delivery: Delivery, now_ms: int, terms: Terms) -> Fate | Lost:
        """Record what came of a claim."""
        with self._writing():
            (row,) = self._rows("id=?", claim.parcel.id)
            if not self._is_mine(row, claim.turn):
                return Lost()
            moved = _booked(row, delivery, now_ms, terms)
            self._move(row, moved, now_ms)
            return moved.fate

    def release(self, turn: Turn) -> None:
        """Let go of an address; nothing happens if another sender has it."""
        with self._file.transaction():
            self._end(turn)

    def tally(self) -> Mapping[Fate, int]:
        """How many parcels stand where; a fate that none has is left out."""
        rows = self._file.all("SELECT fate, count(*) FROM outbox GROUP BY fate")
        return {fate: count for fate in Fate for name, count in rows if name == fate}

    def letters(self, *fates: Fate) -> tuple[Letter, ...]:
        """Every parcel of these fates, oldest first."""
        rows = self._rows(f"fate IN ({', '.join('?' * len(fates))})", *fates)
        return tuple(map(_letter, rows))

    def settle(self, name: str, fate: Fate, now_ms: int) -> Letter:
        """Move a dead or held parcel as a person decided: to be sent again (with its mark where it may have arrived), or dropped.

        Raises:
            NotFound: no parcel, or several, whose id begins with ``name`` stands where a person may move it.
            ConfigFault: it has expired and would not be sent.
        """
        with self._writing():
            found = [row for row in self._rows("fate IN (?, ?)", *ALARMING) if row.id.startswith(name)]
            if not name or len(found) != 1:
                raise NotFound(
                    f"{len(found)} dead or held alerts have an id that begins with {name!r}",
                    "See 'snipersight alerts' for their ids",
                )
            (row,) = found
            if fate is Fate.PENDING and row.expires_ms <= now_ms:
                raise ConfigFault(
                    f"alert {row.id} expired at {iso(row.expires_ms)}: nothing would be sent",
                    f"Drop it: 'snipersight alerts drop {row.id[:SHORT_ID]}'",
                )
            moved = replace(row, fate=fate, not_before_ms=0, note="settled by hand")
            self._move(row, moved, now_ms)
            return _letter(moved)

    def examine(self) -> None:
        """Hold every row to its seal and to the newest record of it on the chain.

        Raises:
            DamagedJournal: one is not what was written, or stands elsewhere than the chain says.
        """
        rows = self._rows("1")
        for row in rows:
            self._hold_to_chain(row)
        ((told,),) = self._file.all("SELECT count(DISTINCT name) FROM record WHERE kind='alert'")
        if told != len(rows):
            raise self._damage(f"{told - len(rows)} parcels on the chain are gone from the outbox")

    def _insert(self, parcel: Parcel) -> Row | None:
        """The row of a parcel, if it is new."""
        ((place,),) = self._file.all("SELECT coalesce(max(place), 0) + 1 FROM outbox")
        row = Row.of(parcel, place)
        if self._file.db.execute(INSERT, (*row.columns, row.seal)).rowcount != 1:
            return None
        if row.picture:
            values = (row.picture, parcel.picture)
            self._file.db.execute("INSERT INTO picture VALUES (?, ?) ON CONFLICT (digest) DO NOTHING", values)
        return row

    def _open_rows(self, turn: Turn) -> tuple[Row, ...]:
        return self._rows(f"channel=? AND address=? AND {OPEN_ROWS}", turn.channel, turn.address)

    def _rows(self, where: str, *values: object) -> tuple[Row, ...]:
        return tuple(map(self._sealed, self._file.all(f"{SELECT} WHERE {where} ORDER BY place", *values)))

    def _sealed(self, stored: tuple[Any, ...]) -> Row:
        try:
            return Row.read(stored)
        except (ValueError, TypeError):
            raise self._damage(f"row {stored[0]!r:.40} of the outbox is not what was written") from None

    def _picture(self, row: Row) -> bytes:
        if not row.picture:
            return b""
        found = self._file.all("SELECT png FROM picture WHERE digest=?", row.picture)
        if not found or hashlib.sha256(found[0][0]).hexdigest() != row.picture:
            raise self._damage(f"the picture of row {row.id} of the outbox is not what was written")
        return bytes(found[0][0])

    def _send(self, row: Row, turn: Turn, now_ms: int, terms: Terms) -> Claim:
        """Record a row as on its way, and give it to be sent."""
        sent = replace(row, fate=Fate.INFLIGHT, attempts=row.attempts + 1, fence=turn.fence)
        self._move(row, sent, now_ms)
        age_ms = now_ms - row.at_ms
        parent = self._rows("id=?", row.thread) if row.thread else ()
        parcel = sent.parcel(self._picture(row), age_ms if age_ms > terms.late_ms else 0)
        return Claim(turn, parcel, parent[0].remote_id if parent else "")

    def _recover(self, row: Row, now_ms: int) -> Row:
        """A row as it stands for a new sender: what was on its way may have arrived."""
        if row.fate is not Fate.INFLIGHT:
            return row
        unknown = replace(
            row, fate=Fate.AMBIGUOUS, unknowns=row.unknowns + 1, note="its sender ended before it knew"
        )
        self._move(row, unknown, now_ms)
        return unknown

    def _is_mine(self, row: Row, turn: Turn) -> bool:
        """Whether a row is on its way under a turn, and no newer turn has begun."""
        query = "SELECT 1 FROM lease WHERE channel=? AND address=? AND owner=? AND fence=?"
        held = self._file.all(query, turn.channel, turn.address, turn.owner, turn.fence)
        return bool(held) and row.fate is Fate.INFLIGHT and row.fence == turn.fence

    def _renewed(self, turn: Turn, expires_ms: int) -> bool:
        """Whether a turn is the newest; it then lasts until ``expires_ms``."""
        query = "UPDATE lease SET expires_ms=? WHERE channel=? AND address=? AND owner=? AND fence=?"
        values = (expires_ms, turn.channel, turn.address, turn.owner, turn.fence)
        return self._file.db.execute(query, values).rowcount == 1

    def _end(self, turn: Turn) -> None:
        """Let go of an address, if the turn is the newest."""
        self._renewed(turn, 0)

    def _move(self, row: Row, moved: Row, now_ms: int) -> None:
        """Compare and change one row, and record the move."""
        if moved.fate not in MOVES[row.fate]:
            raise ContractError(f"parcel {row.id} cannot go from {row.fate} to {moved.fate}")
        values = (*(getattr(moved, name) for name in MOVING), moved.seal, row.id, row.fate, row.fence)
        if self._file.db.execute(UPDATE, values).rowcount != 1:
            raise ContractError(f"parcel {row.id} changed while it was moved from {row.fate}")
        self._record([_entry(moved, row.fate)], now_ms)
        if row.picture and moved.fate not in OPEN:
            self._forget(row.picture)

    def _forget(self, picture: str) -> None:
        """Remove a picture that nothing open needs."""
        kept = f"SELECT 1 FROM outbox WHERE picture=? AND {OPEN_ROWS}"
        self._file.db.execute(
            f"DELETE FROM picture WHERE digest=? AND NOT EXISTS ({kept})", (picture, picture)
        )

    def _record(self, entries: list[Entry], now_ms: int) -> Appended:
        return self._journal.add(Batch("", "", "", "", tuple(entries)), now_ms)

    def _hold_to_chain(self, row: Row) -> None:
        newest = self._journal.newest_of(row.id)
        told = newest.content if newest else {}
        if (told.get("to"), told.get("digest"), told.get("attempts")) != (row.fate, row.digest, row.attempts):
            raise self._damage(f"row {row.id} of the outbox is {row.fate}, the chain says otherwise")

    def _damage(self, why: str) -> DamagedJournal:
        return DamagedJournal(f"journal {self._journal.path}: {why}", QUARANTINE)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._journal.writing():
            yield


def _settled(row: Row, now_ms: int, terms: Terms) -> Fate | None:
    """The fate of an open row that is not to be sent; None where it is."""
    if row.expires_ms <= now_ms:
        return Fate.EXPIRED
    if row.fate is not Fate.AMBIGUOUS:
        return None
    if row.low_value or terms.doubt == "drop_marked":
        return Fate.DROPPED
    if terms.doubt == "hold":
        return Fate.HELD
    return Fate.DEAD if row.unknowns > terms.repeats else None


def _booked(row: Row, delivery: Delivery, now_ms: int, terms: Terms) -> Row:
    """A row after its sending."""
    if isinstance(delivery, Delivered):
        return replace(row, fate=Fate.DONE, remote_id=delivery.remote_id, note="")
    note = delivery.reason[:NOTE_LENGTH]
    if not isinstance(delivery, Refused):
        unknowns = row.unknowns + 1
        not_before_ms = now_ms + terms.pause_ms(unknowns)
        return replace(row, fate=Fate.AMBIGUOUS, unknowns=unknowns, not_before_ms=not_before_ms, note=note)
    if delivery.retry_after_s is None or row.attempts >= terms.attempts:
        return replace(row, fate=Fate.DEAD, note=note)
    wait_ms = int(1000 * delivery.retry_after_s) or terms.pause_ms(row.attempts)
    return replace(row, fate=Fate.PENDING, not_before_ms=now_ms + wait_ms, note=note)


def _letter(row: Row) -> Letter:
    return Letter(row.id, row.channel, row.address, row.fate, row.at_ms, row.attempts, row.note)


def _entry(row: Row, was: str) -> Entry:
    """A row's move as a record of the chain."""
    content = {
        "channel": row.channel, "address": row.address, "from": str(was), "to": row.fate, "attempts": row.attempts,
        "unknowns": row.unknowns, "fence": row.fence, "not_before_ms": row.not_before_ms, "remote_id": row.remote_id,
        "note": row.note, "digest": row.digest,
    }  # fmt: skip
    return Entry(RecordKind.ALERT, content, row.id)
