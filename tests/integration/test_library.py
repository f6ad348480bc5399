"""The notebook facade and the examples that use it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
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
        "explain",
        "indicators",
        "load_profile",
        "scan",
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


def test_the_structure_of_candles_is_the_one_a_scan_reads() -> None:
    explained = ss.explain("BTC/USDT", exchange="demo")
    assert explained.context is not None
    hours = explained.context.multi_tf_data.candles["1h"]
    tick = float(explained.context.multi_tf_data.market.tick)
    seen, scanned = ss.structure(hours, tick=tick).snapshot(), explained.context.smc_snapshot.timeframes["1h"]
    assert (seen.internal, seen.swing, seen.pools) == (scanned.internal, scanned.swing, scanned.pools)
    assert ss.structure(hours).tick == tick


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
    first, table, story, life = (
        cell.outputs[-1].data["text/plain"] for cell in done.cells if cell.cell_type == "code"
    )
    assert first.startswith("(<Trend.")
    assert "order_block" in table
    assert "known" in story
    assert "FORMED" in life


def test_an_unknown_exchange_names_those_there_are() -> None:
    with pytest.raises(ConfigFault, match="binance, demo"):
        ss.scan(exchange="nowhere")


def test_the_walkthrough_runs_and_prints_a_plan() -> None:
    script = ROOT / "examples" / "api_walkthroughs" / "scan_in_python.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "WIF/USDT short" in done.stdout
    assert "RSI of the last closed hour" in done.stdout


def test_importing_it_loads_nothing_heavy() -> None:
    probe = "import sys, snipersight; print(sorted({'pandas','ccxt','numba','matplotlib','pydantic','rich'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.checkout
def test_the_cron_script_scans_quietly_and_passes_flags_on() -> None:
    script = ROOT / "scripts" / "sync_cache.py"
    done = subprocess.run(
        [sys.executable, script, "-e", "demo"], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[0].split("\t")[0]) == (0, "symbol")
    wrong = subprocess.run(
        [sys.executable, script, "-p", "trendy"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (wrong.returncode, "Did you mean 'trend'" in wrong.stderr) == (2, True)
