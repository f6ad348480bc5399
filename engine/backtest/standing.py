"""How an account stands at a close of a backtest: what ended trades left, and the locks in force, set and kept as following does live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np

from engine.backtest.positions import Taken
from risk.protections import locks_in_force
from shared.models.data import Ints
from shared.models.profile import Profile
from shared.models.risk import Lock
from shared.models.timeframe import DAY_MS
from shared.models.trades import EquityPoint, History


def history_at(taken: Iterable[Taken], capital: Decimal, now_ms: int) -> History:
    """Closed trades and the equity they left by a close, starting from ``capital`` when the first was decided.

    As :func:`engine.following.track.history_of`: an order that was never filled leaves no point, else its end would measure an old fall
    anew; now is a point of its own only where something is held.
    """
    filled = [
        one for one in taken if one.trade.outcome.filled and (one.is_over(now_ms) or one.fills_by(now_ms))
    ]
    done = sorted((one for one in filled if one.is_over(now_ms)), key=lambda one: one.trade.outcome.ended_ms)
    held = [one for one in filled if not one.is_over(now_ms)]
    begins_ms = min((one.trade.decided_ms for one in filled), default=now_ms)
    points, settled = [EquityPoint(begins_ms, capital, Decimal(0))], capital
    for one in done:
        settled += one.worth(now_ms)
        points.append(EquityPoint(one.trade.outcome.ended_ms, settled, Decimal(0)))
    if held:
        points.append(EquityPoint(now_ms, settled, sum((one.worth(now_ms) for one in held), Decimal(0))))
    return History(now_ms, tuple(one.closed() for one in done), tuple(points))


def locks_at(history: History, profile: Profile, before: Sequence[Lock]) -> tuple[Lock, ...]:
    """Locks in force at a close: those set ``before`` that have not ended, whatever has recovered since, and those that results call for
    where none of the same rule and scope is in force."""
    standing = tuple(lock for lock in before if lock.until_ms > history.now_ms)
    held = {(lock.rule, lock.scope) for lock in standing}
    asked = locks_in_force(history, profile.protection, profile.risk.zone)
    return (*standing, *(lock for lock in asked if (lock.rule, lock.scope) not in held))


ROUNDING = 1e-9
"""Share of equity by which a fall may look smaller in floats than it is."""


def dips(active: Sequence[Taken], settled: Sequence[EquityPoint], profile: Profile, looks_ms: Ints) -> Ints:
    """The looks, of ascending ones, at which equity with what is held marked to the last close may have fallen far enough for a lock:
    all where it has, and few others.

    ``settled`` is the equity that ended trades left before the first look, oldest first; ``active`` are those that had not ended.
    """
    if not looks_ms.size or not any(one.trade.outcome.filled for one in active):
        return looks_ms[:0]
    held = [one.marks(looks_ms) for one in active]
    totals = float(settled[-1].settled) + np.sum(held, axis=0)
    gained = sum(max(0.0, one.trade.outcome.result) for one in active if not one.trade.outcome.alive)
    rules = profile.protection
    low = np.zeros(looks_ms.size, np.bool_)
    for pct, days in ((rules.drawdown_pct, rules.drawdown_days), (rules.daily_loss_pct, 2.0)):
        since_ms = looks_ms[0] - days * DAY_MS
        later = [float(point.settled) for point in settled if point.time_ms > since_ms]
        before = [float(point.settled) for point in settled if point.time_ms <= since_ms][-1:]
        peak = max((*before, *later)) + gained
        low |= totals <= peak * (1 - pct / 100 + ROUNDING) if pct else False
    return looks_ms[low]
