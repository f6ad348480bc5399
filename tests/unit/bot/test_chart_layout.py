"""Words are apart, near what they speak of, and inside; axes have round values on the tick."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.chart_axis import price_ticks, time_ticks
from bot.ui.chart_layout import Rect, Wish, place, spread
from shared.models.timeframe import DAY_MS, MINUTE_MS

NO_CANDLES = np.empty((0, 4))
FRAME = Rect(0, 0, 1000, 500)


@given(st.lists(st.tuples(st.floats(-50, 650), st.floats(10, 60)), min_size=1, max_size=8))
def test_boxes_never_meet_keep_their_order_and_stay_inside(wanted: list[tuple[float, float]]) -> None:
    middles, heights = [middle for middle, _ in wanted], [height for _, height in wanted]
    placed = spread(middles, heights, 0, 600)
    order = sorted(range(len(wanted)), key=lambda number: middles[number])
    for below, above in pairwise(order):
        assert placed[below] + heights[below] / 2 <= placed[above] - heights[above] / 2 + 1e-6
    assert min(middle - height / 2 for middle, height in zip(placed, heights, strict=True)) >= -1e-6
    assert max(middle + height / 2 for middle, height in zip(placed, heights, strict=True)) <= 600 + 1e-6


def test_boxes_that_do_not_meet_stay_where_they_want_to_be() -> None:
    assert spread((100, 200, 300), (20, 20, 20), 0, 600) == (100, 200, 300)


def test_two_that_meet_share_the_way_apart() -> None:
    assert spread((100, 104), (20, 20), 0, 600) == (92, 112)


def test_a_label_takes_its_first_place_while_that_is_free() -> None:
    first, second = Rect(10, 10, 110, 30), Rect(300, 10, 400, 30)
    wish = Wish((first, second), Rect(10, 5, 400, 5))
    assert place(wish, (), NO_CANDLES, FRAME) == (first,)
    assert place(wish, (Rect(0, 0, 120, 40),), NO_CANDLES, FRAME) == (second,)


def test_a_label_goes_to_where_it_covers_fewer_candles() -> None:
    first, second = Rect(10, 10, 110, 30), Rect(300, 10, 400, 30)
    candles = np.array([[20.0, 0.0, 25.0, 40.0], [30.0, 0.0, 35.0, 40.0]])
    assert place(Wish((first, second), Rect(10, 5, 400, 5)), (), candles, FRAME) == (second,)


@given(st.lists(st.tuples(st.floats(0, 880), st.floats(0, 470)), min_size=2, max_size=14))
def test_labels_never_meet_and_stay_inside(corners: list[tuple[float, float]]) -> None:
    taken: list[Rect] = []
    for left, low in corners:
        wanted = Rect(left, low, left + 120, low + 25)
        taken += place(Wish((wanted,), wanted), taken, NO_CANDLES, FRAME)
    assert all(FRAME.holds(spot) for spot in taken)
    assert not any(one.meets(other) for number, one in enumerate(taken) for other in taken[:number])
    assert taken


@pytest.mark.parametrize(
    ("low", "high", "tick", "shown"),
    [
        (0.0000121, 0.0000139, "0.00000001", "0.00001250"),
        (66_100.0, 70_900.0, "0.1", "68,000.0"),
        (0.5746, 0.6491, "0.0001", "0.6000"),
        (4.1, 9.2, "1", "5"),
    ],
)  # fmt: skip
def test_prices_on_the_axis_are_round_and_have_the_ticks_decimals(
    low: float, high: float, tick: str, shown: str
) -> None:
    ticks = price_ticks(low, high, Decimal(tick), 8)
    assert shown in [text for _, text in ticks]
    assert 3 <= len(ticks) <= 9
    assert all(low <= price <= high for price, _ in ticks)
    assert all(Decimal(text.replace(",", "")) % Decimal(tick) == 0 for _, text in ticks)


@given(st.integers(0, 2_000_000_000), st.sampled_from([15, 60, 240, 1440, 10_080]), st.integers(20, 200))
def test_times_on_the_axis_are_round_few_and_inside(start: int, minutes: int, bars: int) -> None:
    first = start * 1000
    last = first + bars * minutes * MINUTE_MS
    ticks = time_ticks(first, last, 7)
    assert len(ticks) <= 8
    assert all(first <= time_ms <= last for time_ms, _ in ticks)
    assert all((":" in text) is (time_ms % DAY_MS != 0) for time_ms, text in ticks)
