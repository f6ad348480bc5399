"""Laws over every registered indicator: causal, bounded, complete after its warm-up, the same bits compiled or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from indicators.registry import COLUMNS, ENTRIES, REGISTRY, _fill_all, compute_set
from indicators.windows import ROOM
from shared.config.profiles import load_profile, profile_names
from shared.models.data import Candles
from shared.models.timeframe import Timeframe
from tests.laws.markets import MOODS, cuts, market, markets, scaled


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.array_equal(one, other, equal_nan=True))


@pytest.mark.parametrize("name", sorted(REGISTRY))
@given(candles=markets, cut=cuts)
def test_causal(name: str, candles: Candles, cut: int) -> None:
    whole, prefix = REGISTRY[name](candles), REGISTRY[name](candles.head(cut))
    assert all(same(prefix[column], whole[column][:cut]) for column in whole)


@pytest.mark.parametrize("name", sorted(REGISTRY))
@given(candles=markets)
def test_a_value_from_the_end_of_the_warm_up_on_and_within_bounds(name: str, candles: Candles) -> None:
    entry = REGISTRY[name]
    for column, values in entry(candles).items():
        warmup, (low, high) = entry.warmup[column], entry.bounds[column]
        assert np.isnan(values[:warmup]).all()
        assert np.isfinite(values[warmup:]).all()
        assert ((values[warmup:] >= low) & (values[warmup:] <= high)).all()


@given(candles=markets)
def test_compiled_and_plain_give_the_same_bits(candles: Candles) -> None:
    columns = {name: np.empty(len(candles)) for name in COLUMNS}
    spare = [np.empty(len(candles)) for _ in range(3)]
    prices = (candles.high, candles.low, candles.close, candles.volume)
    _fill_all.plain(*prices, *columns.values(), *spare, np.empty(ROOM))
    compiled = compute_set(candles).columns
    assert all(same(columns[name], compiled[name]) for name in COLUMNS)


@given(candles=markets)
def test_ratios_do_not_depend_on_the_unit_of_price(candles: Candles) -> None:
    one, other = compute_set(candles).columns, compute_set(scaled(candles, 2.0**-20)).columns
    for name in ("rsi", "stoch_rsi_k", "mfi", "bb_percent", "zscore", "atr_pct", "obv", "adx", "efficiency"):
        assert same(one[name], other[name])


WARM = max(output.warmup for entry in ENTRIES for output in entry.outputs) + 1
"""Bars after which every column has a value."""


@pytest.mark.parametrize("name", profile_names())
def test_every_timeframe_that_is_traded_or_sets_the_side_is_asked_for_enough_bars(name: str) -> None:
    profile = load_profile(name)
    below_a_day = [frame for frame in profile.timeframes.required if frame.ms < Timeframe.D1.ms]
    assert min(profile.min_bars(frame) for frame in below_a_day) >= WARM


@pytest.mark.parametrize("mood", MOODS)
def test_the_registry_declares_the_longest_warm_up(mood: str) -> None:
    columns = compute_set(market(3, WARM, mood)).columns
    assert all(np.isfinite(column[-1]) for column in columns.values())
    assert len(COLUMNS) == len(set(COLUMNS)) == sum(len(entry.outputs) for entry in ENTRIES)


def test_no_candles_give_empty_columns() -> None:
    assert all(column.size == 0 for column in compute_set(Candles.empty(Timeframe.H1)).columns.values())
