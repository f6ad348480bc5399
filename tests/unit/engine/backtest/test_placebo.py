"""Placebo: the same plans at other times, on candles made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from multiprocessing import get_context

import numpy as np
import pytest

from bot.executor.paper_broker import play
from bot.executor.terms import terms_of
from engine.backtest.placebo import AtrColumn, Ground, Shape, placebo
from shared.models.backtest import Trade
from shared.models.costs import loss_per_unit
from shared.models.data import Candles, Floats, Market
from shared.models.profile import CostRules
from shared.models.smc import Side
from shared.models.statistics import Placebo, Unsaid
from shared.models.timeframe import DAY_MS, Timeframe
from tests.fixtures.hand_backtest import ATR, MONDAY_MS, hand_trade
from tests.fixtures.hand_scan import HOUR_MS

BAR_MS = Timeframe.M15.ms
DAYS = 91
"""January to March 2024."""
COSTS = CostRules()
NO_COSTS = replace(COSTS, maker_bps=0.0, taker_bps=0.0, slippage_bps=0.0)


def market(symbol: str) -> Market:
    base, quote = symbol.split("/")
    step = Decimal("0.00001")
    return Market(
        "demo", symbol, base + quote, base, quote, "spot", Decimal("0.1"), step, Decimal(5), True, "exchange"
    )


def walk(seed: int, steps: Floats | None = None) -> Candles:
    """Three months of 15m candles about 67,000: whole steps of a fair walk, on which ``steps`` (log price) are put."""
    draw = np.random.default_rng(seed)
    count = DAYS * DAY_MS // BAR_MS
    moves = draw.normal(0, 0.002, count) + (0 if steps is None else steps)
    close = 67_000 * np.exp(np.cumsum(moves))
    opened = np.r_[67_000, close[:-1]]
    high = np.maximum(opened, close) * (1 + draw.exponential(0.0005, count))
    low = np.minimum(opened, close) * (1 - draw.exponential(0.0005, count))
    times = MONDAY_MS + BAR_MS * np.arange(count, dtype=np.int64)
    prices = (np.round(column, 1) for column in (opened, high, low, close))
    return Candles(Timeframe.M15, times, *prices, np.full(count, 1e6))


def steady_atr(value: float = ATR) -> AtrColumn:
    close_ms = MONDAY_MS + HOUR_MS * np.arange(1, DAYS * 24 + 1, dtype=np.int64)
    return AtrColumn(close_ms, np.full(close_ms.size, value))


def taken(
    candles: Candles, at_ms: int, side: Side = Side.LONG, symbol: str = "BTC/USDT", atr: float = ATR
) -> Trade:
    """A plan laid out about the close of ``at_ms``: entry a limit 0.2 ATR off it, stop 1.2, targets 2 and 4 away from the entry."""
    trade = hand_trade(decided_ms=at_ms, side=side, symbol=symbol)
    close = Decimal(repr(float(candles.close[np.searchsorted(candles.close_ms, at_ms)])))
    way = int(side)

    def price(distance: float) -> Decimal:
        return close + round(way * distance * atr / 0.1) * Decimal("0.1")

    plan = trade.setup.plan
    entry = replace(plan.entry, price=price(-0.2), invalidation=price(-1.0))
    targets = (
        replace(plan.targets[0], price=price(1.8), fraction=Decimal("0.5")),
        replace(plan.targets[1], price=price(3.8), fraction=Decimal("0.5")),
    )
    stop = replace(plan.stop, price=price(-1.4))
    plan = replace(plan, close=close, entry=entry, stop=stop, targets=targets, hold_bars=24)
    return replace(trade, atr=atr, setup=replace(trade.setup, plan=plan))


def somewhen(candles: Candles, seed: int, count: int = 50) -> list[Trade]:
    """Plans of either side at random times."""
    draw = np.random.default_rng(seed)
    times = MONDAY_MS + BAR_MS * draw.integers(96, (DAYS - 4) * 96, count)
    sides = draw.choice((1, -1), count)
    return [taken(candles, int(at), Side(int(side))) for at, side in zip(times, sides, strict=True)]


def of(
    trades: Sequence[Trade], *worlds: Candles, costs: CostRules = COSTS, **how: object
) -> Placebo | Unsaid:
    """``worlds`` are BTC's candles, and ETH's if there are more."""
    names = ("BTC/USDT", "ETH/USDT")[: len(worlds)]
    return placebo(
        trades,
        dict(zip(names, worlds, strict=True)),
        {name: steady_atr() for name in names},
        costs,
        {name: market(name) for name in names},
        **how,  # type: ignore[arg-type]
    )


def found(result: Placebo | Unsaid) -> Placebo:
    assert isinstance(result, Placebo)
    return result


def test_plans_at_random_times_are_worth_what_the_placebo_is() -> None:
    percentiles = []
    for seed in range(8):
        candles = walk(seed)
        percentiles.append(found(of(somewhen(candles, seed + 100), candles)).percentile)
    assert 0.3 < np.mean(percentiles) < 0.7
    assert min(percentiles) < 0.3 < 0.7 < max(percentiles)


def test_a_planted_edge_lies_above_nearly_every_draw() -> None:
    draw = np.random.default_rng(3)
    chosen = np.sort(draw.choice(np.arange(2, DAYS - 4), 50, replace=False))
    steps = np.zeros(DAYS * 96)
    for day in chosen:
        steps[day * 96 : day * 96 + 40] = -0.0012
        steps[day * 96 + 56 : day * 96 + 96] = 0.0012
    candles = walk(1, steps)
    result = found(
        of([taken(candles, MONDAY_MS + int(day) * DAY_MS + 12 * HOUR_MS) for day in chosen], candles)
    )
    assert result.real > result.high > result.mean
    assert result.percentile > 0.99


def test_at_its_own_time_a_plan_is_played_as_it_was() -> None:
    candles = walk(5)
    for trade in somewhen(candles, 8, 30):
        terms = terms_of(trade.setup.plan, trade.setup.risk.quantity, market(trade.symbol), COSTS)
        shape = Shape(terms, float(trade.setup.plan.close), trade.atr)
        again = shape.at(trade.decided_ms, float(trade.setup.plan.close), trade.atr)
        assert again == terms
        here = Ground(candles, steady_atr()).result_r(shape, trade.decided_ms)
        outcome = play(terms, candles)
        assert here == outcome.result_r if outcome.filled else np.isnan(here)


@pytest.mark.parametrize("side", Side)
def test_a_plan_keeps_its_distances_in_atr_its_times_and_its_risk(side: Side) -> None:
    trade = taken(walk(5), MONDAY_MS + 5 * DAY_MS, side)
    terms = terms_of(trade.setup.plan, Decimal("0.2"), market("BTC/USDT"), COSTS)
    close, at_ms = float(trade.setup.plan.close), terms.live_ms + DAY_MS
    moved = Shape(terms, close, ATR).at(at_ms, 40_000.0, 2 * ATR)
    assert moved is not None
    for before, after in (
        (terms.entry, moved.entry),
        (terms.stop, moved.stop),
        (terms.invalidation, moved.invalidation),
        *((leg.price, other.price) for leg, other in zip(terms.legs, moved.legs, strict=True)),
    ):
        assert (float(after) - 40_000) / (2 * ATR) == pytest.approx((float(before) - close) / ATR, abs=1e-4)
        assert after % terms.tick == 0
    assert (moved.live_ms, moved.expires_ms - at_ms) == (at_ms, terms.expires_ms - terms.live_ms)
    assert float(moved.risk) == pytest.approx(float(terms.risk), rel=1e-9)
    assert loss_per_unit(moved.entry, moved.stop, COSTS) > loss_per_unit(terms.entry, terms.stop, COSTS)
    assert sum(leg.quantity for leg in moved.legs) == moved.quantity
    assert moved.break_even is not None
    assert (moved.break_even - moved.entry) * int(side) > 0


def test_a_tick_too_coarse_for_the_plan_leaves_it_out() -> None:
    trade = taken(walk(5), MONDAY_MS + 5 * DAY_MS)
    terms = terms_of(trade.setup.plan, Decimal("0.2"), market("BTC/USDT"), COSTS)
    assert Shape(terms, float(trade.setup.plan.close), ATR).at(terms.live_ms, 40_000.0, 0.01) is None


def test_trades_of_one_day_stay_together() -> None:
    candles = walk(11)
    alone = somewhen(candles, 4, 60)
    twins = [
        replace(trade, setup=replace(trade.setup, plan=replace(trade.setup.plan, symbol="ETH/USDT")))
        for trade in alone
    ]
    one, two = found(of(alone, candles)), found(of([*alone, *twins], candles, candles))
    assert two.trades == pytest.approx(2 * one.trades)
    assert (two.mean, two.low, two.high) == pytest.approx((one.mean, one.low, one.high))


def test_costs_are_paid() -> None:
    candles = walk(2)
    trades = somewhen(candles, 2)
    paid, free = found(of(trades, candles)), found(of(trades, candles, costs=NO_COSTS))
    assert paid.mean < free.mean - 0.05


def test_a_day_without_the_whole_life_of_a_plan_stands_for_no_other() -> None:
    """The candles end in February with a fall of ten hours, which no plan could have been followed through."""
    steps = np.zeros(DAYS * 96)
    steps[57 * 96 + 56 : 58 * 96] = -0.01
    calm, falling = walk(6).head(58 * 96), walk(6, steps).head(58 * 96)
    days = *range(2, 25), *range(32, 52)
    times = [MONDAY_MS + day * DAY_MS + hour * HOUR_MS for day in days for hour in (1, 12)]
    trades = [taken(calm, time_ms, Side.SHORT) for time_ms in times]
    assert found(of(trades, falling)) == found(of(trades, calm))


@pytest.mark.parametrize("missing", ["candles", "ATR"])
def test_a_day_without_a_fresh_close_or_atr_stands_for_no_other(missing: str) -> None:
    """From the tenth of January on one of the two is missing, so every day of January's first nine has only those to go to."""
    whole, times = walk(6), [MONDAY_MS + day * DAY_MS + 12 * HOUR_MS for day in range(2, 9)]
    candles = whole.head(9 * 96) if missing == "candles" else whole
    column = steady_atr()
    known = column.close_ms < MONDAY_MS + 9 * DAY_MS if missing == "ATR" else column.value > 0
    ground = Ground(candles, AtrColumn(column.close_ms[known], column.value[known]))
    terms = terms_of(taken(whole, times[0]).setup.plan, Decimal("0.1"), market("BTC/USDT"), COSTS)
    shape = Shape(terms, 67_000.0, ATR)
    assert [ground.carries(shape, time_ms) for time_ms in times] == [True] * 7
    assert [ground.carries(shape, time_ms + 7 * DAY_MS) for time_ms in times] == [False] * 7
    assert not ground.carries(shape, MONDAY_MS)


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    candles = walk(2)
    trades = somewhen(candles, 2)
    assert of(trades, candles) == of(trades, candles)
    assert of(trades, candles) != of(trades, candles, seed=8)


def test_any_executor_gives_the_same() -> None:
    candles, other = walk(2), walk(3)
    trades = [
        *somewhen(candles, 2, 30),
        *(taken(other, trade.decided_ms, symbol="ETH/USDT") for trade in somewhen(other, 5, 30)),
    ]
    alone = of(trades, candles, other)
    with ThreadPoolExecutor(2) as threads:
        assert of(trades, candles, other, executor=threads) == alone
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as processes:
        assert of(trades, candles, other, executor=processes) == alone


def test_too_few_trades_are_told_as_such() -> None:
    candles = walk(2)
    result = of(somewhen(candles, 2, 12), candles)
    assert isinstance(result, Unsaid)
    assert "of 30 trades" in result.why
    assert of([], candles) == Unsaid("0 of 30 trades on 0 of 20 days")
