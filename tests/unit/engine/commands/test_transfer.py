"""``data import`` and ``data export`` as they are called: lines on the right stream, exit codes, and the same candles again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from data.cache import SqliteCandleStore
from data.formats.table import FORMATS
from engine.commands.app import run
from engine.commands.options import FORMAT_NAMES
from shared.models.timeframe import Timeframe
from tests.laws.markets import market

Run = Callable[..., tuple[int, str, str]]
WHOLE = market(5, 400, "walk", Timeframe.M5)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def stored(home: Path, name: str = "home") -> SqliteCandleStore:
    return SqliteCandleStore(home / name / "cache" / "candles.sqlite3")


def fill(home: Path) -> None:
    store = stored(home)
    for symbol in ("BTC/USDT", "ETH/USDT"):
        store.write("binance", symbol, WHOLE)
        store.write("binance", symbol, market(6, 90, "walk", Timeframe.H1))
    store.close()


def test_what_was_exported_is_imported_into_another_home_the_same(
    cli: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home)
    code, out, err = cli("data", "export", "out", "--format", "csv", "-s", "btc", "-t", "5m")
    assert (code, out) == (0, "out/binance__BTC-USDT__5m.csv\n")
    assert err == "1 series written, 0 left out\n"
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(home / "other"))
    code, out, err = cli("data", "import", "out")
    assert code == 0, err
    assert re.fullmatch(
        r"binance__BTC-USDT__5m\.csv\t400 new\t0 revised\t\d+ derived new\t0 derived revised\tcsv\n", out
    )
    other = stored(home, "other")
    assert other.read("binance", "BTC/USDT", Timeframe.M5, 0, 2**50) == WHOLE
    other.close()


def test_an_export_of_everything_is_a_file_a_series(cli: Run, home: Path) -> None:
    fill(home)
    code, out, _ = cli("data", "export", "out", "--format", "freqtrade-jsongz")
    assert code == 0
    assert out.splitlines() == [
        f"out/binance/{base}_USDT-{timeframe}.json.gz" for base in ("BTC", "ETH") for timeframe in ("5m", "1h")
    ]  # fmt: skip


def test_nothing_to_export_and_an_unknown_format_are_said(cli: Run, home: Path) -> None:
    fill(home)
    assert cli("data", "export", "out", "-t", "1w")[0::2] == (
        2,
        "error: nothing stored is what was asked for. See 'data status'.\n",
    )
    assert cli("data", "export", "out", "--format", "csvv")[0::2] == (
        2,
        "error: --format: unknown format 'csvv'. Did you mean 'csv'?\n",
    )
    (home / "a.csv").touch()
    assert cli("data", "import", "a.csv", "--format", "fether")[0] == 2


def test_a_refused_file_and_a_remark_stand_on_standard_error(cli: Run, home: Path) -> None:
    path = FORMATS["csv"].write(
        home / "in", FORMATS["csv"].series_of(Path("binance__A-B__5m.csv"), ""), WHOLE
    )[0]  # type: ignore[arg-type]
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *lines[:0:-1]]))
    (home / "in" / "what.csv").write_text("1,2")
    code, out, err = cli("data", "import", "in")
    assert code == 10
    assert out.startswith("binance__A-B__5m.csv\t400 new")
    assert "- binance__A-B__5m.csv: the rows were out of order: sorted\n" in err
    assert "! what.csv: its name is not <exchange>__<BASE>-<QUOTE>__<timeframe>.csv" in err
    assert err.endswith("1 file imported, 1 refused, 0 skipped\n")


def test_help_names_every_format_there_is(cli: Run) -> None:
    assert FORMAT_NAMES.split(", ") == list(FORMATS)
    for command in ("import", "export"):
        shown = "".join(cli("data", command, "--help")[1].split())
        assert all(name in shown for name in FORMATS)
