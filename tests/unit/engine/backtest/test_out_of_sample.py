"""The tests of a walk-forward as one backtest: equity adds up, counts add up, and only the walk-forward's trades are in it."""

from __future__ import annotations

from dataclasses import replace

from engine.backtest.out_of_sample import joined
from shared.config.profiles import load_profile
from shared.models.backtest import Backtest, Trade
from shared.models.statistics import Expectancy, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS
from shared.models.walk_forward import Choice, Fold, FoldResult, WalkForward, Window
from tests.fixtures.hand_backtest import CAPITAL, MONDAY_MS, RISK, hand_backtest, hand_trade

WORTH = Expectancy(30, 20, 0.1, 0.0, 0.2, 0.1, 0)
CHOICE = Choice(load_profile(), "a" * 64, 2, WORTH, WORTH)


def at(day: float, result_r: float, symbol: str = "BTC/USDT") -> Trade:
    return hand_trade(result_r, decided_ms=MONDAY_MS + round(day * DAY_MS), symbol=symbol)


def part(first: int, *trades: Trade) -> Backtest:
    since_ms = MONDAY_MS + first * DAY_MS
    return hand_backtest(trades, since_ms=since_ms, until_ms=since_ms + 10 * DAY_MS)


def walk(*parts: Backtest, without: tuple[Trade, ...] = ()) -> WalkForward:
    lead = Window(0, MONDAY_MS)
    folds = tuple(
        FoldResult(Fold(lead, lead, Window(one.since_ms, one.until_ms)), CHOICE, 1, Insufficient(1, 1))
        for one in parts
    )
    trades = tuple(trade for one in parts for trade in one.trades if trade not in without)
    return WalkForward(folds, trades, Insufficient(len(trades), 1), Unsaid("too few"), 0)


def total_at(backtest: Backtest, day: int) -> float:
    (point,) = (one for one in backtest.equity if one.time_ms == MONDAY_MS + day * DAY_MS)
    return float((point.total - CAPITAL) / RISK)


def test_equity_adds_what_every_test_won_on_top_of_the_capital() -> None:
    parts = part(0, at(1, 1.0), at(5, -1.0)), part(10, at(12, 2.0))
    whole = joined(walk(*parts), parts)
    assert [total_at(whole, day) for day in (1, 2, 6, 10, 13, 19)] == [0, 1, 0, 0, 2, 2]
    assert (whole.since_ms, whole.until_ms) == (MONDAY_MS, MONDAY_MS + 20 * DAY_MS)
    assert whole.equity[-1].time_ms == whole.until_ms


def test_a_trade_that_ends_in_the_next_test_counts_when_it_ends() -> None:
    late = hand_trade(1.0, decided_ms=MONDAY_MS + 9 * DAY_MS, hours=48)
    before = hand_backtest((late,), since_ms=MONDAY_MS, until_ms=MONDAY_MS + 10 * DAY_MS)
    before = replace(before, equity=hand_backtest((late,), since_ms=MONDAY_MS).equity)
    parts = before, part(10, at(12, 2.0))
    whole = joined(walk(*parts), parts)
    assert [total_at(whole, day) for day in (10, 12, 13)] == [0, 1, 3]


def test_a_setup_taken_twice_is_worth_its_first_trade() -> None:
    first, again = at(9, 1.0), at(11, -1.0)
    parts = part(0, first), part(10, again)
    whole = joined(walk(*parts, without=(again,)), parts)
    assert whole.trades == (first,)
    assert [total_at(whole, day) for day in (10, 12, 19)] == [1, 1, 1]


def test_what_was_counted_in_the_tests_adds_up() -> None:
    parts = part(0, at(1, 1.0)), part(10, at(12, 2.0, "ETH/USDT"))
    whole = joined(walk(*parts), parts)
    assert whole.symbols == ("BTC/USDT", "ETH/USDT")
    assert whole.decisions == sum(one.decisions for one in parts)
    for place, row in enumerate(whole.funnel):
        assert row.reached == sum(one.funnel[place].reached for one in parts)
        assert sum(count for _, count in row.codes) == sum(
            count for one in parts for _, count in one.funnel[place].codes
        )
    assert [one.symbol for one in whole.coverage] == ["BTC/USDT", "ETH/USDT"]
    assert len(whole.faults) == 1
    assert whole.profile == "out of sample, 2 folds"
