"""One bracket of orders played by the paper broker and by backtesting.py, told in the same words.

backtesting.py knows no expiry and no holding time: its strategy cancels and closes at the closes at which ours would. What an
order pays for taking liquidity is a rule of ours alone and is charged to its exits too, so that prices can be compared.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from bot.executor.paper_broker import play
from bot.executor.slippage import slippage
from bot.executor.terms import Terms
from shared.models.data import Candles
from shared.models.fills import UNFILLED, Ending, Fill, Outcome

if TYPE_CHECKING:
    import pandas as pd

How = Literal["none", "open", "stop", "target", "time"]
"""Never filled, still held after the last candle, or by which order it was left."""

CASH: Final = 1e9
"""So much that no order is refused."""
ENDS: Final[Mapping[Ending, How]] = {
    **dict.fromkeys(UNFILLED, "none"),
    Ending.OPEN: "open",
    Ending.STOP: "stop",
    Ending.GAP_STOP: "stop",
    Ending.TARGET: "target",
    Ending.TIME: "time",
}


@dataclass(frozen=True, slots=True)
class Case:
    """``terms``: a limit entry with its stop and one target for all of a whole number of units. ``candles`` have no hole and begin
    when the orders go live."""

    terms: Terms
    candles: Candles

    @property
    def expires_bar(self) -> int:
        """The first candle at which the entry is gone."""
        return (self.terms.expires_ms - self.terms.live_ms) // self.candles.timeframe.ms

    @property
    def hold_bars(self) -> int:
        """A position is closed at the open of the candle that is so many after the one that filled it."""
        return self.terms.hold_ms // self.candles.timeframe.ms

    @property
    def size(self) -> int:
        """Units, negative for a short."""
        return int(self.terms.side) * int(self.terms.quantity)


@dataclass(frozen=True, slots=True)
class Trip:
    """What became of a case: candles counted from its first, prices as filled, ``net`` in quote currency after fees (an open
    position at the last close). Without a fill all numbers are 0, without an exit those of the exit."""

    how: How
    entry_bar: int = 0
    entry: float = 0.0
    exit_bar: int = 0
    exit: float = 0.0
    net: float = 0.0

    def agrees(self, other: Trip) -> bool:
        """Same orders filled in the same candles at the same prices, for the same money."""
        same = (self.how, self.entry_bar, self.exit_bar) == (other.how, other.entry_bar, other.exit_bar)
        mine, theirs = (self.entry, self.exit, self.net), (other.entry, other.exit, other.net)
        return same and bool(np.allclose(mine, theirs, rtol=0.0, atol=1e-7))


def played_here(case: Case) -> tuple[Trip, Outcome]:
    """The case as the paper broker plays it, and what it says of it."""
    outcome = play(case.terms, case.candles)
    if not outcome.filled:
        return Trip("none"), outcome
    entry, *exits = outcome.fills
    left = _place(case, exits[0]) if exits else (0, 0.0)
    return Trip(ENDS[outcome.ending], *_place(case, entry), *left, outcome.result), outcome


def _place(case: Case, fill: Fill) -> tuple[int, float]:
    return (fill.bar_ms - case.terms.live_ms) // case.candles.timeframe.ms, fill.price


def played_there(cases: Sequence[Case], fee: float) -> list[Trip]:
    """The cases as backtesting.py plays them at ``fee`` (a share of what is bought or sold) a fill, in their order.

    They stand end to end in one run, each behind a candle at whose close its orders are placed and at whose open what the one
    before left is closed.

    Raises:
        ModuleNotFoundError: backtesting.py is not installed.
    """
    from backtesting import Backtest, Strategy

    starts = 2 + np.cumsum([0, *(len(case.candles) + 1 for case in cases)])
    strategy = type("Brackets", (Strategy,), {"init": _nothing, "next": _next(cases, starts.tolist())})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of doubtful candles, and pandas of its ways
        trades = Backtest(_frame(cases), strategy, cash=CASH, commission=fee).run()["_trades"]
    found = {int(row.Tag): row for row in trades.itertuples()}
    return [
        _trip(case, found[number], int(starts[number])) if number in found else Trip("none")
        for number, case in enumerate(cases)
    ]


def _nothing(strategy: Any) -> None:
    """It has no indicators."""


def _next(cases: Sequence[Case], starts: Sequence[int]) -> Any:
    """The strategy's step at every close: place a case's orders, end them, and clear up behind it."""
    case_of = np.repeat(np.arange(len(cases)), [len(case.candles) + 1 for case in cases]).tolist()

    def step(strategy: Any) -> None:
        coming = len(strategy.data)
        if coming - 1 >= starts[-1] - 1:
            return
        number = case_of[coming - 2]
        case, bar = cases[number], coming - starts[number]
        if bar == 0:
            _place_orders(strategy, case, number)
        if bar in (case.expires_bar, len(case.candles)):
            _cancel_entry(strategy)
        for trade in strategy.trades:
            if coming - trade.entry_bar >= case.hold_bars or bar == len(case.candles):
                trade.close()

    return step


def _place_orders(strategy: Any, case: Case, number: int) -> None:
    terms = case.terms
    order = strategy.buy if case.size > 0 else strategy.sell
    order(
        size=abs(case.size),
        limit=float(terms.entry),
        sl=float(terms.stop),
        tp=float(terms.legs[0].price),
        tag=number,
    )


def _cancel_entry(strategy: Any) -> None:
    for order in strategy.orders:
        if not order.is_contingent:
            order.cancel()


def _frame(cases: Sequence[Case]) -> pd.DataFrame:
    """All candles in a row, flat ones between the cases."""
    import pandas as pd

    rows = [_flat(cases[0].terms)]
    for case in cases:
        candles = case.candles
        rows += [_flat(case.terms), np.c_[candles.open, candles.high, candles.low, candles.close]]
    rows.append(_flat(cases[-1].terms))
    table = np.concatenate(rows)
    times = pd.date_range("2000-01-01", periods=len(table), freq="5min")
    return pd.DataFrame(table, columns=["Open", "High", "Low", "Close"], index=times)


def _flat(terms: Terms) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.full((1, 4), float(terms.entry))


def _trip(case: Case, row: Any, start: int) -> Trip:
    """A trade of theirs in our words, what our exits pay for taking liquidity charged to it."""
    bar, net = int(row.ExitBar) - start, float(row.PnL)
    entry = int(row.EntryBar) - start, float(row.EntryPrice)
    fee = float(case.terms.costs.taker_bps) / 10_000
    if bar >= len(case.candles):
        last = float(case.candles.close[-1])
        return Trip("open", *entry, net=case.size * (last - entry[1]) - abs(case.size) * entry[1] * fee)
    how = _how(case, float(row.ExitPrice), timed=bar - entry[0] >= case.hold_bars)
    price = _charged(case, how, float(row.ExitPrice), bar)
    worse = price - float(row.ExitPrice)
    return Trip(how, *entry, bar, price, net + case.size * worse - abs(case.size) * worse * fee)


def _how(case: Case, price: float, *, timed: bool) -> How:
    """By which order a trade of theirs was left; it does not say so itself."""
    side = int(case.terms.side)
    if timed:
        return "time"
    return "stop" if (price - float(case.terms.stop)) * side <= 0 else "target"


def _charged(case: Case, how: How, price: float, bar: int) -> float:
    """``price`` made worse as ours is: a stop inside its candle at most down to the candle's low (a short's high)."""
    if how == "target":
        return price
    terms, candles, side = case.terms, case.candles, int(case.terms.side)
    high, low, opened = float(candles.high[bar]), float(candles.low[bar]), float(candles.open[bar])
    reach = high - low if how == "stop" else 0.0
    volume = float(candles.volume[bar])
    worse = price - side * slippage(
        price, float(terms.quantity), volume, float(terms.tick), terms.costs, reach
    )
    if price == opened:
        return worse
    return max(worse, low) if side > 0 else min(worse, high)
