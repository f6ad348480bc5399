"""Evidence: everything a side's score and gates rest on, as one flat row of finite numbers.

All of it is seen from the side: oscillators are mirrored for shorts, ``along`` values are +1 for the side and −1
against it, places in a range count from the cheap end. What is absent is 0 (or the worst value a gate can see), never
guessed. The trade, if there is a zone to draw it on, stands beside the numbers; what it costs and pays is drawn when it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from shared.models.indicators import IndicatorSet, IndicatorSets
from shared.models.profile import Profile
from shared.models.regime import MarketContext, Regime, RegimeState, RiskAppetite
from shared.models.smc import (
    BreakLabel,
    Side,
    StructureBreak,
    Sweep,
    SweepKind,
    TimeframeStructure,
    Zone,
)
from shared.models.timeframe import Timeframe
from strategy.confluence.quality import block_quality, break_quality, gap_quality, sweep_quality
from strategy.planner.draft import Candidate, Reading
from strategy.planner.drawing import draw_best
from strategy.planner.stops_targets import Draft

NEAR_ATR: Final = 1.0
"""A block or gap this close to the entry zone supports it."""
SWEEP_NAMES: Final = {SweepKind.RECLAIM: "reclaim", SweepKind.WICK: "wick"}
APPETITE: Final = {RiskAppetite.ON: 1, RiskAppetite.NEUTRAL: 0, RiskAppetite.OFF: -1}
ALONG: Final = {
    RegimeState.TREND_UP: 1.0,
    RegimeState.IMPULSE_UP: 1.0,
    RegimeState.CHOP: 0.0,
    RegimeState.TREND_DOWN: -1.0,
    RegimeState.IMPULSE_DOWN: -1.0,
}
READ_COLUMNS: Final = (
    *("rsi", "stoch_rsi_k", "stoch_rsi_d", "mfi", "bb_percent", "zscore"),
    *("obv_slope", "volume_z", "atr", "atr_pct", "efficiency"),
)
"""Indicator columns of the anchor timeframe that the decision rests on."""


DRAWN: Final = (
    *("freshness", "displacement_atr", "zone_height_atr", "reach_atr", "range_position", "overlap"),
)
"""What is told of the chosen entry."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One side of one symbol at one close. Flags are 0 or 1; ages in anchor bars; distances in ATR.

    Without a zone (``zones`` 0, ``drafts`` empty) the zone and plan figures are 0 and gates on them are not asked.
    """

    side: Side
    anchor: Timeframe
    alignment: float
    alignment_weight: float
    zones: int
    freshness: float
    displacement_atr: float
    zone_height_atr: float
    reach_atr: float
    range_position: float
    block_freshness: float
    block_displacement_atr: float
    block_volume: float
    block_has_gap: int
    block_swept: int
    gap_freshness: float
    gap_height_atr: float
    overlap: int
    swing_trend: int
    break_found: int
    break_age: float
    break_displacement_atr: float
    reclaim_found: int
    reclaim_age: float
    reclaim_depth_atr: float
    sweep_found: int
    sweep_age: float
    wick_found: int
    wick_age: float
    wick_depth_atr: float
    sequence: int
    rsi: float
    stoch_k: float
    stoch_d: float
    mfi: float
    percent_b: float
    zscore: float
    obv_slope: float
    volume_z: float
    atr_percentile: float
    efficiency: float
    regime_along: float
    appetite_along: int
    market_along: float
    market_known: int
    opposing_blocks: int
    alignment_parts: str
    break_words: str
    regime_words: str
    appetite_words: str
    market_words: str
    drafts: tuple[Draft, ...]

    @property
    def stop_distance_atr(self) -> float:
        """How far the drawn stop is from the entry."""
        return sum(draft.stop_distance_atr for draft in self.drafts)

    @property
    def cost_r(self) -> float:
        """What a stopped trade costs over the stop distance."""
        return sum(draft.cost_r for draft in self.drafts)

    @property
    def stop_zones(self) -> int:
        """Active anchor zones that contain the stop."""
        return sum(draft.stop_zones for draft in self.drafts)

    @property
    def targets(self) -> int:
        """How many targets there are."""
        return sum(len(draft.rewards) for draft in self.drafts)

    @property
    def net_rr_first(self) -> float:
        """What the nearest target pays, 0 without one."""
        return sum(sum(draft.rewards[:1]) for draft in self.drafts)

    @property
    def net_rr_last(self) -> float:
        """What the furthest target pays, 0 without one."""
        return sum(sum(draft.rewards[-1:]) for draft in self.drafts)


def read_evidence(side: Side, reading: Reading, indicators: IndicatorSets, regime: Regime) -> Evidence:
    """The evidence of ``side``: a pure function of the context, read once for the score and the plan of the same symbol.

    Raises:
        IncompleteIndicatorError: an indicator has no value at the anchor's last candle.
        ContractError: the anchor or trigger timeframe has no structure.
    """
    return _read(_Asked(side, reading, indicators, regime))


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What is read, the same when it is made of the very same values: no comparing, and none of them can change."""

    side: Side
    reading: Reading
    indicators: IndicatorSets
    regime: Regime

    @property
    def parts(self) -> tuple[object, ...]:
        reading = self.reading
        return reading.data, reading.snapshot, reading.settings, self.indicators, self.regime

    def __hash__(self) -> int:
        return hash((self.side, *map(id, self.parts)))

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, _Asked) and self.side is other.side
        return same and all(one is two for one, two in zip(self.parts, other.parts, strict=True))  # type: ignore[attr-defined]


