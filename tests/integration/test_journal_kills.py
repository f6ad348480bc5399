"""The journal under processes that are killed, run beside each other, or find no room: nothing reported is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from data.journal import SqliteJournal
from risk.audit_pipeline import chain, check_chain
from shared.models.journal import RecordKind

MORE = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
KILLS = 300 if MORE else 12

APPENDER = """
import sys
from pathlib import Path
from data.journal import SqliteJournal
from risk.audit_pipeline import chain
from tests.fixtures.hand_journal import NOW, batch

path, first, count, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
journal = SqliteJournal(path, chain)
for number in range(first, first + count):
    journal.append(batch(number, size), NOW + number)
    print(number, flush=True)
"""


def appender(path: Path, first: int, count: int, size: int = 200) -> subprocess.Popen[str]:
    """A process that appends scans and reports each one that has been kept."""
    words = [sys.executable, "-c", APPENDER, str(path), str(first), str(count), str(size)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def numbers(path: Path) -> list[int]:
    """The scans of a journal whose chain is whole, in order."""
    with closing(SqliteJournal(path, chain)) as journal:
        records = list(journal.records())
        journal.examine()
        checked = check_chain(records, journal.head())
    kept = [record.content["number"] for record in records if record.kind is RecordKind.SCAN]
    assert len(records) == 5 * len(kept) == 5 * checked.scans
    return kept


def test_a_kill_at_any_instant_loses_nothing_that_was_reported(tmp_path: Path) -> None:
    path, draw = tmp_path / "journal.sqlite3", random.Random(11)
    reported: set[int] = set()
    for kill in range(KILLS):
        process = appender(path, kill * 10_000, 10_000)
        begin(process)
        time.sleep(draw.uniform(0.0, 0.12))
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate(timeout=30)
        reported |= {int(line) for line in out.splitlines() if line.isdigit()}
        kept = numbers(path)
        assert reported <= set(kept)
        assert len(kept) == len(set(kept))
    assert reported


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_that_append_at_once_make_one_chain(tmp_path: Path, processes: int) -> None:
    path = tmp_path / "journal.sqlite3"
    running = [appender(path, number * 1000, 15) for number in range(processes)]
    for process in running:
        begin(process)
    for process in running:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert len(out.splitlines()) == 15
    assert sorted(numbers(path)) == [
        number * 1000 + place for number in range(processes) for place in range(15)
    ]


def test_processes_that_record_the_same_runs_at_once_record_each_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    running = [appender(path, 0, 20) for _ in range(3)]
    for process in running:
        begin(process)
    for process in running:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert sorted(numbers(path)) == list(range(20))


def limited_scan(home: Path, room: int) -> subprocess.CompletedProcess[str]:
    """A scan that is recorded, in a process whose files may not grow past ``room`` bytes."""
    program = (
        "import resource, sys, sniper_sight_cli\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        "sys.argv = ['snipersight', 'scan', '-e', 'demo', '-s', 'WIF/USDT', '--journal', '--json']\n"
        "sniper_sight_cli.main()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"SNIPERSIGHT_HOME": str(home)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_scan_that_finds_no_room_for_its_record_prints_its_result_and_says_so(tmp_path: Path) -> None:
    whole = limited_scan(tmp_path / "roomy", 1 << 30)
    assert whole.returncode == 0, whole.stderr
    cut = limited_scan(tmp_path / "full", 30_000)
    assert cut.returncode == 10, cut.stderr
    found, kept = json.loads(cut.stdout), json.loads(whole.stdout)
    assert found["plans"] == kept["plans"]
    assert found["flags"][0].startswith("journal_failed: journal ")
    assert found["exit_code"] == 10
    with closing(SqliteJournal(tmp_path / "full" / "data" / "journal.sqlite3", chain)) as journal:
        assert check_chain(journal.records(), journal.head()).head.seq == 0
