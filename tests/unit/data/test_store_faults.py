"""A full disk, a disk that may not be written, one without shared memory, other processes, other versions: the store says
what is wrong in one typed fault, and holds all of a write or nothing."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data import store_file, store_schema
from data.cache import SqliteCandleStore
from data.store_check import check_store
from shared.errors import StorageFault
from shared.models.data import Candles, Market, OrderBook
from tests.unit.data.test_store import ALL, M5, candles
from tests.unit.data.test_store_damage import BOOK

NIGHTLY = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
KILLS = 300 if NIGHTLY else 40
RULES = Market(
    "x", "A/B", "AB", "A", "B", "spot", Decimal("0.01"), Decimal(1), Decimal(5), True, "exchange"
)  # fmt: skip
WRITES = ("INSERT", "DELETE", "UPDATE", "CREATE", "ALTER")


class Failing(sqlite3.Connection):
    """A disk that takes nothing more from the n-th write statement on, by SQLite's own means."""

    fails_at, how, seen = 0, "", 0

    @classmethod
    def begin(cls, fails_at: int, how: str) -> None:
        """Fail at that statement (0: never)."""
        cls.fails_at, cls.how, cls.seen = fails_at, how, 0

    def _count(self, query: str) -> None:
        if query.lstrip().startswith(WRITES):
            Failing.seen += 1
            if Failing.seen == Failing.fails_at:
                super().execute(self.how)

    def execute(self, query: str, *values: Any) -> sqlite3.Cursor:
        self._count(query)
        return super().execute(query, *values)

    def executemany(self, query: str, *values: Any) -> sqlite3.Cursor:
        self._count(query)
        return super().executemany(query, *values)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Change how the store connects."""
    connect = sqlite3.connect

    def use(**changes: Any) -> None:
        query = changes.pop("query", "")
        monkeypatch.setattr(
            store_file.sqlite3,
            "connect",
            lambda path, **given: connect(
                f"file:{path}?{query}" if query else path, uri=bool(query), **given, **changes
            ),
        )

    return use


def work(store: SqliteCandleStore) -> None:
    """Every kind of write: new series, rows, a fold into pages, a revision, a history before it all, rules, a book."""
    store.write("x", "A/B", candles(5000, 30))
    store.write("x", "A/B", candles(5030, 30))
    store.write_many("x", {"A/B": (candles(5060, 2000),), "C/D": (candles(0, 1100),)})
    store.write("x", "A/B", candles(5500, 500, level=200.0))
    store.write("x", "A/B", candles(4000, 900))
    store.save_markets({"A/B": RULES})
    for number in range(20):
        store.save_book(OrderBook("x", "A/B", number + 1, BOOK.bids, BOOK.asks))


def content(store: SqliteCandleStore) -> list[object]:
    """Everything the store holds."""
    held: list[object] = [store.read("x", symbol, M5, *ALL).digest() for symbol in ("A/B", "C/D")]
    held += [len(store.revisions("x", "A/B", M5)), len(store.books("x", "A/B", *ALL))]
    return [*held, store.markets("x"), [info.count for info in store.series()]]


def states(path: Path) -> list[list[object]]:
    """What a store holds after every step of the work that is all or nothing."""
    store, found = SqliteCandleStore(path), []
    original = store.file.transaction
    found.append(content(store))

    class Watched:
        def __init__(self) -> None:
            self.inner = original()

        def __enter__(self) -> None:
            self.inner.__enter__()

        def __exit__(self, *error: Any) -> Any:
            ended = self.inner.__exit__(*error)
            found.append(content(store))
            return ended

    store.file.transaction = Watched  # type: ignore[method-assign,assignment]
    work(store)
    store.close()
    return found


@pytest.mark.parametrize(
    ("how", "advice", "least"),
    [
        ("PRAGMA max_page_count=1", "The disk is full and nothing was written", 0.4),
        ("PRAGMA query_only=ON", "It may not be written", 1.0),
    ],
)
def test_a_disk_that_fails_at_any_write_statement_leaves_the_last_whole_state(
    tmp_path: Path, connections: Any, monkeypatch: pytest.MonkeyPatch, how: str, advice: str, least: float
) -> None:
    """P6, G11: at every write statement, the schema's own included. A full disk still takes what fits into pages begun."""
    allowed = states(tmp_path / "model.sqlite3")
    connections(factory=Failing)
    monkeypatch.setattr(store_file, "PAGE_BYTES", 512)
    Failing.begin(0, how)
    with closing(SqliteCandleStore(tmp_path / "count.sqlite3")) as store:
        work(store)
    statements = Failing.seen
    faults = [_failed_at(number, how, tmp_path, allowed) for number in range(1, statements + 1)]
    told = [fault for fault in faults if fault]
    print(f"{statements} write statements, {len(told)} failed ({how})")
    assert all(advice in fault for fault in told)
    assert statements >= 50
    assert len(told) >= least * statements


