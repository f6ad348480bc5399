"""The beginning of a scan, at the network's edge: which symbols, their closed candles, the benchmark's state."""

from __future__ import annotations
