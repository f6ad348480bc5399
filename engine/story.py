"""The last noteworthy events of a series, newest first: what ``explain`` tells besides the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from shared.models.data import Candles
from shared.models.events import Event, Kind, StructureEvent
from shared.models.profile import SmcRules
from shared.models.story import Happening
from shared.models.timeframe import Timeframe
from strategy.smc.engine import SmcSeries

NEWEST: Final = 8
NOTEWORTHY: Final = frozenset(
    {
        (Kind.BREAK, Event.FORMED),
        (Kind.FAIR_VALUE_GAP, Event.FORMED),
        (Kind.INVERSE_GAP, Event.FORMED),
        (Kind.ORDER_BLOCK, Event.FORMED),
        (Kind.ORDER_BLOCK, Event.FILLED_50),
        (Kind.BREAKER, Event.FORMED),
        (Kind.MITIGATION_BLOCK, Event.FORMED),
        (Kind.POOL, Event.SWEPT_WICK),
        (Kind.POOL, Event.SWEPT_RECLAIM),
        (Kind.POOL, Event.BROKEN),
        (Kind.SESSION, Event.MANIPULATED),
        (Kind.SESSION, Event.DISTRIBUTED),
    }
)
"""What a trader would mention: not every touch and fill, and of a lost zone what it turned into."""
GATHERS: Final = frozenset({Event.FORMED, Event.JOINED, Event.LAYER_ADDED})


def last_happenings(
    candles: Candles, options: SmcRules, tick: Decimal, count: int = NEWEST
) -> tuple[Happening, ...]:
    """The newest ``count`` noteworthy events of closed ``candles``, newest first."""
    if not len(candles):
        return ()
    series = SmcSeries(candles, options, float(tick))
    events = series.events(0, int(candles.close_ms[-1]))
    told = list(_happenings(candles.timeframe, tick, events))
    return tuple(reversed(told[-count:]))


def _happenings(timeframe: Timeframe, tick: Decimal, events: Iterable[StructureEvent]) -> Iterator[Happening]:
    """Every noteworthy event with the edges and sources its object had by then."""
    edges: dict[tuple[Kind, str], tuple[float, float]] = {}
    sources: dict[str, tuple[str, ...]] = {}
    members: dict[str, int] = {}
    for event in events:
        named = (event.kind, event.object_id)
        if "low" in event.payload:
            low = event.payload["low"]
            edges[named] = (low, event.payload.get("high", low))
        if event.kind is Kind.POOL and event.event in GATHERS:
            have = () if event.event is Event.FORMED else sources[event.object_id]
            sources[event.object_id] = (*have, *({event.layer} - set(have)))
            members[event.object_id] = int(event.payload["a"])
        if (event.kind, event.event) in NOTEWORTHY:
            pool = event.object_id if event.kind is Kind.POOL else ""
            yield Happening(
                timeframe, event, *edges[named], sources.get(pool, ()), members.get(pool, 0), tick
            )
