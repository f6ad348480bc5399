"""How an account stands at a close of a backtest: what ended trades left, and the locks in force, set and kept as following does live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from engine.backtest.positions import Taken
from risk.protections import locks_in_force
from shared.models.profile import Profile
from shared.models.risk import Lock
from shared.models.trades import EquityPoint, History


def history_at(taken: Iterable[Taken], capital: Decimal, now_ms: int) -> History:
    """Closed trades and the equity they left by a close, starting from ``capital`` when the first was decided.

    As :func:`engine.following.track.history_of`: an order that was never filled leaves no point, else its end would measure an old fall
    anew; now is a point of its own only where something is held.
    """
    filled = [one for one in taken if one.fills_by(now_ms)]
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
