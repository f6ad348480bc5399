"""Evidence: everything a side's score and gates rest on, as one flat row of finite numbers.

All of it is seen from the side: oscillators are mirrored for shorts, ``along`` values are +1 for the side and −1
against it, places in a range count from the cheap end. What is absent is 0 (or the worst value a gate can see), never
guessed. The drawn trade, if there is a zone to draw it on, stands beside the numbers for the plan and the sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from shared.models.indicators import IndicatorSet, IndicatorSets
from shared.models.regime import MarketContext, Regime, RegimeState, RiskAppetite
from shared.models.smc import (
    BreakLabel,
    Layer,
    Side,
    StructureBreak,
    Sweep,
    SweepKind,
    TimeframeStructure,
    Zone,
)
from shared.models.timeframe import Timeframe
from strategy.planner.draft import Candidate, Draft, Reading
from strategy.planner.entry import choose_entry, find_entries
from strategy.planner.stops_targets import draw

NEAR_ATR: Final = 1.0
"""A block or gap this close to the entry zone supports it."""
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
    opposing_zones: int
    stop_distance_atr: float
    cost_r: float
    net_rr_first: float
    net_rr_last: float
    stop_zones: int
    targets: int
    alignment_parts: str
    break_words: str
    regime_words: str
    market_words: str
    drafts: tuple[Draft, ...]


def read_evidence(side: Side, reading: Reading, indicators: IndicatorSets, regime: Regime) -> Evidence:
    """The evidence of ``side``: a pure function of the context.

    Raises:
        IncompleteIndicatorError: an indicator has no value at the anchor's last candle.
        ContractError: the anchor or trigger timeframe has no structure.

    """
    anchor, alignment = reading.anchor, reading.snapshot.alignment
    candidates = find_entries(reading, side)
    drafts = tuple(draw(reading, chosen) for chosen in choose_entry(reading, candidates))
    return Evidence(
        side=side,
        anchor=anchor.timeframe,
        alignment=alignment.along(side),
        alignment_weight=alignment.weight,
        alignment_parts=", ".join(f"{part[0]} {part[2].name.lower()}" for part in alignment.parts)
        or "no timeframe",
        zones=len({candidate.object_id for candidate in candidates}),
        swing_trend=int(anchor.swing.trend) * side,
        sequence=_sequence(reading, side, drafts),
        drafts=drafts,
        **_drawn(drafts),
        **_support(anchor, side, drafts),
        **_breaks(anchor, side),
        **_sweep(anchor, side, SweepKind.RECLAIM, "reclaim"),
        **_sweep(anchor, side, SweepKind.WICK, "wick"),
        **_oscillators(indicators[anchor.timeframe], side),
        **_climate(anchor, regime, side),
        opposing_zones=_opposing(reading, side, drafts),
    )


def _drawn(drafts: tuple[Draft, ...]) -> dict[str, Any]:
    names = (
        *("freshness", "displacement_atr", "zone_height_atr", "reach_atr", "range_position", "overlap"),
        *("stop_distance_atr", "cost_r", "net_rr_first", "net_rr_last", "stop_zones", "targets"),
    )
    row: dict[str, Any] = dict.fromkeys(names, 0)
    for draft in drafts:
        chosen, rewards = draft.candidate, [target.net_r for target in draft.targets] or [0.0]
        numbers = (
            *(chosen.freshness, chosen.displacement_atr, chosen.height_atr, chosen.reach_atr),
            *(chosen.range_position, int(chosen.overlap), draft.stop.distance_atr, draft.stop.cost_r),
            *(rewards[0], rewards[-1], draft.stop_zones, len(draft.targets)),
        )
        row = dict(zip(names, numbers, strict=True))
    return row


def _support(anchor: TimeframeStructure, side: Side, drafts: tuple[Draft, ...]) -> dict[str, Any]:
    """The freshest block and the freshest gap of the side at, or within one ATR of, the entry zone."""
    row = dict.fromkeys(("block_freshness", "block_displacement_atr", "block_volume", "gap_freshness"), 0.0)
    row |= {"block_has_gap": 0, "block_swept": 0, "gap_height_atr": 0.0}
    for draft in drafts:
        near = [
            block for block in anchor.order_blocks if _close_by(block.zone, side, draft.candidate, anchor.atr)
        ]
        if near:
            block = max(near, key=lambda block: (block.zone.freshness, block.zone.known_ms))
            row["block_freshness"], row["block_displacement_atr"] = (
                block.zone.freshness,
                block.displacement_atr,
            )
            row["block_volume"], row["block_has_gap"] = block.relative_volume, int(block.has_fvg)
            row["block_swept"] = int(block.sweep_before)
        gaps = [
            gap.zone
            for gap in anchor.fair_value_gaps
            if _close_by(gap.zone, side, draft.candidate, anchor.atr)
        ]
        if gaps:
            gap = max(gaps, key=lambda zone: (zone.freshness, zone.known_ms))
            row["gap_freshness"], row["gap_height_atr"] = gap.freshness, gap.height_atr
    return row


def _close_by(zone: Zone, side: Side, chosen: Candidate, atr: float) -> bool:
    apart = max(zone.low - chosen.high, chosen.low - zone.high)
    return zone.side is side and apart <= NEAR_ATR * atr


def _both_layers(anchor: TimeframeStructure, side: Side) -> list[StructureBreak]:
    events = (*anchor.swing.breaks, *anchor.internal.breaks)
    return [event for event in events if event.side is side]


def _breaks(anchor: TimeframeStructure, side: Side) -> dict[str, Any]:
    """The newest break to the side; of two at one close, the swing layer's."""
    found = sorted(
        _both_layers(anchor, side), key=lambda event: (-event.known_ms, event.layer is not Layer.SWING)
    )
    for event in found[:1]:
        words = (
            f"{event.layer} {event.label} {event.age_bars} bars ago, leg of {event.displacement_atr:.2f} ATR"
        )
        return _break_row(1, float(event.age_bars), event.displacement_atr, words)
    return _break_row(0, 0.0, 0.0, "no break this way")