def _failed_at(number: int, how: str, folder: Path, allowed: list[list[object]]) -> str:
    """What the fault at one write statement says; after it the store is whole, and does its work."""
    path, said = folder / f"{number}.sqlite3", ""
    Failing.begin(number, how)
    try:
        with closing(SqliteCandleStore(path)) as store:
            work(store)
    except StorageFault as fault:
        said = str(fault)
    Failing.begin(0, how)
    with closing(SqliteCandleStore(path)) as store:
        assert content(store) in allowed
        assert check_store(store.file).damage == ()
        work(store)
        assert content(store)[0] == allowed[-1][0]
    path.unlink()
    return said


LIMITED = """
import sys
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, setrlimit
from data.cache import SqliteCandleStore
from data.store_check import check_store
from shared.errors import StorageFault
from tests.unit.data.test_store import ALL, M5, candles
store, faults = SqliteCandleStore(Path(sys.argv[1])), 0
for limit in range(20_000, 1_220_000, 20_000):
    batch = {f"{limit}/{part}": (candles(part, 700),) for part in range(4)}
    setrlimit(RLIMIT_FSIZE, (limit, RLIM_INFINITY))
    try:
        store.write_many("x", batch)
        wanted = 700
    except StorageFault as fault:
        assert "The disk" in fault.action, fault
        faults, wanted = faults + 1, 0
    setrlimit(RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
    for part, symbol in enumerate(batch):
        assert store.read("x", symbol, M5, *ALL) == candles(part, wanted)
    assert check_store(store.file).damage == ()
print(faults)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
def test_a_kernel_that_takes_no_more_bytes_leaves_all_of_a_batch_or_nothing(tmp_path: Path) -> None:
    """The write-ahead log and the commit meet it too, unlike SQLite's own limit."""
    call = [sys.executable, "-c", LIMITED, str(tmp_path / "candles.sqlite3")]
    ended = subprocess.run(call, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    print(f"60 batches, {ended.stdout.strip()} failed at the kernel's limit")
    assert 5 < int(ended.stdout) < 60


def test_a_store_goes_on_after_room_was_made(tmp_path: Path) -> None:
    store = SqliteCandleStore(tmp_path / "candles.sqlite3")
    store.write("x", "A/B", candles(0, 10))
    store.file.db.execute("PRAGMA max_page_count=1")
    with pytest.raises(StorageFault, match=r"full.*data prune"):
        store.write("x", "A/B", candles(10, 3000))
    with pytest.raises(StorageFault, match="full"):
        store.write("x", "NEW/B", candles(0, 3000))
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 10)
    store.file.db.execute("PRAGMA max_page_count=1000000")
    store.write("x", "A/B", candles(10, 3000))
    store.write("x", "NEW/B", candles(0, 3000))
    assert store.read("x", "NEW/B", M5, *ALL) == candles(0, 3000)


def test_a_store_that_may_not_be_written_says_so_and_what_to_do(tmp_path: Path, connections: Any) -> None:
    """P7."""
    path = tmp_path / "candles.sqlite3"
    with closing(SqliteCandleStore(path)) as store:
        store.write("x", "A/B", candles(0, 10))
    connections(query="mode=ro")
    store = SqliteCandleStore(path)
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 10)
    with pytest.raises(
        StorageFault, match=r"could not be written: attempt to write a readonly.*the right to write"
    ):
        store.write("x", "A/B", candles(10, 10))
    with pytest.raises(StorageFault, match="SNIPERSIGHT_HOME"):
        SqliteCandleStore(tmp_path / "none.sqlite3")


