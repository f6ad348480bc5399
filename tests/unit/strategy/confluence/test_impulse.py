"""Impulse and trend states, bar by bar."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.models.timeframe import Timeframe
from strategy.confluence.impulse import (
    SEED_BARS,
    find_impulses,
    impulse_scores,
    impulse_states,
    signed_efficiency,
    trend_states,
)
from tests.unit.strategy.planner.hand_market import candles


def states(scores: list[float]) -> list[int]:
    out = np.zeros(len(scores), np.int64)
    impulse_states(np.array(scores), out)
    return out.tolist()


def walk(seed: int, bars: int, jump: float = 0.0) -> list[float]:
    noise = np.random.default_rng(seed)
    steps = noise.normal(0.0, 0.01, bars) + np.where(noise.random(bars) < 0.03, jump, 0.0)
    return [float(price) for price in 100.0 * np.exp(np.cumsum(steps))]


def test_an_impulse_is_held_for_eight_bars_although_the_score_falls_at_once() -> None:
    assert states([0.0, 2.5, *[0.0] * 9]) == [0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]


def test_an_impulse_whose_score_stays_above_one_ends_after_twelve_bars() -> None:
    assert states([2.6, *[1.5] * 12]) == [1] * 12 + [0]


def test_after_the_eighth_bar_it_ends_once_the_score_along_it_is_below_one() -> None:
    assert states([-3.0, *[-1.5] * 9, -0.9, -1.5]) == [-1] * 10 + [0, 0]


def test_a_score_that_never_came_back_does_not_start_a_second_impulse() -> None:
    assert states([3.0] * 14) == [1] * 12 + [0, 0]


def test_a_fresh_crossing_starts_it_again() -> None:
    assert states([*[3.0] * 13, 2.0, 3.0]) == [*[1] * 12, 0, 0, 1]


def test_a_crossing_the_other_way_turns_it_at_once() -> None:
    assert states([3.0, 0.0, -2.5, 0.0]) == [1, 1, -1, -1]


def test_a_missing_score_lets_the_clock_run() -> None:
    assert states([3.0, *[math.nan] * 13]) == [1] * 12 + [0, 0]


def test_the_score_is_the_four_bar_move_over_the_volatility_before_it() -> None:
    closes = [100.0, *([101.0, 100.0] * 60)]
    closes += [closes[-1] * 1.2, closes[-1] * 1.2]
    found = find_impulses(candles(Timeframe.H1, closes))
    assert found.z[-1] == pytest.approx(math.log(1.2) / (math.log(1.01) * 2), rel=1e-9)
    assert found.state[-2:].tolist() == [1, 1]


def test_there_is_no_score_before_its_yardstick_is_seeded() -> None:
    found = find_impulses(candles(Timeframe.H1, walk(1, 150)))
    assert np.isnan(found.z[: SEED_BARS + 4]).all()
    assert np.isfinite(found.z[SEED_BARS + 4 :]).all()


def test_a_move_over_a_missing_candle_has_no_score() -> None:
    series = candles(Timeframe.H1, [*walk(2, 150), 300.0, 300.0, 300.0, 300.0, 300.0])
    holed = type(series)(
        series.timeframe,
        np.concatenate((series.open_ms[:150] - series.timeframe.ms, series.open_ms[150:])),
        *(getattr(series, name) for name in ("open", "high", "low", "close", "volume")),
    )
    assert np.isfinite(find_impulses(series).z[150:154]).all()
    assert np.isnan(find_impulses(holed).z[150:154]).all()
    assert abs(find_impulses(holed).z[154]) < 1e-9


def test_a_flat_market_has_no_impulse() -> None:
    found = find_impulses(candles(Timeframe.H1))
    assert np.isnan(found.z).all()
    assert not found.state.any()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), bars=st.integers(1, 260), cut=st.integers(0, 260))
def test_states_of_a_prefix_are_a_prefix_of_the_states(seed: int, bars: int, cut: int) -> None:
    series = candles(Timeframe.M15, walk(seed, bars, 0.05))
    cut = min(cut, bars)
    whole, part = find_impulses(series), find_impulses(series.head(cut))
    assert part.z.tobytes() == whole.z[:cut].tobytes()
    assert part.state.tolist() == whole.state[:cut].tolist()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_compiled_and_plain_kernels_give_the_same_bits(seed: int) -> None:
    pytest.importorskip("numba")
    series = candles(Timeframe.H1, walk(seed, 240, 0.05))
    whole = np.ones(240, np.int64)
    both = []
    for way in ("compiled", "plain"):
        z, state, trend = np.full(240, np.nan), np.zeros(240, np.int64), np.zeros(240, np.int64)
        getattr(impulse_scores, way)(np.log(series.close), whole, z)
        getattr(impulse_states, way)(z, state)
        getattr(trend_states, way)(signed_efficiency(series.close), np.where(z > 0, 1, -1), trend)
        both.append((z.tobytes(), state.tobytes(), trend.tobytes()))
    assert both[0] == both[1]


def test_efficiency_has_the_sign_of_the_move_and_is_one_without_a_step_back() -> None:
    assert signed_efficiency(np.arange(100.0, 125.0))[20:].tolist() == [1.0] * 5
    assert signed_efficiency(np.arange(125.0, 100.0, -1.0))[20:].tolist() == [-1.0] * 5
    assert signed_efficiency(np.full(22, 7.0))[20:].tolist() == [0.0, 0.0]
    assert np.isnan(signed_efficiency(np.arange(1.0, 30.0))[:20]).all()


@pytest.mark.parametrize(
    ("efficiency", "trend", "expected"),
    [
        ([0.34, 0.35, 0.25, 0.24, 0.30], [1] * 5, [0, 1, 1, 0, 0]),
        ([-0.4, -0.4], [1, 1], [0, 0]),
        ([-0.4, -0.3, -0.3], [-1, -1, 1], [-1, -1, 0]),
        ([0.9, math.nan], [1, 1], [1, 0]),
        ([0.9, -0.9], [1, -1], [1, -1]),
        ([0.9], [0], [0]),
    ],
)
def test_a_trend_is_entered_at_035_and_left_below_025(
    efficiency: list[float], trend: list[int], expected: list[int]
) -> None:
    out = np.zeros(len(trend), np.int64)
    trend_states(np.array(efficiency), np.array(trend, np.int64), out)
    assert out.tolist() == expected
