"""What became of a plan on later candles: its fills, how it ended, and what that was worth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

Liquidity = Literal["maker", "taker"]


class Ending(StrEnum):
    """How a plan stands, or how it ended. Until ``open`` included it is still alive; up to ``ran_away`` it was never filled."""

    PENDING = "pending"
    EXPIRED = "expired"
    INVALIDATED_BEFORE_FILL = "invalidated_before_fill"
    INVALIDATED = "invalidated"
    RAN_AWAY = "ran_away"
    OPEN = "open"
    STOP = "stop"
    GAP_STOP = "gap_stop"
    BREAK_EVEN = "break_even"
    TARGET = "target"
    TIME = "time"
    LIQUIDATED = "liquidated"


ALIVE: Final = frozenset({Ending.PENDING, Ending.OPEN})
"""Later candles may still change these."""

UNFILLED: Final = frozenset(
    {Ending.PENDING, Ending.EXPIRED, Ending.INVALIDATED_BEFORE_FILL, Ending.INVALIDATED, Ending.RAN_AWAY}
)
"""Nothing was bought or sold."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution: ``leg`` is ``entry``, ``stop``, ``time`` or ``target-<place>``; ``bar_ms`` the open time of the candle in
    which it happened. ``price`` in quote currency, slippage included; ``quantity`` and ``fee`` in base and quote currency."""

    leg: str
    bar_ms: int
    price: float
    quantity: Decimal
    liquidity: Liquidity
    fee: float


@dataclass(frozen=True, slots=True)
class Funding:
    """What a perpetual paid while it was held, in quote currency (negative: received), over ``stamps`` payments, ``missing`` of
    which had no rate on record and were charged the configured stress rate."""

    paid: float = 0.0
    stamps: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one plan, read pessimistically.

    ``result`` is net of fees, slippage and funding in quote currency and ``result_r`` the same over what the plan risked; an
    open position is marked to the last close. ``best_r`` is the same with every unknown inside a candle resolved in the trade's
    favour: it differs from ``result_r`` only where ``ambiguous``. ``ended_ms`` is the close of the candle in which it ended (the
    last one seen, while it is alive), ``filled_ms`` the open of the one that filled it, 0 if none did. ``worst_r`` and
    ``peak_r`` are the largest excursions against and for the position while it was open, costs left out.
    """

    fingerprint: str
    ending: Ending
    fills: tuple[Fill, ...]
    filled_ms: int
    ended_ms: int
    result: float
    result_r: float
    best_r: float
    worst_r: float
    peak_r: float
    ambiguous: bool
    funding: Funding

    @property
    def alive(self) -> bool:
        """Whether later candles may still change it."""
        return self.ending in ALIVE

    @property
    def filled(self) -> bool:
        """Whether anything was bought or sold."""
        return self.ending not in UNFILLED

    @property
    def targets_hit(self) -> int:
        """How many targets were filled."""
        return sum(fill.leg.startswith("target") for fill in self.fills)
