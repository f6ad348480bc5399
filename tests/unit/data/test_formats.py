"""Formats of candle files: what is written is read back bit for bit, and what is not right is refused with its place."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.data_contract import WriteReport
from data.cache import SqliteCandleStore
from data.file_export import SeriesReport, Wanted, export_series
from data.file_import import FileReport, Reading, import_path
from data.formats.binance_dump import DUMPED
from data.formats.names import SeriesName
from data.formats.rows import check_rows
from data.formats.table import FORMATS, recognise
from shared.errors import ConfigFault, DataFault
from shared.models.data import COLUMNS, Candles
from shared.models.timeframe import Timeframe
from tests.laws.markets import MOODS, market

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import feather  # noqa: E402

M5 = Timeframe.M5
NOW = 2_000_000_000_000
NAMES = (
    SeriesName("binance", "BTC", "USDT", "5m"),
    SeriesName("binance-usdm", "1000PEPE", "USDT", "5m"),
    SeriesName("bybit-linear", "ETH", "USDC", "5m"),
)
GOOD = market(1, 300, "walk", M5)


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteCandleStore]:
    opened = SqliteCandleStore(tmp_path_factory.mktemp("store") / "c.sqlite3")
    yield opened
    opened.close()


def joined(parts: list[Candles]) -> Candles:
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in ("open_ms", *COLUMNS))
    return Candles(parts[0].timeframe, *columns)


def read_back(paths: tuple[Path, ...]) -> tuple[SeriesName, Candles]:
    """By name alone, as an import does."""
    found = [recognise(path) for path in paths]
    parts = [
        check_rows(one.format.read(path, M5), M5, NOW).candles for one, path in zip(found, paths, strict=True)
    ]
    return found[0].series, joined(parts)


exact = st.floats(min_value=2.0**-60, max_value=2.0**60)
"""Prices of any size; their shortest texts have up to seventeen digits."""


@st.composite
def any_candles(draw: st.DrawFn) -> Candles:
    """Candles over two months of 2024 and 2025, with holes; prices and volumes are any floats that may be ones."""
    start = draw(st.sampled_from([1_706_000_400_000, 1_735_000_200_000])) // M5.ms * M5.ms
    steps = draw(st.lists(st.integers(1, 3000), min_size=1, max_size=8))
    rows = [sorted(draw(st.lists(exact, min_size=4, max_size=4))) for _ in steps]
    volume = draw(st.lists(st.one_of(st.just(0.0), exact), min_size=len(steps), max_size=len(steps)))
    low, one, other, high = np.array(rows).T
    return Candles(M5, start + np.cumsum(steps) * M5.ms, one, high, low, other, np.array(volume))


WRITTEN = [(one, name) for one in FORMATS for name in NAMES if one != "binance" or name.exchange in DUMPED]


@pytest.mark.parametrize(("format_name", "name"), WRITTEN, ids=lambda part: getattr(part, "exchange", part))
@given(candles=any_candles())
def test_what_a_format_writes_it_reads_back_bit_for_bit_and_of_the_same_series(
    tmp_path_factory: pytest.TempPathFactory, format_name: str, name: SeriesName, candles: Candles
) -> None:
    paths = FORMATS[format_name].write(tmp_path_factory.mktemp("files"), name, candles)
    series, back = read_back(paths)
    assert back == candles
    assert series == name


@pytest.mark.parametrize("format_name", FORMATS)
def test_exported_and_imported_again_the_store_holds_the_same(
    tmp_path: Path, store: SqliteCandleStore, format_name: str
) -> None:
    whole = market(3, 1000, "holes", M5)
    store.write("binance", "BTC/USDT", whole)
    told: list[tuple[str, int, int]] = []

    def tell(report: SeriesReport, done: int, total: int) -> None:
        told.append((report.problem, done, total))

    (report,) = export_series(store, tmp_path, Wanted(), format_name, tell)
    assert told == [("", 1, 1)]
    again = SqliteCandleStore(tmp_path / "again.sqlite3")
    for path in report.paths:
        (file,) = import_path(path, again, Reading(NOW)).files
        assert (file.problem, file.format) == ("", format_name)
    assert again.read("binance", "BTC/USDT", M5, 0, 2**50) == whole
    assert not list(tmp_path.rglob("*.part"))


def test_real_candles_pass_through_every_format(market_dir: Path, tmp_path: Path) -> None:
    file = market_dir / "binance__DOGS-USDT__5m.parquet"
    kept = check_rows(FORMATS["parquet"].read(file, M5), M5, NOW).candles
    for one in FORMATS.values():
        assert read_back(one.write(tmp_path / one.name, NAMES[0], kept))[1] == kept, one.name


def test_files_of_single_months_join_without_a_hole_in_what_derives_from_them(
    tmp_path: Path, store: SqliteCandleStore
) -> None:
    count = 3 * 31 * 288
    times = 1_704_067_200_000 + np.arange(count) * M5.ms
    price = 100.0 + np.arange(count) % 13
    whole = Candles(M5, times, price, price + 1, price - 1, price, np.ones(count))
    for path in reversed(FORMATS["binance"].write(tmp_path, NAMES[0], whole)):
        assert not import_path(path, store, Reading(NOW)).failed
    weeks = store.read("binance", "BTC/USDT", Timeframe.W1, 0, 2**50)
    assert (len(weeks), weeks.gaps()) == (count // 288 // 7, 0)
    assert set(weeks.volume) == {7 * 288.0}


def test_an_export_takes_only_what_is_wanted_and_names_a_damaged_series(
    tmp_path: Path, store: SqliteCandleStore
) -> None:
    from tests.unit.data.test_store import damage_page

    for symbol in ("BTC/USDT", "ETH/USDT"):
        store.write("binance", symbol, market(2, 1000, "walk", M5))
        store.write("binance", symbol, market(2, 50, "walk", Timeframe.H1))
    damage_page(store.path, page=0)
    wanted = Wanted("binance", (), (M5,))
    broken, fine = export_series(store, tmp_path, wanted, "csv", lambda *_: None)
    assert "damaged" in broken.problem
    assert [path.name for path in fine.paths] == ["binance__ETH-USDT__5m.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["binance__ETH-USDT__5m.csv"]
    assert export_series(store, tmp_path, Wanted("bybit"), "csv", lambda *_: None) == ()


def test_another_exchanges_candles_are_not_written_as_binances(
    tmp_path: Path, store: SqliteCandleStore
) -> None:
    store.write("bybit-linear", "BTC/USDT:USDT", GOOD)
    (report,) = export_series(store, tmp_path, Wanted(), "binance", lambda *_: None)
    assert (
        report.problem
        == "Binance's dump holds candles of binance, binance-usdm only, these are of bybit-linear"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("data/binance/BTC_USDT-5m.feather", ("binance", "BTC/USDT", "5m")),
        ("data/kraken/BTC_USD-1h.json", ("kraken", "BTC/USD", "1h")),
        ("data/binance/futures/BTC_USDT_USDT-5m-futures.feather", ("binance-usdm", "BTC/USDT:USDT", "5m")),
        ("data/bybit/futures/ETH_USDC_USDC-4h-futures.json.gz", ("bybit-linear", "ETH/USDC:USDC", "4h")),
        ("binance/SHIB_USDT-1Mo.parquet", ("binance", "SHIB/USDT", "1Mo")),
        ("spot/monthly/klines/BTCUSDT/5m/BTCUSDT-5m-2024-01.zip", ("binance", "BTC/USDT", "5m")),
        (
            "futures/um/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2024-01-15.zip",
            ("binance-usdm", "BTC/USDT:USDT", "1h"),
        ),
        ("ETHBTC-1d-2020-12.zip", ("binance", "ETH/BTC", "1d")),
        ("USDCUSDT-1d-2020-12.zip", ("binance", "USDC/USDT", "1d")),
        ("BTCFDUSD-1d-2024-12.zip", ("binance", "BTC/FDUSD", "1d")),
        ("binance-usdm__BTC-USDT__15m.csv.gz", ("binance-usdm", "BTC/USDT:USDT", "15m")),
    ],
)
def test_a_path_tells_whose_candles_it_holds(tmp_path: Path, path: str, name: tuple[str, str, str]) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    series = recognise(file).series
    assert (series.exchange, series.symbol, series.timeframe) == name


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("elsewhere/BTC_USDT-5m.feather", "its folder does not say which exchange"),
        ("data/kraken/futures/BTC_USD_USD-5m-futures.feather", "its folder does not say which exchange"),
        ("data/binance/futures/BTC_USDT_USDT-8h-mark.feather", "it holds mark rates, not traded prices"),
        ("data/binance/futures/BTC_USDT_USDT-8h-funding_rate.feather", "it holds funding_rate rates"),
        ("data/binance/futures/BTC_USD_BTC-5m-futures.feather", "does not settle in its quote currency"),
        ("futures/cm/BTCUSD_PERP-5m-2024-01.zip", "its name is not BTCUSDT-5m-2024-01.zip"),
        ("futures/cm/BTCUSDT-5m-2024-01.zip", "coin-margined contracts are not kept"),
        ("BTCXYZ-5m-2024-01.zip", "the quote currency of BTCXYZ is not known"),
        ("candles.csv", "its name is not <exchange>__<BASE>-<QUOTE>__<timeframe>.csv"),
        ("candles.txt", "its name is not"),
    ],
)
def test_a_path_that_does_not_tell_is_refused_in_words(tmp_path: Path, path: str, said: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    with pytest.raises(DataFault) as caught:
        recognise(file)
    assert said in caught.value.problem


def test_an_exchange_that_is_given_stands_over_what_the_path_says(tmp_path: Path) -> None:
    (tmp_path / "BTC_USDT-5m.feather").touch()
    (tmp_path / "ETHUSDT-5m-2024-01.zip").touch()
    assert recognise(tmp_path / "BTC_USDT-5m.feather", "okx").series.exchange == "okx"
    assert recognise(tmp_path / "ETHUSDT-5m-2024-01.zip", "binance-usdm").series.exchange == "binance-usdm"


def test_content_of_another_kind_than_the_name_says_is_refused(tmp_path: Path) -> None:
    FORMATS["feather"].write(tmp_path, NAMES[0], GOOD)[0].rename(tmp_path / "binance__BTC-USDT__5m.parquet")
    with pytest.raises(DataFault, match=r"it is a \.feather file by its content"):
        recognise(tmp_path / "binance__BTC-USDT__5m.parquet")


def one(path: Path, store: SqliteCandleStore, **reading: str) -> FileReport:
    (report,) = import_path(path, store, Reading(NOW, **reading)).files
    return report


def csv_file(folder: Path, change: Callable[[list[str]], list[str]] = lambda lines: lines) -> Path:
    path = FORMATS["csv"].write(folder, NAMES[0], GOOD)[0]
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    return path


def test_csv_may_come_without_a_header_or_with_other_names_and_dates(
    tmp_path: Path, store: SqliteCandleStore
) -> None:
    assert one(csv_file(tmp_path, lambda lines: lines[1:]), store).own == WriteReport(300, 0)

    def dated(lines: list[str]) -> list[str]:
        cells = [line.split(",") for line in lines[1:]]
        moments = [str(np.datetime64(int(row[0]), "ms")).replace("T", " ") + "+00:00" for row in cells]
        rows = [",".join((moment, *row[1:])) for moment, row in zip(moments, cells, strict=True)]
        return ["Date,Open,High,Low,Close,Volume", *rows]

    assert one(csv_file(tmp_path, dated), store).own == WriteReport(0, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [*lines[:3], lines[3].rsplit(",", 1)[0], *lines[4:]], "line 4: 5 fields where 6 are"),
        (lambda lines: [*lines[:3], "", *lines[4:]], "line 4: 0 fields where 6 are expected"),
        (lambda lines: [*lines[:7], lines[7].replace(",", ",x", 1), *lines[8:]], "line 8: open is not a number: 'x"),
        (lambda lines: [*lines[:7], "nan" + lines[7][13:], *lines[8:]], "line 8: ts is not a whole number: 'nan'"),
        (lambda lines: [*lines[:2], lines[2].replace(lines[2].split(",")[1], "nan"), *lines[3:]], "row 1 (2023"),
        (lambda lines: [lines[0], lines[1].replace("17", "1_7", 1)], "characters that no candle has"),
        (lambda lines: [lines[0].replace("volume", "quote_volume"), *lines[1:]], "no column volume"),
        (lambda lines: lines[:1], "it holds no candles"),
        (lambda lines: ["1,2,3"], "line 1: 3 fields and no header"),
        (lambda lines: [lines[0], *(f"2024-01-01,{line.split(',', 1)[1]}" for line in lines[1:])], "a time with a zone"),
        (lambda lines: [lines[0], f"{2**70},1,1,1,1,1"], "line 2: ts is not a whole number"),
    ],
)  # fmt: skip
def test_malformed_csv_is_refused_with_its_line(
    tmp_path: Path, store: SqliteCandleStore, change: Callable[[list[str]], list[str]], said: str
) -> None:
    report = one(csv_file(tmp_path, change), store)
    assert said in report.problem
    assert store.series() == ()


def test_harmless_disorder_is_mended_and_said(tmp_path: Path, store: SqliteCandleStore) -> None:
    report = one(csv_file(tmp_path, lambda lines: [lines[0], *lines[:0:-1], lines[5]]), store)
    assert report.own == WriteReport(300, 0)
    assert report.remarks == ("the rows were out of order: sorted", "repeated rows left out: 1")


def test_an_unclosed_last_candle_is_left_out_and_said(tmp_path: Path, store: SqliteCandleStore) -> None:
    path = csv_file(tmp_path)
    (report,) = import_path(path, store, Reading(int(GOOD.close_ms[-1]) - 1)).files
    assert report.own == WriteReport(299, 0)
    assert report.remarks == ("the last candle is not closed yet: left out",)
    (whole,) = import_path(path, store, Reading(int(GOOD.close_ms[-1]))).files
    assert (whole.own, whole.remarks) == (WriteReport(1, 0), ())


def test_volume_in_quote_currency_is_noticed_by_the_stored_candles(
    tmp_path: Path, store: SqliteCandleStore
) -> None:
    one(FORMATS["csv"].write(tmp_path, NAMES[0], GOOD)[0], store)
    columns = (GOOD.open, GOOD.high, GOOD.low, GOOD.close, GOOD.volume * GOOD.close)
    paid = Candles(M5, GOOD.open_ms, *columns)
    report = one(FORMATS["csv"].write(tmp_path, NAMES[0], paid)[0], store)
    assert "it is in quote currency" in report.problem
    assert store.read("binance", "BTC/USDT", M5, 0, 2**50) == GOOD


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[1700006400000,1,1,1,1]]", "row 0 is not a candle: [1700006400000, 1, 1, 1, 1]"),
        ('[[1700006400000,1,1,1,1,1],[1700006700000,1,"1",1,1,1]]', "row 1 is not a candle"),
        ("[[1700006400000,1,1,1,null,1]]", "row 0 is not a candle"),
        ("[[1700006400000,1,1,1,NaN,1]]", "not JSON: NaN is no number"),
        ("[[1700006400,1,1,1,1,1]]", "row 0 opens at 1700006400, a time in seconds"),
        ("[[true,1,1,1,1,1]]", "row 0 is not a candle"),
        ("[]", "it holds no candles"),
        ('{"a": 1}', "not a list of rows"),
        ("[[1700", "not JSON"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_malformed_json_is_refused_with_its_row(
    tmp_path: Path, store: SqliteCandleStore, text: str, said: str
) -> None:
    (tmp_path / "binance").mkdir()
    path = tmp_path / "binance" / "BTC_USDT-5m.json.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert said in one(path, store).problem


def test_a_feather_file_as_freqtrade_writes_it_is_read(tmp_path: Path, store: SqliteCandleStore) -> None:
    frame = GOOD.to_frame().reset_index().rename(columns={"open_time": "date"})
    (tmp_path / "binance").mkdir()
    path = tmp_path / "binance" / "BTC_USDT-5m.feather"
    frame.astype({"date": "datetime64[ns, UTC]"}).to_feather(path, compression_level=9, compression="lz4")
    assert one(path, store).own == WriteReport(300, 0)
    assert store.read("binance", "BTC/USDT", M5, 0, 2**50) == GOOD


def test_what_we_write_freqtrade_can_read(tmp_path: Path) -> None:
    (path,) = FORMATS["freqtrade-feather"].write(tmp_path, NAMES[1], GOOD)
    assert path == tmp_path / "binance" / "futures" / "1000PEPE_USDT_USDT-5m-futures.feather"
    frame = feather.read_feather(path)
    assert list(frame.columns) == ["date", "open", "high", "low", "close", "volume"]
    assert str(frame["date"].dt.tz) == "UTC"


def dump(folder: Path, lines: list[str], name: str = "BTCUSDT-5m-2023-11", inside: str = "") -> Path:
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(inside or f"{name}.csv", "\n".join(lines) + "\n")
    return path


def dump_lines(scale: int = 1, quote: float = 1.0) -> list[str]:
    """Rows as Binance writes them, of the first day of candles."""
    lines = []
    for row in range(288):
        opened, close, volume = int(GOOD.open_ms[row]), GOOD.close[row], GOOD.volume[row]
        prices = ",".join(f"{getattr(GOOD, name)[row]:.8f}" for name in ("open", "high", "low", "close"))
        last = (opened + M5.ms) * scale - 1
        lines.append(
            f"{opened * scale},{prices},{volume:.8f},{last},{volume * close * quote:.8f},7,{volume / 2:.8f},1.0,0"
        )
    return lines


HEADER = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"


@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize("header", [[], [HEADER]])
def test_a_dump_is_read_in_milliseconds_or_microseconds_with_a_header_or_without(
    tmp_path: Path, store: SqliteCandleStore, scale: int, header: list[str]
) -> None:
    path = dump(tmp_path, header + dump_lines(scale))
    assert one(path, store).own == WriteReport(288, 0)
    held = store.read("binance", "BTC/USDT", M5, 0, 2**50)
    assert np.array_equal(held.open_ms, GOOD.open_ms[:288])
    assert np.allclose(held.close, GOOD.close[:288], rtol=0, atol=1e-8)


def test_the_checksum_beside_a_dump_is_held_to(tmp_path: Path, store: SqliteCandleStore) -> None:
    path = dump(tmp_path, dump_lines())
    beside = path.with_name(path.name + ".CHECKSUM")
    beside.write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    assert one(path, store).remarks == ("checksum holds",)
    beside.write_text(f"{'0' * 64}  {path.name}\n")
    assert one(path, store).problem == "it does not match BTCUSDT-5m-2023-11.zip.CHECKSUM"
    assert [file.name for file in import_path(tmp_path, store, Reading(NOW)).files] == [path.name]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda at: dump(at, dump_lines(), "BTCUSDT-15m-2023-11"), "row 0: 1700006400000 to 1700006699999 is not 15m"),
        (lambda at: dump(at, dump_lines(), "BTCUSDT-5m-2023-10"), "row 0 opens on 2023-11-15, outside the 2023-10"),
        (lambda at: dump(at, dump_lines(), "BTCUSDT-5m-2023-11-14"), "outside the 2023-11-14 of its name"),
        (lambda at: dump(at, dump_lines(quote=1e-3)), "volume and quote_volume do not stand to each other"),
        (lambda at: dump(at, dump_lines(), inside="../evil.txt"), "it holds ../evil.txt, not one CSV file"),
        (lambda at: dump(at, [line.rsplit(",", 6)[0] for line in dump_lines()]), "no column close_time"),
        (lambda at: dump(at, [*dump_lines()[:5], "x"]), "line 6: 1 fields where 12 are expected"),
        (lambda at: dump(at, [dump_lines()[0], *dump_lines(1000)[1:]]), "row 1: 1700006700000000 to"),
    ],
)  # fmt: skip
def test_a_dump_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, store: SqliteCandleStore, make: Callable[[Path], Path], said: str
) -> None:
    assert said in one(make(tmp_path), store).problem
    assert store.series() == ()


def test_a_cut_or_bent_archive_is_refused(tmp_path: Path, store: SqliteCandleStore) -> None:
    path = dump(tmp_path, dump_lines())
    whole = path.read_bytes()
    for place in range(0, len(whole), 199):
        path.write_bytes(whole[:place])
        assert one(path, store).problem, place
    path.write_bytes(whole[:300] + bytes([whole[300] ^ 0x40]) + whole[301:])
    assert "not readable as ZIP" in one(path, store).problem
    assert store.series() == ()


def test_one_bad_file_stops_only_itself_and_a_format_may_be_asked_for(
    tmp_path: Path, store: SqliteCandleStore
) -> None:
    dump(tmp_path, dump_lines())
    FORMATS["csv"].write(tmp_path, NAMES[2], GOOD)
    (tmp_path / "notes.json").write_text(json.dumps([]))
    (tmp_path / "README.md").write_text("not a candle file")
    report = import_path(tmp_path, store, Reading(NOW))
    assert {file.name: bool(file.problem) for file in report.files} == {
        "BTCUSDT-5m-2023-11.zip": False,
        "bybit-linear__ETH-USDC__5m.csv": False,
        "notes.json": True,
    }
    only = import_path(tmp_path, store, Reading(NOW, "csv"))
    assert [file.name for file in only.files] == ["bybit-linear__ETH-USDC__5m.csv"]
    with pytest.raises(ConfigFault, match="Did you mean 'feather'"):
        import_path(tmp_path, store, Reading(NOW, "fether"))


@given(st.binary(max_size=200), st.sampled_from([".csv", ".csv.gz", ".parquet", ".feather", ".json", ".zip"]))
def test_no_bytes_bring_a_reader_down(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, suffix: str
) -> None:
    stem = {".json": "BTC_USDT-5m", ".zip": "BTCUSDT-5m-2023-11"}.get(suffix, NAMES[0].recorded_stem)
    folder = tmp_path_factory.mktemp("x") / "binance"
    folder.mkdir()
    (folder / f"{stem}{suffix}").write_bytes(raw)
    store = SqliteCandleStore(folder / "c.sqlite3")
    assert one(folder / f"{stem}{suffix}", store).problem
    store.close()


@pytest.mark.parametrize("mood", MOODS)
def test_moods_survive_as_text(tmp_path: Path, mood: str) -> None:
    whole = market(4, 700, mood, M5)
    assert read_back(FORMATS["freqtrade-jsongz"].write(tmp_path, NAMES[0], whole))[1] == whole
