"""The files that start SniperSight on a server: their commands parse, and systemd finds nothing wrong with them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.commands.app import run

pytestmark = pytest.mark.checkout

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
UNITS = sorted((SCRIPTS / "systemd").iterdir())
PAGE = SCRIPTS.parent / "docs" / "deployment.md"
COMMAND = re.compile(r"bin/snipersight ((?:[a-z-]+|\"[^\"]*\"| )+)")


def commands(*paths: Path) -> list[str]:
    found = [match[1].strip() for path in paths for match in COMMAND.finditer(path.read_text("utf-8"))]
    return sorted({" ".join(re.sub(r'"[^"]*"', "TEXT", one).split()) for one in found})


ALL = commands(*UNITS, SCRIPTS / "crontab.example")


def test_the_files_name_the_commands_that_are_meant() -> None:
    assert ALL == [
        "alarm --quiet TEXT",
        "alarm TEXT",
        "audit verify --quiet",
        "doctor --quiet",
        "scan --slot --notify --quiet",
        "watch --notify --quiet",
    ]


@pytest.mark.parametrize("words", ALL)
def test_every_command_of_the_files_is_one(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words.split(), "--help"]) == 0
    assert run([*words.split(), "--quieter", "--help"]) == 2


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    program = tmp_path / ".local" / "bin" / "snipersight"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    environ = os.environ | {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    call = ["systemd-analyze", "--user", "verify", *map(str, UNITS)]
    done = subprocess.run(call, capture_output=True, text=True, env=environ, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_page_names_every_file() -> None:
    page = PAGE.read_text("utf-8")
    assert [path.name for path in (*UNITS, SCRIPTS / "crontab.example") if path.name not in page] == []
