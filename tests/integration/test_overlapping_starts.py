"""Runs that start at once for one close: exactly one decision, one set of alerts, each told once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data.slots import Lease, Slot, SqliteSlots, Taken
from tests.fixtures.overlapping_starts import overlapped

STARTS = 1_000 if os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly" else 20

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


class NoLease(SqliteSlots):
    """Gives a slot to whoever asks, unless it is decided."""

    def claim(self, slot: Slot, owner: str, now_ms: int, lease_ms: int) -> Lease | Taken:
        return super().claim(slot, owner, now_ms, 0)


def test_a_close_is_decided_once_and_its_alerts_are_told_once(memory_folder: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "tests.fixtures.overlapping_starts",
        str(memory_folder / "it"),
        str(STARTS),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=3600)
    print(done.stdout)
    tally = json.loads(done.stdout)
    assert tally["starts"] == STARTS
    assert tally["is_clean"], tally


def test_without_a_lease_it_would_be_seen(memory_folder: Path) -> None:
    assert not overlapped(memory_folder, 8, NoLease).is_clean
