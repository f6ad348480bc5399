"""The plan of a symbol, or why it has none.

1. each direction's evidence is read and drawn
2. its gates are asked in order, up to the first that fails (in a review all of them)
3. a direction that passes becomes a plan; the better-scoring one wins, a tie has no winner
4. if neither passes, the one that came further says why
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

from contracts.hook_point import hook_point
from shared.models.data import MultiTimeframeData
from shared.models.gates import GateResult, Rejection, unit_of
from shared.models.indicators import IndicatorSets
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.regime import Regime
from shared.models.scan import SideReview
from shared.models.scoring import ConfluenceBreakdown, SideScore
from shared.models.smc import Side, SMCSnapshot
from strategy.confluence.evidence import Evidence, read_evidence
from strategy.gates import GATES, TIE, check_side
from strategy.gates.table import first_failed, to_first_failed
from strategy.planner.draft import Reading
from strategy.planner.rationale import Sections, break_even_rule, write_sections
from strategy.planner.stops_targets import Draft
from strategy.planner.style_classifier import classify_style
from strategy.planner.ticks import outward, to_tick

FINGERPRINT_DIGITS = 12
PLACES: Final = MappingProxyType({gate.code: place for place, gate in enumerate(GATES)})
"""How far a direction has come that fails a gate."""


@hook_point("plan", gives="plan")
def plan_trade(
    multi_tf_data: MultiTimeframeData,
    multi_tf_indicators: IndicatorSets,
    smc_snapshot: SMCSnapshot,
    regime: Regime,
    confluence_breakdown: ConfluenceBreakdown,
    settings: Profile,
) -> TradePlan | Rejection:
    """The better direction's plan, or the rejection of the direction that came closest."""
    reading = Reading(multi_tf_data, smc_snapshot, settings)
    long, short = (
        one.outcome(tuple(to_first_failed(one.gates())))
        for side in (Side.LONG, Side.SHORT)
        for one in [_Direction.read(side, reading, multi_tf_indicators, regime, confluence_breakdown)]
    )
    if isinstance(long, TradePlan) and isinstance(short, TradePlan):
        return _better(long, short, settings)
    if isinstance(long, Rejection) and isinstance(short, Rejection):
        return _closer(long, short, confluence_breakdown)
    return long if isinstance(long, TradePlan) else short


def review_side(
    side: Side,
    multi_tf_data: MultiTimeframeData,
    multi_tf_indicators: IndicatorSets,
    smc_snapshot: SMCSnapshot,
    regime: Regime,
    confluence_breakdown: ConfluenceBreakdown,
    settings: Profile,
) -> SideReview:
    """One direction with every gate whose inputs exist, and the plan or rejection that follows from them."""
    reading = Reading(multi_tf_data, smc_snapshot, settings)
    direction = _Direction.read(side, reading, multi_tf_indicators, regime, confluence_breakdown)
    gates = tuple(direction.gates())
    return SideReview(side, gates, direction.outcome(gates))


@dataclass(frozen=True)
class _Direction:
    """One direction with what its gates are asked about."""

    reading: Reading
    row: Evidence
    breakdown: ConfluenceBreakdown
    regime: Regime

    @classmethod
    def read(
        cls,
        side: Side,
        reading: Reading,
        indicators: IndicatorSets,
        regime: Regime,
        breakdown: ConfluenceBreakdown,
    ) -> _Direction:
        return cls(reading, read_evidence(side, reading, indicators, regime), breakdown, regime)

    @property
    def scored(self) -> SideScore:
        return self.breakdown.on(self.row.side)

    @cached_property
    def written(self) -> tuple[tuple[Draft, Sections], ...]:
        """The drawn trade, if there is one, with its rationale."""
        return tuple(
            (draft, write_sections(self.reading, self.row, draft, self.scored, self.regime))
            for draft in self.row.drafts
        )

    def gates(self) -> Iterator[GateResult]:
        """Every gate whose inputs exist, asked as they are taken."""
        return check_side(
            self.row,
            self.breakdown,
            self.regime,
            self.reading.settings,
            lambda: sum(text.written for _, text in self.written),
        )

    def outcome(self, gates: tuple[GateResult, ...]) -> TradePlan | Rejection:
        """The plan that passed ``gates``, or the rejection of the first that failed."""
        for failed in first_failed(gates):
            reason = _reason(self.row.side, failed, self.regime)
            return Rejection.of(self.reading.data.symbol, failed, reason)
        draft, text = self.written[0]
        return _plan(self, draft, text, gates)


def _plan(passed: _Direction, draft: Draft, text: Sections, gates: tuple[GateResult, ...]) -> TradePlan:
    reading = passed.reading
    data, settings, side = reading.data, reading.settings, passed.row.side
    frames = settings.timeframes
    return TradePlan(
        fingerprint=fingerprint(data, settings, side, draft.entry.object_id),
        exchange=data.market.exchange,
        symbol=data.symbol,
        profile=settings.name,
        side=side,
        style=classify_style(
            frames.anchor, draft.stop.distance_atr, _first_target_atr(reading, draft), settings.plan.hold_bars
        ),
        anchor=frames.anchor,
        trigger=frames.trigger,
        context=frames.context,
        decided_ms=reading.decided_ms,
        close=to_tick(reading.trigger.close, reading.tick, outward(side, favourable=True)),
        score=passed.scored.score,
        grade=passed.scored.grade,
        entry=draft.entry,
        stop=draft.stop,
        targets=draft.targets,
        break_even=break_even_rule(reading, draft),
        hold_bars=settings.plan.hold_bars,
        tick=reading.tick,
        rationale=text.complete(),
        gates=gates,
    )


def fingerprint(data: MultiTimeframeData, settings: Profile, side: Side, object_id: str) -> str:
    """What stays the same while a setup lives: 12 hex digits of (exchange, symbol, anchor, side, zone, profile)."""
    parts = (
        data.market.exchange,
        data.symbol,
        settings.timeframes.anchor.value,
        side.word,
        object_id,
        settings.name,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:FINGERPRINT_DIGITS]


def _first_target_atr(reading: Reading, draft: Draft) -> float:
    return float(abs(draft.targets[0].price - draft.entry.price)) / reading.anchor.atr


def _reason(side: Side, gate: GateResult, regime: Regime) -> str:
    found = (
        f"{side.word}: {gate.what} {gate.measured:.4g} {unit_of(gate.measured, gate.unit)}, "
        f"needs {gate.comparison} {gate.threshold:g}"
    )
    vetoes = [why for vetoed, why in regime.vetoes if vetoed is side] if gate.code == "regime.btc" else []
    return "; ".join((found, *vetoes))


def _better(long: TradePlan, short: TradePlan, settings: Profile) -> TradePlan | Rejection:
    if long.score == short.score:
        gate = TIE.result(0.0, settings)
        return Rejection.of(
            long.symbol, gate, f"long and short both pass with {long.score:g} points: neither is better"
        )
    return long if long.score > short.score else short


def _closer(long: Rejection, short: Rejection, breakdown: ConfluenceBreakdown) -> Rejection:
    """The rejection at the later gate; of two at the same gate the better-scoring side's, then the long one."""
    reached = _place(long), breakdown.long.score
    return long if reached >= (_place(short), breakdown.short.score) else short


def _place(rejection: Rejection) -> int:
    return PLACES[rejection.code]
