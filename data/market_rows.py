"""Trading rules as rows of the store: a column a field, behind a seal.

A row that an older version wrote lacks the newer fields; they have their defaults then, and its seal still holds, because a
seal covers the fields that were given.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, Final, get_type_hints

from data.pages import seal
from shared.models.data import Market

FIELDS: Final = tuple(field.name for field in fields(Market))
ENCODERS: Final[Mapping[type, Callable[[Any], Any]]] = {Decimal: str, bool: int}
DECODERS: Final[Mapping[Any, Callable[[Any], Any]]] = {Decimal: Decimal, bool: bool}
TYPES: Final = get_type_hints(Market)
INSERT: Final = f"INSERT OR REPLACE INTO market ({', '.join(FIELDS)}, digest) VALUES ({', '.join('?' * (len(FIELDS) + 1))})"

Cells = dict[str, Any]


def market_values(market: Market) -> tuple[Any, ...]:
    """The values of :data:`INSERT`."""
    cells = {name: getattr(market, name) for name in FIELDS}
    stored = {name: ENCODERS.get(type(value), _same)(value) for name, value in cells.items()}
    return (*stored.values(), _seal(stored))


def markets_of(rows: Iterable[Cells]) -> Iterator[tuple[Cells, Market | None]]:
    """Each row with its market, or None where it is not what was written."""
    for cells in rows:
        yield cells, _market(cells) if _seal(cells) == cells["digest"] else None


def stored_markets(cursor: sqlite3.Cursor) -> Iterator[Cells]:
    """The rows of a query over the whole table, by column."""
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def seal_markets(db: sqlite3.Connection) -> None:
    """Put a seal on every row as it stands."""
    for cells in list(stored_markets(db.execute("SELECT * FROM market"))):
        key = cells["exchange"], cells["symbol"]
        db.execute("UPDATE market SET digest=? WHERE exchange=? AND symbol=?", (_seal(cells), *key))


def _seal(cells: Cells) -> bytes:
    given = (
        f"{name}={value!s}" for name, value in sorted(cells.items()) if name != "digest" and value is not None
    )
    return seal("market", "", "\n".join(given).encode())


def _same(value: Any) -> Any:
    return value


def _market(cells: Cells) -> Market:
    given = {name: cells[name] for name in FIELDS if cells.get(name) is not None}
    return Market(**{name: DECODERS.get(TYPES[name], _same)(cell) for name, cell in given.items()})
