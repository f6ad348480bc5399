"""What a bad run locks: each protection on a history written by hand, and its laws on any history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.protections import locks_in_force
from shared.models.risk import Lock
from shared.models.risk_rules import ProtectionRules
from shared.models.smc import Side
from shared.models.trades import ClosedTrade, EquityPoint, History
from tests.unit.risk.drawings import DAY_MS, HOUR_MS

NOON = int(datetime.fromisoformat("2024-08-05T12:00:00Z").timestamp()) * 1000
OFF: dict[str, Any] = {
    "cooldown_hours": 0.0,
    "stop_guard_stops": 0,
    "drawdown_pct": 0.0,
    "low_profit_trades": 0,
    "daily_loss_pct": 0.0,
}


def trade(
    hours_ago: float, result_r: float = -1.0, symbol: str = "BTC/USDT", side: Side = Side.LONG
) -> ClosedTrade:
    end = "stop" if result_r < 0 else "target"
    return ClosedTrade(symbol, side, NOON - round(hours_ago * HOUR_MS), result_r, end)  # type: ignore[arg-type]


def point(hours_ago: float, settled: int, unrealised: int = 0) -> EquityPoint:
    return EquityPoint(NOON - round(hours_ago * HOUR_MS), Decimal(settled), Decimal(unrealised))


def found(*happened: ClosedTrade | EquityPoint, zone: str = "UTC", **rules: Any) -> tuple[Lock, ...]:
    history = History(
        NOON,
        tuple(one for one in happened if isinstance(one, ClosedTrade)),
        tuple(one for one in happened if isinstance(one, EquityPoint)),
    )
    return locks_in_force(history, ProtectionRules(**{**OFF, **rules}), ZoneInfo(zone))


def test_a_symbol_rests_after_a_loss_on_it_and_others_do_not() -> None:
    (lock,) = found(trade(5), trade(3, result_r=2.0), trade(13, symbol="ETH/USDT"), cooldown_hours=12)
    assert (lock.scope, lock.rule, lock.reason, lock.measured) == (
        "BTC/USDT",
        "cool-down",
        "lost 1.00 R",
        -1.0,
    )
    assert (lock.since_ms, lock.until_ms) == (NOON - 5 * HOUR_MS, NOON + 7 * HOUR_MS)


GUARD = {"stop_guard_stops": 3, "stop_guard_hours": 10.0, "stop_guard_lock_hours": 6.0}


@pytest.mark.parametrize(
    ("hours_ago", "ends_in"),
    [((9, 5, 1), 5), ((12, 5, 1), None), ((14, 10, 5), 1), ((14, 10, 6), None), ((5, 1), None), ((9, 5, 1, 0.5), 5.5)],
)  # fmt: skip
def test_several_stops_within_the_window_lock_everything(
    hours_ago: tuple[float, ...], ends_in: float | None
) -> None:
    locks = found(*(trade(ago, symbol=f"C{ago}/USDT") for ago in hours_ago), **GUARD)
    assert [(lock.scope, (lock.until_ms - NOON) / HOUR_MS) for lock in locks] == (
        [] if ends_in is None else [("all", ends_in)]
    )


def test_the_stop_guard_may_count_and_lock_a_direction() -> None:
    stops = (trade(4), trade(3), trade(2, side=Side.SHORT), trade(1))
    assert [lock.scope for lock in found(*stops, **GUARD, stop_guard_scope="side")] == ["long"]
    assert found(*stops[:3], **GUARD, stop_guard_scope="side") == ()


def test_a_drawdown_counts_what_is_not_realised_yet() -> None:
    rules = {"drawdown_pct": 10.0, "drawdown_lock_hours": 24.0}
    (lock,) = found(point(9, 1000), point(1, 1000, -100), **rules)
    assert (lock.scope, lock.rule, lock.measured, lock.threshold) == ("all", "drawdown", 10.0, 10.0)
    assert lock.until_ms == NOON + 23 * HOUR_MS
    assert found(point(9, 1000), point(1, 1000, -99), **rules) == ()


def test_a_peak_outside_the_window_is_forgotten() -> None:
    rules = {"drawdown_pct": 10.0, "drawdown_days": 1.0}
    assert found(point(25, 2000), point(1, 1000), **rules) == ()


def test_a_symbol_that_keeps_losing_is_locked() -> None:
    rules = {
        "low_profit_trades": 2,
        "low_profit_r": -1.0,
        "low_profit_days": 2.0,
        "low_profit_lock_hours": 24.0,
    }
    (lock,) = found(trade(9, -0.6), trade(8, 5.0, "ETH/USDT"), trade(1, -0.5), **rules)
    assert (lock.scope, lock.reason) == ("BTC/USDT", "-1.10 R in its last 2 trades")
    assert found(trade(9, -0.5), trade(1, -0.5), **rules) == ()
    assert found(trade(1, -3.0), **rules) == ()


@pytest.mark.parametrize(
    ("zone", "until"), [("UTC", "2024-08-06T00:00:00Z"), ("Europe/Berlin", "2024-08-05T22:00:00Z")]
)
def test_a_days_loss_locks_until_the_day_ends_where_it_is_counted(zone: str, until: str) -> None:
    (lock,) = found(point(20, 1000), point(3, 980), point(1, 1100), zone=zone, daily_loss_pct=2.0)
    assert (lock.rule, lock.measured) == ("daily loss", 2.0)
    assert lock.until_ms == int(datetime.fromisoformat(until).timestamp()) * 1000


def test_yesterdays_loss_does_not_count_today() -> None:
    assert found(point(30, 1000), point(20, 900), point(1, 890), daily_loss_pct=2.0) == ()


trades = st.lists(
    st.builds(
        ClosedTrade, st.sampled_from(["BTC/USDT", "ETH/USDT"]), st.sampled_from(list(Side)),
        st.integers(NOON - 40 * DAY_MS, NOON + DAY_MS), st.floats(-3, 3), st.sampled_from(["stop", "target", "time"]),
    ), max_size=12,
).map(tuple)  # fmt: skip
curves = st.lists(
    st.builds(
        EquityPoint, st.integers(NOON - 40 * DAY_MS, NOON + DAY_MS), st.decimals(1, 2000, places=2),
        st.decimals(-500, 500, places=2),
    ), max_size=12, unique_by=lambda one: one.time_ms,
).map(tuple)  # fmt: skip


@given(trades, curves)
def test_locks_are_in_force_have_begun_and_ignore_the_future(
    closed: tuple[ClosedTrade, ...], curve: tuple[EquityPoint, ...]
) -> None:
    history = History(NOON, closed, curve)
    locks = locks_in_force(history, ProtectionRules())
    assert all(lock.since_ms <= NOON < lock.until_ms for lock in locks)
    assert locks == locks_in_force(history.until_now(), ProtectionRules())
    assert len({(lock.rule, lock.scope) for lock in locks}) == len(locks)
    assert locks_in_force(history, ProtectionRules(**OFF)) == ()


@given(trades, curves, st.integers(1, 3 * DAY_MS))
def test_a_lock_found_early_is_still_found_until_it_ends(
    closed: tuple[ClosedTrade, ...], curve: tuple[EquityPoint, ...], later_ms: int
) -> None:
    before = locks_in_force(History(NOON - later_ms, closed, curve), ProtectionRules())
    now = locks_in_force(replace(History(NOON, closed, curve)), ProtectionRules())
    ends = {(lock.rule, lock.scope): lock.until_ms for lock in now}
    for lock in before:
        if lock.until_ms > NOON:
            assert ends[lock.rule, lock.scope] >= lock.until_ms


@pytest.mark.parametrize("result_r", [0.0, 0.5])
def test_a_trade_that_lost_nothing_cools_nothing_down(result_r: float) -> None:
    assert found(trade(1, result_r), cooldown_hours=12.0) == ()


def test_a_cool_down_says_what_was_lost() -> None:
    (lock,) = found(trade(1, -0.75), cooldown_hours=12.0)
    told = (lock.rule, lock.reason, lock.measured, lock.threshold, lock.unit)
    assert told == ("cool-down", "lost 0.75 R", -0.75, 0.0, "R")
    assert (lock.since_ms, lock.until_ms) == (NOON - HOUR_MS, NOON + 11 * HOUR_MS)


def test_trades_that_reached_their_target_are_no_stops() -> None:
    assert found(*(trade(hours, 2.0) for hours in (1, 2, 3)), stop_guard_stops=3) == ()


def test_a_stop_as_old_as_the_window_is_no_longer_in_it() -> None:
    stops = (trade(24), trade(2), trade(0))
    assert found(*stops, stop_guard_stops=3, stop_guard_hours=24.0) == ()
    assert len(found(*stops, stop_guard_stops=3, stop_guard_hours=24.001)) == 1


def test_each_lock_says_what_it_measured_against_what() -> None:
    trades = tuple(trade(hours, -1.0) for hours in (30, 20, 10, 1))
    points = (point(300, 10_000), point(30, 9_000), point(11, 9_000), point(1, 8_550))
    limits = {"stop_guard_stops": 3, "drawdown_pct": 10.0, "low_profit_trades": 4, "daily_loss_pct": 2.0}
    told = {
        lock.rule: (lock.scope, lock.reason, lock.measured, lock.threshold, lock.unit)
        for lock in found(*trades, *points, **limits)
    }
    assert told == {
        "stop guard": ("all", "3 stops within 24 h", 3.0, 3.0, "stops"),
        "drawdown": ("all", "equity 14.5 % below its peak of 30 days", 14.5, 10.0, "% of equity"),
        "low profit": ("BTC/USDT", "-4.00 R in its last 4 trades", -4.0, -1.0, "R"),
        "daily loss": ("all", "equity 5.0 % below the day's start", 5.0, 2.0, "% of equity"),
    }


def test_equity_and_trades_as_old_as_their_window_are_no_longer_in_it() -> None:
    month = 30 * 24
    assert found(point(month, 20_000), point(0, 10_000), drawdown_pct=10.0) == ()
    four = (trade(month, -1.0), trade(3, -1.0), trade(2, -1.0), trade(0, -1.0))
    assert found(*four, low_profit_trades=4) == ()


def test_a_profit_at_its_limit_locks_nothing() -> None:
    quarters = tuple(trade(hours, -0.25) for hours in (4, 3, 2, 1))
    assert found(*quarters, low_profit_trades=4, low_profit_r=-1.0) == ()


def test_an_account_that_has_nothing_left_has_lost_everything() -> None:
    (lock,) = found(point(30, 0), point(1, 0), daily_loss_pct=2.0)
    assert lock.measured == 100.0


def test_what_was_lost_yesterday_is_not_todays_loss() -> None:
    assert found(point(20, 10_000), point(14, 9_000), daily_loss_pct=2.0) == ()


def test_the_day_begins_with_midnight() -> None:
    (lock,) = found(point(13, 10_000), point(12, 9_000), daily_loss_pct=2.0)
    assert (lock.since_ms, lock.until_ms) == (NOON - 12 * HOUR_MS, NOON + 12 * HOUR_MS)


def test_a_low_of_yesterday_that_was_made_up_for_is_not_todays_loss() -> None:
    assert found(point(20, 9_000), point(14, 10_000), point(1, 10_000), daily_loss_pct=2.0) == ()


def test_an_account_of_one_unit_that_stands_still_has_lost_nothing() -> None:
    assert found(point(30, 1), point(1, 1), daily_loss_pct=2.0) == ()


def test_of_two_stops_at_one_instant_the_later_booked_counts_both() -> None:
    (lock,) = found(*(trade(hours, -1.0) for hours in (3, 2, 1, 1)), stop_guard_stops=3)
    assert lock.reason == "4 stops within 24 h"
