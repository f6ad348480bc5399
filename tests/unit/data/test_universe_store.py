"""Universe snapshots on disk: what was saved comes back value for value, whoever else writes and whatever breaks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.cache import SqliteCandleStore
from data.universe_store import SqliteUniverseStore, pack, unpack
from shared.errors import DamagedPage, StorageFault
from shared.models.gates import GateResult, Rejection
from shared.models.universe import Member, UniverseSnapshot, Unmeasured

NOON = 1_722_859_200_000
RANK = GateResult("universe", "universe.rank", "rank by 24h quote volume", "", 3.0, "<=", 2.0)
VOLUME = GateResult("universe", "universe.volume", "24h quote volume", "M USDT", 3.5, ">=", 20.0)
SNAPSHOT = UniverseSnapshot(
    "binance",
    "balanced",
    NOON,
    NOON - 5,
    "ranked",
    2,
    2,
    2,
    (Member("BTC/USDT", "BTCUSDT", 1, 0.1 + 0.2, True), Member("ETH/USDT", "ETHUSDT", 2, 1e9, False)),
    (Rejection.of("DUST/USDT", VOLUME, "too thin"), Rejection.of("SOL/USDT", RANK, "third")),
    (Unmeasured("universe.spread", "best ask above best bid", 3, "no book"),),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that a candle store has made."""
    SqliteCandleStore(tmp_path / "candles.sqlite3").close()
    return tmp_path / "candles.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteUniverseStore]:
    with closing(SqliteUniverseStore(path)) as opened:
        yield opened


def test_nothing_is_there_before_the_first_save(store: SqliteUniverseStore) -> None:
    assert store.last("binance", "balanced", NOON + 1) == ()
    assert store.market_ids("binance") == {}


def test_what_was_saved_comes_back(path: Path, store: SqliteUniverseStore) -> None:
    store.save(SNAPSHOT)
    store.save(SNAPSHOT)
    with closing(SqliteUniverseStore(path)) as again:
        assert again.last("binance", "balanced", NOON + 1) == (SNAPSHOT,)
        assert again.market_ids("binance") == {"BTC/USDT": "BTCUSDT", "ETH/USDT": "ETHUSDT"}


def test_the_last_is_the_newest_ranked_one_before_the_time_of_its_exchange_and_profile(
    store: SqliteUniverseStore,
) -> None:
    older, newer = replace(SNAPSHOT, as_of_ms=NOON - 9), SNAPSHOT
    for saved in (
        newer,
        older,
        replace(SNAPSHOT, as_of_ms=NOON - 1, basis="named"),
        replace(SNAPSHOT, as_of_ms=NOON - 1, profile="trend"),
        replace(SNAPSHOT, as_of_ms=NOON - 1, exchange="bybit"),
    ):
        store.save(saved)
    assert store.last("binance", "balanced", NOON + 1) == (newer,)
    assert store.last("binance", "balanced", NOON) == (older,)
    assert store.last("binance", "balanced", NOON - 9) == ()


def test_a_symbols_id_stays_the_one_it_was_chosen_under_until_it_is_chosen_again(
    store: SqliteUniverseStore,
) -> None:
    store.save(SNAPSHOT)
    store.save(replace(SNAPSHOT, as_of_ms=NOON + 1, chosen=(Member("BTC/USDT", "XBTUSDT", 1, 1.0, True),)))
    assert store.market_ids("binance") == {"BTC/USDT": "XBTUSDT", "ETH/USDT": "ETHUSDT"}


def test_a_damaged_snapshot_is_never_given_and_a_newer_one_ends_that(
    path: Path, store: SqliteUniverseStore
) -> None:
    store.save(SNAPSHOT)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE universe_snapshot SET body = zeroblob(length(body))")
    with pytest.raises(DamagedPage, match=r"the universe of 2024-08-05T12:00:00Z is damaged"):
        store.last("binance", "balanced", NOON + 1)
    newer = replace(SNAPSHOT, as_of_ms=NOON + 1)
    store.save(newer)
    assert store.last("binance", "balanced", NOON + 2) == (newer,)


def test_a_file_that_cannot_be_written_is_a_fault_that_says_what_to_do(store: SqliteUniverseStore) -> None:
    store._file.db.execute("PRAGMA query_only=1")
    with pytest.raises(StorageFault, match=r"universes in .* could not be written.*It may not be written"):
        store.save(SNAPSHOT)


def test_a_file_that_cannot_be_opened_is_a_fault_of_whoever_asks_not_of_the_store(tmp_path: Path) -> None:
    with closing(SqliteUniverseStore(tmp_path)) as store:
        with pytest.raises(StorageFault, match=r"universes in .* could not be opened.*permissions"):
            store.last("binance", "balanced", NOON)
        with pytest.raises(StorageFault, match=r"could not be opened"):
            store.save(SNAPSHOT)


def test_a_full_disk_leaves_the_universe_before(path: Path, store: SqliteUniverseStore) -> None:
    store.save(SNAPSHOT)
    (pages,) = store._file.db.execute("PRAGMA page_count").fetchone()
    store._file.db.execute(f"PRAGMA max_page_count={pages}")
    many = tuple(
        Member(f"S{place}/USDT", f"{hash(place)}S{place * 7919}", place, 1.0, False) for place in range(999)
    )
    with pytest.raises(StorageFault, match="full"):
        store.save(replace(SNAPSHOT, as_of_ms=NOON + 1, chosen=many))
    assert store.last("binance", "balanced", NOON + 2) == (SNAPSHOT,)
    assert set(store.market_ids("binance")) == {"BTC/USDT", "ETH/USDT"}


def test_several_writers_lose_nothing(path: Path) -> None:
    def write(place: int) -> None:
        with closing(SqliteUniverseStore(path)) as own:
            own.save(replace(SNAPSHOT, as_of_ms=NOON + place))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(24)))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM universe_snapshot").fetchone() == (24,)


def test_a_candle_store_takes_no_notice_of_the_tables_beside_its_own(
    path: Path, store: SqliteUniverseStore
) -> None:
    store.save(SNAPSHOT)
    with closing(SqliteCandleStore(path)) as candles:
        assert candles.series() == ()


words = st.text(max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False)
members = st.builds(Member, words, words, st.integers(1, 9999), numbers, st.booleans())
drops = st.builds(
    Rejection, words, st.just("universe"), words, words, words, numbers, st.sampled_from([">=", "<="]), numbers,
    numbers, words,
)  # fmt: skip


@given(st.lists(members).map(tuple), st.lists(drops).map(tuple))
def test_any_snapshot_survives_packing_and_packs_to_the_same_bytes(
    chosen: tuple[Member, ...], dropped: tuple[Rejection, ...]
) -> None:
    whole = replace(SNAPSHOT, chosen=chosen, dropped=dropped)
    assert unpack(pack(whole)) == whole
    assert pack(unpack(pack(whole))) == pack(whole)
