"""The paper broker beside backtesting.py: the same orders on the same candles, and the rules in which the two part."""
