"""One slot's turn: who decides, who lets go, and that a run which overslept drops what it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.slots import Slot, SqliteSlots, Taken
from engine.edges import ScanRequest
from engine.watching.turn import LEASE_MS, RENEW_S, Beat, Turn, due_boundary, schedule_of
from shared.config.profiles import load_profile
from shared.errors import ClockFault, TransportFault
from shared.models.risk import Account
from shared.models.scan import RunStatus, ScanResult
from shared.models.timeframe import Timeframe
from tests.fixtures.hand_scan import EMPTY
from tests.unit.engine.watching.virtual_world import QUARTER, START, VirtualTimes

RESULT = replace(EMPTY, status=RunStatus.OK, bar_ms=START)


@pytest.fixture
def slots(tmp_path: Path) -> Iterator[SqliteSlots]:
    kept = SqliteSlots(tmp_path / "slots.sqlite3")
    yield kept
    kept.close()


@pytest.fixture
def times() -> VirtualTimes:
    return VirtualTimes(START + 6_000)


def turn(slots: SqliteSlots, times: VirtualTimes, owner: str = "one") -> Turn:
    return Turn(slots, "every quarter", owner, times)


def found(beat: Beat) -> ScanResult:
    return RESULT


def never(beat: Beat) -> ScanResult:
    raise AssertionError("this slot was decided")


def test_the_first_decides_and_the_second_is_told_who_did(slots: SqliteSlots, times: VirtualTimes) -> None:
    assert turn(slots, times).take(START, found) is RESULT
    second = turn(slots, times, "two").take(START, never)
    assert isinstance(second, Taken)
    assert second.run_id == RESULT.run_id


def test_a_run_that_starts_meanwhile_is_told_that_another_is_at_it(
    slots: SqliteSlots, times: VirtualTimes
) -> None:
    def scan(beat: Beat) -> ScanResult:
        inner = turn(slots, times, "two").take(START, never)
        assert isinstance(inner, Taken)
        assert not inner.is_decided
        return RESULT

    assert turn(slots, times).take(START, scan) is RESULT


@pytest.mark.parametrize("error", [TransportFault("down"), KeyboardInterrupt()])
def test_a_scan_that_breaks_gives_the_slot_back_at_once(
    slots: SqliteSlots, times: VirtualTimes, error: BaseException
) -> None:
    def scan(beat: Beat) -> ScanResult:
        raise error

    with pytest.raises(type(error)):
        turn(slots, times).take(START, scan)
    assert turn(slots, times, "two").take(START, found) is RESULT


def test_a_refused_scan_decides_nothing(slots: SqliteSlots, times: VirtualTimes) -> None:
    refused = replace(RESULT, status=RunStatus.REFUSED)
    assert turn(slots, times).take(START, lambda beat: refused) is refused
    assert turn(slots, times, "two").take(START, found) is RESULT


def test_a_scan_that_read_the_next_slots_candles_is_not_taken_for_this_one(
    slots: SqliteSlots, times: VirtualTimes
) -> None:
    late = replace(RESULT, bar_ms=START + QUARTER)
    with pytest.raises(ClockFault, match="read candles up to"):
        turn(slots, times).take(START, lambda beat: late)
    assert turn(slots, times, "two").take(START, found) is RESULT


def test_a_long_scan_keeps_its_lease_as_long_as_it_moves(slots: SqliteSlots, times: VirtualTimes) -> None:
    def scan(beat: Beat) -> ScanResult:
        for _ in range(40):
            times.go(RENEW_S)
            beat()
        assert isinstance(slots.claim(Slot("every quarter", START), "two", times.now_ms(), LEASE_MS), Taken)
        return RESULT

    assert turn(slots, times).take(START, scan) is RESULT


@pytest.mark.parametrize("other_ends", [True, False])
def test_a_run_that_overslept_its_lease_drops_what_it_found(
    slots: SqliteSlots, times: VirtualTimes, other_ends: bool
) -> None:
    def scan(beat: Beat) -> ScanResult:
        times.go(LEASE_MS / 1000 + 1)
        if other_ends:
            assert turn(slots, times, "two").take(START, found) is RESULT
        else:
            slots.claim(Slot("every quarter", START), "two", times.now_ms(), LEASE_MS)
        return replace(RESULT, run_id="r-late")

    end = turn(slots, times).take(START, scan)
    assert isinstance(end, Taken)
    assert end.is_decided is other_ends


def test_a_close_is_due_when_its_candle_has_been_given_out() -> None:
    assert due_boundary(Timeframe.M15, START + 4_999) == START - QUARTER
    assert due_boundary(Timeframe.M15, START + 5_000) == START


def test_the_same_question_is_the_same_schedule_and_another_is_not() -> None:
    account = Account(10_000, "USDT")  # type: ignore[arg-type]
    asked = ScanRequest(load_profile("balanced"), "binance", account)
    assert schedule_of(asked) == schedule_of(replace(asked))
    others = [
        replace(asked, symbols=("BTC/USDT",)),
        replace(asked, top=5),
        replace(asked, exchange="bybit"),
        replace(asked, profile=load_profile("trend")),
    ]
    assert len({schedule_of(one) for one in (asked, *others)}) == 5
    assert schedule_of(asked).startswith("binance balanced 15m ")
