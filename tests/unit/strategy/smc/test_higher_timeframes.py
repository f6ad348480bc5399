"""What a lower timeframe sees of a higher one, to the millisecond, and which layer speaks for a timeframe's trend."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from devtools.playbook_scenes import BREAK_UP, GAP
from shared.config.profiles import load_profile
from shared.errors import DataFault
from shared.models.data import Candles, Market, MultiTimeframeData
from shared.models.smc import Layer, SMCSnapshot, TimeframeStructure, Trend
from shared.models.timeframe import Timeframe
from strategy.smc.alignment import align, bias_layer
from strategy.smc.engine import SmcSeries
from strategy.smc.snapshot import find_structure
from tests.unit.strategy.smc.drawings import QUIET, RULES, SMALL, TICK, drawn, seen

HOURS = drawn(list(GAP), timeframe=Timeframe.H4)
"""Candles of four hours whose last one makes a gap."""
CLOSE_MS = int(HOURS.close_ms[-1])
QUARTERS = drawn(
    [(102.5, 102.5, 102.25, 102.5)] * 3, timeframe=Timeframe.M15, first_ms=CLOSE_MS - 2 * 900_000
)
"""Candles of 15 minutes: the second closes with the last one of four hours, the third after it."""
COIN = Market(
    "x", "BTC/USDT", "BTCUSDT", "BTC", "USDT", "spot", Decimal("0.01"), Decimal(1), Decimal(0), True, "inferred"
)  # fmt: skip


def at(as_of_ms: int, **series: Candles) -> SMCSnapshot:
    """What is decided on at a time, from candles that were closed by then."""
    frames = {candles.timeframe: candles.between(0, as_of_ms) for candles in series.values()}
    return find_structure(MultiTimeframeData(COIN, as_of_ms, frames), load_profile("balanced"))


@pytest.mark.parametrize(("late_ms", "gaps"), [(-1, 0), (0, 1)])
def test_a_gap_of_the_4h_candles_is_seen_from_the_close_of_its_third_candle_on_and_not_a_millisecond_before(
    late_ms: int, gaps: int
) -> None:
    snapshot = at(CLOSE_MS + late_ms, quarters=QUARTERS, hours=HOURS)
    assert len(snapshot.timeframes[Timeframe.H4].fair_value_gaps) == gaps


def test_the_15m_candle_that_closes_with_the_4h_one_sees_it_and_the_one_before_does_not() -> None:
    closes = [int(ms) for ms in QUARTERS.close_ms[QUIET:]]
    found = [
        (
            close - CLOSE_MS,
            len(at(close, quarters=QUARTERS, hours=HOURS).timeframes[Timeframe.H4].fair_value_gaps),
        )
        for close in closes
    ]
    assert found == [(-900_000, 0), (0, 1), (900_000, 1)]


def test_a_candle_that_is_not_closed_yet_is_refused() -> None:
    with pytest.raises(DataFault, match="closes after the as-of time"):
        MultiTimeframeData(COIN, CLOSE_MS - 1, {Timeframe.H4: HOURS})


@pytest.mark.parametrize(("late_ms", "events"), [(-1, 0), (0, 1)])
def test_a_question_for_events_up_to_a_time_is_answered_to_the_millisecond(late_ms: int, events: int) -> None:
    series = SmcSeries(HOURS, RULES, TICK)
    found = series.events(CLOSE_MS - Timeframe.H4.ms, CLOSE_MS + late_ms)
    assert len([event for event in found if event.kind.name == "FAIR_VALUE_GAP"]) == events


@pytest.mark.parametrize(
    ("timeframe", "layer"),
    [
        *((frame, Layer.SWING) for frame in (Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4)),
        (Timeframe.D1, Layer.INTERNAL),
        (Timeframe.W1, Layer.INTERNAL),
    ],
)
def test_the_swing_layer_speaks_up_to_4h_and_the_internal_one_for_days_and_weeks(
    timeframe: Timeframe, layer: Layer
) -> None:
    assert bias_layer(timeframe) is layer
    two_minds = of_two_minds()
    alignment = align({timeframe: two_minds}, {str(timeframe): 1.0})
    assert alignment.score == (1.0 if layer is Layer.SWING else -1.0)
    assert alignment.parts == ((timeframe, layer, two_minds.layer(layer).trend, 1.0),)


def of_two_minds() -> TimeframeStructure:
    """A structure whose swing trend is up and whose internal trend is down."""
    base = seen(list(BREAK_UP), SMALL)
    return replace(
        base,
        swing=replace(base.swing, trend=Trend.UP),
        internal=replace(base.internal, trend=Trend.DOWN),
    )
