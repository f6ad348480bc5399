"""A bit flipped in what a store keeps of the oldest candles of its first series."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

Damage = Callable[[], None]


def damage_sqlite(path: Path) -> None:
    """The first page."""
    with closing(sqlite3.connect(path)) as db, db:
        rowid, body = db.execute("SELECT rowid, body FROM page ORDER BY series, first_ms").fetchone()
        db.execute("UPDATE page SET body=? WHERE rowid=?", (flipped(body), rowid))


def damage_object(url: str) -> None:
    """The first object of candles."""
    import fsspec

    files, root = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
    first = min(path for path in files.find(root) if path.endswith(".parquet"))
    files.pipe_file(first, flipped(files.cat_file(first)))


def flipped(body: bytes) -> bytes:
    """The same bytes but for one bit in their middle."""
    bent = bytearray(body)
    bent[len(bent) // 2] ^= 1
    return bytes(bent)
