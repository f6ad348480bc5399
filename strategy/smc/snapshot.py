"""The structure stage: every timeframe's log, read as of its last closed bar and joined by close time."""

from __future__ import annotations

from dataclasses import replace

from contracts.hook_point import hook_point
from shared.models.computing import Compute, anew
from shared.models.data import Candles, MultiTimeframeData
from shared.models.extensions import NOTHING, Extensions, OfferedDetector
from shared.models.profile import Profile, SmcRules
from shared.models.smc import PluginEvent, SMCSnapshot, TimeframeStructure, Zone
from strategy.smc.alignment import align
from strategy.smc.engine import detect
from strategy.smc.fold import HALF_LIFE_BARS, freshness_of, read_structure
from strategy.smc.sessions import has_sessions, is_weekend
from strategy.smc.zones import depth_of


@hook_point("smc", gives="smc_snapshot")
def find_structure(
    multi_tf_data: MultiTimeframeData,
    settings: Profile,
    extensions: Extensions = NOTHING,
    compute: Compute = anew,
) -> SMCSnapshot:
    """Structure of every timeframe as of its last closed bar, with what the detectors of plugins found.

    Between a zone's own closes its touches and fill follow the trigger timeframe's closed candles.
    """
    tick = float(multi_tf_data.market.tick)
    structures = {
        timeframe: compute(structure_of, candles, settings.smc, tick, extensions.detectors)
        for timeframe, candles in multi_tf_data.candles.items()
        if len(candles)
    }
    trigger = multi_tf_data.candles.get(settings.timeframes.trigger)
    if trigger is not None:
        structures = {timeframe: overlay(structure, trigger) for timeframe, structure in structures.items()}
    context = {
        timeframe: structures[timeframe]
        for timeframe in settings.timeframes.context
        if timeframe in structures
    }
    return SMCSnapshot(
        multi_tf_data.as_of_ms,
        structures,
        align(context, settings.confluence.alignment),
        is_weekend(multi_tf_data.as_of_ms, settings.smc.sessions if has_sessions(structures) else "off"),
    )


def structure_of(
    candles: Candles, options: SmcRules, tick: float, offered: tuple[OfferedDetector, ...]
) -> TimeframeStructure:
    """Structure of one series as of its last bar, with what the detectors of plugins found."""
    structure = read_structure(candles, detect(candles, options, tick))
    return replace(structure, plugin_events=_offered(candles, offered)) if offered else structure


def _offered(candles: Candles, detectors: tuple[OfferedDetector, ...]) -> tuple[PluginEvent, ...]:
    """Newest first; of those known at the same close, in the order of detectors."""
    found = [event for detector in detectors for event in reversed(detector.find(candles))]
    return tuple(sorted(found, key=lambda event: -event.known_ms))


def overlay(structure: TimeframeStructure, trigger: Candles) -> TimeframeStructure:
    """Touch and fill zones by the trigger candles that closed after the structure's own last bar.

    Whether a zone is invalid stays a matter of its own closes.
    """
    if trigger.timeframe.ms >= structure.timeframe.ms:
        return structure
    since = trigger.between(structure.closed_ms, int(trigger.close_ms[-1]) if len(trigger) else 0)
    if not len(since):
        return structure
    low, high = float(since.low.min()), float(since.high.max())

    def reached(zone: Zone) -> Zone:
        return _reached(zone, structure.close, low, high)

    return replace(
        structure,
        order_blocks=tuple(replace(block, zone=reached(block.zone)) for block in structure.order_blocks),
        fair_value_gaps=tuple(replace(gap, zone=reached(gap.zone)) for gap in structure.fair_value_gaps),
        inverse_gaps=tuple(map(reached, structure.inverse_gaps)),
        breakers=tuple(map(reached, structure.breakers)),
        mitigation_blocks=tuple(map(reached, structure.mitigation_blocks)),
    )


def _reached(zone: Zone, close: float, low: float, high: float) -> Zone:
    near, far = (zone.high, zone.low) if zone.side > 0 else (zone.low, zone.high)
    depth = depth_of(zone.side, near, far, low if zone.side > 0 else high)
    if depth <= 0.0:
        return zone
    touches = zone.touches + int(zone.side * (close - near) >= 0)
    fill = max(zone.fill, depth)
    fresh = freshness_of(zone.age_bars, touches, fill, HALF_LIFE_BARS[zone.kind])
    return replace(zone, touches=touches, fill=fill, mitigated=fill >= 0.5, freshness=fresh)
