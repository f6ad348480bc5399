"""Agreement with TA-Lib, and with pandas where TA-Lib has nothing, to 1e-9 relative."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.parquet_import import read_candles
from indicators.registry import compute_set
from shared.models.data import Candles
from shared.models.timeframe import Timeframe
from tests.laws.markets import market, scaled

talib = pytest.importorskip("talib")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def stochastic_of_rsi(c: Candles) -> tuple[np.ndarray, np.ndarray]:
    rsi = talib.RSI(c.close)[14:]
    smooth = talib.STOCH(rsi, rsi, rsi, 14, 3, 0, 3, 0)
    fast = talib.STOCHF(rsi, rsi, rsi, 14, 1, 0)[0]
    k = talib.SMA(fast, 3)
    return np.r_[np.full(14, np.nan), k], np.r_[np.full(14, np.nan), smooth[1]]


PEERS: dict[str, Callable[[Candles], np.ndarray]] = {
    "rsi": lambda c: talib.RSI(c.close),
    "stoch_rsi_k": lambda c: stochastic_of_rsi(c)[0],
    "stoch_rsi_d": lambda c: stochastic_of_rsi(c)[1],
    "mfi": lambda c: talib.MFI(c.high, c.low, c.close, c.volume),
    "bb_upper": lambda c: talib.BBANDS(c.close, 20)[0],
    "bb_middle": lambda c: talib.BBANDS(c.close, 20)[1],
    "bb_lower": lambda c: talib.BBANDS(c.close, 20)[2],
    "atr": lambda c: talib.ATR(c.high, c.low, c.close),
    "obv": lambda c: talib.OBV(c.close, c.volume),
    "ema20": lambda c: talib.EMA(c.close, 20),
    "ema50": lambda c: talib.EMA(c.close, 50),
    "ema200": lambda c: talib.EMA(c.close, 200),
    "adx": lambda c: talib.ADX(c.high, c.low, c.close),
    "plus_di": lambda c: talib.PLUS_DI(c.high, c.low, c.close),
    "minus_di": lambda c: talib.MINUS_DI(c.high, c.low, c.close),
}


def close_enough(ours: np.ndarray, theirs: np.ndarray) -> None:
    """1e-9 relative; near zero, relative to a thousandth of the largest value: TA-Lib's running sums leave dust there."""
    known = np.isfinite(theirs)
    assert known.sum() > 100
    scale = np.maximum(np.abs(theirs[known]), 1e-3 * np.abs(theirs[known]).max())
    assert (np.abs(ours[known] - theirs[known]) / scale).max() <= 1e-9


@pytest.mark.parametrize("factor", [2.0**-20, 1.0, 2.0**20], ids=["tiny", "plain", "huge"])
@pytest.mark.parametrize("name", sorted(PEERS))
def test_agrees_with_talib_on_walks(name: str, factor: float) -> None:
    candles = scaled(market(11, 1000, "walk"), factor)
    close_enough(compute_set(candles).columns[name], PEERS[name](candles))


@pytest.mark.parametrize("symbol", ["BTC", "SOL", "PEPE"])
@pytest.mark.parametrize("name", sorted(set(PEERS) - {"mfi", "stoch_rsi_k", "stoch_rsi_d"}))
def test_agrees_with_talib_on_recorded_candles(name: str, symbol: str, market_dir: Path) -> None:
    candles = read_candles(market_dir / "native" / f"binance__{symbol}-USDT__1h.parquet", Timeframe.H1)
    close_enough(compute_set(candles).columns[name], PEERS[name](candles))


def test_agrees_with_pandas_where_talib_has_nothing() -> None:
    candles = market(5, 1000, "walk")
    frame = candles.to_frame()
    close, volume = frame["close"], frame["volume"]
    change = close.diff()
    signed = np.sign(change) * volume
    expected = {
        "zscore": (close - close.rolling(20).mean()) / close.rolling(20).std(ddof=0),
        "realized_vol": np.log(close / close.shift()).rolling(20).std(),
        "volume_ratio": volume / volume.rolling(20).mean(),
        "volume_z": (volume - volume.rolling(20).mean()) / volume.rolling(20).std(ddof=0),
        "efficiency": close.diff(20).abs() / change.abs().rolling(20).sum(),
        "obv_slope": signed.rolling(20).sum() / volume.rolling(20).sum(),
    }
    ours = compute_set(candles).columns
    for name, column in expected.items():
        theirs = np.asarray(pd.Series(column), float)
        known = np.isfinite(theirs)
        assert np.allclose(ours[name][known], theirs[known], rtol=1e-9, atol=1e-9), name


def drawn(closes: list[float], volumes: list[float] | None = None) -> Candles:
    close = np.asarray(closes, float)
    open_ = np.r_[close[0], close[:-1]]
    volume = np.asarray(volumes or [1.0] * len(closes))
    times = np.arange(close.size) * Timeframe.H1.ms
    return Candles(
        Timeframe.H1, times, open_, np.maximum(open_, close), np.minimum(open_, close), close, volume
    )


def test_a_market_that_only_rises_has_rsi_100_and_a_straight_path() -> None:
    columns = compute_set(drawn([100.0 + step for step in range(40)])).columns
    assert columns["rsi"][-1] == 100.0
    assert columns["efficiency"][-1] == 1.0
    assert columns["mfi"][-1] == 100.0


def test_where_nothing_moves_neither_side_wins() -> None:
    columns = compute_set(drawn([100.0] * 60)).columns
    at_rest = {
        "rsi": 50.0,
        "stoch_rsi_k": 50.0,
        "mfi": 50.0,
        "zscore": 0.0,
        "bb_percent": 0.5,
        "atr": 0.0,
        "adx": 0.0,
    }
    assert {name: columns[name][-1] for name in at_rest} == at_rest


def test_a_bar_of_three_times_the_usual_volume_stands_out() -> None:
    columns = compute_set(drawn([100.0, 101.0] * 10, [1.0] * 19 + [3.0])).columns
    assert columns["volume_ratio"][-1] == pytest.approx(3.0 / (22 / 20))
    assert columns["volume_z"][-1] == pytest.approx(19**0.5)
