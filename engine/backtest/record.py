"""The trades of a walk-forward as rows of the track record. Trades of a plain backtest never become any: they are not out of sample."""

from __future__ import annotations

from collections.abc import Sequence

from shared.config.digest import decision_digest
from shared.errors import ContractError
from shared.models.backtest import Trade
from shared.models.profile import Profile
from shared.models.track import TENTHS, PastTrade
from shared.models.walk_forward import Choice, WalkForward


def rows_of(walk: WalkForward) -> tuple[PastTrade, ...]:
    """The finished trades of every test, each under the profile that its fold had chosen before."""
    return tuple(
        row
        for result in walk.folds
        if isinstance(result.choice, Choice)
        for row in out_of_sample_rows(
            [trade for trade in walk.trades if result.fold.test.holds(trade.decided_ms)],
            result.choice.profile,
        )
    )


def out_of_sample_rows(trades: Sequence[Trade], profile: Profile) -> tuple[PastTrade, ...]:
    """The finished ones of ``trades``, which were all decided under ``profile`` in a time that its choice had not seen.

    Raises:
        ContractError: a trade was decided under another profile.
    """
    decision = decision_digest(profile)
    return tuple(_row(trade, profile, decision) for trade in trades if trade.is_finished)


def _row(trade: Trade, profile: Profile, decision: str) -> PastTrade:
    plan, outcome = trade.setup.plan, trade.outcome
    if plan.profile != profile.name:
        raise ContractError(f"{plan.symbol}: a trade of profile {plan.profile!r} is none of {profile.name!r}")
    return PastTrade(
        exchange=plan.exchange,
        decision=decision,
        profile=plan.profile,
        symbol=plan.symbol,
        side=plan.side,
        style=plan.style,
        fingerprint=plan.fingerprint,
        score_tenths=round(TENTHS * plan.score),
        decided_ms=plan.decided_ms,
        ended_ms=outcome.ended_ms,
        r=outcome.result_r,
        best_r=outcome.best_r,
    )
