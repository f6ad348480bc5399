"""Whatever happens to the bytes of a store, nothing is ever read from it that was not written."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from data.cache import SqliteCandleStore
from data.store_check import check_store
from shared.errors import DamagedPage, StorageFault
from shared.models.data import Candles, OrderBook
from shared.models.timeframe import Timeframe
from tests.unit.data.test_store import ALL, M5, candles

NIGHTLY = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
FLIPS = 10_000 if NIGHTLY else 600
FILES = 10_000 if NIGHTLY else 400
BOOK = OrderBook("x", "A/B", 1000, np.array([[99.0, 1.0], [98.0, 2.0]]), np.array([[101.0, 3.0]]))

Change = Callable[[bytes, np.random.Generator], bytes]


def flip(body: bytes, draw: np.random.Generator) -> bytes:
    """One to four bits turned over."""
    changed = bytearray(body)
    for place in draw.choice(len(body) * 8, size=int(draw.integers(1, 5)), replace=False).tolist():
        changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def cut(body: bytes, draw: np.random.Generator) -> bytes:
    """The end missing."""
    return body[: int(draw.integers(0, len(body)))]


def zeroed(body: bytes, draw: np.random.Generator) -> bytes:
    """A block of zeros where there was something else, as a lost sector leaves it."""
    start = int(draw.integers(0, len(body) - 1))
    stop = int(draw.integers(start + 1, len(body) + 1))
    changed = body[:start] + bytes(stop - start) + body[stop:]
    return changed if changed != body else flip(body, draw)


CHANGES: tuple[Change, ...] = (flip, flip, cut, zeroed)
PLACES = (("page", "body"), ("tail", "row"))


@pytest.mark.parametrize(("table", "column"), PLACES)
def test_every_changed_page_and_row_is_noticed(tmp_path: Path, table: str, column: str) -> None:
    """G10: half of the tries on pages, half on rows."""
    store = SqliteCandleStore(tmp_path / "candles.sqlite3")
    store.write("x", "A/B", candles(0, 1020))
    (body,) = store.file.one(f"SELECT {column} FROM {table} LIMIT 1")
    draw = np.random.default_rng(7)
    missed = 0
    with closing(sqlite3.connect(store.path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        for number in range(FLIPS // 2):
            changed = CHANGES[number % len(CHANGES)](body, draw)
            db.execute(f"UPDATE {table} SET {column}=? WHERE {column}=?", (changed, body))
            try:
                store.read("x", "A/B", M5, *ALL)
                missed += 1
            except DamagedPage:
                pass
            db.execute(f"UPDATE {table} SET {column}=? WHERE {column}=?", (body, changed))
    print(f"{FLIPS // 2} changed bodies of {table}: {missed} missed")
    assert missed == 0
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 1020)


@pytest.mark.parametrize(
    "moved",
    [
        "UPDATE page SET series=2 WHERE series=1",
        "UPDATE page SET first_ms=first_ms-300000 WHERE series=1",
        "UPDATE page SET last_ms=last_ms+300000 WHERE series=1",
        "UPDATE page SET count=999 WHERE series=1",
        "UPDATE tail SET series=2 WHERE series=1",
        "UPDATE tail SET open_ms=open_ms+300000*1000 WHERE series=1",
        "UPDATE series SET symbol='E/F' WHERE symbol='A/B'",
    ],
)
def test_candles_that_ended_up_in_another_place_are_damaged(tmp_path: Path, moved: str) -> None:
    store = SqliteCandleStore(tmp_path / "candles.sqlite3")
    store.write("x", "A/B", candles(0, 1020))
    store.write("x", "C/D", candles(2000, 10))
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute(moved)
    assert check_store(store.file).damage
    store = SqliteCandleStore(store.path)
    found = [answer(store, symbol) for symbol in ("A/B", "C/D", "E/F")]
    assert "damaged" in found
    true = (candles(2000, 10), candles(1000, 20), candles(0, 1000), Candles.empty(M5))
    assert set(found) <= {"damaged", *(part.digest() for part in true)}


def answer(store: SqliteCandleStore, symbol: str) -> str:
    try:
        return store.read("x", symbol, M5, *ALL).digest()
    except DamagedPage:
        return "damaged"


def test_a_store_file_with_flipped_bits_never_gives_a_candle_that_was_not_written(tmp_path: Path) -> None:
    """Bits of the whole file, SQLite's own tables included: the answer is true, a typed fault, or less than there was."""
    sound = tmp_path / "sound.sqlite3"
    written = {
        "A/B": candles(0, 1020),
        "C/D": candles(500, 30, level=200.0),
        "E/F": candles(0, 990, level=300.0),
    }
    with closing(SqliteCandleStore(sound)) as store:
        for symbol, part in written.items():
            store.write("x", symbol, part)
        store.save_book(BOOK)
        store.file.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    body, draw = sound.read_bytes(), np.random.default_rng(11)
    path, seen = tmp_path / "candles.sqlite3", dict.fromkeys(("true", "less", "fault"), 0)
    for number in range(FILES):
        for left in tmp_path.glob("candles.sqlite3*"):
            left.unlink()
        path.write_bytes((cut if number % 10 == 9 else flip)(body, draw))
        seen[read_all(path, written)] += 1
    print(f"{FILES} damaged files: {seen}")
    assert seen["fault"] > FILES / 5
    assert seen["true"] > 0


