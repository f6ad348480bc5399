"""The request ledger shared by real processes, some of which are killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest

from data.adapters.budget_ledger import SqliteLedger
from data.adapters.request_budget import RequestBudget
from data.adapters.spending import Allowance

ROOT = Path(__file__).resolve().parents[3]
VENUE = "api.example.com"
ALLOWANCE = Allowance(1_500, 40)
SEEN_MS = 1_000
"""Windows looked at: shorter than the allowance's, because a process may be held up between leave to send and its note."""
SPENDER = """
import asyncio, sys, time
from pathlib import Path
from data.adapters.budget_ledger import SqliteLedger
from data.adapters.request_budget import RequestBudget
from data.adapters.spending import Allowance

async def main(database, notes, count):
    budget = RequestBudget("example", Allowance(1_500, 40), SqliteLedger(Path(database)))
    with open(notes, "a", buffering=1) as file:
        async def one():
            await budget.spend("api.example.com", 2)
            file.write(f"{time.time_ns() // 1_000_000}\\n")
        await asyncio.gather(*(one() for _ in range(int(count))))

asyncio.run(main(*sys.argv[1:]))
"""
DIES_INSIDE = """
import os, sys
from pathlib import Path
from data.adapters.budget_ledger import SqliteLedger

SqliteLedger(Path(sys.argv[1])).change("api.example.com", lambda spending: os.kill(os.getpid(), 9))
"""


@contextmanager
def python(code: str, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is gone at the end."""
    call = [sys.executable, "-c", code, *map(str, arguments)]
    with subprocess.Popen(call, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def heaviest(times: list[int], window_ms: int) -> int:
    return max(sum(2 for at in times if first <= at < first + window_ms) for first in times)


def test_processes_stay_within_the_allowance_together_and_outlive_one_that_is_killed(tmp_path: Path) -> None:
    database, notes = tmp_path / "requests.sqlite3", [tmp_path / f"{number}.txt" for number in range(3)]
    with (
        python(SPENDER, database, notes[0], 500) as victim,
        python(SPENDER, database, notes[1], 25) as one,
        python(SPENDER, database, notes[2], 25) as other,
    ):
        while not notes[0].exists() or not notes[0].read_text():
            time.sleep(0.01)
        victim.kill()
        assert [process.wait(timeout=60) for process in (one, other)] == [0, 0]
    written = [[int(line) for line in file.read_text().split()] for file in notes]
    assert [len(times) for times in written[1:]] == [25, 25]
    assert heaviest(sorted(chain.from_iterable(written)), SEEN_MS) <= ALLOWANCE.weight


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_process_killed_inside_a_change_holds_nobody_up_and_changes_nothing(tmp_path: Path) -> None:
    database = tmp_path / "requests.sqlite3"
    with python(DIES_INSIDE, database) as process:
        assert process.wait(timeout=60) == -9
    ledger = SqliteLedger(database)
    began = time.monotonic()
    asyncio.run(RequestBudget("example", ALLOWANCE, ledger).spend(VENUE, ALLOWANCE.weight))
    assert time.monotonic() - began < 1.0
    ledger.close()
