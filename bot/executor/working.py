"""One plan's orders at work: the state of a paper trade and the rules by which a candle changes it.

Written for a long; a short is the same trade on negated prices (:class:`bot.executor.bars.Bars`). Limits fill on trade-through,
stops trigger on touch, and what a candle does not show is read against the trade (or, for the optimistic bound, for it).

1. a pending entry: expired, invalid at its first open, filled, or left behind by its first target
2. a position at the open: liquidated, stopped by a gap, out of time, targets jumped over
3. a position inside the candle: liquidated, stopped, targets reached
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple

from bot.executor.slippage import slippage
from bot.executor.terms import Leg, Terms
from shared.models.fills import Ending, Fill, Liquidity
from shared.models.orders import OrderKind

BPS: Final = 10_000


class Bar(NamedTuple):
    """One closed candle in the frame of the trade."""

    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Held(Enum):
    """Which part of a candle a position was held for: all of it, from a dip to a limit on, or from a break of a stop entry on."""

    WHOLE = "whole"
    DIP = "dip"
    BREAK = "break"


@dataclass(slots=True)
class Working:
    """The state of one trade. Prices are in its own frame: those of a short negated.

    ``doubt`` says that the last candle can be read in several ways; ``lucky`` reads it for the trade instead of against it.
    """

    terms: Terms
    lucky: bool = False
    phase: Ending = Ending.PENDING
    fills: list[Fill] = field(default_factory=list)
    seen: bool = False
    doubt: bool = False
    filled_ms: int = 0
    remaining: Decimal = Decimal(0)
    legs: tuple[Leg, ...] = ()
    stop: float = 0.0

    def __post_init__(self) -> None:
        """Lay out the orders."""
        self.stop, self.legs = self.level(self.terms.stop), self.terms.legs

    def level(self, price: Decimal, ticks: int = 0) -> float:
        """``price`` moved ``ticks`` in the trade's favour, in its frame; exact before it becomes a float."""
        return float(price * int(self.terms.side) + ticks * self.terms.tick)

    def copied(self) -> Working:
        """A copy that goes its own way."""
        other = copy(self)
        other.fills = list(self.fills)
        return other

    def see(self, bar: Bar) -> None:
        """Let one candle pass."""
        self.doubt = False
        held: Held | None = Held.WHOLE
        if self.phase is Ending.PENDING:
            held = ENTERS[self.terms.kind](self, bar)
        self.seen = True
        if held is Held.WHOLE and self.phase is Ending.OPEN:
            self._at_the_open(bar)
        if held and self.phase is Ending.OPEN:
            self._inside(bar, held)
        elif self.phase is Ending.PENDING and bar.high >= self.level(self.terms.legs[0].price):
            self.phase = Ending.RAN_AWAY

    def rest(self, close: float, *, anchor_closed: bool) -> None:
        """What is decided at a candle's close and holds from the next one on."""
        if self.phase is Ending.PENDING:
            beyond = close < self.level(self.terms.invalidation)
            if anchor_closed and beyond and self.terms.kind is not OrderKind.MARKET:
                self.phase = Ending.INVALIDATED
        elif self.terms.break_even is not None and len(self.legs) < len(self.terms.legs):
            self.stop = max(self.stop, self.level(self.terms.break_even))

    @property
    def moved(self) -> bool:
        """Whether the stop stands at break-even."""
        return self.stop > self.level(self.terms.stop)

    @property
    def liquidation(self) -> float:
        """Where the position is liquidated; nowhere if nothing is borrowed."""
        return self.level(self.terms.liquidation) if self.terms.liquidation else float("-inf")

    @property
    def until_ms(self) -> int:
        """When a position is closed at the open, whatever it is worth."""
        return self.filled_ms + self.terms.hold_ms

    def _at_the_open(self, bar: Bar) -> None:
        just_filled = self.filled_ms == bar.open_ms
        if bar.open <= self.liquidation:
            self._leave("stop", Ending.LIQUIDATED, bar.open, bar, triggered=True)
        elif bar.open <= self.stop:
            self._leave("stop", Ending.GAP_STOP, bar.open, bar, triggered=True)
        elif bar.open_ms >= self.until_ms and not just_filled:
            self._leave("time", Ending.TIME, bar.open, bar)
        else:
            self._take(bar, [leg for leg in self.legs if self.level(leg.price, 1) <= bar.open])

    def _inside(self, bar: Bar, held: Held) -> None:
        """Stop and targets between the candle's ends: what is certain happens, what is not is read against the trade."""
        level = max(self.stop, self.liquidation)
        touched = bar.low <= level
        certain = touched and (held is not Held.BREAK or bar.close <= level)
        reached = [leg for leg in self.legs if self.level(leg.price, 1) <= bar.high]
        first = held is not Held.DIP and not touched
        self.doubt = (bool(reached) and not first) or touched is not certain
        if first or self.lucky:
            self._take(bar, reached)
        if self.remaining and (certain if self.lucky else touched):
            self._stop_out(bar, level)

    def _stop_out(self, bar: Bar, level: float) -> None:
        ending = Ending.BREAK_EVEN if self.moved else Ending.STOP
        self._leave(
            "stop",
            Ending.LIQUIDATED if level == self.liquidation else ending,
            level,
            bar,
            triggered=True,
            floor=bar.low,
        )

    def _take(self, bar: Bar, legs: list[Leg]) -> None:
        """Fill targets in price order."""
        for leg in legs:
            quantity = min(leg.quantity, self.remaining)
            self._book(f"target-{leg.place}", bar, self.level(leg.price), quantity, "maker")
            self.remaining -= quantity
        self.legs = tuple(leg for leg in self.legs if leg not in legs)
        if legs and not self.remaining:
            self.phase = Ending.TARGET

    def _leave(
        self,
        leg: str,
        ending: Ending,
        price: float,
        bar: Bar,
        *,
        triggered: bool = False,
        floor: float | None = None,
    ) -> None:
        """Sell all that is left at the market, no lower than ``floor``."""
        worse = price - self._slip(price, self.remaining, bar, triggered=triggered)
        self._book(leg, bar, worse if floor is None else max(worse, floor), self.remaining, "taker")
        self.remaining, self.phase = Decimal(0), ending

    def enter(self, bar: Bar, price: float, liquidity: Liquidity, *, slips: bool = False) -> None:
        """Buy the whole position."""
        quantity = self.terms.quantity
        worse = price + self._slip(price, quantity, bar, triggered=False) if slips else price
        self._book("entry", bar, worse, quantity, liquidity)
        self.phase, self.remaining, self.filled_ms = Ending.OPEN, quantity, bar.open_ms

    def _slip(self, price: float, quantity: Decimal, bar: Bar, *, triggered: bool) -> float:
        terms = self.terms
        reach = bar.high - bar.low if triggered else 0.0
        return slippage(price, float(quantity), bar.volume, float(terms.tick), terms.costs, reach)

    def _book(self, leg: str, bar: Bar, price: float, quantity: Decimal, liquidity: Liquidity) -> None:
        costs = self.terms.costs
        rate = costs.maker_bps if liquidity == "maker" else costs.taker_bps
        paid = abs(price)
        fee = paid * float(quantity) * rate / BPS
        self.fills.append(Fill(leg, bar.open_ms, paid, quantity, liquidity, fee))


