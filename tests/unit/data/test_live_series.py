"""A series as a stream brings it: what counts, what raises a doubt, what costs everything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.adapters.live_series import KEPT, LiveSeries, Pushed
from data.spans import Span
from data.streamed import SHARE, in_turn
from shared.errors import DataFault
from shared.models.timeframe import Timeframe

FIVE = 300_000
START = 1_722_600_000_000
ORDINARY = ("10", "11", "9", "10.5", "3")
assert Span(START, START + FIVE)


def candle(
    place: int, *, closed: bool = True, cells: tuple[object, ...] = ORDINARY, late_ms: int = 20
) -> Pushed:
    opened = START + place * FIVE
    sent = opened + FIVE + late_ms if closed else opened + 1_000
    return Pushed("btcusdt@kline_5m", opened, opened + FIVE, cells, closed, sent)


def fed(*pushed: Pushed, believed: bool = True) -> LiveSeries:
    series = LiveSeries(Timeframe.M5)
    if believed:
        series.believe()
    for one in pushed:
        series.take(one)
    return series


def opens(series: LiveSeries, since: int = 0) -> list[int]:
    return [(int(at) - START) // FIVE for at in series.closed(START + since * FIVE).candles.open_ms]


def test_only_what_the_exchange_calls_closed_is_given() -> None:
    series = fed(candle(0, closed=False), candle(0), candle(1, closed=False))
    assert opens(series) == [0]
    found = series.closed(START)
    assert (found.doubt, found.fresh_since_ms) == ("", START + 1_000)
    assert found.candles.close.tolist() == [10.5]


def test_nothing_is_believed_before_the_exchange_was_asked_once() -> None:
    assert fed(candle(0), believed=False).closed(START).doubt == "just subscribed"


@pytest.mark.parametrize(
    ("pushed", "doubt", "left"),
    [
        ([candle(0), candle(0)], "", [0]),
        ([candle(0), candle(1), candle(0)], "", [0, 1]),
        ([candle(0), candle(2)], "a closed candle did not come", [2]),
        ([candle(0), candle(2, closed=False)], "a closed candle did not come", []),
        ([candle(0), candle(0, closed=False)], "a message came late", [0]),
        ([candle(1), candle(0)], "a message came late", [1]),
        (
            [candle(0), candle(0, cells=("10", "11", "9", "10.4", "3"))],
            "a closed candle came again with other values",
            [],
        ),
    ],
    ids=[
        "twice the same",
        "an old one again",
        "one left out",
        "one left out, seen early",
        "late",
        "out of order",
        "revised",
    ],
)
def test_what_comes_out_of_line_leaves_a_doubt(pushed: list[Pushed], doubt: str, left: list[int]) -> None:
    series = fed(*pushed)
    assert (series.closed(START).doubt, opens(series)) == (doubt, left)


@pytest.mark.parametrize(
    "bad",
    [
        candle(1, late_ms=-1),
        replace(candle(1, closed=False), sent_ms=START),
        replace(candle(1), close_ms=START + 3 * FIVE),
        replace(candle(1), open_ms=START + FIVE + 1, close_ms=START + 2 * FIVE + 1),
        candle(1, cells=("10", "11", "9", "nan", "3")),
        candle(1, cells=("10", "11", "9", 10.5, "3")),
        candle(1, cells=("10", "11", "9", "10", None)),
        candle(1, cells=("10", "11", "9", "10", "-3")),
        candle(1, cells=("10", "9", "11", "10", "3")),
        candle(1, cells=("0", "11", "0", "10", "3")),
        candle(1, cells=("100", "110", "90", "105", "3")),
    ],
    ids=[
        "closed before its close", "before it opened", "of another length", "off the grid", "no number", "not a text",
        "nothing", "negative", "high below low", "a price of 0", "far from the close before",
    ],
)  # fmt: skip
def test_what_cannot_be_a_candle_of_the_series_is_a_fault(bad: Pushed) -> None:
    with pytest.raises(DataFault):
        fed(candle(0), bad)


def test_what_was_read_is_forgotten_but_for_the_candle_that_the_next_must_join() -> None:
    series = fed(*(candle(place) for place in range(3)))
    assert opens(series, 3) == []
    series.take(candle(4))
    assert series.closed(START + 3 * FIVE).doubt == "a closed candle did not come"


def test_what_is_kept_is_bounded() -> None:
    assert opens(fed(*(candle(place) for place in range(2 * KEPT))))[0] == KEPT


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.sampled_from(["10.5", "10.4"])), max_size=30))
def test_whatever_comes_a_run_without_doubt_is_the_closed_candles_in_order_as_they_came_first(
    messages: list[tuple[int, bool, str]],
) -> None:
    series = fed()
    said: dict[int, set[str]] = {}
    for place, closed, close in messages:
        series.take(candle(place, closed=closed, cells=("10", "11", "9", close, "3")))
        if closed:
            said.setdefault(place, set()).add(close)
    found = opens(series)
    assert found == list(range(found[0], found[-1] + 1)) if found else True
    held = series.closed(START)
    for place, close in zip(found, held.candles.close.tolist(), strict=True):
        assert f"{close:g}" in said[place]
        assert held.doubt or said[place] == {f"{close:g}"}


@given(st.sets(st.text("ABC", min_size=1, max_size=4), min_size=1), st.integers(0, 10**7))
def test_every_symbol_has_its_turn_within_so_many_closes(symbols: set[str], close: int) -> None:
    turns = [in_turn(symbols, close + step) for step in range(SHARE)]
    assert frozenset().union(*turns) == symbols
    assert max(map(len, turns)) <= -(-len(symbols) // SHARE)
