"""The engine: one flow from closed candles to a decision, for scan, replay and backtest alike."""