def _limit(trade: Working, bar: Bar) -> Held | None:
    """Rests at its price: filled at the first open at or below it, at any later open below it, else on trade-through."""
    if _gone(trade, bar):
        return None
    price = trade.level(trade.terms.entry)
    if not trade.seen and bar.open <= price:
        trade.enter(bar, bar.open, "taker")
        return Held.WHOLE
    if bar.open < price:
        trade.enter(bar, price, "maker")
        return Held.WHOLE
    if bar.low <= trade.level(trade.terms.entry, -1):
        trade.enter(bar, price, "maker")
        return Held.DIP
    return None


def _market(trade: Working, bar: Bar) -> Held | None:
    """Bought at the first open, unless that lies beyond the stop or the first target already."""
    if bar.open <= trade.stop:
        trade.phase = Ending.INVALIDATED_BEFORE_FILL
    elif bar.open >= trade.level(trade.terms.legs[0].price):
        trade.phase = Ending.RAN_AWAY
    else:
        trade.enter(bar, bar.open, "taker", slips=True)
        return Held.WHOLE
    return None


def _stop_entry(trade: Working, bar: Bar) -> Held | None:
    """Bought once price trades at or above it, at the open if that lies above."""
    if _gone(trade, bar):
        return None
    price = trade.level(trade.terms.entry)
    if bar.high < price:
        return None
    trade.enter(bar, max(bar.open, price), "taker", slips=True)
    return Held.WHOLE if bar.open >= price else Held.BREAK


def _gone(trade: Working, bar: Bar) -> bool:
    """Whether the order ends before this candle can fill it."""
    if bar.open_ms >= trade.terms.expires_ms:
        trade.phase = Ending.EXPIRED
    elif not trade.seen and bar.open <= trade.stop:
        trade.phase = Ending.INVALIDATED_BEFORE_FILL
    return trade.phase is not Ending.PENDING


ENTERS: Final[dict[OrderKind, Callable[[Working, Bar], Held | None]]] = {
    OrderKind.LIMIT: _limit,
    OrderKind.MARKET: _market,
    OrderKind.STOP: _stop_entry,
}
