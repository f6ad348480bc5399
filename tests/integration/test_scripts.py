"""The scripts of a checkout: doors to commands that pass flags on and end with the command's exit code."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from engine.commands import app

pytestmark = pytest.mark.checkout

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def started(script: str, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPTS / script, *flags], capture_output=True, text=True, timeout=60, check=False
    )


class Commands:
    """Stands in for the command line: notes what is asked, and ends with the codes it was given, in turn."""

    def __init__(self, *codes: int) -> None:
        self.codes, self.asked = list(codes), list[list[str]]()

    def __call__(self, arguments: list[str]) -> int:
        self.asked.append(arguments)
        return self.codes.pop(0)


def ends(
    script: str, commands: Commands, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...] = ()
) -> int:
    monkeypatch.setattr(app, "run", commands)
    monkeypatch.setattr(sys, "argv", [script, *flags])
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPTS / script), run_name="__main__")
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("script", "command"), [("sync_cache.py", "data sync --quiet"), ("run_backtest.py", "backtest")]
)
def test_a_script_is_one_command_with_its_flags(
    script: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = Commands(10)
    assert ends(script, commands, monkeypatch, ("-p", "trend")) == 10
    assert commands.asked == [[*command.split(), "-p", "trend"]]


def test_a_worker_process_of_a_backtest_does_not_begin_another(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = Commands()
    monkeypatch.setattr(app, "run", commands)
    monkeypatch.setattr(sys, "path", [*sys.path])
    runpy.run_path(str(SCRIPTS / "run_backtest.py"), run_name="__mp_main__")
    assert commands.asked == []


def test_the_store_is_synced_by_the_script_as_by_its_command() -> None:
    demo, wrong = started("sync_cache.py", "-e", "demo"), started("sync_cache.py", "-p", "trendy")
    assert (demo.returncode, "nothing of the demo market is stored" in demo.stderr) == (2, True)
    assert (wrong.returncode, "Did you mean 'trend'" in wrong.stderr) == (2, True)


def test_the_backtest_script_is_the_command() -> None:
    asked = started("run_backtest.py", "--help")
    assert (asked.returncode, asked.stdout.split("\n")[0]) == (0, "Usage: snipersight backtest [OPTIONS]")


def test_the_quality_audit_asks_all_four_checks_and_ends_with_the_worst(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = Commands(0, 30, 10, 0)
    assert ends("run_quality_audit.py", commands, monkeypatch, ("-e", "demo")) == 30
    assert [" ".join(asked) for asked in commands.asked] == [
        "doctor -e demo",
        "verify repaint -e demo",
        "verify lookahead -e demo",
        "audit verify",
    ]
    told = "doctor: 0\nverify repaint: 30\nverify lookahead: 10\naudit verify: 0\n"
    assert capsys.readouterr().out == told


def test_a_check_that_could_not_be_made_is_worse_than_one_that_is_worth_a_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ends("run_quality_audit.py", Commands(10, 0, 0, 2), monkeypatch) == 2
    assert ends("run_quality_audit.py", Commands(0, 2, 30, 10), monkeypatch) == 30


def test_an_interrupt_ends_the_quality_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = Commands(10, 130)
    assert ends("run_quality_audit.py", commands, monkeypatch) == 130
    assert [asked[0] for asked in commands.asked] == ["doctor", "verify"]


def test_the_quality_audit_goes_on_after_a_check_that_fails() -> None:
    done = started("run_quality_audit.py", "-e", "nowhere")
    names = [line.partition(": ")[0] for line in done.stdout.splitlines()]
    assert names == ["doctor", "verify repaint", "verify lookahead", "audit verify"]
    assert done.returncode == 2
    assert done.stderr.count("unknown exchange 'nowhere'") >= 2
