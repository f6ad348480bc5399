"""Scales, ticks and labels of small pictures."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.svg_axes import Scale, axis_texts, label, number, scale_over, spread, ticks, time_ticks
from shared.models.timeframe import DAY_MS, from_iso

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)
SMALL = st.floats(1e-9, 1e-3)


@given(st.lists(st.one_of(NUMBERS, SMALL), min_size=1, max_size=20))
def test_a_scale_holds_every_value(values: list[float]) -> None:
    scale = scale_over(values, 0, 100)
    assert all(-1e-6 <= scale(value) <= 100 + 1e-6 for value in values)


@given(st.one_of(NUMBERS, SMALL), st.floats(1e-6, 1e9), st.integers(2, 9))
def test_ticks_are_even_inside_and_not_too_many(low: float, span: float, about: int) -> None:
    scale = Scale(low, low + span + abs(low) * 1e-6, 0, 100)
    found = ticks(scale, about)
    assert len(found) <= about + 1
    assert all(-0.01 <= scale(value) <= 100.01 for value in found)
    steps = [after - before for before, after in itertools.pairwise(found)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-3) for step in steps)


@given(st.floats(-1e9, 1e9), st.floats(1e-4, 1e9), st.integers(2, 9))
def test_ticks_are_told_apart_by_their_labels(low: float, span: float, about: int) -> None:
    scale = Scale(low, low + span + abs(low) * 1e-3, 0, 100)
    found = ticks(scale, about)
    assert len(set(axis_texts(found))) == len(found)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.0, 0.5, 1.0), ("0", "0.5", "1.0")),
        ((-2.0, -1.0, 0.0), ("−2", "−1", "0")),
        ((9_500.0, 10_000.0, 10_500.0), ("9.5k", "10.0k", "10.5k")),
        ((9_000.0, 9_500.0), ("9,000", "9,500")),
        ((0.0, 2_500_000.0, 5_000_000.0), ("0", "2.5M", "5.0M")),
        ((12_500_000_000.0, 13_000_000_000.0), ("12.5B", "13.0B")),
        ((0.00001, 0.00002), ("0.00001", "0.00002")),
        ((2.25, 2.5), ("2.25", "2.50")),
        ((7.0,), ("7",)),
        ((), ()),
    ],
)
def test_labels_have_the_decimals_their_step_needs(values: tuple[float, ...], texts: tuple[str, ...]) -> None:
    assert axis_texts(values) == texts


@pytest.mark.parametrize(
    ("since", "until", "texts"),
    [
        (
            "2024-03-01T00:00:00Z",
            "2024-03-01T05:00:00Z",
            ("1 Mar", "01:00", "02:00", "03:00", "04:00", "05:00"),
        ),
        ("2024-03-01T20:00:00Z", "2024-03-03T01:00:00Z", ("2 Mar", "06:00", "12:00", "18:00", "3 Mar")),
        ("2024-03-01T00:00:00Z", "2024-03-05T00:00:00Z", ("1 Mar", "2 Mar", "3 Mar", "4 Mar", "5 Mar")),
        ("2024-01-01T00:00:00Z", "2024-12-23T00:00:00Z", ("Jan 24", "Apr 24", "Jul 24", "Oct 24")),
        ("2019-06-01T00:00:00Z", "2024-02-01T00:00:00Z", ("2020", "2021", "2022", "2023", "2024")),
    ],
)
def test_times_are_round(since: str, until: str, texts: tuple[str, ...]) -> None:
    assert tuple(text for _, text in time_ticks(from_iso(since), from_iso(until), 5)) == texts


@given(st.integers(0, 20_000), st.integers(1, 4_000))
def test_times_lie_inside_and_are_not_too_many(day: int, days: int) -> None:
    first, last = day * DAY_MS, (day + days) * DAY_MS
    found = time_ticks(first, last, 5)
    assert 1 <= len(found) <= 6 or days > 300
    assert len(found) <= 6
    assert all(first <= time_ms <= last for time_ms, _ in found)


@given(st.lists(st.floats(0, 250), min_size=1, max_size=8))
def test_places_are_moved_apart_and_keep_their_order(places: list[float]) -> None:
    moved = spread(places, 20, 0, 250)
    inside = sorted(moved)
    assert all(after - before >= 20 - 1e-6 for before, after in itertools.pairwise(inside))
    assert all(0 - 1e-6 <= place <= 250 + 1e-6 for place in moved)
    pairs = itertools.combinations(zip(places, moved, strict=True), 2)
    assert all((one[0] - other[0]) * (one[1] - other[1]) >= 0 for one, other in pairs)


def test_places_that_are_apart_stay() -> None:
    assert spread([10, 200, 60], 20, 0, 250) == (10, 200, 60)


def test_coordinates_are_short() -> None:
    assert [number(value) for value in (1.0, 1.26, -0.01, 12.349)] == ["1", "1.3", "0", "12.3"]


def test_words_are_never_markup() -> None:
    assert label(1, 2, "<a&b>", "m") == '<text class="m" x="1" y="2">&lt;a&amp;b&gt;</text>'
