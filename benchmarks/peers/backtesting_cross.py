"""The cross in backtesting.py: indicators, the run, its statistics."""

import warnings

import pandas as pd
from backtesting import Backtest, Strategy
from cross import FAST, MOST_RSI, RSI, SLOW, candles, report


def mean(values, length):
    return pd.Series(values).rolling(length).mean()


def rsi(values, length):
    change = pd.Series(values).diff()
    up, down = (part.clip(lower=0).rolling(length).mean() for part in (change, -change))
    return 100 * up / (up + down)


class Cross(Strategy):
    def init(self):
        close = self.data.Close
        self.fast, self.slow = self.I(mean, close, FAST), self.I(mean, close, SLOW)
        self.rsi = self.I(rsi, close, RSI)

    def next(self):
        above, before = self.fast[-1] > self.slow[-1], self.fast[-2] > self.slow[-2]
        if above and not before and self.rsi[-1] < MOST_RSI:
            self.buy(size=1)
        elif before and not above:
            self.position.close()


warnings.simplefilter("ignore")
columns = candles()
frame = pd.DataFrame(
    {name.title(): columns[name] for name in ("open", "high", "low", "close", "volume")},
    index=pd.to_datetime(columns["open_ms"], unit="ms"),
)
report(
    "backtesting",
    len(frame),
    lambda: len(Backtest(frame, Cross, cash=1e9, commission=0.001, finalize_trades=True).run()["_trades"]),
)
