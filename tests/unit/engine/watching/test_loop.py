"""The loop of ``watch`` in virtual time: when it wakes, what it tries again, what it says of a close that nobody decided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.slots import Taken
from engine.watching.turn import GRACE_MS
from shared.errors import (
    ClockFault,
    ConfigFault,
    RateLimited,
    SecurityFault,
    SniperError,
    StorageFault,
    TransportFault,
    VenueRefusal,
)
from shared.models.scan import RunStatus
from shared.models.watching import Missed, Overlapped, Scanned, Troubled
from tests.unit.engine.watching.virtual_world import MINUTE, QUARTER, START, Stage, VirtualTimes

DOWN = TransportFault("binance: down", "Try again later")


def told(stage: Stage, kind: type) -> list[object]:
    return [event for event in stage.told if isinstance(event, kind)]


def test_the_close_that_just_was_is_decided_at_once_and_then_every_close_shortly_after_it() -> None:
    stage = Stage().run(rounds=4)
    assert stage.boundaries == [0, 1, 2, 3]
    lateness = [now - boundary for boundary, now in stage.turns[1:]]
    assert all(GRACE_MS <= late < GRACE_MS + 300 for late in lateness)
    assert len(told(stage, Scanned)) == len(stage.told) == 4


def test_a_start_a_moment_after_a_close_waits_for_that_one() -> None:
    stage = Stage(times=VirtualTimes(START + 1_000)).run(rounds=1)
    assert stage.boundaries == [0]
    assert stage.turns[0][1] >= START + GRACE_MS


@given(offset_ms=st.integers(-(10**9), 10**9), start_ms=st.integers(0, QUARTER), scan_s=st.floats(0.1, 800))
def test_it_never_wakes_before_a_close_is_due_by_the_exchanges_clock(
    offset_ms: int, start_ms: int, scan_s: float
) -> None:
    stage = Stage(times=VirtualTimes(START + start_ms), offset_ms=offset_ms, scan_s=scan_s).run(rounds=5)
    assert all(GRACE_MS <= now - boundary < QUARTER + GRACE_MS + 300 for boundary, now in stage.turns)
    steps = {after - before for before, after in zip(stage.boundaries, stage.boundaries[1:], strict=False)}
    assert steps == {1}
    assert told(stage, Missed) == []


def test_a_clock_that_is_set_is_noticed_while_waiting_and_no_close_is_missed_or_decided_twice() -> None:
    def set_clock(stage: Stage, seconds: float) -> None:
        if len(stage.waits) in (5, 40):
            jump = 3_600_000 if len(stage.waits) == 5 else -7_200_000
            stage.times.wall_ms += jump
            stage.offset_ms -= jump

    stage = Stage(on_wait=set_clock).run(rounds=6)
    assert stage.boundaries == [0, 1, 2, 3, 4, 5]
    assert told(stage, Missed) == []


def test_a_machine_that_slept_says_which_closes_it_missed_and_goes_on_with_the_newest() -> None:
    def sleep(stage: Stage, seconds: float) -> None:
        if len(stage.waits) == 3:
            stage.times.wall_ms += 4 * QUARTER

    stage = Stage(on_wait=sleep).run(rounds=3)
    assert stage.boundaries == [0, 4, 5]
    (missed,) = told(stage, Missed)
    assert missed == Missed(
        START + QUARTER, START + 3 * QUARTER, 3, "this machine slept, or its clock was set"
    )


def test_a_scan_longer_than_the_timeframe_says_which_closes_it_cost() -> None:
    stage = Stage(scan_s=2_000.0).run(rounds=2)
    (missed,) = told(stage, Missed)
    assert isinstance(missed, Missed)
    assert missed.why == "the scan before took 2,000 s"
    assert missed.count == stage.boundaries[1] - stage.boundaries[0] - 1


def test_what_may_pass_is_tried_again_with_growing_pauses_until_the_next_close() -> None:
    stage = Stage(answers=[DOWN] * 30 + [RunStatus.OK]).run(rounds=2)
    pauses = [event.retry_s for event in stage.told if isinstance(event, Troubled)]
    assert pauses[:6] == [5.625, 11.25, 22.5, 45.0, 90.0, 135.0]
    assert pauses[pauses.index(0.0) - 1] > 0
    assert set(stage.boundaries) == {0, 1}


def test_an_outage_that_ends_costs_no_close() -> None:
    stage = Stage(answers=[DOWN, DOWN, RunStatus.OK]).run(rounds=1)
    assert [type(event) for event in stage.told] == [Troubled, Troubled, Scanned]


def test_a_refused_scan_is_shown_and_tried_again() -> None:
    stage = Stage(answers=[RunStatus.REFUSED, RunStatus.OK]).run(rounds=1)
    assert [event.result.status for event in stage.told if isinstance(event, Scanned)] == [
        RunStatus.REFUSED,
        RunStatus.OK,
    ]


def test_a_degraded_scan_is_a_decision() -> None:
    assert Stage(answers=[RunStatus.DEGRADED]).run(rounds=1).boundaries == [0]


@pytest.mark.parametrize(
    "fault",
    [VenueRefusal("451"), StorageFault("disk full"), ClockFault("too late")],
    ids=lambda one: type(one).__name__,
)
def test_what_will_not_pass_soon_waits_for_the_next_close(fault: SniperError) -> None:
    stage = Stage(answers=[fault, RunStatus.OK]).run(rounds=2)
    assert stage.boundaries == [0, 1]
    assert [event.retry_s for event in stage.told if isinstance(event, Troubled)] == [0.0]


def test_a_wait_the_exchange_asks_for_is_kept() -> None:
    stage = Stage(answers=[RateLimited("429", wait_s=200.0), RunStatus.OK]).run(rounds=1)
    assert stage.waits[0] == 200.0


@pytest.mark.parametrize("fault", [ConfigFault("typo"), SecurityFault("host")])
def test_what_no_close_can_mend_ends_it(fault: SniperError) -> None:
    for stage in (Stage(answers=[fault]), Stage(silences=[fault])):
        with pytest.raises(type(fault)):
            stage.run(rounds=1)


def test_an_exchange_that_does_not_tell_the_time_is_asked_again_and_the_missed_closes_have_its_reason() -> (
    None
):
    stage = Stage(silences=[None, None, *[DOWN] * 25, None]).run(rounds=2)
    (missed,) = told(stage, Missed)
    assert isinstance(missed, Missed)
    assert missed.why == "binance: down"
    assert stage.boundaries[1] - stage.boundaries[0] - 1 == missed.count
    assert max(stage.waits) <= 150.0


def test_a_slot_that_another_run_decided_is_said_to_be_and_left_alone() -> None:
    stage = Stage(answers=[Taken("r-1", 0), RunStatus.OK]).run(rounds=2)
    assert stage.told[0] == Overlapped(START, "r-1")
    assert stage.boundaries == [0, 1]


def test_a_slot_that_another_run_is_at_is_looked_at_again_when_its_lease_has_run_out() -> None:
    stage = Stage()
    until_ms = stage.times.wall_ms + 100_000
    stage.answers = [Taken("", until_ms), RunStatus.OK]
    stage.run(rounds=1)
    assert [type(event) for event in stage.told] == [Scanned]
    assert stage.turns[1][1] >= until_ms


def test_it_stops_where_it_waits() -> None:
    stage = Stage(stop_after=3).run()
    assert len(stage.waits) == 3
    stage = Stage(silences=[DOWN] * 9, stop_after=2).run()
    assert stage.turns == []
    stage = Stage(answers=[DOWN], stop_after=2).run()
    assert stage.boundaries == [0, 0]


def test_the_time_is_asked_before_each_turn_and_each_wait() -> None:
    stage = Stage().run(rounds=10)
    assert stage.asked <= 2 * 10 + 1
    assert max(stage.waits) <= 30.0
    assert sum(stage.waits) * 1000 < 10 * 15 * MINUTE