def read_all(path: Path, written: dict[str, Candles]) -> str:
    """How a store of which some bits may be turned over answers: ``true``, ``less`` or ``fault``, never otherwise."""
    answer = "true"
    try:
        with closing(SqliteCandleStore(path)) as store:
            check_store(store.file)
            store.series()
            for symbol, part in written.items():
                held = store.read("x", symbol, M5, *ALL)
                known = np.isin(part.open_ms, held.open_ms)
                assert known.sum() == len(held)
                assert held == Candles(M5, *(getattr(part, name)[known] for name in NAMES))
                answer = answer if len(held) == len(part) else "less"
            books = store.books("x", "A/B", *ALL)
            assert all(book == BOOK for book in books)
            return answer if books else "less"
    except StorageFault:
        return "fault"


NAMES = ("open_ms", "open", "high", "low", "close", "volume")


def test_a_check_names_what_is_damaged_and_mending_drops_it(tmp_path: Path) -> None:
    store = SqliteCandleStore(tmp_path / "candles.sqlite3")
    store.write("x", "A/B", candles(0, 2020))
    store.write("x", "A/B", candles(3, 1, level=500.0))
    store.save_book(BOOK)
    assert check_store(store.file).damage == ()
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE page SET body=zeroblob(48000) WHERE first_ms=?", (1000 * M5.ms,))
        db.execute("UPDATE tail SET row=zeroblob(52) WHERE open_ms=?", (2005 * M5.ms,))
        db.execute("UPDATE revision SET row=zeroblob(52)")
        db.execute("UPDATE book SET body=zeroblob(48)")
    report = check_store(store.file)
    assert [(one.kind, one.timeframe, one.at_ms) for one in report.damage] == [
        ("page", "5m", 1000 * M5.ms),
        ("candle", "5m", 2005 * M5.ms),
        ("former candle", "5m", 3 * M5.ms),
        ("order book", "", 1000),
    ]
    assert (report.pages, report.candles, report.books, report.left) == (2, 1019, 1, 4)
    assert check_store(store.file, mend=True).left == 0
    assert check_store(store.file).damage == ()
    held = set((store.read("x", "A/B", M5, *ALL).open_ms // M5.ms).tolist())
    assert held == {*range(1000), *range(2000, 2020)} - {2005}
    assert (store.books("x", "A/B", *ALL), store.revisions("x", "A/B", M5)) == ((), ())
    assert store.write("x", "A/B", candles(900, 1120)).added == 1001


def test_the_check_of_a_copy_leaves_it_as_it_was(tmp_path: Path) -> None:
    store = SqliteCandleStore(tmp_path / "candles.sqlite3")
    store.write("x", "A/B", candles(0, 1020))
    store.close()
    shutil.copy(store.path, tmp_path / "copy.sqlite3")
    with closing(SqliteCandleStore(tmp_path / "copy.sqlite3")) as copy:
        check_store(copy.file)
        assert copy.read("x", "A/B", Timeframe.M5, *ALL) == candles(0, 1020)
