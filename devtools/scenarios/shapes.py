"""The markets that scenarios share: long trends to stand on, and what happens in their last days."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from devtools.scenarios.drawing import Drawing, Leg, Legs, fall, rest, rise, spike, waves
from devtools.scenarios.scenario import Coin

UPTREND: Final = waves(17, rise(9, 168), fall(5.5, 120))
"""Seven months of higher highs and higher lows, a wave in twelve days."""
SLOW_UPTREND: Final = waves(8, rise(16, 400), fall(9, 240))
"""The same, a wave in four weeks: for profiles that trade 4h zones."""
SHORT_UPTREND: Final = waves(8, rise(9, 168), fall(5.5, 120))
"""Three months of it: too short for weekly candles."""

PULLBACK: Final = (rise(9, 150), fall(4.5, 60), spike(-0.6), rest(6), rise(2.2, 4, volume=3), fall(0.9, 10))
"""A new high, half of it given back, the low dipped under, a strong turn, and back towards it."""
TURN: Final = (
    rise(9, 150), fall(4.8, 60), rise(1.2, 10), fall(1.6, 8, volume=0.8), spike(-0.5), rise(3, 5, volume=3), rise(0.3, 6),
)  # fmt: skip
"""A pullback whose last low is swept before a strong turn."""
SWEPT: Final = (
    rise(9, 150), fall(4.5, 60), rise(1.2, 10), fall(1.4, 8, volume=0.8), spike(-0.5), rise(2.2, 4, volume=3), rise(0.3, 6),
    fall(1, 8),
)  # fmt: skip
"""The same, and price comes back to the turn."""
CONFIRMED: Final = (
    *TURN[:5], rise(4, 7, volume=3), rise(0.3, 4), fall(2.4, 5),
    rise(0.3, 1.5, noise=0.3), fall(0.25, 1.5, noise=0.3), rise(0.8, 1, noise=0.3, volume=2),
)  # fmt: skip
"""The turn's zone is touched and left upwards, over a small high."""
SLOW_TURN: Final = (
    rise(16, 400), fall(9, 200), rise(2.5, 40), fall(3, 32), spike(-1), rise(6, 18, volume=3), rise(0.6, 24), fall(2.4, 32),
)  # fmt: skip
"""A swept turn in 4h candles."""
RANGE_LOW: Final = (
    rise(9, 150), fall(7.4, 90), rise(1, 6), fall(1.2, 6), spike(-0.9), rise(2.4, 6, volume=3), fall(1, 4),
)  # fmt: skip
"""Deep into the range, its low swept, and a turn."""

BTC: Final = Coin(
    "BTC",
    Drawing(waves(17, rise(4, 150), fall(3, 138)), start=60_000.0, tick=0.1, seed=5, turnover=2e7),
    lot="0.00001",
)
"""A benchmark that minds its own business."""


def coin(tail: Legs, seed: int, base: str = "SOL", lead: Legs = UPTREND) -> Coin:
    """A coin with a trend behind it and ``tail`` as its last days."""
    return Coin(base, Drawing((*lead, *tail), seed=seed))


def flipped(one: Coin) -> Coin:
    """The same market upside down."""
    return replace(one, drawing=replace(one.drawing, flipped=True))


def redrawn(one: Coin, **changes: object) -> Coin:
    """The same with another start, tick, turnover or seed."""
    return replace(one, drawing=replace(one.drawing, **changes))  # type: ignore[arg-type]


def then(one: Coin, *legs: Leg) -> Coin:
    """The same with more at its end."""
    return replace(one, drawing=one.drawing.then(*legs))
