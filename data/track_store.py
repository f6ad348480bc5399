"""Out-of-sample trades in a SQLite file of their own.

A row of the file is what one source kept of one exchange and one decision digest: its trades as a compressed JSON body, behind a digest of
all of it. A source is replaced in one transaction, so a kill leaves the one before or the one after.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from data.sqlite_file import SqliteFile
from shared.errors import DamagedPage
from shared.models.planner import Style
from shared.models.smc import Side
from shared.models.track import PastTrade
from shared.utils.serialization import canonical_json

VERSION: Final = 1
TABLE: Final = (
    "CREATE TABLE kept (place INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, exchange TEXT NOT NULL, "
    "decision TEXT NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL, UNIQUE (source, exchange, decision))"
)
INSERT: Final = "INSERT INTO kept (source, exchange, decision, digest, body) VALUES (?, ?, ?, ?, ?)"
NEWEST_FIRST: Final = (
    "SELECT source, digest, body FROM kept WHERE exchange=? AND decision=? ORDER BY place DESC"
)
OWN: Final = (
    "profile",
    "symbol",
    "side",
    "style",
    "fingerprint",
    "score_tenths",
    "decided_ms",
    "ended_ms",
    "r",
    "best_r",
)
"""What differs from trade to trade of one row."""


class SqliteTrackStore:
    """The store of :class:`contracts.track_contract.TrackStore`, in a file of its own.

    Raises:
        StorageFault: the file cannot be opened, read or written.
        DamagedPage: trades that are read are not what was written.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, creating it and its folder if they are not there."""
        self._file = SqliteFile(path, "track record in")
        self._file.begin(VERSION, (TABLE,), synchronous="FULL")

    def keep(self, source: str, rows: Sequence[PastTrade]) -> None:
        """Keep the trades of a source in place of its earlier ones, all or nothing."""
        packed = []
        for key, group in groupby(sorted(rows, key=_key), key=_key):
            body = pack(group)
            packed.append((source, *key, _digest(source, *key, body), body))
        with self._file.transaction():
            self._file.db.execute("DELETE FROM kept WHERE source=?", (source,))
            self._file.db.executemany(INSERT, packed)

    def rows(self, exchange: str, decision: str) -> tuple[PastTrade, ...]:
        """Every trade of an exchange and a decision digest, by decided time, symbol and fingerprint; a setup once, as the source kept
        last has it."""
        found: list[PastTrade] = []
        counted: set[str] = set()
        for source, digest, body in self._file.all(NEWEST_FIRST, exchange, decision):
            fresh = [
                trade
                for trade in self._checked((source, exchange, decision), digest, body)
                if trade.fingerprint not in counted
            ]
            found += fresh
            counted |= {trade.fingerprint for trade in fresh}
        return tuple(sorted(found, key=_order))

    def sources(self) -> tuple[str, ...]:
        """Every source, the one kept last at the end."""
        query = "SELECT source FROM kept GROUP BY source ORDER BY max(place)"
        return tuple(str(source) for (source,) in self._file.all(query))

    def of(self, source: str) -> tuple[PastTrade, ...]:
        """Every trade of a source, by exchange, decision digest, decided time, symbol and fingerprint."""
        query = "SELECT exchange, decision, digest, body FROM kept WHERE source=? ORDER BY exchange, decision"
        return tuple(
            trade
            for exchange, decision, digest, body in self._file.all(query, source)
            for trade in self._checked((source, exchange, decision), digest, body)
        )

    def forget(self, source: str) -> bool:
        """Drop what was kept of a source; whether there was any."""
        with self._file.transaction():
            return self._file.db.execute("DELETE FROM kept WHERE source=?", (source,)).rowcount > 0

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._file.close()

    def _checked(self, key: tuple[str, str, str], digest: bytes, body: bytes) -> tuple[PastTrade, ...]:
        source, exchange, decision = key
        if _digest(*key, body) != digest:
            raise DamagedPage(
                f"{self._file.path}: the trades of {source} are not what was written",
                "Delete the file and run the walk-forward again: alerts go out without a record until then",
            )
        return unpack(exchange, decision, body)


def pack(rows: Iterable[PastTrade]) -> bytes:
    """Trades of one exchange and decision as bytes: the same ones, in whatever order, give the same."""
    cells = [[_cell(trade, name) for name in OWN] for trade in sorted(rows, key=_order)]
    return zlib.compress(canonical_json(cells).encode(), 6)


def unpack(exchange: str, decision: str, body: bytes) -> tuple[PastTrade, ...]:
    """The trades that :func:`pack` was given, by :func:`_order`."""
    return tuple(
        _trade(exchange, decision, dict(zip(OWN, cells, strict=True)))
        for cells in json.loads(zlib.decompress(body))
    )


def _cell(trade: PastTrade, name: str) -> object:
    return trade.side.word if name == "side" else getattr(trade, name)


def _trade(exchange: str, decision: str, cells: dict[str, Any]) -> PastTrade:
    typed = {**cells, "side": Side[cells["side"].upper()], "style": Style(cells["style"])}
    return PastTrade(exchange=exchange, decision=decision, **typed)


def _key(trade: PastTrade) -> tuple[str, str]:
    return trade.exchange, trade.decision


def _order(trade: PastTrade) -> tuple[int, str, str]:
    return trade.decided_ms, trade.symbol, trade.fingerprint


def _digest(source: str, exchange: str, decision: str, body: bytes) -> bytes:
    return hashlib.sha256(f"{source}\n{exchange}\n{decision}\n".encode() + body).digest()
