"""What every test may use: where recorded candles lie, and how hard properties are tried."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers.market import market_folder

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile(
    "quick", max_examples=25, deadline=None, suppress_health_check=QUIET, derandomize=True
)
settings.register_profile("nightly", max_examples=1000, deadline=None, suppress_health_check=QUIET)
settings.load_profile(os.environ.get("SNIPERSIGHT_HYPOTHESIS", "quick"))


def pytest_report_header() -> list[str]:
    """Say whether recorded candles are there."""
    folder = market_folder()
    state = (
        "recorded candles"
        if folder.is_dir()
        else "no recorded candles: their tests skip, servers use made-up ones"
    )
    return [f"market data: {state}"]


@pytest.fixture(scope="session")
def market_dir() -> Path:
    """The folder of recorded candles."""
    folder = market_folder()
    if not folder.is_dir():
        pytest.skip(
            "needs recorded candles: put them at ../shared/market or name them in SNIPERSIGHT_MARKET_DATA"
        )
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own files or settings, nor hands the suite's own variable on to the product."""
    for name in [name for name in os.environ if name.startswith("SNIPERSIGHT_")]:
        if name not in {"SNIPERSIGHT_MARKET_DATA", "SNIPERSIGHT_NO_JIT"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def memory_folder() -> Iterator[Path]:
    """A folder in memory where there is one: a process that is killed has lost nothing that the kernel has."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)
