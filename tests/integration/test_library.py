"""The notebook facade and the examples that use it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import snipersight as ss
from shared.errors import ConfigFault, DataFault
from shared.models.timeframe import Timeframe

ROOT = Path(__file__).resolve().parents[2]


def test_the_facade_is_small_and_stable() -> None:
    assert ss.__all__ == [
        "Candles",
        "__version__",
        "backtest",
        "chart",
        "detect",
        "explain",
        "indicators",
        "load_profile",
        "scan",
        "snapshot",
        "structure",
    ]


def test_a_scan_runs_where_an_event_loop_is_running_already_as_in_a_notebook() -> None:
    async def cell() -> ss.scan:  # type: ignore[valid-type]
        return ss.scan(profile="balanced", exchange="demo", symbols=("WIF/USDT",))

    assert [setup.plan.symbol for setup in asyncio.run(cell()).setups] == ["WIF/USDT"]


def test_a_frame_goes_in_and_comes_out() -> None:
    explained = ss.explain("BTC/USDT", exchange="demo")
    assert explained.context is not None
    hours = explained.context.multi_tf_data.candles["1h"]
    frame = hours.to_frame()
    assert str(frame.index.tz) == "UTC"
    assert ss.Candles.from_frame(frame, "1h") == hours
    assert 0 < ss.indicators(hours).last("rsi") < 100


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and working directory."""
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_reads_the_same_settings_as_the_command_line_and_arguments_stand_above_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / "home" / "config" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('exchange = "demo"\nprofile = "range"\naccount.equity = "700USDT"\n')
    monkeypatch.setenv("SNIPERSIGHT_PROFILE__GATES__MIN_SCORE", "100")
    result = ss.scan(symbols="WIF/USDT")
    assert (result.profile, result.exchange, result.setups) == ("range", "demo", ())
    explained = ss.explain("WIF/USDT")
    assert explained.context.settings.gates.min_score == 100
    assert ss.scan("balanced", symbols="WIF/USDT").profile == "balanced"
    whole = ss.scan(ss.load_profile("balanced"), symbols="WIF/USDT", account="900USDT")
    assert [setup.risk.equity for setup in whole.setups] == [900]


@pytest.mark.parametrize("symbols", ["WIF/USDT,btc", "wif, BTCUSDT", ["WIF/USDT", "BTC/USDT"], ("WIF,BTC",)])
def test_symbols_are_one_text_or_several(home: Path, symbols: object) -> None:
    result = ss.scan(exchange="demo", symbols=symbols)  # type: ignore[arg-type]
    assert result.coverage == (2, 2)


def test_a_datetime_with_a_zone_is_a_time_and_one_without_is_none(home: Path) -> None:
    moment = datetime(2024, 8, 5, 14, tzinfo=timezone(timedelta(hours=2)))
    by_value = ss.scan(exchange="demo", symbols="BTC", as_of=moment)
    assert by_value == ss.scan(exchange="demo", symbols="BTC", as_of="2024-08-05T12:00:00Z")
    with pytest.raises(ConfigFault, match="as_of has no time zone: '2024-08-05T14:00:00'"):
        ss.scan(exchange="demo", as_of=moment.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        ("exchange", "nowhere", "exchange: unknown exchange 'nowhere'"),
        ("profile", "trendy", "profile: unknown profile 'trendy'"),
        ("as_of", "noon", "as_of is not a time: 'noon'"),
        ("symbols", "BTC/USDT/x", "symbols: 'BTC/USDT/x' is not a symbol"),
        ("symbols", ["", " "], "symbols names no symbol"),
        ("account", "plenty", "account: account must be an amount"),
        ("account", "gone.toml", "account: cannot read gone.toml"),
        ("base_url", "ftp://x", "base_url must be http"),
    ],
)
def test_a_wrong_argument_is_called_by_its_name_not_by_a_flag(
    home: Path, argument: str, value: object, said: str
) -> None:
    with pytest.raises(ConfigFault) as caught:
        ss.scan(**{"exchange": "demo", argument: value})  # type: ignore[arg-type]
    assert str(caught.value).startswith(said)


def test_the_structure_of_candles_is_the_one_a_scan_reads() -> None:
    explained = ss.explain("BTC/USDT", exchange="demo")
    assert explained.context is not None
    hours = explained.context.multi_tf_data.candles["1h"]
    tick = float(explained.context.multi_tf_data.market.tick)
    seen, scanned = ss.structure(hours, tick=tick).snapshot(), explained.context.smc_snapshot.timeframes["1h"]
    assert (seen.internal, seen.swing, seen.pools) == (scanned.internal, scanned.swing, scanned.pools)
    assert ss.structure(hours).tick == 0


def test_there_is_no_structure_without_candles() -> None:
    with pytest.raises(DataFault, match="no candles"):
        ss.structure(ss.Candles.empty(Timeframe.H1))


@pytest.mark.checkout
def test_the_notebook_runs_and_its_outputs_are_stripped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = nbformat.read(
        ROOT / "examples" / "notebook_scenarios" / "structure_in_five_lines.ipynb", as_version=4
    )
    assert [cell.outputs for cell in book.cells if cell.cell_type == "code" and cell.outputs] == []
    done = NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": ROOT}}
    ).execute()
    first, seen, before, counts, life = (
        cell.outputs[-1].data["text/plain"] for cell in done.cells if cell.cell_type == "code"
    )
    assert "t_known" in first
    assert "Zones nearest to price" in seen
    assert "as of the close" in before
    assert "swept_wick" in counts
    assert "formed" in life


def test_an_unknown_exchange_names_those_there_are(home: Path) -> None:
    with pytest.raises(ConfigFault, match=r"There are binance, .*, demo"):
        ss.scan(exchange="nowhere")


def test_an_account_in_another_currency_is_refused(home: Path) -> None:
    with pytest.raises(
        ConfigFault, match="the account is in EUR, but profile 'balanced' trades against USDT"
    ):
        ss.scan(exchange="demo", account="10000EUR")
    with pytest.raises(ConfigFault, match="is in EUR"):
        ss.explain("BTC/USDT", exchange="demo", account="10000EUR")


def test_the_walkthrough_runs_and_prints_a_plan() -> None:
    script = ROOT / "examples" / "api_walkthroughs" / "scan_in_python.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "WIF/USDT short" in done.stdout
    assert "RSI of the last closed hour" in done.stdout


@pytest.mark.parametrize(
    ("name", "foreign"), [("data", "data/__init__.py"), ("shared", "shared.py"), ("engine", "engine.py")]
)
@pytest.mark.parametrize("how", ["in the script's folder", "imported before"])
def test_a_hidden_package_is_one_error_that_names_what_hides_it(
    tmp_path: Path, name: str, foreign: str, how: str
) -> None:
    """Found by a script: its own folder comes first on the path. In a notebook the module may be loaded already."""
    file = tmp_path / foreign
    file.parent.mkdir(exist_ok=True)
    file.write_text("")
    script = tmp_path / "mine.py"
    script.write_text(
        f"import {name}\nimport snipersight" if how == "imported before" else "import snipersight"
    )
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(Path(ss.__file__).parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    hiding = file.parent if file.name == "__init__.py" else file
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: snipersight: the package {name!r} is hidden by {hiding}. ")
    assert "During handling" not in done.stderr


def test_importing_it_loads_nothing_heavy() -> None:
    probe = "import sys, snipersight; print(sorted({'pandas','ccxt','numba','matplotlib','pydantic','rich'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
