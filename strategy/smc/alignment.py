"""Higher-timeframe alignment: the weighted trend of the context timeframes, joined by close time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from shared.models.smc import (
    Alignment,
    DealingRange,
    Layer,
    SMCSnapshot,
    Standing,
    TimeframeStructure,
    Trend,
)
from shared.models.timeframe import Timeframe

INTERNAL_FROM: Final = Timeframe.D1
"""From here up the internal layer speaks: swings of 20 days a side break five times a year."""


def bias_layer(timeframe: Timeframe) -> Layer:
    """The layer whose trend counts on a timeframe."""
    return Layer.INTERNAL if timeframe.ms >= INTERNAL_FROM.ms else Layer.SWING


def standing(snapshot: SMCSnapshot, timeframe: Timeframe) -> Standing:
    """Where the last close of ``timeframe`` stands among the coarser timeframes there are."""
    price = snapshot.timeframes[timeframe].close
    coarser = [snapshot.timeframes[name] for name in Timeframe if _is_coarser(name, timeframe, snapshot)]
    coarser.sort(key=lambda structure: structure.timeframe.ms)
    return Standing(
        timeframe,
        tuple(zone for structure in coarser for zone in structure.inside(price)),
        tuple(
            (structure.timeframe, _placed(dealing, price))
            for structure in coarser
            for dealing in structure.layer(bias_layer(structure.timeframe)).ranges
        ),
        snapshot.weekend,
    )


def _is_coarser(name: Timeframe, than: Timeframe, snapshot: SMCSnapshot) -> bool:
    return name.ms > than.ms and name in snapshot.timeframes


def _placed(dealing: DealingRange, price: float) -> DealingRange:
    """The range with the place of another price in it; without a height as it is."""
    height = dealing.high - dealing.low
    return replace(dealing, position=(price - dealing.low) / height) if height > 0 else dealing


def align(structures: Mapping[Timeframe, TimeframeStructure], weights: Mapping[str, float]) -> Alignment:
    """Σ weight · trend / Σ weight over the timeframes with a trend; ``weight`` is their share of all declared weight."""
    parts = tuple(
        (timeframe, bias_layer(timeframe), structure.layer(bias_layer(timeframe)).trend, weights[timeframe])
        for timeframe, structure in sorted(structures.items(), key=lambda item: -item[0].ms)
        if weights.get(timeframe, 0.0) > 0
    )
    return lean(parts, weights)


def lean(parts: tuple[tuple[Timeframe, Layer, Trend, float], ...], weights: Mapping[str, float]) -> Alignment:
    """The alignment of (timeframe, layer, trend, weight), coarsest first."""
    speaking = sum(weight for _, _, trend, weight in parts if trend is not Trend.NONE)
    leaning = sum(weight * trend for _, _, trend, weight in parts)
    declared = sum(weights.values())
    return Alignment(
        score=leaning / speaking if speaking > 0 else 0.0,
        weight=speaking / declared if declared > 0 else 0.0,
        parts=parts,
    )
