"""The example plugin package, installed as a user would and used by the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "examples" / "plugin_package"
pytestmark = pytest.mark.checkout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built and installed into a folder of its own without a network."""
    place = tmp_path_factory.mktemp("installed")
    quiet = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "-q")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *quiet, "--target", place, PACKAGE], check=True, timeout=120
    )
    return place


def told(place: Path, *command: str) -> Any:
    environ = os.environ | {"PYTHONPATH": str(place), "SNIPERSIGHT_HOME": str(place / "home")}
    ran = subprocess.run(
        [sys.executable, ROOT / "sniper_sight_cli.py", *command, "-e", "demo", "--json"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_its_factor_counts_with_its_sentence_and_the_sum_stays_exact(installed: Path) -> None:
    document = told(installed, "explain", "WIF/USDT", "--config", str(PACKAGE / "settings.toml"))
    for scored in document["scores"].values():
        factors = scored["factors"]
        mine = factors[-1]
        assert (mine["name"], mine["weight"]) == ("close_pressure", 4.0)
        assert mine["points"] == pytest.approx(round(40 * mine["value"]) / 10)
        assert mine["why"].startswith("closes at 0.")
        assert "last inside break" in mine["why"]
        assert sum(round(part["weight"] * 10) for part in factors) == 1000


def test_it_counts_nothing_until_the_profile_weighs_it(installed: Path, tmp_path: Path) -> None:
    with_it, without = (told(place, "explain", "WIF/USDT") for place in (installed, tmp_path))
    assert [part["name"] for part in with_it["scores"]["short"]["factors"]][-1] == "close_pressure"
    assert with_it["scores"]["short"]["total"] == without["scores"]["short"]["total"]


def test_worker_processes_are_handed_it_too(installed: Path) -> None:
    command = ("scan", "--config", str(PACKAGE / "settings.toml"))
    assert told(installed, *command, "--jobs", "2") == told(installed, *command)
