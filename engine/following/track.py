"""The track record: the finished setups of a journal as trades, for statistics and for protections."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from bot.telemetry.analytics import Result, expectancy
from engine.following.setups import Followed
from shared.models.fills import Ending
from shared.models.notifications import SetupState
from shared.models.signals import Signal
from shared.models.smc import Side
from shared.models.statistics import Expectancy, Insufficient
from shared.models.trades import EXITS, ClosedTrade, EquityPoint, History


def finished(setups: Iterable[Followed]) -> tuple[Followed, ...]:
    """Those that were filled and are closed."""
    return tuple(setup for setup in setups if setup.is_over and Ending(setup.outcome["ending"]) in EXITS)


def track_record(setups: Iterable[Followed]) -> Expectancy | Insufficient:
    """What the finished setups were worth on average, each taken as planned, or that there are too few."""
    return expectancy(
        [
            Result(setup.decided_ms, setup.outcome["result_r"], setup.outcome["best_r"])
            for setup in finished(setups)
        ]
    )


def shown(setup: Followed) -> Signal:
    """How a setup stands, for people."""
    outcome, plan = setup.outcome, setup.plan
    state = setup.told[-1] if setup.told else SetupState.NEW
    return Signal(
        fingerprint=setup.fingerprint,
        symbol=str(plan["symbol"]),
        exchange=str(plan["exchange"]),
        profile=str(plan["profile"]),
        side=str(plan["side"]),
        grade=str(plan["grade"]),
        score=float(plan["score"]),
        decided_ms=setup.decided_ms,
        state=state,
        ending=str(outcome.get("ending", Ending.PENDING)),
        is_filled=bool(outcome.get("filled_ms", 0)),
        result_r=float(outcome.get("result_r", 0.0)),
        is_ambiguous=bool(outcome.get("ambiguous", False)),
        verdict=setup.verdict,
    )


def history_of(setups: Iterable[Followed], equity: Decimal, now_ms: int) -> History:
    """Closed trades and the equity they left, starting from ``equity`` when the first was decided, as protections read them.

    Now is a point of its own only where something is held: else a fall that is over would lock anew at every look.
    """
    known = tuple(setups)
    done = sorted(finished(known), key=lambda setup: setup.outcome["ended_ms"])
    held = [setup for setup in known if setup.outcome and setup.outcome["ending"] == Ending.OPEN]
    begins_ms = min((setup.decided_ms for setup in (*done, *held)), default=now_ms)
    points, settled = [EquityPoint(begins_ms, equity, Decimal(0))], equity
    for setup in done:
        settled += _money(setup)
        points.append(EquityPoint(setup.outcome["ended_ms"], settled, Decimal(0)))
    if held:
        points.append(EquityPoint(now_ms, settled, sum(map(_money, held), Decimal(0))))
    return History(now_ms, tuple(map(_trade, done)), tuple(points))


def _money(setup: Followed) -> Decimal:
    """What it won or lost, in quote currency."""
    return Decimal(repr(setup.outcome["result"]))


def _trade(setup: Followed) -> ClosedTrade:
    outcome = setup.outcome
    return ClosedTrade(
        symbol=outcome["symbol"],
        side=Side[outcome["side"].upper()],
        closed_ms=outcome["ended_ms"],
        result_r=outcome["result_r"],
        exit=EXITS[Ending(outcome["ending"])],
    )
