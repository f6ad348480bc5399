"""Candles whose order in time is chance: blocks of them shuffled, everything inside a block as it was.

A candle is taken as its step from the close before it and its shape above its open, both as ratios. The blocks are laid end to end
in a random order from the first open on, so that the path is a valid price path with the same steps, the same shapes and, inside
a block, the same sequence. Volume moves with its candle. The times of the candles stay, holes included.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shared.models.data import Candles, Floats, Ints

BLOCK: Final = 96
"""Candles of a block: a day of 15m candles."""


def shuffled(candles: Candles, tick: float, draw: np.random.Generator) -> Candles:
    """The same candles in blocks of :data:`BLOCK` in an order drawn by ``draw``, prices on the grid of ``tick``."""
    order = _block_order(len(candles), draw)
    steps = np.log(candles.open) - np.log(np.r_[candles.open[:1], candles.close[:-1]])
    bodies = np.log(candles.close / candles.open)
    moves = (steps + bodies)[order]
    open_ = candles.open[0] * np.exp(np.r_[0.0, np.cumsum(moves)[:-1]] + steps[order])

    def shaped(name: str) -> Floats:
        return _on_grid(open_ * (getattr(candles, name) / candles.open)[order], tick)

    return Candles(
        candles.timeframe,
        candles.open_ms,
        open=_on_grid(open_, tick),
        high=shaped("high"),
        low=shaped("low"),
        close=shaped("close"),
        volume=candles.volume[order],
    )


def _block_order(bars: int, draw: np.random.Generator) -> Ints:
    """Every bar once, block after block."""
    starts = draw.permutation(np.arange(0, bars, BLOCK))
    return np.concatenate([np.arange(start, min(start + BLOCK, bars)) for start in starts.tolist()])


def _on_grid(prices: Floats, tick: float) -> Floats:
    """The nearest whole number of ticks, at least one. Rounding keeps order, so a high stays the highest."""
    return np.maximum(np.round(prices / tick), 1.0) * tick
