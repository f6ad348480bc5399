"""The demo market is a pure function of seed, symbol and time, and looks like a market."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.adapters.demo import DEMO_AS_OF_MS, SEED, START_MS, DemoFeed, start_ms
from data.adapters.demo_market import BAR_MS, COINS, base_candles
from data.adapters.demo_noise import exp
from data.aggregation import aggregate
from shared.errors import NotFound
from shared.models.timeframe import DAY_MS, Timeframe, iso

GOLDEN = "import sys; from data.adapters.demo import *; from data.adapters.demo_market import *; print(base_candles(7, COINS[0], START_MS, 500).digest())"


@given(st.sampled_from(COINS), st.integers(0, 80_000), st.integers(0, 300), st.integers(1, 200))
def test_overlapping_ranges_agree_bit_for_bit(coin, first: int, inside: int, count: int) -> None:  # type: ignore[no-untyped-def]
    whole = base_candles(SEED, coin, START_MS + first * BAR_MS, 520)
    part = base_candles(SEED, coin, START_MS + (first + inside) * BAR_MS, count)
    assert part == whole.rows(inside, inside + count)


@pytest.mark.parametrize("coin", COINS, ids=lambda coin: coin.base)
def test_prices_are_on_the_tick_and_open_at_the_close_before(coin) -> None:  # type: ignore[no-untyped-def]
    candles = base_candles(SEED, coin, START_MS, 400)
    for name in ("open", "high", "low", "close"):
        scaled = getattr(candles, name) * 10.0**coin.decimals
        assert np.abs(scaled - np.rint(scaled)).max() < 1e-4
    assert np.array_equal(candles.open[1:], candles.close[:-1])
    assert ((candles.volume == 0).any()) == (coin.quiet > 0)


def test_another_process_with_another_hash_seed_gives_the_same_bits() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", GOLDEN],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert digests == {base_candles(7, COINS[0], START_MS, 500).digest() + "\n"}


def test_the_market_never_changes_unseen() -> None:
    assert (
        base_candles(7, COINS[0], START_MS, 500).digest()
        == "0bb7650d79d4b563e809b6d213d7aa8d2731185cc5c2b14216e1348aab66fecc"
    )


def test_coarser_candles_are_the_aggregation_of_the_finest() -> None:
    feed = DemoFeed()
    base = asyncio.run(feed.candles("SOL/USDT", Timeframe.M5, START_MS, DEMO_AS_OF_MS))
    for timeframe in Timeframe:
        assert asyncio.run(feed.candles("SOL/USDT", timeframe, 0, DEMO_AS_OF_MS)) == aggregate(
            base, timeframe
        )


def test_nothing_after_its_instant_is_shown() -> None:
    early = DemoFeed(DEMO_AS_OF_MS - 90_000)
    last = asyncio.run(early.candles("BTC/USDT", Timeframe.M5, DEMO_AS_OF_MS - 3_600_000, DEMO_AS_OF_MS))
    assert int(last.close_ms[-1]) <= DEMO_AS_OF_MS - 90_000


@pytest.mark.parametrize("year", [2017, 2020, 2024])
def test_wherever_it_stands_it_has_history_for_every_timeframe(year: int) -> None:
    as_of = int(datetime(year, 2, 1, tzinfo=UTC).timestamp()) * 1000
    feed = DemoFeed(as_of)
    weeks = asyncio.run(feed.candles("BTC/USDT", Timeframe.W1, 0, as_of))
    assert len(weeks) >= 40
    assert (
        asyncio.run(feed.tickers())["BTC/USDT"].last == base_candles(7, COINS[0], as_of - BAR_MS, 1).close[0]
    )
    assert asyncio.run(feed.markets())["OLDX/USDT"].active


def test_its_usual_history_begins_with_the_year() -> None:
    assert iso(START_MS) == "2026-01-01T00:00:00Z"
    assert iso(start_ms(DEMO_AS_OF_MS - 250 * DAY_MS)) == "2025-01-01T00:00:00Z"


def test_an_unknown_symbol_is_not_found() -> None:
    with pytest.raises(NotFound, match="no symbol 'X/Y'"):
        asyncio.run(DemoFeed().candles("X/Y", Timeframe.M5, 0, DEMO_AS_OF_MS))


def test_it_moves_like_a_market() -> None:
    hours = asyncio.run(DemoFeed().candles("BTC/USDT", Timeframe.H1, 0, DEMO_AS_OF_MS))
    returns = np.diff(np.log(hours.close))
    kurtosis = ((returns - returns.mean()) ** 4).mean() / returns.var() ** 2
    assert 0.003 < returns.std() < 0.012
    assert kurtosis > 3.5
    assert abs(np.corrcoef(returns[1:], returns[:-1])[0, 1]) < 0.15


def test_prices_span_ten_orders_of_magnitude() -> None:
    assert len(COINS) == 30
    assert min(coin.price for coin in COINS) < 2e-5
    assert max(coin.price for coin in COINS) > 6e4


@given(st.floats(-2, 2))
def test_its_own_exponential_is_right_to_the_last_digits(x: float) -> None:
    assert exp(np.array([x]))[0] == pytest.approx(np.exp(x), rel=4e-16)
