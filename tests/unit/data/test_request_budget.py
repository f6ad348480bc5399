"""The request budget in made-up time: never above the allowance, first come first served, stops obeyed and remembered."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.adapters.budget_ledger import Ledger, MemoryLedger, SqliteLedger
from data.adapters.request_budget import RequestBudget, used_weight
from data.adapters.spending import Allowance
from shared.errors import ContractError, RateLimited, StorageFault, VenueDown
from tests.unit.data.virtual_time import START_MS, VirtualLoop, run

MINUTE = Allowance(60_000, 100)
VENUE = "api.example.com"

Arrival = tuple[float, int, int]
"""Seconds from the start, weight, process."""


def budget_in(
    loop: VirtualLoop, ledger: Ledger, allowance: Allowance = MINUTE, patience_s: float = 1e9
) -> RequestBudget:
    return RequestBudget("example", allowance, ledger, loop.now_ms, asyncio.sleep, patience_s)


def sent(
    loop: VirtualLoop, budgets: Sequence[RequestBudget], arrivals: Sequence[Arrival]
) -> list[tuple[int, int]]:
    """When (ms) each request of what weight went out, in the order they did."""
    gone: list[tuple[int, int]] = []

    async def one(after_s: float, weight: int, process: int) -> None:
        await asyncio.sleep(after_s)
        await budgets[process].spend(VENUE, weight)
        gone.append((loop.now_ms(), weight))

    async def all_of_them() -> None:
        await asyncio.gather(*(one(*arrival) for arrival in arrivals))

    run(loop, all_of_them())
    return gone


def heaviest_window(gone: Sequence[tuple[int, int]], window_ms: int) -> int:
    """The most that went out within any window, its end not counted."""
    return max(sum(weight for at, weight in gone if first <= at < first + window_ms) for first, _ in gone)


arrivals = st.lists(
    st.tuples(st.floats(0, 200), st.integers(1, 60), st.integers(0, 2)), min_size=1, max_size=60
)
allowances = st.builds(Allowance, st.sampled_from([1_000, 5_000, 60_000]), st.integers(60, 300))


@given(arrivals=arrivals, allowance=allowances, late_s=st.sampled_from([0.0, 0.04, 0.7, 5.0, 70.0]))
def test_no_window_ever_holds_more_than_the_allowance_whoever_asks_and_when(
    arrivals: list[Arrival], allowance: Allowance, late_s: float
) -> None:
    """Also where a process wakes late."""
    loop, ledger = VirtualLoop(), MemoryLedger()

    async def nap(seconds: float) -> None:
        await asyncio.sleep(seconds + late_s)

    late = RequestBudget("example", allowance, ledger, loop.now_ms, nap, 1e9)
    gone = sent(loop, [late, *(budget_in(loop, ledger, allowance) for _ in range(2))], arrivals)
    assert len(gone) == len(arrivals)
    assert heaviest_window(gone, allowance.window_ms) <= allowance.weight


@given(arrivals=arrivals)
def test_nobody_overtakes_within_a_process(arrivals: list[Arrival]) -> None:
    loop, ledger = VirtualLoop(), MemoryLedger()
    order: list[list[int]] = [[], [], []]
    budgets = [budget_in(loop, ledger) for _ in range(3)]
    times: dict[int, int] = {}

    async def one(number: int, after_s: float, weight: int, process: int) -> None:
        await asyncio.sleep(after_s)
        order[process].append(number)
        await budgets[process].spend(VENUE, weight)
        times[number] = loop.now_ms()

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number, *arrival) for number, arrival in enumerate(arrivals)))

    run(loop, all_of_them())
    for numbers in order:
        assert all(times[earlier] <= times[later] for earlier, later in pairwise(numbers))


def test_requests_burst_while_there_is_room_and_the_next_goes_when_the_first_have_left() -> None:
    loop = VirtualLoop()
    gone = sent(loop, [budget_in(loop, MemoryLedger())], [(0.0, 10, 0)] * 11)
    assert [at for at, _ in gone[:10]] == [START_MS] * 10
    assert gone[10][0] == START_MS + MINUTE.hold_ms
    assert MINUTE.hold_ms < 1.03 * MINUTE.window_ms


def test_a_full_window_is_waited_out_with_one_sleep() -> None:
    loop, naps = VirtualLoop(), list[float]()

    async def nap(seconds: float) -> None:
        naps.append(seconds)
        await asyncio.sleep(seconds)

    budget = RequestBudget("example", MINUTE, MemoryLedger(), loop.now_ms, nap)

    async def work() -> None:
        await budget.spend(VENUE, 100)
        await budget.spend(VENUE, 1)

    run(loop, work())
    assert naps == [MINUTE.hold_ms / 1000]


def test_a_wait_that_is_given_up_gives_its_place_back() -> None:
    loop = VirtualLoop()
    budget = budget_in(loop, MemoryLedger())

    async def work() -> int:
        await budget.spend(VENUE, 100)
        waiting = asyncio.ensure_future(budget.spend(VENUE, 100))
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await budget.spend(VENUE, 100)
        return loop.now_ms()

    assert run(loop, work()) == START_MS + MINUTE.hold_ms


def test_a_wait_longer_than_patience_is_refused_at_once_and_counts_nothing() -> None:
    loop, ledger = VirtualLoop(), MemoryLedger()
    first, second = (budget_in(loop, ledger, patience_s=90) for _ in range(2))

    async def work() -> int:
        await first.spend(VENUE, 100)
        waiting = asyncio.ensure_future(first.spend(VENUE, 100))
        await asyncio.sleep(0)
        with pytest.raises(RateLimited, match=r"budget is used up until .*Wait 12\d s"):
            await second.spend(VENUE, 1)
        assert loop.now_ms() == START_MS
        await waiting
        return loop.now_ms()

    assert run(loop, work()) == START_MS + MINUTE.hold_ms


def test_a_process_with_one_request_does_not_wait_behind_all_of_another_with_many() -> None:
    loop, ledger = VirtualLoop(), MemoryLedger()
    many, one = budget_in(loop, ledger), budget_in(loop, ledger)

    async def work() -> int:
        crowd = [asyncio.ensure_future(many.spend(VENUE, 50)) for _ in range(10)]
        await asyncio.sleep(1)
        await one.spend(VENUE, 50)
        turn = loop.now_ms()
        await asyncio.gather(*crowd)
        return turn

    assert run(loop, work()) <= START_MS + 2 * MINUTE.hold_ms


def test_a_request_heavier_than_the_whole_allowance_is_our_own_mistake() -> None:
    loop = VirtualLoop()
    with pytest.raises(ContractError, match="weighs 101"):
        run(loop, budget_in(loop, MemoryLedger()).spend(VENUE, 101))


def test_what_the_venue_counted_beyond_ours_slows_every_process_down() -> None:
    loop, ledger = VirtualLoop(), MemoryLedger()
    ours, theirs = budget_in(loop, ledger), budget_in(loop, ledger)

    async def work() -> int:
        await ours.spend(VENUE, 10)
        ours.learn(VENUE, 95)
        await theirs.spend(VENUE, 5)
        assert loop.now_ms() == START_MS
        await theirs.spend(VENUE, 1)
        return loop.now_ms()

    assert run(loop, work()) == START_MS + MINUTE.hold_ms


def test_a_booking_that_no_longer_fits_when_its_time_comes_waits_on() -> None:
    loop, ledger = VirtualLoop(), MemoryLedger()
    one, other = budget_in(loop, ledger), budget_in(loop, ledger)

    async def work() -> int:
        await one.spend(VENUE, 100)
        booked = asyncio.ensure_future(other.spend(VENUE, 60))
        await asyncio.sleep(30)
        one.learn(VENUE, 150)
        await booked
        return loop.now_ms()

    assert run(loop, work()) == START_MS + 30_000 + MINUTE.hold_ms


def test_a_count_of_the_venue_that_is_not_above_ours_changes_nothing() -> None:
    loop = VirtualLoop()
    budget = budget_in(loop, MemoryLedger())

    async def work() -> int:
        await budget.spend(VENUE, 60)
        for used in (60, 20, 0):
            budget.learn(VENUE, used)
        await budget.spend(VENUE, 40)
        return loop.now_ms()

    assert run(loop, work()) == START_MS


def test_a_stop_holds_every_process_even_those_that_had_booked_already() -> None:
    loop, ledger = VirtualLoop(), MemoryLedger()
    one, other = budget_in(loop, ledger), budget_in(loop, ledger)

    async def gone_at(budget: RequestBudget) -> int:
        await budget.spend(VENUE, 1)
        return loop.now_ms()

    async def work() -> list[int]:
        await one.spend(VENUE, 100)
        booked = asyncio.ensure_future(gone_at(other))
        await asyncio.sleep(1)
        fault = one.stop(VENUE, 80.0, 429)
        assert (type(fault), fault.wait_s) == (RateLimited, 80.0)
        return [await gone_at(one), await booked]

    assert run(loop, work()) == [START_MS + 81_000, START_MS + 81_000]


@pytest.mark.parametrize(
    ("status", "kind", "words"), [(418, RateLimited, "is banned"), (503, VenueDown, "maintenance")]
)
def test_a_long_stop_is_refused_at_once_with_its_end_until_it_is_over(
    status: int, kind: type[RateLimited], words: str
) -> None:
    loop, ledger = VirtualLoop(), MemoryLedger()
    budget = budget_in(loop, ledger, patience_s=90)

    async def work() -> None:
        budget.stop(VENUE, 3600.0, status)
        await asyncio.sleep(1800)
        with pytest.raises(kind, match=rf"{words} until 2024-08-02T13:00:00Z \(HTTP {status}\)") as caught:
            await budget.spend(VENUE, 1)
        assert caught.value.wait_s == 1800
        await asyncio.sleep(1799)
        await budget.spend(VENUE, 1)
        assert loop.now_ms() == START_MS + 3_600_000

    run(loop, work())


def test_a_shorter_stop_never_cuts_a_longer_one() -> None:
    loop, ledger = VirtualLoop(), MemoryLedger()
    budget = budget_in(loop, ledger)
    budget.stop(VENUE, 600.0, 418)
    budget.stop(VENUE, 1.0, 429)
    run(loop, budget.spend(VENUE, 1))
    assert loop.now_ms() == START_MS + 600_000


def test_an_absurd_stop_ends_after_a_week() -> None:
    loop = VirtualLoop()
    budget = budget_in(loop, MemoryLedger())
    budget.stop(VENUE, 1e15, 429)
    run(loop, budget.spend(VENUE, 1))
    assert loop.now_ms() == START_MS + 7 * 86_400_000


def test_a_ban_is_remembered_by_the_next_process_and_of_that_venue_alone(tmp_path: Path) -> None:
    loop = VirtualLoop()
    first = SqliteLedger(tmp_path / "requests.sqlite3")
    budget_in(loop, first).stop(VENUE, 3600.0, 418)
    first.close()
    second = SqliteLedger(tmp_path / "requests.sqlite3")
    budget = budget_in(loop, second, patience_s=90)

    async def work() -> None:
        with pytest.raises(RateLimited, match="banned"):
            await budget.spend(VENUE, 1)
        await budget.spend("elsewhere.example.com", 1)

    run(loop, work())
    second.close()


@given(back_s=st.integers(1, 10_000_000), after_s=st.integers(0, 59))
def test_a_clock_set_back_keeps_the_ages_of_spends(back_s: int, after_s: int) -> None:
    """However far: the window ends when it would have, neither an hour late nor at once."""
    loop, ledger = VirtualLoop(), MemoryLedger()
    budget = budget_in(loop, ledger)

    async def work() -> float:
        await budget.spend(VENUE, 99)
        await asyncio.sleep(after_s)
        await budget.spend(VENUE, 1)
        loop.jump_ms = -back_s * 1000
        await budget.spend(VENUE, 1)
        return loop.time()

    assert MINUTE.window_ms / 1000 <= run(loop, work()) <= (MINUTE.hold_ms + MINUTE.slot_ms) / 1000


def test_a_clock_set_back_during_a_wait_ends_the_wait_all_the_same() -> None:
    loop = VirtualLoop()
    budget = budget_in(loop, MemoryLedger())

    async def work() -> float:
        await budget.spend(VENUE, 100)
        waiting = asyncio.ensure_future(budget.spend(VENUE, 1))
        await asyncio.sleep(30)
        loop.jump_ms = -3_600_000
        await waiting
        return loop.time()

    assert 60 <= run(loop, work()) <= 130


def test_a_damaged_ledger_is_a_fault_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqlite3"
    path.write_bytes(b"not a database at all, whatever its name" * 100)
    with pytest.raises(StorageFault, match=r"requests\.sqlite3 could not be opened.*delete it"):
        SqliteLedger(path)


def test_a_row_that_was_never_written_by_us_is_a_fault(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "requests.sqlite3")
    ledger._file.db.execute("INSERT INTO venue VALUES (?, '[[[1,2,3]],0,0,0]')", (VENUE,))
    with pytest.raises(StorageFault, match="never written"):
        run(loop := VirtualLoop(), budget_in(loop, ledger).spend(VENUE, 1))
    ledger.close()


@pytest.mark.parametrize("statement", ["PRAGMA user_version=9", "CREATE TABLE other (x)"])
def test_a_file_of_another_version_or_program_is_left_alone(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "requests.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
    with pytest.raises(StorageFault, match="not a request ledger"):
        SqliteLedger(path)


@pytest.mark.parametrize(
    ("headers", "used"),
    [
        ({"X-MBX-USED-WEIGHT-1M": "1234"}, 1234),
        ({"X-Bapi-Limit": "600", "X-Bapi-Limit-Status": "590"}, 10),
        ({"X-Bapi-Limit-Status": "590"}, 0),
        ({"X-Bapi-Limit": "600"}, 0),
        ({"X-MBX-USED-WEIGHT-1M": "much"}, 0),
        ({"X-MBX-USED-WEIGHT-1M": "9" * 5000}, 0),
        ({}, 0),
    ],
)
def test_a_venues_own_count_is_read_from_its_headers(headers: dict[str, str], used: int) -> None:
    assert used_weight(headers) == used
