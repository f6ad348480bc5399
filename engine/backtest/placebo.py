"""Placebo: what the same plans are worth at other times.

1. a plan is measured once, in ATR from its own close: entry, stop, targets, invalidation
2. on the other days of its month, at its own time of day, it is laid out anew from that time's close and ATR, on the tick, for the
   same risk, and played by the paper broker on the same candles
3. a draw gives every UTC day of trades one of the days on which all of them fit, so that trades of one day stay together, and is worth
   the mean R of those that finished

A plan has one place a day, so it is played some thirty times however many draws there are. The real plans are played in the same way,
at their own times: neither looks into finer candles, and funding that is not on record is charged alike.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np

from bot.executor.paper_broker import play
from bot.executor.terms import Terms, terms_of
from shared.models.backtest import Trade
from shared.models.costs import break_even_stop, loss_per_unit
from shared.models.data import Candles, Floats, Ints, Market
from shared.models.profile import CostRules
from shared.models.statistics import MIN_DAYS, MIN_TRADES, Placebo, Unsaid
from shared.models.timeframe import DAY_MS

DRAWS: Final = 1_000
SEED: Final = 7
LOW, HIGH = 0.05, 0.95
DIGITS: Final = 12
"""Decimals of a quantity: no lot is as fine, and legs still add up exactly."""


@dataclass(frozen=True, slots=True, eq=False)
class AtrColumn:
    """One symbol's ATR of the anchor timeframe, in price, by the close at which it is known; NaN during its warm-up. Shape (n,) each,
    oldest first."""

    close_ms: Ints
    value: Floats


@dataclass(frozen=True, slots=True)
class Shape:
    """A plan apart from its time: its terms, and the close and the ATR it was laid out from, in price."""

    terms: Terms
    close: float
    atr: float

    @property
    def life_ms(self) -> int:
        """From the decision to the latest end."""
        return self.terms.expires_ms - self.terms.live_ms + self.terms.hold_ms

    def at(self, time_ms: int, close: float, atr: float) -> Terms | None:
        """The same plan at another time, for the same risk: every price as many ATR from ``close`` as it was from its own. None where
        the tick is too coarse to keep its prices apart. Quantities are not rounded to lots."""
        terms, scale = self.terms, atr / self.atr

        def moved(price: Decimal) -> Decimal:
            return _on_tick(close + (float(price) - self.close) * scale, terms.tick)

        entry, stop = moved(terms.entry), moved(terms.stop)
        ladder = [stop, entry, *(moved(leg.price) for leg in terms.legs)]
        if min(ladder) <= 0 or not _rises(ladder, int(terms.side)):
            return None
        growth = terms.risk / (loss_per_unit(entry, stop, terms.costs) * terms.quantity)
        legs = tuple(
            replace(leg, price=price, quantity=round(leg.quantity * growth, DIGITS))
            for leg, price in zip(terms.legs, ladder[2:], strict=True)
        )
        costs, side, tick = terms.costs, terms.side, terms.tick
        return replace(
            terms,
            entry=entry,
            stop=stop,
            legs=legs,
            quantity=sum((leg.quantity for leg in legs), Decimal(0)),
            live_ms=time_ms,
            expires_ms=time_ms + terms.expires_ms - terms.live_ms,
            invalidation=moved(terms.invalidation),
            break_even=None
            if terms.break_even is None
            else break_even_stop(entry, ladder[2], side, tick, costs),
        )


def _on_tick(price: float, tick: Decimal) -> Decimal:
    return round(price / float(tick)) * tick


def _rises(ladder: Sequence[Decimal], way: int) -> bool:
    return all((after - before) * way > 0 for before, after in itertools.pairwise(ladder))


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """One symbol's base candles and anchor ATR: where its plans can be laid out."""

    candles: Candles
    atr: AtrColumn

    def carries(self, shape: Shape, time_ms: int) -> bool:
        """Whether there are a close and an ATR of which neither is older than an anchor candle."""
        bar, known = self._last(time_ms)
        fresh_ms = time_ms - shape.terms.anchor.ms
        return (
            min(bar, known) >= 0
            and min(self.candles.close_ms[bar], self.atr.close_ms[known]) > fresh_ms
            and bool(self.atr.value[known] > 0)
        )

    def sees_end(self, shape: Shape, time_ms: int) -> bool:
        """Whether the candles reach to the latest end a plan could have."""
        return time_ms + shape.life_ms < int(self.candles.close_ms[-1])

    def result_r(self, shape: Shape, time_ms: int) -> float:
        """What the plan is worth at a time that carries it, in R; NaN if it is not filled, or still open when the candles end."""
        bar, known = self._last(time_ms)
        terms = shape.at(time_ms, float(self.candles.close[bar]), float(self.atr.value[known]))
        if terms is None:
            return float("nan")
        last = int(np.searchsorted(self.candles.open_ms, time_ms + shape.life_ms + self.candles.timeframe.ms))
        outcome = play(terms, self.candles.rows(bar, min(last + 2, len(self.candles))))
        return outcome.result_r if outcome.filled and not outcome.alive else float("nan")

    def _last(self, time_ms: int) -> tuple[int, int]:
        """The last candle and the last ATR known at a time, −1 before the first."""
        bar = np.searchsorted(self.candles.close_ms, time_ms, "right") - 1
        return int(bar), int(np.searchsorted(self.atr.close_ms, time_ms, "right") - 1)


Task = tuple[Ground, tuple[tuple[Shape, tuple[int, ...]], ...]]
"""One symbol, and its plans each with the times at which it is played."""