@lru_cache(maxsize=len(Side))
def _read(asked: _Asked) -> Evidence:
    side, reading, indicators, regime = asked.side, asked.reading, asked.indicators, asked.regime
    anchor, alignment = reading.anchor, reading.snapshot.alignment
    bars = reading.settings.confluence.synergy_bars
    drafts, zones = draw_best(reading, side)
    return Evidence(
        side=side,
        anchor=anchor.timeframe,
        alignment=alignment.along(side),
        alignment_weight=context_share(alignment.weight, reading.settings),
        alignment_parts=", ".join(f"{part[0]} {part[2].name.lower()}" for part in alignment.parts)
        or "no timeframe",
        zones=zones,
        swing_trend=int(anchor.swing.trend) * side,
        sequence=_sequence(reading, side, drafts),
        drafts=drafts,
        **_drawn(drafts),
        **_support(anchor, side, drafts),
        **_breaks(anchor, side, bars),
        **_sweep(anchor, side, SweepKind.RECLAIM, bars),
        **_sweep(anchor, side, SweepKind.WICK, bars),
        **_newest_sweep(anchor, side),
        **_oscillators(indicators[anchor.timeframe], side),
        **_climate(regime, side),
        volume_z=_leg_volume(anchor, side, bars),
        opposing_blocks=_opposing(reading, side, drafts),
    )


def context_share(weight: float, settings: Profile) -> float:
    """How much of the weight of the profile's own context has a trend, if ``weight`` of all that is declared has; timeframes outside it
    are not missed."""
    weights, context = settings.confluence.alignment, settings.timeframes.context
    own = sum(weights.get(timeframe, 0.0) for timeframe in context)
    return min(1.0, weight * sum(weights.values()) / own) if own > 0 else 0.0


def _drawn(drafts: tuple[Draft, ...]) -> dict[str, Any]:
    for draft in drafts:
        chosen = draft.candidate
        return {
            "freshness": chosen.freshness,
            "displacement_atr": chosen.displacement_atr,
            "zone_height_atr": chosen.height_atr,
            "reach_atr": chosen.reach_atr,
            "range_position": chosen.range_position,
            "overlap": int(chosen.overlap),
        }
    return dict.fromkeys(DRAWN, 0)


