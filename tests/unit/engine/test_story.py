"""The last noteworthy events of a series: from hand-made candles, newest first, with what their objects had become by then."""

from __future__ import annotations

from decimal import Decimal

from devtools.hand_made import QUIET
from devtools.playbook_scenes import DAY_LEVELS, SMALL, TREND, TWIN_TOPS, drawn
from engine.story import last_happenings
from shared.models.data import Candles
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe

TICK = Decimal("0.01")


def told(
    candles: Candles, rules: SmcRules = SMALL, count: int = 8
) -> list[tuple[int, str, str, float, float]]:
    return [
        (
            (one.event.known_ms - int(candles.open_ms[QUIET])) // candles.timeframe.ms - 1,
            one.event.kind.name,
            one.event.event.name,
            one.low,
            one.high,
        )
        for one in last_happenings(candles, rules, TICK, count)
    ]


def test_the_newest_come_first_and_of_a_lost_block_what_it_became() -> None:
    assert told(drawn(list(TREND)), count=4) == [
        (16, "ORDER_BLOCK", "FORMED", 101.75, 102.75),
        (16, "BREAK", "FORMED", 100.75, 100.75),
        (16, "MITIGATION_BLOCK", "FORMED", 100.75, 101.75),
        (16, "ORDER_BLOCK", "FILLED_50", 99.75, 100.75),
    ]


def test_a_swept_level_is_known_by_all_it_rests_on() -> None:
    swept = next(
        one
        for one in last_happenings(DAY_LEVELS.candles, SmcRules(), TICK)
        if one.event.event.name == "SWEPT_WICK"
    )
    assert (swept.timeframe, swept.low, swept.sources, swept.members) == (Timeframe.H4, 98.75, ("day",), 1)


def test_equal_highs_are_counted_by_the_time_they_are_swept() -> None:
    swept = drawn([*TWIN_TOPS, (100.25, 101.5, 100.0, 100.5)])
    (newest, *_) = last_happenings(swept, SMALL, TICK)
    assert (newest.event.event.name, newest.low, newest.members) == ("SWEPT_WICK", 101.25, 2)


def test_without_candles_nothing_is_told() -> None:
    assert last_happenings(Candles.empty(Timeframe.H1), SMALL, TICK) == ()
