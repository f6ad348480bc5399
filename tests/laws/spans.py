"""Spans of closes to decide on, and what the stages decide at one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from data.adapters.demo_market import BY_SYMBOL, base_candles
from data.aggregation import aggregate
from engine.hooks import Hooks
from engine.pipeline import Pipeline
from indicators.registry import compute_indicators, compute_set, measure
from shared.config.profiles import load_profile
from shared.models.context import SniperContext
from shared.models.data import Candles, Market, MultiTimeframeData
from shared.models.events import object_id
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.regime import MarketContext, Regime, RegimeState, VolatilityState
from shared.models.scoring import ConfluenceBreakdown
from shared.models.smc import Side, Trend, ZoneKind
from strategy.columns.span import Climate, Decisions, Frame, Span
from strategy.confluence.evidence import APPETITE
from strategy.confluence.scorer import score
from strategy.gates import GATES, TIE
from strategy.planner.planner_service import plan_trade
from strategy.smc.engine import detect
from strategy.smc.fold import read_structure
from strategy.smc.snapshot import find_structure

FIRST_MS: Final = 1_704_067_200_000
"""2024-01-01 00:00 UTC, a Monday."""
DAYS: Final = 130
SHORT: Final = {
    "history_bars": 200,
    "min_context_bars": 50,
    "min_context_bars_1d": 20,
    "min_context_bars_1w": 5,
}
"""As much history as a hundred days have."""
STATES: Final = tuple(RegimeState)
APPETITES: Final = {number: appetite for appetite, number in APPETITE.items()}
ZONES: Final = tuple(ZoneKind)
CODES: Final = tuple(gate.code for gate in GATES)


def short_profile(name: str, **changes: dict[str, object]) -> Profile:
    """A packaged profile that asks for little history, with changes."""
    return load_profile(name, {"data": SHORT, **changes})


def made_up(symbol: str, seed: int = 7) -> tuple[Market, Candles]:
    """A market of the demo exchange and its 5m candles."""
    coin = BY_SYMBOL[symbol]
    return coin.market(active=True), base_candles(seed, coin, FIRST_MS, DAYS * 288)


def span_of(made: tuple[Market, Candles], settings: Profile, last: int) -> Span:
    """Every timeframe from the first candle on, to decide at the last ``last`` closes of the base timeframe."""
    market, base = made
    frames = {}
    for name in settings.timeframes.needed:
        candles = base if name is base.timeframe else aggregate(base, name)
        log = detect(candles, settings.smc, float(market.tick))
        frames[name] = Frame(candles, compute_set(candles).columns, log)
    return Span(market, frames, base.close_ms[-last:])


def drawn(span: Span, rows: Iterable[int]) -> Span:
    """The same span, to decide at some of its closes."""
    return replace(span, as_of_ms=span.as_of_ms[list(rows)])


def data_at(span: Span, row: int) -> MultiTimeframeData:
    """The candles that are closed at a row's instant."""
    as_of_ms = int(span.as_of_ms[row])
    bars = {
        name: int(frame.last_bars(span.as_of_ms[row : row + 1])[0]) for name, frame in span.frames.items()
    }
    candles = {name: span.frames[name].candles.head(bar + 1) for name, bar in bars.items() if bar >= 0}
    return MultiTimeframeData(span.market, as_of_ms, candles)


def scanned(span: Span, row: int, settings: Profile, market: MarketContext) -> SniperContext:
    """The symbol through every stage of a scan at a row's instant."""
    context = SniperContext(
        span.market.symbol,
        settings.name,
        settings,
        "run",
        int(span.as_of_ms[row]),
        market,
        data_at(span, row),
    )
    return Pipeline.of(Hooks()).decide(context)


@dataclass(frozen=True)
class FromLogs:
    """A way to compute that reads what was computed of the whole series: its columns and the fold of its log."""

    span: Span

    def __call__(self, work: Any, candles: Candles, *how: Any) -> Any:
        frame, bars = self.span.frames[candles.timeframe], len(candles)
        if work is measure:
            return {name: column[:bars] for name, column in frame.columns.items()}
        return read_structure(frame.candles, frame.log, bars - 1)


def decided(
    span: Span, row: int, settings: Profile, regime: Regime
) -> tuple[TradePlan | Rejection, ConfluenceBreakdown]:
    """What score and plan say at a row's instant under a regime."""
    data, way = data_at(span, row), FromLogs(span)
    indicators = compute_indicators(data, compute=way)
    snapshot = find_structure(data, settings, compute=way)
    breakdown = score(data, indicators, snapshot, regime, settings)
    return plan_trade(data, indicators, snapshot, regime, breakdown, settings), breakdown


def climate_of(regimes: Sequence[Regime]) -> Climate:
    """Regimes as columns."""

    def vetoes(side: Side) -> Any:
        return np.array([sum(vetoed is side for vetoed, _ in regime.vetoes) for regime in regimes])

    return Climate(
        np.array([STATES.index(regime.state) for regime in regimes]),
        np.array([regime.efficiency for regime in regimes]),
        np.array([regime.atr_percentile for regime in regimes]),
        np.array([regime.beta for regime in regimes]),
        np.array([STATES.index(regime.market.state) for regime in regimes]),
        np.array([APPETITE[regime.market.risk_appetite] for regime in regimes]),
        vetoes(Side.LONG),
        vetoes(Side.SHORT),
    )


def weather(count: int, seed: int) -> list[Regime]:
    """Regimes of every kind, at random."""
    draw = np.random.default_rng(seed)
    regimes = []
    for _ in range(count):
        market = MarketContext(
            "BTC/USDT",
            STATES[draw.integers(len(STATES))],
            0.0,
            APPETITES[int(draw.integers(-1, 2))],
            "made up",
            "made up",
        )
        sides = [side for side in (Side.LONG, Side.SHORT) if draw.random() < 0.04]
        regimes.append(
            Regime(
                STATES[draw.integers(len(STATES) - 1)], Trend.NONE, float(draw.random()), VolatilityState.NORMAL,
                float(draw.integers(0, 201)) / 2, float(draw.normal(0.8, 0.7)), market,
                tuple((side, "made up") for side in sides),
            )
        )  # fmt: skip
    return regimes


Told = tuple[int, str, int, int, int, str]
"""Place, measure to the bit, side, both scores (−1 where none is told) and the id of the zone traded."""


def told_by_objects(outcome: TradePlan | Rejection, breakdown: ConfluenceBreakdown) -> Told:
    """What became of a close by the stages."""
    scores = breakdown.long.total_tenths, breakdown.short.total_tenths
    if isinstance(outcome, TradePlan):
        return -1, (0.0).hex(), int(outcome.side), *scores, outcome.entry.object_id
    side = 0 if outcome.code == TIE.code else 1 if outcome.reason.startswith("long: ") else -1
    return CODES.index(outcome.code), outcome.measured.hex(), side, *scores, ""


def told_by_columns(decisions: Decisions, row: int, scores: tuple[int, int]) -> Told:
    """The same by columns; a score that was not taken is that of ``scores``."""
    taken = int(decisions.long_tenths[row]), int(decisions.short_tenths[row])
    kind, side = int(decisions.zone_kind[row]), int(decisions.side[row])
    zone = object_id(ZONES[kind].value, "", side, int(decisions.zone_ms[row])) if kind >= 0 else ""
    told = (own if own >= 0 else given for own, given in zip(taken, scores, strict=True))
    return int(decisions.place[row]), float(decisions.measured[row]).hex(), side, *told, zone
