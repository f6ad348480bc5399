"""A recorded outcome beside what the same orders come to on today's candles. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from shared.models.fills import Ending, Fill, Outcome
from shared.models.parity import Ended, FillMoved, OutcomeCheck
from shared.models.statistics import Unsaid

NOT_FOLLOWED: Final = Unsaid("no outcome is recorded: runs without --notify follow nothing")
NOT_FILLED: Final = Unsaid("not filled")


def outcome_check(recorded: Mapping[str, Any], found: Outcome, as_of_ms: int) -> OutcomeCheck:
    """The newest outcome on record (empty: none) beside what is found on candles up to ``as_of_ms``."""
    now = Ended(found.ending, found.result_r, found.ended_ms, as_of_ms)
    if not recorded:
        return OutcomeCheck(NOT_FOLLOWED, now)
    then = Ended(Ending(recorded["ending"]), recorded["result_r"], recorded["ended_ms"], recorded["as_of_ms"])
    return OutcomeCheck(then, now, fills_moved(map(_fill, recorded["fills"]), found.fills))


def fills_moved(then: Iterable[Fill], now: Iterable[Fill]) -> tuple[FillMoved, ...]:
    """Legs filled otherwise, in the order of their fills."""
    was, found = {fill.leg: fill for fill in then}, {fill.leg: fill for fill in now}
    return tuple(
        FillMoved(leg, was.get(leg, NOT_FILLED), found.get(leg, NOT_FILLED))
        for leg in dict.fromkeys((*was, *found))
        if was.get(leg) != found.get(leg)
    )


def _fill(told: Mapping[str, Any]) -> Fill:
    return Fill(
        leg=told["leg"],
        bar_ms=told["bar_ms"],
        price=told["price"],
        quantity=Decimal(told["quantity_text"]),
        liquidity=told["liquidity"],
        fee=told["fee"],
    )
