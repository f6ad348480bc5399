"""What holds of every backtest's statistics."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telemetry.analytics import Result, expectancy
from bot.telemetry.summary import summarise
from shared.models.backtest import Backtest, Trade
from shared.models.fills import Ending
from shared.models.statistics import Expectancy
from shared.models.timeframe import DAY_MS
from shared.models.trades import EquityPoint
from tests.fixtures.hand_backtest import MONDAY_MS, hand_backtest, hand_trade, year_of_trades

HOUR_MS = 3_600_000


def drawn(place: int, r: float, hour: int, score: int, ending: Ending | None) -> Trade:
    return hand_trade(
        r,
        decided_ms=MONDAY_MS + hour * HOUR_MS,
        score=float(score),
        ending=ending,
        symbol=f"C{place % 7}/USDT",
    )


rows = st.tuples(
    st.floats(-20, 20, allow_subnormal=True),
    st.integers(0, 24 * 70),
    st.integers(60, 99),
    st.sampled_from([None, Ending.TIME, Ending.OPEN, Ending.EXPIRED]),
)
trades = st.lists(rows, max_size=60).map(
    lambda given: [drawn(place, *row) for place, row in enumerate(given)]
)
totals = st.lists(st.floats(0, 1e7, allow_subnormal=False), max_size=80)
YEAR = hand_backtest(year_of_trades(120))
TOLD = summarise(YEAR)


def floats_of(value: Any) -> Iterator[float]:
    """Every number in a value of dataclasses and tuples."""
    if isinstance(value, float):
        yield value
    elif dataclasses.is_dataclass(value):
        for spec in dataclasses.fields(value):
            yield from floats_of(getattr(value, spec.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from floats_of(each)


@given(taken=trades, equity=totals)
def test_no_figure_is_ever_infinite_or_no_number(taken: list[Trade], equity: list[float]) -> None:
    assert all(math.isfinite(number) for number in floats_of(summarise(hand_backtest(taken, equity))))


@given(order=st.permutations(range(len(YEAR.trades))))
def test_the_order_in_which_trades_are_listed_changes_nothing(order: list[int]) -> None:
    shuffled = replace(YEAR, trades=tuple(YEAR.trades[place] for place in order))
    assert summarise(shuffled) == TOLD


CROWD = hand_backtest(
    hand_trade(r, decided_ms=MONDAY_MS + n // 5 * DAY_MS, symbol=f"C{n % 5}/USDT")
    for n, r in enumerate(np.random.default_rng(9).normal(size=110).tolist())
)


@given(order=st.permutations(range(len(CROWD.trades))))
def test_not_even_that_of_trades_of_one_instant(order: list[int]) -> None:
    shuffled = replace(CROWD, trades=tuple(CROWD.trades[place] for place in order))
    assert summarise(shuffled) == summarise(CROWD)


def test_the_order_of_the_points_of_equity_changes_nothing() -> None:
    assert summarise(replace(YEAR, equity=YEAR.equity[::-1])) == TOLD


def scaled(backtest: Backtest, factor: Decimal) -> Backtest:
    points = (EquityPoint(p.time_ms, p.settled * factor, p.unrealised * factor) for p in backtest.equity)
    return replace(backtest, capital=backtest.capital * factor, equity=tuple(points))


@pytest.mark.parametrize("factor", ["0.001", "3", "250000"])
def test_an_account_of_another_size_has_the_same_ratios_and_the_same_fall(factor: str) -> None:
    other = summarise(scaled(YEAR, Decimal(factor)))
    names = ("sharpe", "sortino", "probabilistic_sharpe")
    for name in names:
        mine, its = getattr(TOLD, name), getattr(other, name)
        assert (its.value, its.n) == (pytest.approx(mine.value, rel=1e-9), mine.n)
    pair = [dataclasses.asdict(each.drawdown) for each in (TOLD, other)]  # type: ignore[arg-type]
    assert pair[1] == pytest.approx(pair[0])


days = st.lists(st.lists(st.floats(-3, 5), min_size=1, max_size=4), min_size=30, max_size=50)


@given(days=days)
def test_the_interval_contains_the_mean(days: list[list[float]]) -> None:
    results = [Result(day * DAY_MS, r, r) for day, rs in enumerate(days) for r in rs]
    worth = expectancy(results)
    assert isinstance(worth, Expectancy)
    assert worth.low - 1e-9 <= worth.mean <= worth.high + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_days_whose_trades_share_their_fate_have_a_wider_interval_than_as_many_single_trades(
    seed: int,
) -> None:
    fate = np.random.default_rng(seed).normal(size=40)
    clustered = expectancy([Result(n // 5 * DAY_MS, fate[n // 5], fate[n // 5]) for n in range(200)])
    single = expectancy([Result(n * DAY_MS, fate[n // 5], fate[n // 5]) for n in range(200)])
    assert isinstance(clustered, Expectancy)
    assert isinstance(single, Expectancy)
    assert clustered.mean == pytest.approx(single.mean)
    assert clustered.high - clustered.low > 1.8 * (single.high - single.low)
    assert clustered.high - clustered.low == pytest.approx(5**0.5 * (single.high - single.low), rel=0.1)


def test_an_interval_drawn_in_pieces_is_that_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(3)
    results = [Result(n * DAY_MS, r, r) for n, r in enumerate(draw.normal(size=90))]
    whole = expectancy(results)
    monkeypatch.setattr("bot.telemetry.analytics.AT_ONCE", 1_234)
    assert expectancy(results) == whole


@given(taken=trades)
def test_no_more_finish_than_are_filled_and_every_setup_has_an_ending(taken: list[Trade]) -> None:
    said = summarise(hand_backtest(taken))
    assert said.finished + said.open_trades == said.filled
    assert sum(count for _, count in said.endings) == len(taken)
    assert said.longest_losing_run <= said.finished
