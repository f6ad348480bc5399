"""The whole check for look-ahead, on series, on decisions, and what a later start would change."""

from __future__ import annotations

from dataclasses import dataclass

from engine.edges import Progress, silent
from engine.verification.decision_laws import Court, Span, find_instants, hold_decisions
from engine.verification.drift import measure_drift
from engine.verification.ledger import Ledger
from engine.verification.series_laws import LAST, hold_series, lengths_of
from engine.verification.stock import Stock
from engine.verification.suspects import Suspects
from shared.models.lookahead import Lookahead
from shared.models.profile import Profile
from shared.models.verification import Series


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is looked at: ``series`` are held to the laws by themselves, ``stock`` is what is decided on and ``symbols`` those in it
    that are; instants are drawn from the newest ``bars`` candles of the trigger timeframe."""

    series: tuple[Series, ...]
    stock: Stock
    symbols: tuple[str, ...]
    bars: int


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard it is looked: ``cuts`` of each series, and instants with a plan and without; the seed of all that is drawn."""

    cuts: int
    seed: int


def verify_lookahead(
    evidence: Evidence,
    settings: Profile,
    suspects: Suspects,
    effort: Effort,
    progress: Progress = silent,
) -> Lookahead:
    """Hold everything to every law. The same evidence, settings, suspects and effort give the same result.

    Raises:
        ContractError: a decision failed; the message names the symbol.
    """
    ledger = Ledger()
    for done, one in enumerate(evidence.series, 1):
        hold_series(one, lengths_of(one.candles, effort.cuts, effort.seed), suspects, ledger)
        progress("series", done, len(evidence.series))
    court = Court(suspects.decide, evidence.stock, settings.timeframes.trigger)
    spans = spans_of(evidence, settings)
    instants = find_instants(court, spans, effort.cuts, effort.seed, progress)
    hold_decisions(court, instants, ledger, progress)
    planned = sum(instant.decided.is_plan for instant in instants)
    drift = measure_drift(_longest(evidence), suspects, settings.data.history_bars)
    return Lookahead(effort.cuts + LAST, planned, len(instants) - planned, ledger.checks(), drift)


def spans_of(evidence: Evidence, settings: Profile) -> tuple[Span, ...]:
    """When each symbol may be decided on that has candles of every required timeframe."""
    frames = settings.timeframes
    held = ((symbol, evidence.stock.held.get(symbol, {})) for symbol in evidence.symbols)
    return tuple(
        span
        for symbol, series in held
        if all(len(series.get(timeframe, ())) for timeframe in frames.required)
        for span in Span.of(symbol, series[frames.trigger], evidence.bars)
    )


def _longest(evidence: Evidence) -> list[Series]:
    """The series with all the candles there are of them."""
    held = evidence.stock.held
    return [
        Series(one.symbol, held.get(one.symbol, {}).get(one.candles.timeframe, one.candles), one.tick)
        for one in evidence.series
    ]