def _support(anchor: TimeframeStructure, side: Side, drafts: tuple[Draft, ...]) -> dict[str, Any]:
    """The best block and the best gap of the side at, or within one ATR of, the entry zone."""
    blocks, gaps = [(0.0, 0.0, 0.0, 0, 0)], [(0.0, 0.0)]
    for draft in drafts:
        for block in anchor.order_blocks:
            if _close_by(block.zone, side, draft.candidate, anchor.atr):
                marks = int(block.has_fvg), int(block.sweep_before)
                blocks.append((block.zone.freshness, block.displacement_atr, block.relative_volume, *marks))
        gaps += [
            (gap.zone.freshness, gap.zone.height_atr)
            for gap in anchor.fair_value_gaps
            if _close_by(gap.zone, side, draft.candidate, anchor.atr)
        ]
    block_names = (
        "block_freshness",
        "block_displacement_atr",
        "block_volume",
        "block_has_gap",
        "block_swept",
    )
    best_block = max(blocks, key=lambda found: (block_quality(*found), found))
    best_gap = max(gaps, key=lambda found: (gap_quality(*found), found))
    return {
        **dict(zip(block_names, best_block, strict=True)),
        **dict(zip(("gap_freshness", "gap_height_atr"), best_gap, strict=True)),
    }


def _close_by(zone: Zone, side: Side, chosen: Candidate, atr: float) -> bool:
    apart = max(zone.low - chosen.high, chosen.low - zone.high)
    return zone.side is side and apart <= NEAR_ATR * atr


def best_breaks(anchor: TimeframeStructure, side: Side, bars: float) -> tuple[StructureBreak, ...]:
    """The break to ``side`` that the score counts, or none; of two alike, the swing layer's. ``bars`` is its half-life."""
    found = _both_layers(anchor, side)
    return (
        (max(found, key=lambda event: break_quality(event.age_bars, event.displacement_atr, bars)),)
        if found
        else ()
    )


def best_sweeps(anchor: TimeframeStructure, side: Side, kind: SweepKind, bars: float) -> tuple[Sweep, ...]:
    """The sweep of a kind in favour of ``side`` that the score counts, or none. ``bars`` is its half-life."""
    found = [sweep for sweep in anchor.sweeps if sweep.side is side and sweep.kind is kind]
    return (
        (max(found, key=lambda sweep: sweep_quality(sweep.age_bars, sweep.depth_atr, bars)),) if found else ()
    )


def _both_layers(anchor: TimeframeStructure, side: Side) -> list[StructureBreak]:
    events = (*anchor.swing.breaks, *anchor.internal.breaks)
    return [event for event in events if event.side is side]


def _breaks(anchor: TimeframeStructure, side: Side, bars: int) -> dict[str, Any]:
    """The best break to the side; of two alike, the swing layer's."""
    row: dict[str, Any] = {"break_found": 0, "break_age": 0.0, "break_displacement_atr": 0.0}
    row["break_words"] = "no break this way"
    for best in best_breaks(anchor, side, bars):
        row |= {
            "break_found": 1,
            "break_age": float(best.age_bars),
            "break_displacement_atr": best.displacement_atr,
        }
        words = f"{best.layer} {best.label} {best.age_bars} bars ago, leg of {best.displacement_atr:.2f} ATR"
        row["break_words"] = words
    return row


def _sweep(anchor: TimeframeStructure, side: Side, kind: SweepKind, bars: int) -> dict[str, Any]:
    """The best sweep of a kind in favour of the side."""
    name = SWEEP_NAMES[kind]
    row = {f"{name}_found": 0, f"{name}_age": 0.0, f"{name}_depth_atr": 0.0}
    for best in best_sweeps(anchor, side, kind, bars):
        row = {f"{name}_found": 1, f"{name}_age": float(best.age_bars), f"{name}_depth_atr": best.depth_atr}
    return row


def _newest_sweep(anchor: TimeframeStructure, side: Side) -> dict[str, Any]:
    ages = [float(sweep.age_bars) for sweep in anchor.sweeps if sweep.side is side]
    return {"sweep_found": int(bool(ages)), "sweep_age": min(ages, default=0.0)}


