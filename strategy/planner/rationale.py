"""The rationale: every section written from the numbers of the trade it explains."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from shared.models.costs import break_even_stop
from shared.models.planner import EntryKind, Rationale
from shared.models.profile import Profile
from shared.models.regime import Regime
from shared.models.scoring import SideScore
from shared.models.timeframe import iso
from strategy.confluence.evidence import Evidence
from strategy.planner.draft import Reading
from strategy.planner.stops_targets import Draft

WEAK: Final = 0.25
"""A factor below this share of its weight is named as speaking against the trade."""


@dataclass(frozen=True, slots=True)
class Sections:
    """The rationale's sections before they are held to be complete."""

    bias: str
    trigger: str
    entry: str
    stop: str
    targets: str
    invalidation: str
    against: str

    @property
    def written(self) -> int:
        """How many hold text."""
        return sum(bool(text.strip()) for text in asdict(self).values())

    def complete(self) -> Rationale:
        """The rationale; an empty section is refused."""
        return Rationale(**asdict(self))


def write_sections(
    reading: Reading, row: Evidence, draft: Draft, scored: SideScore, regime: Regime
) -> Sections:
    """Every section in plain words, prices on the tick."""
    settings = reading.settings
    return Sections(
        bias=(
            f"{row.side.word.capitalize()}: higher timeframes read {row.alignment_parts}, agreement {row.alignment:+.2f}; "
            f"the symbol is in {row.regime_words}; {row.market_words}; "
            f"{row.appetite_words}. Confluence {scored.score:g} of 100 ({scored.grade})."
        ),
        trigger=_trigger(reading, row, draft),
        entry=f"{draft.entry.why[:1].upper()}{draft.entry.why[1:]}; {draft.entry.reach_atr:.2f} ATR from price.",
        stop=f"{draft.stop.price:f}: {draft.stop.why} ({draft.stop.distance_pct:.2f} %).",
        targets=" ".join(
            f"{target.price:f} for {target.fraction * 100:.0f} %: {target.why}." for target in draft.targets
        ),
        invalidation=_invalidation(draft, settings),
        against=_against(row, scored, regime),
    )


def break_even_rule(reading: Reading, draft: Draft) -> str:
    """What becomes of the stop once the first target is reached."""
    side, entry = draft.candidate.side, draft.entry.price
    if len(draft.targets) < 2:
        return "one target only: the stop stays where it is"
    first = draft.targets[0].price
    price = break_even_stop(entry, first, side, reading.tick, reading.settings.costs)
    if price is None:
        return "the first target is too near to pay for a stop at break-even: the stop stays where it is"
    return f"once {first:f} is reached, the stop of the rest moves to {price:f}, which pays all costs"


def _trigger(reading: Reading, row: Evidence, draft: Draft) -> str:
    chosen, frames = draft.candidate, reading.settings.timeframes
    if chosen.kind is EntryKind.LIMIT:
        return f"None is waited for: the zone is untouched and the order rests in it. Structure: {row.break_words}."
    return (
        f"First touch of the zone by {iso(chosen.touched_ms)}, then a {frames.trigger} break {row.side.word} "
        f"at {iso(chosen.trigger_ms)}. Structure: {row.break_words}."
    )


def _invalidation(draft: Draft, settings: Profile) -> str:
    beyond = "below" if draft.candidate.side > 0 else "above"
    return (
        f"Before the fill: a {settings.timeframes.anchor} close {beyond} {draft.entry.invalidation:f}, or no fill by "
        f"{iso(draft.entry.expires_ms)}. After it: the stop, or {settings.plan.hold_bars} "
        f"{settings.timeframes.anchor} bars without a result."
    )


def _against(row: Evidence, scored: SideScore, regime: Regime) -> str:
    conflicts = [f"{rule.why} ({rule.points_tenths / 10:+g})" for rule in scored.conflicts]
    weak = [
        f"{factor.name.replace('_', ' ')} is weak ({factor.why})"
        for factor in scored.factors
        if factor.weight_tenths and factor.value < WEAK
    ]
    vetoes = [why for side, why in regime.vetoes if side is row.side]
    if found := [*vetoes, *conflicts, *weak]:
        return "; ".join(found) + "."
    return (
        f"Nothing found: checked {len(scored.factors)} factors (none under a quarter of its weight), opposing "
        "higher-timeframe blocks before the first target, the swing trend, exhausted momentum and the benchmark."
    )
