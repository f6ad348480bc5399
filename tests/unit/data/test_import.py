"""Importing candle files and reading what they brought: every bad one is named and stops only itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from contracts.data_contract import WriteReport
from data.cache import SqliteCandleStore
from data.file_import import FileReport, ImportReport, Reading, Tell
from data.file_import import import_path as import_files
from data.inferred_rules import step_of
from data.ingestion_pipeline import ingest
from data.source import Source
from shared.config.profiles import load_profile
from shared.errors import DamagedPage, NotFound
from shared.models.timeframe import Timeframe
from tests.laws.markets import market
from tests.unit.data.test_store import damage_page

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402

GOOD = market(1, 300, "walk", Timeframe.M5)
COLUMNS = ("open", "high", "low", "close", "volume")


def import_path(path: Path, store: SqliteCandleStore, *tell: Tell) -> ImportReport:
    return import_files(path, store, Reading(now_ms=2_000_000_000_000), *tell)


def write(folder: Path, name: str = "binance__BTC-USDT__5m.parquet", **changed: np.ndarray) -> Path:
    table = {"ts": GOOD.open_ms, **{name: getattr(GOOD, name) for name in COLUMNS}} | changed
    pq.write_table(
        pa.table({name: column for name, column in table.items() if column is not None}), folder / name
    )
    return folder / name


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> SqliteCandleStore:
    return SqliteCandleStore(tmp_path_factory.mktemp("store") / "c.sqlite3")


def test_a_file_is_kept_with_what_derives_from_it(tmp_path: Path, store: SqliteCandleStore) -> None:
    (report,) = import_path(write(tmp_path), store).files
    assert (report.problem, report.own) == ("", WriteReport(len(GOOD), 0))
    assert report.derived.added == sum(info.count for info in store.series()) - len(GOOD)
    assert [info.timeframe for info in store.series()][:3] == [Timeframe.M5, Timeframe.M15, Timeframe.H1]
    assert store.read("binance", "BTC/USDT", Timeframe.M5, 0, 2**50) == GOOD
    again = import_path(tmp_path, store).files[0]
    assert (again.own, again.derived) == (WriteReport(0, 0), WriteReport(0, 0))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"high": GOOD.low - 1}, "breaks 'high >= open and close'"),
        ({"ts": GOOD.open_ms // 1000}, "row 0 opens at 1700006400, a time in seconds"),
        ({"ts": GOOD.open_ms * 1000}, "row 0 opens at 1700006400000000, a time in microseconds"),
        ({"ts": GOOD.open_ms + 1}, "off the 5m grid"),
        (
            {"ts": np.r_[GOOD.open_ms[:1], GOOD.open_ms[:-1]]},
            "two different candles open at 2023-11-15T00:00:00Z",
        ),
        ({"ts": GOOD.open_ms.astype(float)}, "column ts holds double, not times"),
        ({"ts": GOOD.open_ms.astype("datetime64[ms]")}, "times without a zone"),
        ({"open": GOOD.open.astype(str)}, "column open holds string, not numbers"),
        ({"quote_volume": GOOD.volume}, "do not stand to each other as the price"),
        (
            {"ts": np.r_[GOOD.open_ms[:-1], GOOD.open_ms[-1] + 1000 * 365 * 86_400_000]},
            "which is in the future",
        ),
        ({"close": np.full(300, np.nan)}, "finite"),
        ({"volume": None}, "no column volume"),
    ],
)
def test_a_file_that_breaks_a_rule_is_named_and_leaves_nothing(
    tmp_path: Path, store: SqliteCandleStore, changed: dict[str, np.ndarray], said: str
) -> None:
    write(tmp_path, **changed)
    write(tmp_path, "binance__ETH-USDT__5m.parquet")
    report = import_path(tmp_path, store)
    (bad,) = report.failed
    assert said in bad.problem
    assert {info.symbol for info in store.series()} == {"ETH/USDT"}


def test_what_is_no_candle_file_is_named(tmp_path: Path, store: SqliteCandleStore) -> None:
    (tmp_path / "notes__A-B__5m.parquet").write_text("not parquet")
    whole = write(tmp_path).read_bytes()
    (tmp_path / "cut__A-B__5m.parquet").write_bytes(whole[:500])
    write(tmp_path, "BTC.parquet")
    write(tmp_path, "binance__BTC-USDT__1m.parquet")
    (tmp_path / "below").mkdir()
    report = import_path(tmp_path, store)
    problems = {file.name: file.problem for file in report.files if file.problem}
    assert "not readable as Parquet" in problems["notes__A-B__5m.parquet"]
    assert "not readable as Parquet" in problems["cut__A-B__5m.parquet"]
    assert "its name is not" in problems["BTC.parquet"]
    assert problems["binance__BTC-USDT__1m.parquet"].startswith("1m candles are not kept, only 5m, 15m, 1h")
    assert len(report.failed) == 3
    assert report.folders_not_read == ("below",)


def test_a_file_named_itself_is_refused_where_a_folder_skips_it(
    tmp_path: Path, store: SqliteCandleStore
) -> None:
    minutes = write(tmp_path, "binance__BTC-USDT__7m.parquet")
    (refused,) = import_path(minutes, store).failed
    assert refused.problem == "7m candles are not kept, only 5m, 15m, 1h, 4h, 1d, 1w"
    assert import_path(tmp_path, store).failed == ()


def test_each_file_is_told_of_and_kept_before_the_next_is_read(
    tmp_path: Path, store: SqliteCandleStore
) -> None:
    write(tmp_path)
    write(tmp_path, "binance__ETH-USDT__5m.parquet")
    told = []

    def tell(report: FileReport, done: int, total: int) -> None:
        told.append((report.name, done, total, len({info.symbol for info in store.series()})))

    import_path(tmp_path, store, tell)
    assert told == [("binance__BTC-USDT__5m.parquet", 1, 2, 1), ("binance__ETH-USDT__5m.parquet", 2, 2, 2)]


def test_importing_again_mends_a_damaged_page_and_says_so(tmp_path: Path, store: SqliteCandleStore) -> None:
    whole = market(1, 1000, "walk", Timeframe.M5)
    file = write(tmp_path, **{"ts": whole.open_ms, **{name: getattr(whole, name) for name in COLUMNS}})
    import_path(file, store)
    damage_page(store.path)
    with pytest.raises(DamagedPage):
        store.read("binance", "BTC/USDT", Timeframe.M5, 0, 2**50)
    (report,) = import_path(file, store).files
    assert (report.problem, report.own) == ("", WriteReport(1000, 0, dropped=1))
    assert store.read("binance", "BTC/USDT", Timeframe.M5, 0, 2**50) == whole


def test_a_path_that_is_not_there_is_not_found(tmp_path: Path, store: SqliteCandleStore) -> None:
    with pytest.raises(NotFound, match="no such file"):
        import_path(tmp_path / "nowhere", store)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([42283.58, 7.1], "0.01"),
        ([1.31e-06, 9e-08], "1E-8"),
        ([0.3921, 0.5], "0.0001"),
        ([7.0, 12.0], "1"),
        ([1e12, 3.0], "1"),
    ],
)
def test_steps_are_read_off_the_decimals_there_are(values: list[float], step: str) -> None:
    assert step_of(np.asarray(values)) == Decimal(step)


def test_a_short_timeframe_that_is_only_information_is_declared_absent(
    tmp_path: Path, store: SqliteCandleStore
) -> None:
    import_path(write(tmp_path), store)
    profile = load_profile("balanced")
    as_of = int(GOOD.close_ms[-1])
    got = asyncio.run(
        ingest(store.markets("binance"), Source(None, store), profile, as_of, lambda done, total: None)
    )
    data = got.data["BTC/USDT"]
    assert Timeframe.W1 in data.absent
    assert Timeframe.W1 not in data.candles
    assert len(data.candles[Timeframe.M15]) == 100
    assert replace(data, flags=("x",)).digest() != data.digest()