FORBIDDEN = """
import os, sys
from pathlib import Path
from data.cache import SqliteCandleStore
from shared.errors import StorageFault
from tests.unit.data.test_store import ALL, M5, candles
folder = Path(sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)
for path in (folder / "candles.sqlite3", folder / "new.sqlite3", folder / "deep" / "new.sqlite3"):
    try:
        SqliteCandleStore(path).write("x", "A/B", candles(0, 10))
        print("written")
    except StorageFault as fault:
        print("SNIPERSIGHT_HOME" in fault.action)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_folder_without_permission_is_a_typed_fault_with_advice() -> None:
    """P7. A superuser may write everywhere, so the child is somebody else."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(SqliteCandleStore(Path(folder) / "candles.sqlite3")) as store:
            store.write("x", "A/B", candles(0, 10))
        Path(folder).chmod(0o555)
        call = [sys.executable, "-c", FORBIDDEN, folder]
        ended = subprocess.run(call, capture_output=True, text=True, check=False)
        Path(folder).chmod(0o755)
    assert (ended.stdout.split(), ended.stderr) == (["True"] * 3, "")


def test_without_shared_memory_the_store_works_with_a_rollback_journal_and_says_so(
    tmp_path: Path, connections: Any
) -> None:
    """P12: SQLite's dot-file locking, which network file systems use, has no shared memory either."""
    assert SqliteCandleStore(tmp_path / "usual.sqlite3").file.remarks == ()
    connections(query="vfs=unix-dotfile")
    store = SqliteCandleStore(tmp_path / "candles.sqlite3")
    assert store.file.remarks == ("store_without_wal",)
    assert store.file.one("PRAGMA journal_mode") == ("delete",)
    assert store.file.one("PRAGMA synchronous") == (2,)
    work(store)
    other = SqliteCandleStore(tmp_path / "candles.sqlite3")
    assert content(other) == content(store)


def first_version(path: Path) -> None:
    """A store as the first version made it: pages behind BLAKE2b, bare rows, rules without the later fields."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        for statement in store_schema.FIRST:
            db.execute(statement)
        db.execute("INSERT INTO series VALUES (1, 'x', 'A/B', '5m')")
        for first in (0, 1000):
            body = packed(candles(first, 1000))
            digest = hashlib.blake2b(body, digest_size=16).digest()
            db.execute(
                "INSERT INTO page VALUES (1, ?, ?, 1000, ?, ?)",
                (first * M5.ms, (first + 999) * M5.ms, digest, body),
            )
        for number in range(2000, 2700):
            db.execute("INSERT INTO tail VALUES (1, ?, ?)", (number * M5.ms, packed(candles(number, 1))))
        values = ("x", "A/B", "AB", "A", "B", "spot", "0.01", "1", "5", 1, "exchange")
        db.execute(f"INSERT INTO market VALUES ({','.join('?' * 11)})", values)
        db.execute("PRAGMA user_version=1")


def packed(part: Candles) -> bytes:
    return b"".join(
        getattr(part, name).tobytes() for name in ("open_ms", "open", "high", "low", "close", "volume")
    )


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    first_version(path := tmp_path / "candles.sqlite3")
    store = SqliteCandleStore(path)
    assert store.file.one("PRAGMA user_version") == (store_schema.VERSION,)
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 2700)
    assert store.markets("x") == {"A/B": RULES}
    assert check_store(store.file).damage == ()
    assert store.write("x", "A/B", candles(2650, 100)).added == 50
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 2750)


def test_what_was_damaged_before_a_migration_is_damaged_after_it(tmp_path: Path) -> None:
    first_version(path := tmp_path / "candles.sqlite3")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE page SET body=zeroblob(48000) WHERE first_ms=0")
        db.execute("UPDATE tail SET row=zeroblob(48) WHERE open_ms=?", (2100 * M5.ms,))
    store = SqliteCandleStore(path)
    assert [(one.kind, one.at_ms) for one in check_store(store.file).damage] == [("page", 0)]
    assert store.read("x", "A/B", M5, 1000 * M5.ms, 2**50) == candles(1000, 1000)


def test_a_migration_that_is_killed_half_way_leaves_the_old_version_and_is_done_by_the_next(
    tmp_path: Path,
) -> None:
    """P11: killed at each of its statements."""
    first_version(path := tmp_path / "candles.sqlite3")
    code = """
    import os, sqlite3, sys
    from pathlib import Path
    from data import store_file
    from data.cache import SqliteCandleStore
    class Killed(sqlite3.Connection):
        seen = 0
        def execute(self, query, *values):
            Killed.seen += query.startswith(("ALTER", "CREATE", "UPDATE", "DELETE", "PRAGMA user_version="))
            if Killed.seen == int(sys.argv[2]):
                os.kill(os.getpid(), 9)
            return super().execute(query, *values)
    connect = sqlite3.connect
    store_file.sqlite3.connect = lambda path, **given: connect(path, factory=Killed, **given)
    SqliteCandleStore(Path(sys.argv[1]))
    print("done")
    """
    killed = 0
    for number in range(1, 30):
        call = [sys.executable, "-c", textwrap.dedent(code), str(path), str(number)]
        ended = subprocess.run(call, capture_output=True, text=True, check=False)
        if ended.stdout == "done\n":
            break
        assert ended.returncode == -9, ended.stderr
        killed += 1
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA user_version").fetchone() == (1,)
            assert db.execute("SELECT count(*) FROM sqlite_master WHERE name='book'").fetchone() == (0,)
    assert killed >= 12
    with closing(SqliteCandleStore(path)) as store:
        assert store.read("x", "A/B", M5, *ALL) == candles(0, 2700)


def test_every_field_of_a_market_has_a_column(tmp_path: Path) -> None:
    store = SqliteCandleStore(tmp_path / "candles.sqlite3")
    store.save_markets({"A/B": RULES})
    assert store.markets("x") == {"A/B": RULES}
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE market SET tick='0.02'")
    assert store.markets("x") == {}
    assert [one.kind for one in check_store(store.file, mend=True).damage] == ["market"]


SHARED = """
import sys
from pathlib import Path
from data.cache import SqliteCandleStore
from tests.unit.data.test_store import candles
path, own, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store = SqliteCandleStore(path)
for number in range(rounds):
    store.write_many("x", {own: (candles(number * 37, 37),), "ALL/B": (candles(number * 37, 37),)})
