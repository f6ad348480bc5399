"""A sender that oversleeps its lease anywhere, while another takes over: no parcel is told twice without its mark.

The first sender stops at each of its calls, and at each of its statements that stands outside a transaction; there a second one
that comes after the lease does all of the work, or one parcel of it; then the first goes on.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.notifications.delivery import Delivery
from data.journal import SqliteJournal
from data.outbox_store import SqliteOutbox
from risk.audit_pipeline import chain, check_chain
from shared.errors import SniperError
from shared.models.notifications import Parcel
from shared.models.outbox import Fate
from tests.fixtures.memory_channel import QUICK, MemoryChannel
from tests.fixtures.outbox_mutants import INTERLEAVED
from tests.fixtures.outbox_world import Points, ShiftedClock, Told, notices, overtakings

LATER_MS = 30_000
CALLS = ("take", "claim", "book", "release")


@dataclass
class Trial:
    """One world; ``kept_by`` is the outbox under test."""

    path: Path
    kept_by: type
    clock: ShiftedClock = field(default_factory=ShiftedClock)
    arrived: list[Parcel] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def send(self, points: Points, most: int = 99) -> None:
        """One sender that ends after ``most`` parcels."""
        with closing(SqliteJournal(self.path, chain)) as journal:
            journal.file.db.set_trace_callback(
                lambda text: None if journal.file.db.in_transaction else points.statement(text)
            )
            outbox: Any = Told(self.kept_by(journal), points.hit, CALLS)
            stop, sent = asyncio.Event(), Counter[str]()

            def hit(name: str) -> None:
                points.hit(name)
                sent[name] += 1
                if sent["send:call"] >= most:
                    stop.set()

            channel = MemoryChannel(arrived=self.arrived, hit=hit)
            clock = self.clock
            outbox.decide(
                None,
                [one for notice in notices(0)[:3] for one in channel.parcels(notice, {})],
                clock.now_ms(),
            )
            sender = Delivery(outbox, [channel], clock, "sender", QUICK)
            try:
                asyncio.run(sender.drain(5.0, stop))
            except SniperError as fault:
                self.broken.append(str(fault))

    def take_over(self, most: int) -> None:
        self.clock.ahead_ms += LATER_MS
        second = threading.Thread(target=self.send, args=(Points(), most))
        second.start()
        second.join()

    def problems(self) -> list[str]:
        """What is wrong once a last sender has ended it."""
        self.clock.ahead_ms += LATER_MS
        self.send(Points())
        unmarked = Counter(parcel.id for parcel in self.arrived if not parcel.is_repeat)
        with closing(SqliteJournal(self.path, chain)) as journal:
            check_chain(journal.records(), journal.head())
            outbox = SqliteOutbox(journal)
            outbox.examine()
            open_ones = outbox.letters(*(fate for fate in Fate if fate is not Fate.DONE))
            sent = [one for one in journal.records() if one.content.get("to") == "inflight"]
        turns = [(one.content["address"], one.content["fence"]) for one in sent]
        return [
            *self.broken,
            *(f"{name} told {count} times" for name, count in unmarked.items() if count > 1),
            *(f"{letter.id} is {letter.fate}" for letter in open_ones),
            *("an older turn sent after a newer one" for overtaken in overtakings(turns) if overtaken),
            *(f"{3 - len(unmarked)} lost" for _ in "1" if len({one.id for one in self.arrived}) != 3),
        ]


def places(folder: Path, kept_by: type) -> list[tuple[str, int]]:
    """Everywhere that an undisturbed sender comes by."""
    points = Points()
    Trial(folder / "plain" / "journal.sqlite3", kept_by).send(points)
    return [(name, number) for name, count in points.seen.items() for number in range(1, count + 1)]


def problems(folder: Path, kept_by: type, place: tuple[str, int], most: int) -> list[str]:
    trial = Trial(folder / f"{place[0]} {place[1]} {most}" / "journal.sqlite3", kept_by)
    trial.send(Points(*place, act=lambda: trial.take_over(most)))
    return trial.problems()


@pytest.mark.parametrize("most", [1, 99])
def test_a_sender_that_was_taken_over_anywhere_tells_nothing_twice(memory_folder: Path, most: int) -> None:
    everywhere = places(memory_folder, SqliteOutbox)
    assert len(everywhere) >= 30
    for place in everywhere:
        assert problems(memory_folder, SqliteOutbox, place, most) == [], place


@pytest.mark.parametrize("mutant", INTERLEAVED)
def test_a_takeover_finds_a_broken_rule(memory_folder: Path, mutant: type) -> None:
    everywhere = places(memory_folder, mutant)
    assert any(problems(memory_folder, mutant, place, most) for most in (1, 99) for place in everywhere)
