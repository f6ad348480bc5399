"""The command line as its own process: the door, its streams and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sniper_sight_cli

DOOR = Path(sniper_sight_cli.__file__).resolve()
BY_NAME = "import sys, sniper_sight_cli; sys.argv[0] = 'snipersight'; sniper_sight_cli.main()"


def environment(home: Path, **more: str) -> dict[str, str]:
    """A clean environment with its own home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNIPERSIGHT_")}
    return kept | {"SNIPERSIGHT_HOME": str(home), "PYTHONWARNINGS": "error"} | more


def cli(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the door as a script."""
    return subprocess.run(
        [sys.executable, str(DOOR), *arguments],
        cwd=home, env=environment(home, **more), capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """One scan of four demo symbols as JSON."""
    return cli(tmp_path_factory.mktemp("home"), "demo", "-s", "BTC,ETH,SOL,ADA", "--json")


def test_help_names_every_command_and_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = "numpy pandas numba pydantic ccxt rich matplotlib platformdirs sqlite3 asyncio"
    program = (
        "import sys, engine.commands.app as app; assert app.run(['--help']) == 0; "
        f"print('LOADED', *[name for name in '{heavy}'.split() if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=DOOR.parent,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(
        f"\n  {name} " in ran.stdout
        for name in ("scan", "demo", "explain", "profiles", "data", "config", "verify")
    )
    assert ran.stdout.splitlines()[-1] == "LOADED"


def test_a_hidden_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__init__.py").write_text("")
    paths = os.pathsep.join((str(tmp_path), str(DOOR.parent)))
    ran = subprocess.run(
        [sys.executable, "-c", BY_NAME, "profiles", "list"],
        cwd=tmp_path, env=environment(tmp_path, PYTHONPATH=paths), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: the package 'data' is hidden by {tmp_path / 'data'}. ")
    assert ran.stderr.count("\n") == 1


def test_a_demo_scan_is_one_valid_document(scanned: subprocess.CompletedProcess[str]) -> None:
    assert scanned.returncode in (0, 10), scanned.stderr
    document: dict[str, Any] = json.loads(scanned.stdout)
    assert document["exchange"] == "demo"
    assert document["coverage"] == {"read": 4, "asked": 4}
    ends = (*document["plans"], *document["rejections"], *document["faults"])
    assert sorted(end["symbol"] for end in ends) == ["ADA/USDT", "BTC/USDT", "ETH/USDT", "SOL/USDT"]


def test_the_same_scan_gives_the_same_bytes(
    scanned: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    again = cli(tmp_path, "scan", "-e", "demo", "-s", "BTC,ETH,SOL,ADA", "--json", PYTHONHASHSEED="7")
    assert again.stdout == scanned.stdout


def test_explain_goes_on_past_the_first_gate(tmp_path: Path) -> None:
    ran = cli(tmp_path, "explain", "BTC/USDT", "-e", "demo", "--json")
    assert ran.returncode in (0, 10), ran.stderr
    document = json.loads(ran.stdout)
    assert {review["side"] for review in document["reviews"]} == {"long", "short"}
    assert set(document["scores"]) == {"long", "short"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("scan", "-e", "demo", "-s", "BTCC/USDT"), 2, "BTC/USDT"),
        (("scan", "-e", "demo", "--as-of", "2099-01-01"), 20, "is in the future"),
        (
            ("demo", "--account", "10000EUR"),
            2,
            "the account is in EUR, but profile 'balanced' trades against USDT",
        ),
        (("explain", "NOPE", "-e", "demo"), 2, "NOPE/USDT"),
        (("scan", "--exchange", "binance", "--offline"), 30, "data import"),
    ],
)
def test_what_cannot_be_scanned_is_one_line(
    arguments: tuple[str, ...], code: int, message: str, tmp_path: Path
) -> None:
    ran = cli(tmp_path, *arguments)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert ran.stderr.startswith("error: ")
    assert message in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    ran = cli(tmp_path, "data", "status", SNIPERSIGHT_HOME=str(tmp_path / "taken"))
    assert ran.returncode == 30
    assert "taken" in ran.stderr
    assert "SNIPERSIGHT_HOME" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    script = f"'{sys.executable}' '{DOOR}' profiles show --plain | head -n 1"
    ran = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "key\tvalue\tunit\trange\torigin\tmeaning\n"
    assert ran.stderr == ""


def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, str(DOOR), "demo", "-v"],
        cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    while "event=scan_started" not in (line := process.stderr.readline()):
        assert line, "the scan ended before it began"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "interrupted; nothing half-written\n"


def shell(home: Path, words: str) -> subprocess.CompletedProcess[str]:
    """Run the door under a shell, with its redirections."""
    return subprocess.run(
        ["/bin/sh", "-c", f"'{sys.executable}' '{DOOR}' {words}"],
        cwd=home, env=environment(home), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("demo -s BTC >&-", "it is closed"),
        ("demo -s BTC --json >/dev/full", "No space left on device"),
        ("profiles list >/dev/full", "No space left on device"),
        ("--help >/dev/full", "No space left on device"),
        ("--version >&-", "it is closed"),
    ],
)
def test_a_standard_output_that_takes_nothing_is_named_in_one_line(
    words: str, why: str, tmp_path: Path
) -> None:
    ran = shell(tmp_path, words)
    assert (ran.returncode, ran.stderr.count("\n")) == (30, 1), ran.stderr
    assert ran.stderr.startswith("error: standard output could not be written: ")
    assert why in ran.stderr


@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full"])
def test_without_a_standard_error_results_and_exit_code_stay_right(redirected: str, tmp_path: Path) -> None:
    ran = shell(tmp_path, f"demo -s BTC --json {redirected}")
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["exchange"] == "demo"
    assert shell(tmp_path, f"demo -s NOPE {redirected}").returncode == 2


def test_the_demo_stands_at_any_past_time(tmp_path: Path) -> None:
    ran = cli(tmp_path, "demo", "--as-of", "2020-01-01T00:07:00Z", "-s", "BTC,ETH,OLDX,PEPE", "--json")
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert document["coverage"] == {"read": 4, "asked": 4}
    assert not {drop["stage"] for drop in document["rejections"]} & {"universe", "data"}


def test_explaining_a_symbol_that_does_not_trade_shows_its_rejection_and_is_no_refusal(
    tmp_path: Path,
) -> None:
    ran = cli(tmp_path, "explain", "OLDX/USDT", "-e", "demo")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "universe.not_trading" in ran.stdout
