"""Universe snapshots in a SQLite file of their own.

A snapshot is one row: its times and, behind a digest, a compressed JSON body in which each distinct gate stands once.
Saved in one transaction, so a kill leaves the one before or the one after. The tables are made by the first save.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from data.sqlite_file import SqliteFile
from shared.errors import DamagedPage
from shared.models.gates import Rejection
from shared.models.timeframe import iso
from shared.models.universe import Member, UniverseSnapshot, Unmeasured
from shared.utils.serialization import canonical_json

TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS universe_snapshot (exchange TEXT NOT NULL, profile TEXT NOT NULL, basis TEXT NOT NULL, "
    "as_of_ms INTEGER NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL, "
    "PRIMARY KEY (exchange, profile, basis, as_of_ms))",
    "CREATE TABLE IF NOT EXISTS universe_market_id (exchange TEXT NOT NULL, symbol TEXT NOT NULL, "
    "market_id TEXT NOT NULL, PRIMARY KEY (exchange, symbol)) WITHOUT ROWID",
)
NEWEST: Final = (
    "SELECT as_of_ms, digest, body FROM universe_snapshot WHERE exchange=? AND profile=? AND basis='ranked' "
    "AND as_of_ms<? ORDER BY as_of_ms DESC LIMIT 1"
)
HEAD: Final = (
    "exchange",
    "profile",
    "as_of_ms",
    "figures_ms",
    "basis",
    "size",
    "enter_rank",
    "leave_rank",
)
GATE: Final = ("stage", "code", "what", "unit", "comparison", "threshold")
OWN: Final = ("symbol", "measured", "distance", "reason")


class SqliteUniverseStore:
    """The store of :class:`contracts.universe_contract.UniverseStore`, in a file of its own, opened by the first call.

    Raises:
        StorageFault: the file cannot be opened, read or written.
        DamagedPage: the snapshot that is read is not what was written.
    """

    def __init__(self, path: Path) -> None:
        """Universes in ``path``."""
        self._file = SqliteFile(path, "universes in")

    def save(self, snapshot: UniverseSnapshot) -> None:
        """Keep a snapshot, all or nothing; one of the same time gives way."""
        body = pack(snapshot)
        key = (snapshot.exchange, snapshot.profile, snapshot.basis, snapshot.as_of_ms)
        ids = [(snapshot.exchange, member.symbol, member.market_id) for member in snapshot.chosen]
        with self._file.transaction():
            for table in TABLES:
                self._file.db.execute(table)
            self._file.db.execute(
                "INSERT OR REPLACE INTO universe_snapshot VALUES (?, ?, ?, ?, ?, ?)",
                (*key, _digest(body), body),
            )
            self._file.db.executemany("INSERT OR REPLACE INTO universe_market_id VALUES (?, ?, ?)", ids)

    def last(self, exchange: str, profile: str, before_ms: int) -> tuple[UniverseSnapshot, ...]:
        """The newest ranked universe decided before ``before_ms``; empty if there is none."""
        rows = self._file.rows_of("universe_snapshot", NEWEST, exchange, profile, before_ms)
        return tuple(self._checked(*row) for row in rows)

    def market_ids(self, exchange: str) -> Mapping[str, str]:
        """The market id under which each symbol was last chosen, by symbol."""
        query = "SELECT symbol, market_id FROM universe_market_id WHERE exchange=?"
        return dict(self._file.rows_of("universe_market_id", query, exchange))

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._file.close()

    def _checked(self, as_of_ms: int, digest: bytes, body: bytes) -> UniverseSnapshot:
        if _digest(body) != digest:
            raise DamagedPage(
                f"{self._file.path}: the universe of {iso(as_of_ms)} is damaged",
                "The next scan stores another",
            )
        return unpack(body)


def pack(snapshot: UniverseSnapshot) -> bytes:
    """A snapshot as bytes: the same value gives the same ones."""
    gates = sorted({_part(drop, GATE) for drop in snapshot.dropped}, key=repr)
    place = {gate: number for number, gate in enumerate(gates)}
    document = {
        "head": _part(snapshot, HEAD),
        "chosen": [_part(member, Member.__slots__) for member in snapshot.chosen],
        "gates": gates,
        "dropped": [(place[_part(drop, GATE)], *_part(drop, OWN)) for drop in snapshot.dropped],
        "unmeasured": [_part(one, Unmeasured.__slots__) for one in snapshot.unmeasured],
    }
    return zlib.compress(canonical_json(document).encode(), 6)


def unpack(body: bytes) -> UniverseSnapshot:
    """The snapshot that :func:`pack` was given."""
    document = json.loads(zlib.decompress(body))
    gates = [dict(zip(GATE, gate, strict=True)) for gate in document["gates"]]
    return UniverseSnapshot(
        **dict(zip(HEAD, document["head"], strict=True)),
        chosen=tuple(Member(*cells) for cells in document["chosen"]),
        dropped=tuple(
            Rejection(**gates[gate], **dict(zip(OWN, own, strict=True))) for gate, *own in document["dropped"]
        ),
        unmeasured=tuple(Unmeasured(*cells) for cells in document["unmeasured"]),
    )


def _part(value: object, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(value, name) for name in names)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
