"""Live decisions beside the backtest's of the same closes: what differs, and why."""