def _break_row(found: int, age: float, displacement: float, words: str) -> dict[str, Any]:
    return {
        "break_found": found,
        "break_age": age,
        "break_displacement_atr": displacement,
        "break_words": words,
    }


def _sweep(anchor: TimeframeStructure, side: Side, kind: SweepKind, name: str) -> dict[str, Any]:
    found = [sweep for sweep in anchor.sweeps if sweep.side is side and sweep.kind is kind]
    row = {f"{name}_found": 0, f"{name}_age": 0.0, f"{name}_depth_atr": 0.0}
    for sweep in sorted(found, key=lambda sweep: (sweep.age_bars, -sweep.depth_atr))[:1]:
        row = {f"{name}_found": 1, f"{name}_age": float(sweep.age_bars), f"{name}_depth_atr": sweep.depth_atr}
    return row


def _sequence(reading: Reading, side: Side, drafts: tuple[Draft, ...]) -> int:
    """1 when a sweep, then a CHoCH, then the block being traded came within the profile's bars, else 0."""
    anchor, bars = reading.anchor, reading.settings.confluence.synergy_bars
    blocks = {block.zone.object_id: block.zone.known_ms for block in anchor.order_blocks}
    turns = [event for event in _both_layers(anchor, side) if event.label is BreakLabel.CHOCH]
    sweeps = [sweep for sweep in anchor.sweeps if sweep.side is side]
    for draft in drafts:
        known_ms = blocks.get(draft.entry.object_id, 0)
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


def _climate(anchor: TimeframeStructure, regime: Regime, side: Side) -> dict[str, Any]:
    market = regime.market
    legs = [leg for leg in anchor.displacements if leg.side is side]
    leg = min(legs, key=lambda leg: leg.age_bars, default=None)
    return {
        "volume_z": leg.volume_z if leg else 0.0,
        "atr_percentile": regime.atr_percentile,
        "efficiency": regime.efficiency,
        "regime_along": ALONG.get(regime.state, -side) * side,
        "appetite_along": APPETITE[market.risk_appetite] * side,
        "market_along": ALONG.get(market.state, 0.0) * side * _pull(regime.beta),
        "market_known": int(market.state is not RegimeState.UNKNOWN),
        "regime_words": f"{regime.state.value.replace('_', ' ')}, efficiency {regime.efficiency:.2f}",
        "market_words": _market_words(market, regime.beta),
    }


def _pull(beta: float) -> float:
    return max(-1.0, min(1.0, beta))


def _market_words(market: MarketContext, beta: float) -> str:
    return f"{market.benchmark} {market.state.value.replace('_', ' ')}, impulse z {market.impulse_z:+.2f}, beta {beta:.2f}"


def _opposing(reading: Reading, side: Side, drafts: tuple[Draft, ...]) -> int:
    """Opposing zones of coarser timeframes that a move from the entry to the first target has to cross."""
    count = 0
    for draft in drafts:
        for target in draft.targets[:1]:
            start, end = float(draft.entry.price) * side, float(target.price) * side
            for frame in reading.coarser:
                for zone in frame.zones:
                    near, far = sorted((zone.low * side, zone.high * side))
                    count += zone.side is side.opposite and near < end and far > start
    return count
