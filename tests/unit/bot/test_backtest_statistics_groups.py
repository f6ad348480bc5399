"""What trades that have something in common are worth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.telemetry.groupings import SESSION_HOURS, groups_of
from bot.telemetry.sample import sample_of
from shared.models.backtest import Trade
from shared.models.fills import Ending
from shared.models.planner import EntryKind, Style
from shared.models.regime import RegimeState
from shared.models.smc import Side
from shared.models.statistics import Expectancy, Insufficient
from shared.models.timeframe import DAY_MS
from tests.fixtures.hand_backtest import MONDAY_MS, hand_trade, year_of_trades

HOUR_MS = 3_600_000


def names(dimension: str, *trades: Trade) -> dict[str, int]:
    """Trades by name of one dimension, in the order told."""
    groups = groups_of(sample_of(trades))
    return {group.name: group.worth.trades for group in groups if group.dimension == dimension}


def ordered(dimension: str, *trades: Trade) -> list[tuple[str, int]]:
    return list(names(dimension, *trades).items())


def test_a_group_has_its_worth_or_says_that_it_is_too_small() -> None:
    long = [hand_trade(1.0, decided_ms=MONDAY_MS + n * DAY_MS) for n in range(30)]
    short = [hand_trade(-1.0, decided_ms=MONDAY_MS + n * DAY_MS, side=Side.SHORT) for n in range(5)]
    by_side = {g.name: g.worth for g in groups_of(sample_of([*short, *long])) if g.dimension == "side"}
    assert by_side == {"long": Expectancy(30, 30, 1.0, 1.0, 1.0, 1.0, 0), "short": Insufficient(5, 5)}


def test_weekdays_are_those_of_the_decision_by_utc_in_the_order_of_the_week() -> None:
    sunday_late = hand_trade(decided_ms=MONDAY_MS + 7 * DAY_MS - 1)
    monday = hand_trade(decided_ms=MONDAY_MS + 7 * DAY_MS)
    friday = hand_trade(decided_ms=MONDAY_MS + 4 * DAY_MS)
    assert ordered("weekday", sunday_late, friday, monday) == [("mon", 1), ("fri", 1), ("sun", 1)]


@pytest.mark.parametrize(
    ("hour", "name"),
    [
        (0, "asia"),
        (6, "asia"),
        (7, "london"),
        (12, "london"),
        (13, "new_york"),
        (21, "new_york"),
        (22, "asia"),
    ],
)
def test_sessions_are_fixed_utc_hours(hour: int, name: str) -> None:
    assert names("session", hand_trade(decided_ms=MONDAY_MS + hour * HOUR_MS)) == {name: 1}


def test_every_hour_has_a_session() -> None:
    assert len(SESSION_HOURS) == 24


def test_months_are_in_the_order_of_time() -> None:
    later = hand_trade(decided_ms=MONDAY_MS + 32 * DAY_MS)
    assert ordered("month", later, hand_trade()) == [("2024-01", 1), ("2024-02", 1)]


def test_the_symbols_regime_and_the_markets_are_told_apart() -> None:
    trade = hand_trade(state=RegimeState.CHOP, market=RegimeState.IMPULSE_DOWN)
    assert (names("regime", trade), names("market regime", trade)) == ({"chop": 1}, {"impulse_down": 1})


def test_symbol_grade_style_and_entry_kind_are_the_plans() -> None:
    trade = hand_trade(symbol="SOL/USDT", score=91.0)
    plan = trade.setup.plan
    plan = replace(plan, style=Style.SWING, entry=replace(plan.entry, kind=EntryKind.CONFIRM))
    other = replace(trade, setup=replace(trade.setup, plan=plan))
    pair = (hand_trade(score=70.0), other)
    assert ordered("symbol", *pair) == [("BTC/USDT", 1), ("SOL/USDT", 1)]
    assert ordered("grade", *pair) == [("A", 1), ("B", 1)]
    assert names("style", *pair) == {"intraday": 1, "swing": 1}
    assert names("entry", *pair) == {"limit": 1, "confirm": 1}


def test_a_factor_is_high_at_or_above_the_median_of_its_values() -> None:
    trades = [
        hand_trade(
            symbol=f"C{n}/USDT", factors={"alignment": n / 4, "order_block": 0.5, "momentum": float(n == 4)}
        )
        for n in range(5)
    ]
    assert names("factor", *trades) == {"alignment high": 3, "alignment low": 2}


def test_a_factor_is_split_where_less_than_half_are_below_its_median() -> None:
    trades = [
        hand_trade(
            symbol=f"C{n}/USDT", factors={"alignment": 1.0, "order_block": 1.0, "momentum": float(n > 0)}
        )
        for n in range(5)
    ]
    assert names("factor", *trades) == {"momentum high": 4, "momentum low": 1}


def test_only_finished_trades_stand_in_groups() -> None:
    trades = (hand_trade(ending=Ending.EXPIRED), hand_trade(ending=Ending.OPEN), hand_trade(-1.0))
    assert names("side", *trades) == {"long": 1}


def test_every_trade_stands_once_in_every_dimension() -> None:
    sample = sample_of(year_of_trades())
    counts: dict[str, int] = {}
    for group in groups_of(sample):
        counts[group.dimension] = counts.get(group.dimension, 0) + group.worth.trades
    assert counts.pop("factor") == 3 * len(sample)
    assert set(counts.values()) == {len(sample)}
