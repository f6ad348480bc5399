"""The send loop: one at a time to each address, each at its own pace, and an end when it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.notifications.delivery import Delivery
from data.journal import SqliteJournal
from data.outbox_store import SqliteOutbox
from risk.audit_pipeline import chain
from shared.errors import ConfigFault, ContractError
from shared.models.notifications import Delivered, Level, Notice, Parcel, Refused
from shared.models.notifications import Delivery as Outcome
from shared.models.outbox import Fate, Terms, Turn
from tests.fixtures.memory_channel import MemoryChannel, busy, take
from tests.fixtures.outbox_world import ShiftedClock
from tests.unit.data.virtual_time import START_MS, VirtualLoop, run

TERMS = Terms(lease_ms=20_000)


@pytest.fixture
def outbox(memory_folder: Path) -> Iterator[SqliteOutbox]:
    with closing(SqliteJournal(memory_folder / "journal.sqlite3", chain)) as journal:
        yield SqliteOutbox(journal)


def decide(outbox: SqliteOutbox, channel: MemoryChannel, count: int = 2) -> list[Parcel]:
    wanted = [
        parcel
        for number in range(count)
        for parcel in channel.parcels(
            Notice(f"k{number}", "alarm", None, "", "", START_MS, START_MS + 10**8, Level.ON, "{}"), {}
        )
    ]
    outbox.decide(None, wanted, START_MS)
    return wanted


def test_an_address_that_asks_to_wait_does_not_hold_up_the_others(outbox: SqliteOutbox) -> None:
    loop, times = VirtualLoop(), []

    def answer(parcel: Parcel) -> tuple[bool, Outcome]:
        times.append((parcel.address, loop.now_ms() - START_MS))
        return busy(parcel) if len(times) == 1 else take(parcel)

    channel = MemoryChannel(("a", "b"), answer=answer)
    decide(outbox, channel)
    assert run(loop, Delivery(outbox, [channel], loop, "me", TERMS).drain(60.0)) == 5
    assert times == [("a", 0), ("b", 0), ("b", 0), ("a", 3000), ("a", 3000)]
    assert len(outbox.letters(Fate.DONE)) == 4


def test_requests_to_an_address_keep_its_pace_and_nothing_is_waited_for_after_the_last(
    outbox: SqliteOutbox,
) -> None:
    loop, times = VirtualLoop(), []

    def answer(parcel: Parcel) -> tuple[bool, Outcome]:
        times.append((parcel.address, loop.now_ms() - START_MS))
        return take(parcel)

    channel = MemoryChannel(("a", "b"), answer=answer, pace=3.0)
    decide(outbox, channel, 3)
    assert run(loop, Delivery(outbox, [channel], loop, "me", TERMS).drain(0.0)) == 6
    assert times == [(place, at) for at in (0, 3000, 6000) for place in ("a", "b")]
    assert loop.now_ms() - START_MS == 6000


def test_a_wait_longer_than_the_patience_is_left_to_the_next_run(outbox: SqliteOutbox) -> None:
    loop, channel = VirtualLoop(), MemoryChannel(answer=busy)
    decide(outbox, channel)
    assert run(loop, Delivery(outbox, [channel], loop, "me", TERMS).drain(2.9)) == 1
    assert [letter.fate for letter in outbox.letters(*Fate)] == [Fate.PENDING, Fate.PENDING]


def test_another_sender_is_waited_for_and_its_end_taken_note_of(outbox: SqliteOutbox) -> None:
    loop, channel = VirtualLoop(), MemoryChannel()
    decide(outbox, channel)
    held = outbox.take("memory", "a", "other", START_MS, 20_000)
    assert isinstance(held, Turn)
    assert run(loop, Delivery(outbox, [channel], loop, "me", TERMS).drain(1.0)) == 0
    loop = VirtualLoop()
    assert run(loop, Delivery(outbox, [channel], loop, "me", TERMS).drain(30.0)) == 2
    assert loop.time() == 20.0


def test_a_stop_ends_it_after_the_parcel_being_sent(outbox: SqliteOutbox) -> None:
    loop, stop = VirtualLoop(), asyncio.Event()
    channel = MemoryChannel(hit=lambda name: stop.set())
    decide(outbox, channel, 3)
    assert run(loop, Delivery(outbox, [channel], loop, "me", TERMS).drain(60.0, stop)) == 1
    assert [letter.fate for letter in outbox.letters(*Fate)] == [Fate.DONE, Fate.PENDING, Fate.PENDING]
    assert isinstance(outbox.take("memory", "a", "next", loop.now_ms(), 1000), Turn)


def test_a_stop_ends_a_wait(outbox: SqliteOutbox) -> None:
    loop, stop, channel = VirtualLoop(), asyncio.Event(), MemoryChannel(answer=busy)
    decide(outbox, channel)

    async def work() -> int:
        asyncio.get_running_loop().call_later(1.0, stop.set)
        return await Delivery(outbox, [channel], loop, "me", TERMS).drain(60.0, stop)

    assert run(loop, work()) == 1
    assert loop.time() == 1.0


def test_a_request_that_could_outlast_the_lease_is_refused(outbox: SqliteOutbox) -> None:
    with pytest.raises(ConfigFault, match=r"a request may last 18\.5 s, a lease 20 s"):
        Delivery(outbox, [MemoryChannel(deadline_s=18.5)], ShiftedClock(), "me", TERMS)
    assert Delivery(outbox, [MemoryChannel(deadline_s=18.0)], ShiftedClock(), "me", TERMS).channels


def test_a_channel_that_breaks_its_law_stops_its_address_alone_and_is_told(outbox: SqliteOutbox) -> None:
    def answer(parcel: Parcel) -> tuple[bool, Outcome]:
        if parcel.address == "a":
            raise ContractError("broken")
        return True, Delivered()

    loop, channel = VirtualLoop(), MemoryChannel(("a", "b"), answer=answer)
    decide(outbox, channel)
    with pytest.raises(ContractError, match="broken"):
        run(loop, Delivery(outbox, [channel], loop, "me", TERMS).drain(0.0))
    assert [letter.address for letter in outbox.letters(Fate.DONE)] == ["b", "b"]
    assert [letter.address for letter in outbox.letters(Fate.INFLIGHT)] == ["a"]


def test_tries_without_a_named_time_come_further_and_further_apart(outbox: SqliteOutbox) -> None:
    loop, times = VirtualLoop(), []

    def answer(parcel: Parcel) -> tuple[bool, Outcome]:
        times.append(loop.now_ms() - START_MS)
        return False, Refused("cannot be reached", 0.0)

    channel = MemoryChannel(answer=answer)
    decide(outbox, channel, 1)
    terms = replace(TERMS, attempts=5, pauses_s=(2.0, 10.0, 60.0))
    run(loop, Delivery(outbox, [channel], loop, "me", terms).drain(1000.0))
    assert times == [0, 2000, 12_000, 72_000, 132_000]
    assert len(outbox.letters(Fate.DEAD)) == 1


def test_the_usual_terms_are_those_that_are_documented() -> None:
    assert Terms() == Terms(
        lease_ms=60_000, late_ms=15 * 60_000, doubt="repeat_marked", repeats=3, attempts=50, pauses_s=(2.0, 10.0, 60.0, 300.0)
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"lease_ms": 0}, {"late_ms": 0}, {"attempts": 0}, {"pauses_s": (2.0, 0.0)}, {"repeats": -1}]
)
def test_terms_by_which_nothing_is_sent_or_something_for_ever_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigFault, match="terms of delivery must be positive"):
        Terms(**wrong)


def test_the_shortest_terms_are_kept() -> None:
    terms = Terms(lease_ms=1, late_ms=1, repeats=0, attempts=1, pauses_s=(0.5, 2.0))
    assert [terms.pause_ms(number) for number in range(5)] == [500, 500, 2000, 2000, 2000]


@pytest.mark.parametrize(("wait_s", "sent"), [(3.0, 2), (3.002, 1)])
def test_patience_is_kept_to_the_millisecond(outbox: SqliteOutbox, wait_s: float, sent: int) -> None:
    loop, channel = VirtualLoop(), MemoryChannel(answer=lambda _: (False, Refused("busy", wait_s)))
    decide(outbox, channel, 1)
    assert run(loop, Delivery(outbox, [channel], loop, "me", TERMS).drain(3.0)) == sent


def test_an_address_that_waits_is_served_although_another_broke(outbox: SqliteOutbox) -> None:
    loop, asked = VirtualLoop(), []

    def answer(parcel: Parcel) -> tuple[bool, Outcome]:
        if parcel.address == "a":
            raise ContractError("broken")
        asked.append(parcel.id)
        return busy(parcel) if len(asked) == 1 else take(parcel)

    channel = MemoryChannel(("a", "b"), answer=answer)
    decide(outbox, channel, 1)
    with pytest.raises(ContractError, match="broken"):
        run(loop, Delivery(outbox, [channel], loop, "me", TERMS).drain(60.0))
    assert [letter.address for letter in outbox.letters(Fate.DONE)] == ["b"]


@pytest.mark.parametrize("wait_s", [3.0, 0.001])
def test_a_wait_is_slept_in_one_piece(outbox: SqliteOutbox, wait_s: float) -> None:
    loop, slept = VirtualLoop(), []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(seconds)

    channel = MemoryChannel(answer=lambda _: (False, Refused("busy", wait_s)))
    decide(outbox, channel, 1)
    run(loop, Delivery(outbox, [channel], loop, "me", TERMS, sleep).drain(wait_s))
    assert slept == [wait_s]