store.close()
print("done")
"""


def test_processes_that_start_at_once_write_the_same_and_their_own_series_beside_readers(
    tmp_path: Path,
) -> None:
    path, rounds = tmp_path / "candles.sqlite3", 60
    names = [f"S{number}/B" for number in range(4)]
    calls = [[sys.executable, "-c", SHARED, str(path), name, str(rounds)] for name in names]
    children = [
        subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for call in calls
    ]
    with closing(SqliteCandleStore(path)) as reader:
        reads = 0
        while any(child.poll() is None for child in children):
            for name in (*names, "ALL/B"):
                held = reader.read("x", name, M5, *ALL)
                assert held == candles(0, len(held))
                assert len(held) % 37 == 0
                reads += 1
        ended = [child.communicate() for child in children]
        assert ended == [("done\n", "")] * 4
        assert reads > 20
        for name in (*names, "ALL/B"):
            assert reader.read("x", name, M5, *ALL) == candles(0, rounds * 37)
        assert check_store(reader.file).damage == ()


KILLED = """
import sys
from pathlib import Path
from data.cache import SqliteCandleStore
from tests.unit.data.test_store import candles
store, number = SqliteCandleStore(Path(sys.argv[1])), int(sys.argv[2])
names = [f"S{index}/B" for index in range(5)]
print("ready", flush=True)
while True:
    size = 1 if number % 4 else 400
    start = int(sys.argv[3]) if number == int(sys.argv[2]) else stop
    stop = start + size
    store.write_many("x", {name: (candles(start, size),) for name in names})
    number += 1
    print(stop, flush=True)
"""


def test_a_kill_at_any_instant_loses_no_candle_that_was_reported_written(tmp_path: Path) -> None:
    """P1: appends of one candle and batches of 400, for five series at once; after each kill every seal is looked at."""
    path, kept, draw = tmp_path / "candles.sqlite3", 0, np.random.default_rng(17)
    reported = lost = 0
    for number in range(KILLS):
        call = [sys.executable, "-c", KILLED, str(path), str(number), str(kept)]
        with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(float(draw.uniform(0, 0.06)))
            child.kill()
            stops = [
                int(line) for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")
            ]
        reported += len(stops)
        with closing(SqliteCandleStore(path)) as store:
            assert check_store(store.file).damage == ()
            lengths = set()
            for name in (f"S{index}/B" for index in range(5)):
                held = store.read("x", name, M5, *ALL)
                assert held == candles(0, len(held))
                lengths.add(len(held))
            assert len(lengths) == 1, "a batch was written in part"
            lost += max([kept, *stops]) > max(lengths)
            kept = max(lengths)
    print(f"{KILLS} kills, {reported} writes reported, {kept} candles a series kept, {lost} lost")
    assert lost == 0
    assert reported > KILLS
