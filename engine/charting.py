"""What a chart of a symbol shows: of a plan what it cites, without one what stands.

A plan cites its entry zone, the gap over it, the break and the sweeps its score counts, the zones its stop was moved beyond, and
what its targets aim at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bot.ui.chart_scene import GAPS, ChartScene
from bot.ui.chart_story import Findings, Source, plan_scene, standing_scene
from shared.errors import ConfigFault, DataFault
from shared.models.context import SniperContext
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.scan import Explanation, Setup, SymbolFault
from shared.models.smc import Pool, Side, SMCSnapshot, SweepKind, TimeframeStructure, Zone
from shared.models.timeframe import Timeframe
from shared.utils.suggest import suggest
from strategy.confluence.evidence import best_breaks, best_sweeps
from strategy.planner.levels import pool_words

NEAREST: Final = 2
"""Without a plan: zones of each side, and pools above and below, that lie next to price."""


def charted_plan(context: SniperContext, timeframe: Timeframe | None = None) -> ChartScene:
    """The chart of a context that has a plan; on the anchor timeframe unless another is asked for.

    Raises:
        DataFault: it has no plan.
        ConfigFault: there are no candles of ``timeframe``.
    """
    plan, snapshot = context.plan, context.smc_snapshot
    if not isinstance(plan, TradePlan) or snapshot is None:
        raise DataFault(f"{context.symbol}: no plan to draw", "Ask for the chart of its structure")
    source = _source(context, timeframe)
    return plan_scene(source, plan, cited(context, plan, snapshot))


def charted(explanation: Explanation, timeframe: Timeframe | None = None) -> ChartScene:
    """The chart of an explained symbol: its plan if risk approved one, else what stands and why there is no plan.

    Raises:
        DataFault: its candles could not be read.
        ConfigFault: there are no candles of ``timeframe``.
    """
    context, outcome = explanation.context, explanation.outcome
    if context is not None and isinstance(outcome, Setup):
        return charted_plan(context, timeframe)
    why = _why(outcome)
    if context is None or context.smc_snapshot is None:
        raise DataFault(f"{explanation.symbol}: nothing to draw", why)
    source = _source(context, timeframe)
    structure = context.smc_snapshot.timeframes.get(source.candles.timeframe)
    found = _standing(structure, explanation.scan.as_of_ms) if structure else Findings()
    return standing_scene(source, why, found)


def _why(outcome: Setup | Rejection | SymbolFault) -> str:
    """Why there is no plan, or no orders for one; empty for a setup."""
    match outcome:
        case Rejection():
            return f"no plan: {outcome.reason} ({outcome.code})"
        case SymbolFault():
            return f"no plan: {outcome.problem}"
    return ""


def _source(context: SniperContext, timeframe: Timeframe | None) -> Source:
    data, wanted = context.multi_tf_data, timeframe or context.settings.timeframes.anchor
    if data is None:
        raise DataFault(f"{context.symbol}: no candles to draw", "Fetch or import candles first")
    if wanted not in data.candles:
        there = tuple(str(name) for name in data.candles)
        raise ConfigFault(
            f"no {wanted} candles are read with profile {context.profile!r}", suggest(str(wanted), there)
        )
    candles = data.candles[wanted]
    return Source(data.market.exchange, context.symbol, context.profile, data.market.tick, candles)


def cited(context: SniperContext, plan: TradePlan, snapshot: SMCSnapshot) -> Findings:
    """What a plan cites of the structure."""
    anchor, bars = snapshot.timeframes[plan.anchor], context.settings.confluence.synergy_bars
    sweeps = [sweep for kind in SweepKind for sweep in best_sweeps(anchor, plan.side, kind, bars)]
    return Findings(
        zones=tuple(dict.fromkeys((*_entry_zones(anchor, plan), *_stop_zones(anchor, plan)))),
        breaks=best_breaks(anchor, plan.side, bars),
        sweeps=tuple(sweeps),
        pools=tuple(_aims(plan, snapshot)),
    )


def _entry_zones(anchor: TimeframeStructure, plan: TradePlan) -> Iterator[Zone]:
    """The zone of the entry, and the freshest gap over it."""
    low, high = sorted((float(plan.entry.near), float(plan.entry.far)))
    yield from (zone for zone in (*anchor.zones, *anchor.heirs) if zone.object_id == plan.entry.object_id)
    over = [
        zone
        for zone in anchor.zones
        if zone.kind in GAPS and zone.side is plan.side and zone.low < high and zone.high > low
    ]
    yield from sorted(over, key=lambda zone: -zone.freshness)[:1]


def _stop_zones(anchor: TimeframeStructure, plan: TradePlan) -> Iterator[Zone]:
    """The last zone between where the structure is lost and the stop, which was moved beyond it."""
    side = plan.side
    lost, stop = float(plan.entry.invalidation) * side, float(plan.stop.price) * side
    passed = [
        (far, zone)
        for zone in (*anchor.zones, *anchor.heirs)
        for far in [min(zone.low * side, zone.high * side)]
        if stop < far < lost and max(zone.low * side, zone.high * side) > stop
    ]
    yield from (zone for _, zone in sorted(passed, key=lambda found: found[0])[:1])


def _aims(plan: TradePlan, snapshot: SMCSnapshot) -> Iterator[tuple[Pool, str]]:
    """The pool at each target that aims at one, with its name."""
    for number, target in enumerate(plan.targets, 1):
        at = [
            (pool, frame)
            for frame in snapshot.timeframes.values()
            for pool in frame.pools
            if pool.side is plan.side.opposite
            and abs(pool.level - float(target.price)) < float(plan.tick)
            and target.basis == "pool"
        ]
        named = [(pool, pool_words(pool, frame.timeframe, snapshot.as_of_ms)) for pool, frame in at]
        meant = [(pool, name) for pool, name in named if f"of {name} at " in target.why]
        yield from ((pool, f"TP{number}: {name}") for pool, name in meant[:1])


def _standing(structure: TimeframeStructure, as_of_ms: int) -> Findings:
    """What lies next to price, and what happened last."""
    sides = tuple(Side)
    zones = [zone for side in sides for zone in _next(structure, side, gaps=False)]
    zones += [zone for side in sides for zone in _next(structure, side, gaps=True)[:1]]
    pools = [pool for side in sides for pool in _next_pools(structure, side)]
    layers = (structure.swing, structure.internal)
    return Findings(
        zones=tuple(zones),
        breaks=tuple(event for layer in layers for event in layer.breaks[:1]),
        sweeps=structure.sweeps[:1],
        pools=tuple((pool, pool_words(pool, structure.timeframe, as_of_ms)) for pool in pools),
    )


def _next(structure: TimeframeStructure, side: Side, *, gaps: bool) -> list[Zone]:
    zones = [zone for zone in structure.zones if zone.side is side and (zone.kind in GAPS) is gaps]
    return sorted(zones, key=lambda zone: abs(zone.middle - structure.close))[:NEAREST]


def _next_pools(structure: TimeframeStructure, side: Side) -> Iterable[Pool]:
    live = [pool for pool in structure.pools if pool.side is side and not pool.taken]
    return sorted(live, key=lambda pool: abs(pool.level - structure.close))[:1]
