"""A taken setup as it stood at a time: what of its outcome was known by then, as a position, as money, as a closed trade."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from bot.executor.bars import Bars
from bot.executor.funding import Charge, funding_charges
from bot.executor.terms import Terms
from shared.models.backtest import Trade
from shared.models.data import Candles, Floats, Ints
from shared.models.fills import Ending, Fill
from shared.models.risk import Position
from shared.models.trades import EXITS, ClosedTrade


@dataclass(frozen=True)
class Taken:
    """A trade, its terms, the heat it was approved with in R, and the candles it lives on."""

    trade: Trade
    terms: Terms
    heat_r: float
    candles: Candles

    @property
    def symbol(self) -> str:
        """Its market."""
        return self.trade.symbol

    def is_over(self, now_ms: int) -> bool:
        """Whether its end was known at a close."""
        outcome = self.trade.outcome
        return not outcome.alive and outcome.ended_ms <= now_ms

    def is_stranded(self, now_ms: int) -> bool:
        """Whether it is still held though its time is over: its market has no candle any more on which it could be left."""
        outcome = self.trade.outcome
        over_ms = outcome.filled_ms + self.terms.hold_ms + self.candles.timeframe.ms
        return outcome.ending is Ending.OPEN and over_ms <= now_ms

    def fills_by(self, now_ms: int) -> tuple[Fill, ...]:
        """Fills in candles closed by then."""
        length_ms = self.candles.timeframe.ms
        return tuple(fill for fill in self.trade.outcome.fills if fill.bar_ms + length_ms <= now_ms)

    def position(self, now_ms: int) -> Position:
        """What it counts against the limits: all of it while it rests, what is left of it afterwards, without risk once the stop
        stands at break-even."""
        plan, fills = self.trade.setup.plan, self.fills_by(now_ms)
        left = _left(fills) if fills else self.terms.quantity
        moved = self.terms.break_even is not None and any(fill.leg.startswith("target") for fill in fills)
        risk_r = 0.0 if moved else self.heat_r * float(left / self.terms.quantity)
        stop = self.terms.break_even if moved and self.terms.break_even is not None else plan.stop.price
        return Position(plan.exchange, plan.symbol, plan.side, left, plan.entry.price, stop, risk_r)

    def worth(self, now_ms: int) -> Decimal:
        """Quote currency won or lost by then: at its end its result, before that its fills and the funding paid, with what is left marked to the
        last close."""
        if self.is_over(now_ms):
            return Decimal(repr(self.trade.outcome.result))
        fills = self.fills_by(now_ms)
        if not fills:
            return Decimal(0)
        way = int(self.terms.side)
        flow = sum(
            (-way if fill.leg == "entry" else way) * fill.price * float(fill.quantity) - fill.fee
            for fill in fills
        )
        flow -= sum(charge.paid for charge in self.charges if charge.stamp_ms < now_ms)
        return Decimal(repr(flow + way * float(_left(fills)) * _last_close(self.candles, now_ms)))

    def marks(self, times_ms: Ints) -> Floats:
        """:meth:`worth` at each of ``times_ms``, shape (n,), as floats."""
        outcome, candles, way = self.trade.outcome, self.candles, int(self.terms.side)
        worth, left = np.zeros((2, times_ms.size))
        if not outcome.fills:
            return worth
        for fill in outcome.fills:
            known = fill.bar_ms + candles.timeframe.ms <= times_ms
            bought = float(fill.quantity) * (1 if fill.leg == "entry" else -1)
            left += np.where(known, bought, 0.0)
            worth -= np.where(known, way * bought * fill.price + fill.fee, 0.0)
        for charge in self.charges:
            worth -= np.where(charge.stamp_ms < times_ms, charge.paid, 0.0)
        last = np.maximum(candles.close_ms.searchsorted(times_ms, "right") - 1, 0)
        worth += way * left * candles.close[last]
        over = (times_ms >= outcome.ended_ms) & (not outcome.alive)
        return np.where(over, outcome.result, worth)

    @cached_property
    def charges(self) -> tuple[Charge, ...]:
        """The funding it paid, oldest first."""
        bars = Bars.of(self.candles, self.terms.side)
        return funding_charges(self.terms, self.trade.outcome.fills, bars, len(bars) - 1, None)

    def closed(self) -> ClosedTrade:
        """As protections count it."""
        outcome = self.trade.outcome
        return ClosedTrade(
            self.symbol, self.trade.side, outcome.ended_ms, outcome.result_r, EXITS[outcome.ending]
        )


def _left(fills: tuple[Fill, ...]) -> Decimal:
    return sum((fill.quantity if fill.leg == "entry" else -fill.quantity for fill in fills), Decimal(0))


def _last_close(candles: Candles, now_ms: int) -> float:
    return float(candles.close[int(candles.close_ms.searchsorted(now_ms, "right")) - 1])
