"""Every close of one symbol decided: as columns, or with objects where a hook or plugin takes part, which only objects can show.

Both give the same table. A symbol's work is a value that can be handed to another process: candles, the market's columns, settings.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.backtest.replayer import Replayer
from shared.errors import ContractError
from shared.models.context import SniperContext
from shared.models.data import Ints
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.regime import MarketContext
from shared.models.smc import ZoneKind
from strategy.columns.span import Decisions
from strategy.planner.planner_service import PLACES

KINDS = tuple(ZoneKind)
Row = tuple[int, float, int, int, int, int, int]


def decide_with_objects(
    replayer: Replayer, as_of_ms: Ints, market: Callable[[int], MarketContext]
) -> Decisions:
    """The decisions of a symbol at ascending instants, each made as a scan makes it.

    Raises:
        SniperError: a stage cannot go on.
    """
    rows = [row_of(replayer.decide(int(instant), market(int(instant)))) for instant in as_of_ms]
    columns = list(zip(*rows, strict=True)) or [()] * 7
    place, measured, side, long, short, zone_ms, zone_kind = columns
    return Decisions(
        as_of_ms=as_of_ms,
        place=np.asarray(place, np.int16),
        measured=np.asarray(measured, np.float64),
        side=np.asarray(side, np.int8),
        long_tenths=np.asarray(long, np.int16),
        short_tenths=np.asarray(short, np.int16),
        zone_ms=np.asarray(zone_ms, np.int64),
        zone_kind=np.asarray(zone_kind, np.int8),
    )


def row_of(decided: SniperContext) -> Row:
    """A decided context as a row of :class:`Decisions`. A rejection does not say of which side it is: 0."""
    breakdown = decided.confluence_breakdown
    scores = (breakdown.long.total_tenths, breakdown.short.total_tenths) if breakdown else (-1, -1)
    plan = decided.plan
    if isinstance(plan, TradePlan):
        origin_ms, kind = _zone(decided, plan)
        return -1, 0.0, int(plan.side), *scores, origin_ms, kind
    if isinstance(plan, Rejection):
        return PLACES[plan.code], plan.measured, 0, *scores, 0, -1
    raise ContractError(f"{decided.symbol}: a decision that is neither plan nor rejection")


def _zone(decided: SniperContext, plan: TradePlan) -> tuple[int, int]:
    """Origin and kind of the zone that a plan trades."""
    structure = decided.smc_snapshot.timeframes[plan.anchor] if decided.smc_snapshot else None
    zones = structure.zones if structure else ()
    origin_ms = next(zone.origin_ms for zone in zones if zone.object_id == plan.entry.object_id)
    return origin_ms, KINDS.index(plan.entry.zone_kind)
