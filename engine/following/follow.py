"""Follow every open setup on closed candles: what has become of it, as a record, and what is to be told of that.

Pure but for the store that is read. An outcome is computed anew from the setup's first candle each time, by the fill rules
(:mod:`bot.executor.paper_broker`), so a missed run, a restart or a revised candle cannot leave half of one behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.executor.paper_broker import play
from bot.executor.terms import recorded_terms
from bot.notifications.life import Stage, stages_of
from contracts.data_contract import CandleStore
from engine.following.setups import Followed
from risk.position_sizing import isolated_liquidation
from shared.models.fills import Outcome
from shared.models.journal import Entry, RecordKind
from shared.models.smc import Side


@dataclass(frozen=True, slots=True)
class Development:
    """How a setup stands as of a time: its outcome, and the stages it reached that are on no record yet, oldest first."""

    setup: Followed
    outcome: Outcome
    stages: tuple[Stage, ...]
    as_of_ms: int

    @property
    def document(self) -> dict[str, Any]:
        """The outcome as it is recorded."""
        states = [*self.setup.told, *(stage.state for stage in self.stages)]
        return {**outcome_document(self.setup.plan, self.outcome, self.as_of_ms), "states": states}

    def entry(self) -> Entry:
        """The record of it."""
        return Entry(RecordKind.OUTCOME, self.document, self.setup.fingerprint)

    @property
    def now(self) -> Followed:
        """The setup as it stands."""
        return replace(self.setup, outcome=self.document)


def follow(
    setups: Iterable[Followed], store: CandleStore, exchange: str, as_of_ms: int
) -> tuple[Development, ...]:
    """How each setup that is not over stands on the candles stored up to ``as_of_ms``.

    Raises:
        StorageFault: candles cannot be read.
    """
    return tuple(_developed(setup, store, exchange, as_of_ms) for setup in setups if not setup.is_over)


def played_out(setup: Followed, store: CandleStore, exchange: str, as_of_ms: int) -> Outcome:
    """What has become of a setup on the candles stored up to ``as_of_ms``.

    Raises:
        StorageFault: candles cannot be read.
    """
    base = setup.profile.timeframes.base
    terms = recorded_terms(
        setup.plan, setup.profile.costs, perpetual=setup.perpetual, liquidation=_liquidation(setup)
    )
    candles = store.read(exchange, str(setup.plan["symbol"]), base, setup.live_ms, as_of_ms)
    return play(replace(terms, live_ms=setup.live_ms), candles)


def _developed(setup: Followed, store: CandleStore, exchange: str, as_of_ms: int) -> Development:
    base, outcome = setup.profile.timeframes.base, played_out(setup, store, exchange, as_of_ms)
    stages = stages_of(setup.plan, outcome, base)
    known = set(setup.told)
    return Development(setup, outcome, tuple(stage for stage in stages if stage.state not in known), as_of_ms)


def _liquidation(setup: Followed) -> Decimal:
    entry, side = Decimal(setup.plan["entry"]["price_text"]), Side[setup.plan["side"].upper()]
    return isolated_liquidation(entry, side, setup.profile.risk, perpetual=setup.perpetual)


def outcome_document(plan: Mapping[str, Any], outcome: Outcome, as_of_ms: int) -> dict[str, Any]:
    """An outcome as it is recorded; quantities as decimal text, money in quote currency, results in R."""
    return {
        "fingerprint": outcome.fingerprint,
        "symbol": plan["symbol"],
        "exchange": plan["exchange"],
        "profile": plan["profile"],
        "side": plan["side"],
        "style": plan["style"],
        "score": plan["score"],
        "decided_at": plan["decided_at"],
        "as_of_ms": as_of_ms,
        "ending": outcome.ending,
        "filled_ms": outcome.filled_ms,
        "ended_ms": outcome.ended_ms,
        "result": outcome.result,
        "result_r": outcome.result_r,
        "best_r": outcome.best_r,
        "worst_r": outcome.worst_r,
        "peak_r": outcome.peak_r,
        "ambiguous": outcome.ambiguous,
        "funding_missing": outcome.funding.missing,
        "fills": [
            {
                "leg": fill.leg,
                "bar_ms": fill.bar_ms,
                "price": fill.price,
                "quantity_text": f"{fill.quantity:f}",
                "liquidity": fill.liquidity,
                "fee": fill.fee,
            }
            for fill in outcome.fills
        ],
    }
