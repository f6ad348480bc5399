"""The candle store: it gives back what was written, bit for bit, or says that it cannot."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.data_contract import WriteReport
from data.cache import SqliteCandleStore
from data.store_check import check_store
from shared.errors import DamagedPage, DataFault, StorageFault
from shared.models.data import Candles, Market, OrderBook
from shared.models.timeframe import Timeframe

M5 = Timeframe.M5
ALL = (0, 2**50)


def candles(first: int, count: int, level: float = 100.0) -> Candles:
    times = (first + np.arange(count)) * M5.ms
    close = level + (first + np.arange(count)) % 7
    return Candles(M5, times, close, close + 1, close - 1, close, np.full(count, level))


@pytest.fixture
def store(tmp_path: Path) -> SqliteCandleStore:
    return SqliteCandleStore(tmp_path / "deep" / "candles.sqlite3")


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 2500])
def test_what_was_written_is_read_bit_for_bit(store: SqliteCandleStore, count: int) -> None:
    assert store.write("x", "A/B", candles(0, count)) == WriteReport(count, 0)
    assert store.read("x", "A/B", M5, *ALL) == candles(0, count)
    (info,) = store.series()
    assert (info.count, info.missing, info.last_ms) == (count, 0, (count - 1) * M5.ms)


def test_writing_the_same_again_changes_nothing(store: SqliteCandleStore) -> None:
    store.write("x", "A/B", candles(0, 1500))
    assert store.write("x", "A/B", candles(200, 900)) == WriteReport(0, 0)
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 1500)


def test_a_revised_candle_replaces_the_old_one_and_is_counted(store: SqliteCandleStore) -> None:
    store.write("x", "A/B", candles(0, 1500))
    assert store.write("x", "A/B", candles(10, 1, level=500.0)) == WriteReport(0, 1)
    assert store.read("x", "A/B", M5, 10 * M5.ms, 11 * M5.ms).close[0] == 503.0


def test_a_span_is_read_by_open_and_close_time(store: SqliteCandleStore) -> None:
    store.write("x", "A/B", candles(0, 3000))
    part = store.read("x", "A/B", M5, 995 * M5.ms, 2005 * M5.ms)
    assert (part.open_ms[0] // M5.ms, part.open_ms[-1] // M5.ms) == (995, 2004)


@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.integers(1, 1200), st.sampled_from([100.0, 200.0])), max_size=6
    )
)
def test_any_order_of_writes_reads_back_as_the_newest_value_of_each_time(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, int, float]]
) -> None:
    store = SqliteCandleStore(tmp_path_factory.mktemp("store") / "c.sqlite3")
    model: dict[int, tuple[float, ...]] = {}
    for first, count, level in writes:
        part = candles(first, count, level)
        store.write("x", "A/B", part)
        model |= dict(
            zip(
                part.open_ms.tolist(),
                zip(part.close.tolist(), part.volume.tolist(), strict=True),
                strict=True,
            )
        )
    held = store.read("x", "A/B", M5, *ALL)
    assert check_store(store.file).damage == ()
    assert all(0 < count <= 1000 for _, _, count in pages_of(store))
    assert (
        dict(
            zip(
                held.open_ms.tolist(),
                zip(held.close.tolist(), held.volume.tolist(), strict=True),
                strict=True,
            )
        )
        == model
    )
    store.close()


def test_a_batch_that_fails_leaves_nothing_behind(store: SqliteCandleStore) -> None:
    def parts():  # type: ignore[no-untyped-def]
        yield candles(0, 10)
        raise DataFault("the second part is broken")

    with pytest.raises(DataFault, match="second part"):
        store.write_many("x", {"A/B": parts()})
    assert store.series() == ()
    store.write("x", "A/B", candles(0, 10))
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 10)


def damage_page(path: Path, place: int = 0, page: int = 0) -> None:
    """Flip a bit in a stored page: the ``page``-th of the first series that has so many."""
    with closing(sqlite3.connect(path)) as db, db:
        rowid, body = db.execute("SELECT rowid, body FROM page ORDER BY series, first_ms").fetchall()[page]
        flipped = bytearray(body)
        flipped[place] ^= 1
        db.execute("UPDATE page SET body=? WHERE rowid=?", (bytes(flipped), rowid))


@pytest.mark.parametrize("place", [0, 8000, 47999])
def test_a_damaged_page_is_an_error_and_never_data(store: SqliteCandleStore, place: int) -> None:
    store.write("x", "A/B", candles(0, 1000))
    damage_page(store.path, place)
    with pytest.raises(DamagedPage, match="A/B 5m that starts 1970-01-01T00:00:00Z is damaged") as caught:
        store.read("x", "A/B", M5, *ALL)
    assert "data import" in caught.value.action
    assert caught.value.first_ms == 0


def test_a_damaged_page_harms_no_other_series_and_no_other_page(store: SqliteCandleStore) -> None:
    store.write("x", "A/B", candles(0, 2000))
    store.write("x", "C/D", candles(0, 2000))
    damage_page(store.path, page=0)
    assert store.read("x", "C/D", M5, *ALL) == candles(0, 2000)
    assert store.read("x", "A/B", M5, 1000 * M5.ms, 2**50) == candles(1000, 1000)


@pytest.mark.parametrize(("first", "count"), [(0, 2500), (1000, 1000), (1400, 100), (900, 300)])
def test_writing_into_a_damaged_page_replaces_it_and_is_reported(
    store: SqliteCandleStore, first: int, count: int
) -> None:
    store.write("x", "A/B", candles(0, 2500))
    damage_page(store.path, page=1)
    assert store.write("x", "A/B", candles(first, count)).dropped == 1
    kept = {*range(1000), *range(2000, 2500), *range(first, first + count)}
    assert set((store.read("x", "A/B", M5, *ALL).open_ms // M5.ms).tolist()) == kept
    assert store.write("x", "A/B", candles(0, 2500)) == WriteReport(2500 - len(kept), 0)
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 2500)


@pytest.mark.parametrize("first", [10, 2490, 2600])
def test_a_damaged_page_beyond_the_written_span_is_neither_lost_nor_in_the_way(
    store: SqliteCandleStore, first: int
) -> None:
    store.write("x", "A/B", candles(0, 2500))
    damage_page(store.path, page=1)
    assert store.write("x", "A/B", candles(first, 1, level=500.0)).dropped == 0
    assert store.series()[0].count == 2500 + (first >= 2500)
    with pytest.raises(DamagedPage):
        store.read("x", "A/B", M5, *ALL)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "candles.sqlite3"
    path.write_text("not a database, but long enough to look like a file" * 10)
    with pytest.raises(
        StorageFault, match=r"candles\.sqlite3 could not be.*not a SniperSight store: move or del"
    ):
        SqliteCandleStore(path)


def test_a_database_of_another_program_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "candles.sqlite3"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(StorageFault, match=r"a database of another program.*move or delete it"):
        SqliteCandleStore(path)
    assert path.read_bytes() == before


def test_a_store_of_a_newer_version_is_refused(store: SqliteCandleStore) -> None:
    store.close()
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(StorageFault, match="newer version"):
        SqliteCandleStore(store.path)


def test_a_folder_that_cannot_be_made_is_a_typed_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFault, match="SNIPERSIGHT_HOME"):
        SqliteCandleStore(tmp_path / "file" / "candles.sqlite3")


def test_markets_come_back_with_exact_decimals(store: SqliteCandleStore) -> None:
    rules = Market(
        "x",
        "PEPE/USDT",
        "PEPEUSDT",
        "PEPE",
        "USDT",
        "spot",
        Decimal("1E-8"),
        Decimal(1),
        Decimal(5),
        True,
        "inferred",
    )
    store.save_markets({rules.symbol: rules})
    assert store.markets("x") == {"PEPE/USDT": rules}
    assert store.markets("y") == {}


WRITER = """
import sys, itertools
from pathlib import Path
from data.cache import SqliteCandleStore
from tests.unit.data.test_store import candles
store = SqliteCandleStore(Path(sys.argv[1]))
for number in itertools.count(int(sys.argv[2])):
    store.write("x", "A/B", candles(number * 130, 130))
    print(number, flush=True)
