"""The outbox under senders that are killed and senders that overlap: nothing is lost, nothing is told twice without its mark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.killed_outbox import NAMED, worlds
from tests.fixtures.outbox_mutants import KILLED, OVERLAPPED
from tests.fixtures.outbox_world import SECRET
from tests.fixtures.overlapping_outbox import overlap
from tests.servers.hook import Remote, running

MORE = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
KILLS = 10_000 if MORE else 300
WORLDS = 250 if MORE else 5

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(scope="module")
def remote() -> Iterator[Remote]:
    with running(SECRET) as receiver:
        yield receiver


def test_no_kill_loses_a_parcel_or_repeats_one_without_its_mark(memory_folder: Path) -> None:
    words = [sys.executable, "-m", "tests.fixtures.killed_outbox", str(memory_folder), str(KILLS)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=3600)
    tally = json.loads(done.stdout)
    print(done.stdout)
    assert tally["kills"] >= KILLS
    assert len(tally["points"]) >= 20
    assert set(tally["points"]) <= set(NAMED)
    assert tally["marked"]
    assert not any(tally["found"].values()), tally["found"]


@pytest.mark.parametrize("mutant", KILLED)
def test_kills_find_a_broken_rule(memory_folder: Path, remote: Remote, mutant: type) -> None:
    assert any(not tally.found.is_clean for tally in worlds(memory_folder, remote, 150, mutant))


def test_senders_that_start_at_once_send_everything_once_and_in_order(
    memory_folder: Path, remote: Remote
) -> None:
    for world in range(WORLDS):
        found, needless = overlap(memory_folder / str(world) / "journal.sqlite3", remote, world)
        assert found.is_clean, found
        assert not needless


@pytest.mark.parametrize("mutant", OVERLAPPED)
def test_senders_that_start_at_once_find_a_broken_rule(
    memory_folder: Path, remote: Remote, mutant: type
) -> None:
    ends = (
        overlap(memory_folder / str(world) / "journal.sqlite3", remote, world, mutant) for world in range(20)
    )
    assert any(needless or not found.is_clean for found, needless in ends)
