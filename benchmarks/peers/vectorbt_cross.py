"""The cross in vectorbt: indicators, the simulation of all orders as arrays, trades and total return."""

import warnings

import pandas as pd
import vectorbt as vbt
from cross import FAST, MOST_RSI, RSI, SLOW, candles, report

warnings.simplefilter("ignore")
columns = candles()
index = pd.to_datetime(columns["open_ms"], unit="ms")
opened, close = pd.Series(columns["open"], index), pd.Series(columns["close"], index)


def work():
    fast, slow = vbt.MA.run(close, FAST), vbt.MA.run(close, SLOW)
    low = vbt.RSI.run(close, RSI).rsi_below(MOST_RSI)
    entries = (fast.ma_crossed_above(slow) & low).vbt.fshift(1)
    exits = fast.ma_crossed_below(slow).vbt.fshift(1)
    portfolio = vbt.Portfolio.from_signals(
        close, entries, exits, price=opened, size=1.0, init_cash=1e9, fees=0.001, freq="5min"
    )
    portfolio.total_return()
    return int(portfolio.trades.count())


report("vectorbt", len(close), work)