"""


def candles_up_to(count: int) -> Candles:
    parts = [candles(number * 130, 130) for number in range(count // 130)]
    columns = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("open_ms", "open", "high", "low", "close", "volume")
    )
    return Candles(M5, *columns)


def test_one_reads_while_another_writes(tmp_path: Path) -> None:
    path = tmp_path / "candles.sqlite3"
    SqliteCandleStore(path).close()
    call = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), "0"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        reader = SqliteCandleStore(path)
        for _ in range(25):
            held = reader.read("x", "A/B", M5, *ALL)
            assert len(held) % 130 == 0
            assert held == candles_up_to(len(held))
        reader.close()
        child.kill()


def test_former_values_of_a_revised_candle_are_kept_with_the_time_they_were_replaced(tmp_path: Path) -> None:
    """D6."""
    now = iter((1_000, 2_000, 3_000))
    store = SqliteCandleStore(tmp_path / "candles.sqlite3", lambda: next(now))
    store.write("x", "A/B", candles(0, 1500))
    store.write("x", "A/B", candles(10, 1, level=500.0))
    store.write("x", "A/B", candles(10, 1, level=500.0))
    store.write("x", "A/B", candles(10, 1490, level=600.0))
    first, second, *others = store.revisions("x", "A/B", M5)
    assert (first.seen_ms, first.candles) == (1_000, candles(10, 1))
    assert (second.seen_ms, second.candles) == (2_000, candles(10, 1, level=500.0))
    assert [one.candles for one in others] == [candles(number, 1) for number in range(11, 1500)]
    assert store.series()[0].revised == 1 + 1490
    assert store.revisions("x", "C/D", M5) == ()


def test_a_history_written_backwards_leaves_the_pages_after_it_alone(store: SqliteCandleStore) -> None:
    for first in range(9600, -1, -400):
        kept = {row for row in pages_of(store) if row[0] >= (first + 1400) * M5.ms}
        store.write("x", "A/B", candles(first, 400))
        assert kept <= set(pages_of(store))
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 10_000)
    sizes = [count for _, _, count in pages_of(store)]
    assert max(sizes) <= 1000
    assert len(sizes) <= 20


def pages_of(store: SqliteCandleStore) -> list[tuple[int, int, int]]:
    """First time, row id and candles of every page: a page that is written anew gets another row."""
    return store.file.all("SELECT first_ms, rowid, count FROM page ORDER BY first_ms")  # type: ignore[return-value]


def test_order_books_come_back_level_by_level_oldest_first(store: SqliteCandleStore) -> None:
    books = [book(time_ms, depth) for time_ms, depth in ((1000, 1), (2000, 50), (3000, 7))]
    for one in reversed(books):
        store.save_book(one)
    store.save_book(book(2000, 20))
    found = store.books("x", "A/B", 1000, 2000)
    assert found == (books[0], book(2000, 20))
    assert found != (books[0], books[1])
    assert not found[0].bids.flags.writeable
    assert store.books("x", "A/B", 3001, 9000) == store.books("y", "A/B", *ALL) == ()


def test_a_damaged_order_book_is_an_error(store: SqliteCandleStore) -> None:
    store.save_book(book(1000, 5))
    store.save_book(book(2000, 5))
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE book SET bids=4 WHERE time_ms=2000")
    assert store.books("x", "A/B", 0, 1999) == (book(1000, 5),)
    with pytest.raises(DamagedPage, match="order book of x A/B at 1970-01-01T00:00:02Z is damaged"):
        store.books("x", "A/B", *ALL)


def book(time_ms: int, depth: int) -> OrderBook:
    steps = np.arange(1, depth + 1, dtype=float)
    return OrderBook(
        "x",
        "A/B",
        time_ms,
        np.c_[100 - steps, steps],
        np.c_[100 + steps[: depth // 2 + 1], steps[: depth // 2 + 1]],
    )


@pytest.mark.parametrize(
    ("bids", "asks", "said"),
    [
        ([], [[101, 1]], r"bids have shape \(0,\)"),
        ([[99, 1, 5]], [[101, 1]], r"bids have shape \(1, 3\)"),
        ([[99, 1]], [[101, 0]], "asks hold a price or amount that is not above 0"),
        ([[99, 1]], [[float("nan"), 1]], "asks hold a price"),
        ([[99, 1], [99.5, 1]], [[101, 1]], "bids are not sorted"),
        ([[99, 1]], [[101, 1], [101, 2]], "asks are not sorted"),
        ([[101, 1]], [[101, 1]], "the best bid 101 is not below the best ask 101"),
    ],
)
def test_what_cannot_be_an_order_book_is_refused(bids: list[Any], asks: list[Any], said: str) -> None:
    with pytest.raises(DataFault, match=said):
        OrderBook("x", "A/B", 1, np.array(bids, float), np.array(asks, float))
