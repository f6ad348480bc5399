"""Backtests: a history decided on as the scan would have, and what may be believed of the result."""
