"""What is remembered of a series beside its candles: where the exchange has none, and when it was last held against its own.

A note is a hint that saves requests. One that is lost or damaged is learnt anew, and where the exchange has nothing is asked again
once a week. So a file that cannot be read or written ends nothing: what it would have held is remembered for the run, which says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from data.pages import seal, series_name
from data.spans import Span, united
from data.sqlite_file import SqliteFile
from shared.errors import StorageFault
from shared.models.timeframe import DAY_MS, Timeframe

NOT_KEPT: Final = "notes_not_kept"
"""The flag of a run that has to do without what earlier ones noted, or leaves nothing to later ones."""
BELIEVED_MS: Final = 7 * DAY_MS
"""For how long an absence is believed: an exchange may fill a hole later, or answer wrongly once."""
TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS note (exchange TEXT NOT NULL, symbol TEXT NOT NULL, timeframe TEXT NOT NULL, "
    "body TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (exchange, symbol, timeframe)) WITHOUT ROWID"
)


@dataclass(frozen=True, slots=True)
class SeriesNote:
    """``absent`` spans, asked for at ``asked_ms``, and up to when the series was held against the exchange's own candles. From the
    candle of ``streamed_ms`` on (0: none) they came from a stream, and the exchange was not asked for them yet."""

    absent: tuple[Span, ...] = ()
    asked_ms: int = 0
    verified_ms: int = 0
    streamed_ms: int = 0

    def absent_at(self, as_of_ms: int) -> tuple[Span, ...]:
        """The absences still believed."""
        return self.absent if as_of_ms - self.asked_ms < BELIEVED_MS else ()

    def with_absent(self, spans: tuple[Span, ...], as_of_ms: int) -> SeriesNote:
        """With more absences; what is no longer believed goes, and the week runs from the oldest that stays."""
        kept = self.absent_at(as_of_ms)
        since_ms = self.asked_ms if kept else as_of_ms
        return replace(self, absent=united((*kept, *spans)), asked_ms=since_ms)


NO_NOTE: Final = SeriesNote()
Notes = Mapping[Timeframe, SeriesNote]


class NoteStore(Protocol):
    """Kept notes. Laws: ``notes`` gives what was saved last, or nothing where that was lost; neither it nor ``save`` raises."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the run has to say of them: why they could not be read or kept."""
        ...

    def notes(self, exchange: str, symbol: str) -> Notes:
        """A symbol's notes by timeframe."""
        ...

    def save(self, exchange: str, symbol: str, notes: Notes) -> None:
        """Insert or replace notes, all or none."""
        ...

    def close(self) -> None:
        """Release the file; may be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryNotes:
    """Notes of this process alone."""

    kept: dict[tuple[str, str], Notes] = field(default_factory=dict)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Nothing: they were never to outlive the process."""
        return ()

    def notes(self, exchange: str, symbol: str) -> Notes:
        """A symbol's notes by timeframe."""
        return self.kept.get((exchange, symbol), {})

    def save(self, exchange: str, symbol: str, notes: Notes) -> None:
        """Insert or replace notes."""
        self.kept[exchange, symbol] = {**self.notes(exchange, symbol), **notes}

    def close(self) -> None:
        """Nothing to release."""


class SqliteNotes:
    """Notes in a small SQLite file. An exchange's are read once, with its first symbol. From the first fault of the file on they are
    those of this process alone, and ``remarks`` says why."""

    def __init__(self, path: Path) -> None:
        """Notes in ``path``, which is created with the first one."""
        self.remarks: tuple[str, ...] = ()
        self._file = SqliteFile(path, "notes on series in")
        self._known = MemoryNotes()
        self._read: set[str] = set()
        self._begun = False

    def notes(self, exchange: str, symbol: str) -> Notes:
        """A symbol's notes by timeframe; a row that is not what was written is left out."""
        if exchange not in self._read:
            self._read.add(exchange)
            with self._doing_without():
                self._read_exchange(exchange)
        return self._known.notes(exchange, symbol)

    def save(self, exchange: str, symbol: str, notes: Notes) -> None:
        """Insert or replace notes, all or none."""
        self._known.save(exchange, symbol, notes)
        if not self.remarks:
            with self._doing_without():
                self._write(exchange, symbol, notes)

    @contextmanager
    def _doing_without(self) -> Iterator[None]:
        """What fails with the file is a remark, and the file is left alone from then on."""
        try:
            yield
        except StorageFault as fault:
            self.remarks = (f"{NOT_KEPT}: {fault.problem}",)

    def _write(self, exchange: str, symbol: str, notes: Notes) -> None:
        rows = []
        for timeframe, note in notes.items():
            body = json.dumps([note.absent, note.asked_ms, note.verified_ms, note.streamed_ms])
            name = series_name(exchange, symbol, timeframe)
            rows.append((exchange, symbol, timeframe.value, body, seal(name, "note", body.encode())))
        self._begin()
        with self._file.transaction():
            self._file.db.executemany("INSERT OR REPLACE INTO note VALUES (?, ?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._file.close()

    def _begin(self) -> None:
        """Take the file into use, with the first note. A log written ahead is not waited for on its way to the disk: every symbol
        would wait, and a hint that a power cut takes is learnt anew."""
        if self._begun:
            return
        with self._file.faults("opened"):
            wal = self._file.enter_wal()
            self._file.db.execute(f"PRAGMA synchronous={'NORMAL' if wal else 'FULL'}")
        with self._file.transaction():
            self._file.db.execute(TABLE)
        self._begun = True

    def _read_exchange(self, exchange: str) -> None:
        query = "SELECT symbol, timeframe, body, digest FROM note WHERE exchange=?"
        rows = self._file.rows_of("note", query, exchange)
        for symbol, timeframe, body, digest in rows:
            name = f"{exchange} {symbol} {timeframe}"
            if isinstance(body, str) and digest == seal(name, "note", body.encode()):
                self._known.save(exchange, symbol, {Timeframe(timeframe): _unpacked(body)})


def _unpacked(body: str) -> SeriesNote:
    absent, *times = json.loads(body)
    return SeriesNote(tuple(Span(*span) for span in absent), *times)