@dataclass(frozen=True, slots=True)
class Day:
    """Trades of one UTC day, by symbol, and the days that may stand for it, as shifts in ms; the first is 0, its own."""

    shapes: tuple[tuple[str, Shape], ...]
    shifts: tuple[int, ...]


def placebo(
    trades: Sequence[Trade],
    candles: Mapping[str, Candles],
    atr: Mapping[str, AtrColumn],
    costs: CostRules,
    markets: Mapping[str, Market],
    draws: int = DRAWS,
    seed: int = SEED,
    *,
    executor: Executor | None = None,
) -> Placebo | Unsaid:
    """Where the real expectancy lies among those of the same plans at other times of the same month (the module says how).

    ``candles`` are those of the base timeframe and ``atr`` that of the anchor timeframe, by symbol. ``trades`` are all that were taken,
    filled or not. A day may stand for another if every trade of that day has a close and an ATR there, and candles up to its latest
    end; where no day has those, being able to start is enough. The same for any executor; its tasks are one a symbol.
    """
    grounds = {symbol: Ground(candles[symbol], atr[symbol]) for symbol in {trade.symbol for trade in trades}}
    days = _days(trades, grounds, costs, markets)
    results = _results(days, grounds, executor)
    real = np.concatenate([result[:, 0] for result in results]) if results else np.empty(0)
    finished = int(np.isfinite(real).sum())
    traded_days = sum(bool(np.isfinite(result[:, 0]).any()) for result in results)
    if finished < MIN_TRADES or traded_days < MIN_DAYS:
        return Unsaid(f"{finished} of {MIN_TRADES} trades on {traded_days} of {MIN_DAYS} days")
    return _verdict(float(np.nanmean(real)), *_drawn(results, draws, seed))


def _verdict(real: float, means: Floats, counts: Ints) -> Placebo:
    low, high = np.quantile(means, (LOW, HIGH))
    return Placebo(
        draws=len(means),
        trades=float(counts.mean()),
        real=real,
        mean=float(means.mean()),
        low=float(low),
        high=float(high),
        percentile=float((means < real).mean()),
    )


def _drawn(results: Sequence[Floats], draws: int, seed: int) -> tuple[Floats, Ints]:
    """Mean R and number of finished trades of every draw in which any finished; shape (draws,) each."""
    random = np.random.default_rng(seed).random((len(results), draws))
    sums, counts = np.zeros(draws), np.zeros(draws, np.int64)
    for result, chance in zip(results, random, strict=True):
        chosen = (chance * result.shape[1]).astype(np.int64)
        sums += np.nansum(result, axis=0)[chosen]
        counts += np.isfinite(result).sum(axis=0)[chosen]
    some = counts > 0
    return sums[some] / counts[some], counts[some]


def _days(
    trades: Iterable[Trade],
    grounds: Mapping[str, Ground],
    costs: CostRules,
    markets: Mapping[str, Market],
) -> list[Day]:
    """Trades by UTC day, oldest first; those without a close or an ATR at their own time are left out."""
    by_day: dict[int, list[tuple[str, Shape]]] = defaultdict(list)
    for trade in trades:
        plan, symbol = trade.setup.plan, trade.symbol
        terms = terms_of(plan, trade.setup.risk.quantity, markets[symbol], costs)
        shape = Shape(terms, float(plan.close), trade.atr)
        if grounds[symbol].carries(shape, terms.live_ms):
            by_day[terms.live_ms // DAY_MS].append((symbol, shape))
    return [Day(tuple(shapes), _shifts(day, shapes, grounds)) for day, shapes in sorted(by_day.items())]


def _shifts(day: int, shapes: Sequence[tuple[str, Shape]], grounds: Mapping[str, Ground]) -> tuple[int, ...]:
    """Shifts to the other days of the month that can stand for ``day``, its own first."""

    def fits(shift_ms: int, asks: Callable[[Ground, Shape, int], bool]) -> bool:
        return all(asks(grounds[symbol], shape, shape.terms.live_ms + shift_ms) for symbol, shape in shapes)

    others = [(other - day) * DAY_MS for other in _month(day) if other != day]
    open_days = [shift for shift in others if fits(shift, Ground.carries)]
    whole = [shift for shift in open_days if fits(shift, Ground.sees_end)]
    return 0, *(whole or open_days)


def _month(day: int) -> range:
    """Every day of the month of ``day``, as days since the epoch."""
    month = np.datetime64(day, "D").astype("datetime64[M]")
    first, after = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    return range(int(first.astype(np.int64)), int(after.astype(np.int64)))


def _results(days: Sequence[Day], grounds: Mapping[str, Ground], executor: Executor | None) -> list[Floats]:
    """R of each day's trades at each of its places, NaN where a trade did not finish; shape (trades, places) each."""
    wanted: dict[str, list[tuple[Shape, tuple[int, ...]]]] = defaultdict(list)
    for day in days:
        for symbol, shape in day.shapes:
            wanted[symbol].append((shape, tuple(shape.terms.live_ms + shift for shift in day.shifts)))
    tasks: list[Task] = [(grounds[symbol], tuple(plans)) for symbol, plans in wanted.items()]
    played = executor.map(_play, tasks) if executor else map(_play, tasks)
    rows = {symbol: iter(found) for symbol, found in zip(wanted, played, strict=True)}
    return [np.array([next(rows[symbol]) for symbol, _ in day.shapes]) for day in days]


def _play(task: Task) -> list[Floats]:
    """R of each plan at each of its times; one array a plan."""
    ground, plans = task
    return [np.array([ground.result_r(shape, time_ms) for time_ms in times]) for shape, times in plans]
