"""The phone: with nothing importable but NumPy and the standard library, the one script still scans."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from shared.config.environment import variable
from tests.servers.binance import BinanceServer
from tests.servers.market import ServedMarket

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples" / "pydroid_scan.py"

BLOCKED = """
import importlib.abc, runpy, sys

ours = {"shared", "contracts", "indicators", "data", "strategy", "risk", "ml", "bot", "engine"}

class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in ours or top == "numpy":
            return None
        raise ModuleNotFoundError(f"blocked: {name}", name=top)

sys.meta_path.insert(0, Wall())
sys.modules["numba"] = None
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def run_phone(script: Path = SCRIPT, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(script)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | environ,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def folder_on_the_phone(where: Path) -> Path:
    """The script in a folder of its own, the packages beside it: it keeps candles in that folder."""
    for entry in ROOT.iterdir():
        if (entry / "__init__.py").is_file() and entry.name != "tests":
            (where / entry.name).symlink_to(entry)
    (where / "examples").mkdir()
    return Path(shutil.copy(SCRIPT, where / "examples" / SCRIPT.name))


def test_the_phone_script_scans_real_prices_with_numpy_alone_when_asked(tmp_path: Path) -> None:
    """Against a loopback exchange; the second scan reads what the first has kept."""
    now_ms = time.time_ns() // 1_000_000
    since = now_ms - now_ms % 300_000 - 60 * 86_400_000
    market = ServedMarket.synthetic(["BTC/USDT", "ETH/USDT"], since, now_ms + 3_600_000)
    script = folder_on_the_phone(tmp_path)
    with BinanceServer(market, now_ms) as server:
        environ = {
            "SNIPERSIGHT_EXCHANGE": "binance-lite",
            variable("exchanges.binance-lite.base_url"): server.base_url,
        }
        lines = run_phone(script, **environ).splitlines()
        assert any("binance-lite" in line for line in lines), lines
        assert max(map(len, lines)) <= 44
        first = server.count("/klines")
        server.requests.clear()
        run_phone(script, **environ)
        assert 0 <= server.count("/klines") < first
    assert (tmp_path / "var" / "candles.sqlite3").is_file()


def test_the_phone_script_scans_the_demo_market_with_numpy_alone() -> None:
    lines = run_phone().splitlines()
    assert any(line.startswith("1. ") for line in lines), "a card for the first plan"
    assert any("run r-" in line for line in lines)
    assert max(map(len, lines)) <= 44


def test_the_wall_of_that_test_holds(tmp_path: Path) -> None:
    stray = tmp_path / "stray.py"
    stray.write_text("import pandas\n")
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(stray)], capture_output=True, text=True, timeout=60, check=False
    )
    assert "blocked: pandas" in done.stderr