def _sequence(reading: Reading, side: Side, drafts: tuple[Draft, ...]) -> int:
    """1 when a sweep, then a CHoCH, then the block being traded came within the profile's bars, else 0."""
    anchor, bars = reading.anchor, reading.settings.confluence.synergy_bars
    blocks = {block.zone.object_id: block.zone.known_ms for block in anchor.order_blocks}
    turns = [event for event in _both_layers(anchor, side) if event.label is BreakLabel.CHOCH]
    sweeps = [sweep for sweep in anchor.sweeps if sweep.side is side]
    for draft in drafts:
        known_ms = blocks.get(draft.candidate.object_id, 0)
        if any(
            _in_order(sweep, turn, known_ms, bars * anchor.timeframe.ms) for sweep in sweeps for turn in turns
        ):
            return 1
    return 0


def _in_order(sweep: Sweep, turn: StructureBreak, block_known_ms: int, window_ms: int) -> bool:
    return sweep.known_ms <= turn.known_ms <= block_known_ms <= sweep.known_ms + window_ms


def _oscillators(values: IndicatorSet, side: Side) -> dict[str, Any]:
    """Mirrored for shorts: what is overbought for one side is oversold for the other."""

    def centred(name: str, middle: float) -> float:
        return middle + side * (values.last(name) - middle)

    return {
        "rsi": centred("rsi", 50.0),
        "stoch_k": centred("stoch_rsi_k", 50.0),
        "stoch_d": centred("stoch_rsi_d", 50.0),
        "mfi": centred("mfi", 50.0),
        "percent_b": centred("bb_percent", 0.5),
        "zscore": centred("zscore", 0.0),
        "obv_slope": centred("obv_slope", 0.0),
    }


def _leg_volume(anchor: TimeframeStructure, side: Side, bars: int) -> float:
    """The strongest volume z-score among the side's displacements of the last ``bars``; 0 without one above usual."""
    legs = [leg.volume_z for leg in anchor.displacements if leg.side is side and leg.age_bars <= bars]
    return max((0.0, *legs))


def _climate(regime: Regime, side: Side) -> dict[str, Any]:
    market = regime.market
    return {
        "atr_percentile": regime.atr_percentile,
        "efficiency": regime.efficiency,
        "regime_along": ALONG.get(regime.state, -side) * side,
        "appetite_along": APPETITE[market.risk_appetite] * side,
        "market_along": ALONG.get(market.state, 0.0) * side * _pull(regime.beta),
        "market_known": int(market.state is not RegimeState.UNKNOWN),
        "regime_words": f"{regime.state.value.replace('_', ' ')}, efficiency {regime.efficiency:.2f}",
        "appetite_words": f"risk appetite {market.risk_appetite.value}: {market.basis}",
        "market_words": _market_words(market, regime.beta),
    }


def _pull(beta: float) -> float:
    return max(-1.0, min(1.0, beta))


def _market_words(market: MarketContext, beta: float) -> str:
    return f"{market.benchmark} {market.state.value.replace('_', ' ')}, impulse z {market.impulse_z:+.2f}, beta {beta:.2f}"


def _opposing(reading: Reading, side: Side, drafts: tuple[Draft, ...]) -> int:
    """Fresh opposing blocks of coarser timeframes that a move from the entry to the first target has to cross."""
    least, opposite = reading.settings.gates.min_freshness, side.opposite
    for draft in drafts:
        start = float(draft.price) * side
        nearest = [
            zone.low if side is Side.LONG else zone.high
            for frame in reading.coarser
            for zone in (block.zone for block in frame.order_blocks)
            if zone.side is opposite
            and zone.freshness >= least
            and (zone.high if side is Side.LONG else zone.low) * side > start
        ]
        if all(map(draft.ends_by, nearest)):  # the usual case, found without drawing targets
            return 0
        ends = [float(step.price) * side for step in draft.ladder[:1]]
        return sum(near * side < end for end in ends for near in nearest)
    return 0
