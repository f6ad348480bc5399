"""The trial log in a SQLite file of its own: a row a configuration tried or a held-back period looked at, never changed or removed.

The number of configurations that were tried on the same candles is what a best result has to be held against; a search that remembers
only itself would forget all before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from data.sqlite_file import STRICT, SqliteFile
from shared.errors import DamagedPage
from shared.models.search import ANY, Changes, Daily, Ground, Touch, Trial, Value
from shared.models.statistics import Expectancy, Insufficient, Unsaid
from shared.utils.serialization import canonical_json

VERSION: Final = 1
GROUND: Final = (
    "exchange TEXT NOT NULL, symbols TEXT NOT NULL, since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, "
    "data_digest TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL"
)
KINDS: Final = {kind.__name__: kind for kind in (Expectancy, Insufficient, Unsaid, Daily)}
"""What a body may hold, by name."""
TABLES: Final = (
    f"CREATE TABLE trial (study TEXT NOT NULL, number INTEGER NOT NULL, {GROUND}, PRIMARY KEY (study, number)){STRICT}",
    f"CREATE TABLE touch (purpose TEXT PRIMARY KEY, {GROUND}){STRICT}",
    *(
        f"CREATE TRIGGER {table}_stays_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'the log is only added to'); END"
        for table in ("trial", "touch")
        for verb in ("UPDATE", "DELETE")
    ),
)


class SqliteTrialLog:
    """The log of :class:`contracts.trial_contract.TrialLog`, in a file of its own.

    Raises:
        StorageFault: the file cannot be opened, read or written.
        DamagedPage: a row that is read is not what was written.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, creating it and its folder if they are not there."""
        self._file = SqliteFile(path, "trial log in")
        self._file.begin(VERSION, TABLES, synchronous="FULL")

    def add(self, study: str, ground: Ground, trial: Trial) -> None:
        """Keep a trial."""
        body = {
            "changes": [[path, value] for path, value in trial.changes],
            "worth": _named(trial.worth),
            "daily": _named(trial.daily),
        }
        self._insert("trial", (study, trial.number), ground, trial.digest, body)

    def touch(self, purpose: str, ground: Ground, touch: Touch) -> None:
        """Keep a touch."""
        self._insert("touch", (purpose,), ground, touch.digest, {"worth": _named(touch.worth)})

    def trials(self, study: str) -> tuple[Trial, ...]:
        """Every trial of a study, by number."""
        query = "SELECT number, digest, body FROM trial WHERE study=? ORDER BY number"
        return tuple(self._trial(*row) for row in self._file.all(query, study))

    def touches(self, purpose: str) -> tuple[Touch, ...]:
        """The touch of a purpose, or none."""
        rows = self._file.all("SELECT digest, body FROM touch WHERE purpose=?", purpose)
        return tuple(self._touch(*row) for row in rows)

    def spent(self, ground: Ground, purpose: str) -> int:
        """How often other purposes touched a part of that time with one of those symbols."""
        rows = self._rows("touch", "purpose", ground.exchange, ground.since_ms, ground.until_ms)
        return sum(name != purpose and _shares(text, ground.symbols) for name, text in rows)

    def tried(self, exchange: str, symbols: tuple[str, ...], since_ms: int, until_ms: int) -> int:
        """How many different configurations were tried on a part of that time with one of those symbols."""
        rows = [
            row
            for table in ("trial", "touch")
            for row in self._rows(table, "digest", exchange, since_ms, until_ms)
        ]
        return len({digest for digest, text in rows if digest and _shares(text, symbols)})

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._file.close()

    def _rows(
        self, table: str, column: str, exchange: str, since_ms: int, until_ms: int
    ) -> list[tuple[Any, ...]]:
        return self._file.all(
            f"SELECT {column}, symbols FROM {table} WHERE exchange=? AND since_ms<? AND until_ms>?",
            exchange,
            until_ms,
            since_ms,
        )

    def _insert(self, table: str, key: tuple[object, ...], ground: Ground, digest: str, body: object) -> None:
        symbols = json.dumps(sorted(ground.symbols))
        where = (ground.exchange, symbols, ground.since_ms, ground.until_ms, ground.data_digest)
        row = (*key, *where, digest, canonical_json(body))
        with self._file.transaction():
            self._file.db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def _trial(self, number: int, digest: str, text: str) -> Trial:
        try:
            body = json.loads(text)
            changes: Changes = tuple((path, _value(value)) for path, value in body["changes"])
            return Trial(number, changes, digest, _read(body["worth"]), _read(body["daily"]))
        except (ValueError, KeyError, TypeError) as error:
            raise self._damage() from error

    def _touch(self, digest: str, text: str) -> Touch:
        try:
            return Touch(digest, _read(json.loads(text)["worth"]))
        except (ValueError, KeyError, TypeError) as error:
            raise self._damage() from error

    def _damage(self) -> DamagedPage:
        return DamagedPage(
            f"{self._file.path}: a row of the trial log is not what was written",
            "Move the file away: a new one is made, which has forgotten what was tried",
        )


def _named(value: object) -> list[object]:
    """A value with the name of its kind."""
    return [type(value).__name__, value]


def _read(named: list[Any]) -> Any:
    name, fields = named
    return KINDS[name](**fields)


def _value(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value


def _shares(symbols: str, wanted: Iterable[str]) -> bool:
    """Whether a row's symbols have one of these among them."""
    one, other = set(json.loads(symbols)), set(wanted)
    return ANY in one | other or not one.isdisjoint(other)
