"""Scans at the closes of a timeframe, one decision a slot: the loop and the turn, with clocks and waits handed in."""
