"""What a bad run locks: pure functions from closed trades and equity to the locks in force.

1. cool-down: a symbol rests after a loss on it
2. stop guard: several stops within a window lock everything, or their direction
3. drawdown: equity, open positions included, fell too far below its window's peak
4. low profit: a symbol whose last trades lost too much
5. daily loss: equity fell too far since the day began

Each looks back as far as its lock reaches, so that asking seldom finds the same locks as asking often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from risk.compliance_checks import HOUR_MS
from shared.models.risk import EVERYTHING, Lock
from shared.models.risk_rules import ProtectionRules
from shared.models.timeframe import DAY_MS
from shared.models.trades import ClosedTrade, EquityPoint, History

Protection = Callable[[History, ProtectionRules, tzinfo], Iterable[Lock]]


def cool_down(history: History, rules: ProtectionRules, _: tzinfo) -> Iterable[Lock]:
    """A lock on each symbol for ``cooldown_hours`` after its last loss."""
    last = {trade.symbol: trade for trade in history.trades if trade.result_r < 0}
    until = round(rules.cooldown_hours * HOUR_MS)
    for symbol, trade in last.items() if until else ():
        yield Lock(
            symbol, "cool-down", f"lost {-trade.result_r:.2f} R", trade.closed_ms, trade.closed_ms + until,
            trade.result_r, 0.0, "R",
        )  # fmt: skip


def stop_guard(history: History, rules: ProtectionRules, _: tzinfo) -> Iterable[Lock]:
    """A lock of ``stop_guard_lock_hours`` from each stop that is the last of ``stop_guard_stops`` within the window."""
    stops = [trade for trade in history.trades if trade.exit == "stop"]
    scopes: dict[str, list[ClosedTrade]] = {}
    for stop in stops if rules.stop_guard_stops else ():
        scope = stop.side.word if rules.stop_guard_scope == "side" else EVERYTHING
        window = [*scopes.get(scope, ()), stop]
        since = stop.closed_ms - rules.stop_guard_hours * HOUR_MS
        scopes[scope] = [one for one in window if one.closed_ms > since]
        count = len(scopes[scope])
        if count >= rules.stop_guard_stops:
            yield Lock(
                scope, "stop guard", f"{count} stops within {rules.stop_guard_hours:g} h", stop.closed_ms,
                stop.closed_ms + round(rules.stop_guard_lock_hours * HOUR_MS), float(count),
                float(rules.stop_guard_stops), "stops",
            )  # fmt: skip


def drawdown(history: History, rules: ProtectionRules, _: tzinfo) -> Iterable[Lock]:
    """A lock of ``drawdown_lock_hours`` from each point that lies ``drawdown_pct`` or more below its window's peak."""
    points: list[EquityPoint] = []
    for point in history.equity if rules.drawdown_pct else ():
        since = point.time_ms - rules.drawdown_days * DAY_MS
        points = [one for one in (*points, point) if one.time_ms > since]
        fallen = _fall_pct(max(points, key=lambda one: one.total), point)
        if fallen >= rules.drawdown_pct:
            yield Lock(
                EVERYTHING, "drawdown", f"equity {fallen:.1f} % below its peak of {rules.drawdown_days:g} days",
                point.time_ms, point.time_ms + round(rules.drawdown_lock_hours * HOUR_MS), fallen,
                rules.drawdown_pct, "% of equity",
            )  # fmt: skip


def low_profit(history: History, rules: ProtectionRules, _: tzinfo) -> Iterable[Lock]:
    """A lock on a symbol from each close at which at least ``low_profit_trades`` of the window sum below ``low_profit_r``."""
    windows: dict[str, list[ClosedTrade]] = {}
    for trade in history.trades if rules.low_profit_trades else ():
        since = trade.closed_ms - rules.low_profit_days * DAY_MS
        window = [one for one in (*windows.get(trade.symbol, ()), trade) if one.closed_ms > since]
        windows[trade.symbol] = window
        total = sum(one.result_r for one in window)
        if len(window) >= rules.low_profit_trades and total < rules.low_profit_r:
            yield Lock(
                trade.symbol, "low profit", f"{total:.2f} R in its last {len(window)} trades", trade.closed_ms,
                trade.closed_ms + round(rules.low_profit_lock_hours * HOUR_MS), total, rules.low_profit_r, "R",
            )  # fmt: skip


def daily_loss(history: History, rules: ProtectionRules, zone: tzinfo) -> Iterable[Lock]:
    """A lock until the day ends from the first point of it that lies ``daily_loss_pct`` or more below where it began: the last
    point before it, or its first."""
    today = datetime.fromtimestamp(history.now_ms / 1000, UTC).astimezone(zone).date()
    begins, ends = (
        round(datetime.combine(day, time(), zone).timestamp()) * 1000
        for day in (today, today + timedelta(days=1))
    )
    of_today = [point for point in history.equity if point.time_ms >= begins]
    start = [*[point for point in history.equity if point.time_ms < begins][-1:], *of_today]
    for point in of_today if rules.daily_loss_pct else ():
        lost = _fall_pct(start[0], point)
        if lost >= rules.daily_loss_pct:
            yield Lock(
                EVERYTHING, "daily loss", f"equity {lost:.1f} % below the day's start", point.time_ms, ends, lost,
                rules.daily_loss_pct, "% of equity",
            )  # fmt: skip
            return


def _fall_pct(start: EquityPoint, now: EquityPoint) -> float:
    """How far equity fell, in percent of the start; 100 if there was nothing to fall from."""
    return float((start.total - now.total) / start.total * 100) if start.total > 0 else 100.0


PROTECTIONS: Final[tuple[Protection, ...]] = (cool_down, stop_guard, drawdown, low_profit, daily_loss)


def locks_in_force(history: History, rules: ProtectionRules, zone: tzinfo = UTC) -> tuple[Lock, ...]:
    """Every lock in force at ``history.now_ms``: of each rule and scope the one that lasts longest. ``zone`` is where the day
    begins."""
    known, longest = history.until_now(), dict[tuple[str, str], Lock]()
    for protect in PROTECTIONS:
        for lock in protect(known, rules, zone):
            before = longest.get((lock.rule, lock.scope))
            if lock.until_ms > known.now_ms and (before is None or before.until_ms <= lock.until_ms):
                longest[lock.rule, lock.scope] = lock
    return tuple(sorted(longest.values(), key=lambda lock: (lock.until_ms, lock.id)))
