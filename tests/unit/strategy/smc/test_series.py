"""A series' log can be read as of any bar, by time, and by object."""

from __future__ import annotations

import pytest

from shared.errors import DataFault, NotFound
from shared.models.events import Event, Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from strategy.smc.engine import SmcSeries
from tests.laws.markets import STEP, market

CANDLES = market(7, 700, "jumps", Timeframe.M15)
SERIES = SmcSeries(CANDLES, SmcRules(), STEP)


def test_events_are_those_known_in_the_span_and_in_order() -> None:
    since, until = int(CANDLES.close_ms[300]), int(CANDLES.close_ms[320])
    found = SERIES.events(since, until)
    assert found
    assert all(since < event.known_ms <= until for event in found)
    assert [event.known_ms for event in found] == sorted(event.known_ms for event in found)
    whole = SERIES.events(0, int(CANDLES.close_ms[-1]))
    assert len(whole) == len(SERIES.log)
    assert [event for event in whole if since < event.known_ms <= until] == list(found)


def test_an_object_is_named_alike_in_snapshots_and_events() -> None:
    shot = SERIES.snapshot(600)
    known = {event.object_id for event in SERIES.events(0, int(CANDLES.close_ms[600]))}
    shown = [zone.object_id for zone in (*shot.zones, *shot.heirs)]
    shown += [found.object_id for found in (*shot.pools, *shot.sweeps, *shot.displacements, *shot.sessions)]
    shown += [
        found.object_id for layer in (shot.internal, shot.swing) for found in (*layer.breaks, *layer.swings)
    ]
    assert len(shown) > 30
    assert set(shown) <= known


def test_the_history_of_a_gap_runs_from_its_birth_to_its_end() -> None:
    ends = [
        event
        for event in SERIES.events(0, int(CANDLES.close_ms[-1]))
        if event.kind is Kind.FAIR_VALUE_GAP and event.event is Event.INVALIDATED
    ]
    life = SERIES.history(ends[0].object_id)
    assert life[0].event is Event.FORMED
    assert life[-1] == ends[0]
    assert {event.object_id for event in life} == {ends[0].object_id}
    assert set(life[0].payload) == {"low", "high", "a"}


def test_an_unknown_object_and_a_bar_that_is_not_there_are_refused() -> None:
    with pytest.raises(NotFound, match="no object 'nothing'"):
        SERIES.history("nothing")
    with pytest.raises(DataFault, match="no bar 700"):
        SERIES.snapshot(700)
    with pytest.raises(DataFault, match="no bar -1"):
        SmcSeries(CANDLES.head(0), SmcRules(), STEP).snapshot()


def test_candles_that_do_not_follow_are_refused() -> None:
    series = SmcSeries(CANDLES.head(10), SmcRules(), STEP)
    with pytest.raises(DataFault, match="cannot be continued"):
        series.extend(CANDLES.rows(9, 12))
    with pytest.raises(DataFault, match="15m candles cannot be continued by 1h"):
        series.extend(market(7, 700, "jumps", Timeframe.H1))
