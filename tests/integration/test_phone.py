"""The phone: with nothing importable but NumPy and the standard library, the one script still scans."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def run_phone() -> str:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(SCRIPT)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


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
