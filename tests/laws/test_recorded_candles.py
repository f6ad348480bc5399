"""The laws of unit, direction and streaming on recorded candles, down to every payload and every state of every bar."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.parquet_import import read_candles
from shared.models.data import Candles
from shared.models.timeframe import Timeframe
from strategy.smc.engine import SmcSeries, detect
from tests.laws.likeness import mirrored_reading, on_a_binary_grid, read, scaled_reading
from tests.laws.markets import mirrored, scaled
from tests.laws.test_detector_laws import RULES, same

COINS = ("BTC", "SOL", "PEPE", "ELF")
TICKS = {"BTC": 0.01, "SOL": 0.01, "PEPE": 1e-8, "ELF": 1e-4}
SPANS = {Timeframe.M15: 3000, Timeframe.H1: 3000, Timeframe.H4: 1400}
"""Newest recorded candles the laws are tried on."""


def recorded(folder: Path, coin: str, timeframe: Timeframe) -> Candles:
    whole = read_candles(folder / "native" / f"binance__{coin}-USDT__{timeframe}.parquet", timeframe)
    return whole.rows(len(whole) - SPANS[timeframe], len(whole))


@pytest.mark.parametrize("timeframe", SPANS)
@pytest.mark.parametrize("coin", COINS)
def test_the_unit_of_price_changes_nothing_on_recorded_candles(
    coin: str, timeframe: Timeframe, market_dir: Path
) -> None:
    candles, tick = recorded(market_dir, coin, timeframe), TICKS[coin]
    log = detect(candles, RULES, tick)
    for factor in (2.0**-20, 2.0**13):
        other = detect(scaled(candles, factor), RULES, tick * factor)
        assert np.array_equal(other.ints, log.ints)
        assert np.array_equal(other.formed, log.formed)
        assert read(other) == scaled_reading(log, factor)


@pytest.mark.parametrize("timeframe", SPANS)
@pytest.mark.parametrize("coin", COINS)
def test_recorded_candles_upside_down_have_the_log_upside_down(
    coin: str, timeframe: Timeframe, market_dir: Path
) -> None:
    candles, around = on_a_binary_grid(recorded(market_dir, coin, timeframe))
    log = detect(candles, RULES, TICKS[coin])
    assert len(log) > 3000
    assert read(detect(mirrored(candles, around), RULES, TICKS[coin])) == mirrored_reading(log, around)


@pytest.mark.parametrize("coin", COINS)
def test_recorded_candles_fed_one_at_a_time_have_the_log_of_all_at_once(coin: str, market_dir: Path) -> None:
    candles = recorded(market_dir, coin, Timeframe.M15).rows(0, 1500)
    series = SmcSeries(candles.head(0), RULES, TICKS[coin])
    for bar in range(len(candles)):
        series.extend(candles.rows(bar, bar + 1))
    log = detect(candles, RULES, TICKS[coin])
    assert same(series.log, log)
    assert np.array_equal(series.log.formed, log.formed)
