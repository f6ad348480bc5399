"""What the log says of hand-made candles (``devtools.hand_made``): as short stories, or row by row with everything known."""

from __future__ import annotations

from typing import Any, NamedTuple

from devtools.hand_made import QUIET, TICK, Bar, drawn, quiet, steps
from devtools.playbook_scenes import SMALL
from shared.models.data import Candles
from shared.models.events import Event, EventLog, Kind
from shared.models.profile import SmcRules
from shared.models.smc import TimeframeStructure
from strategy.smc.engine import SmcSeries, detect

__all__ = [
    "QUIET",
    "RULES",
    "SMALL",
    "TICK",
    "Bar",
    "Said",
    "drawn",
    "look",
    "quiet",
    "said",
    "seen",
    "steps",
    "story",
]

RULES = SmcRules()


class Said(NamedTuple):
    """One event, bars counted from the first drawn one; numbers to four decimals."""

    bar: int
    event: str
    side: int
    origin: int
    payload: dict[str, float]
    layer: str = ""


def said(
    bars: list[Bar] | Candles, kind: Kind, rules: SmcRules = RULES, tick: float = TICK, **where: Any
) -> list[Said]:
    """Everything the log of drawn bars says of a kind from the first drawn bar on, in order."""
    candles = bars if isinstance(bars, Candles) else drawn(bars, **where)
    series = SmcSeries(candles, rules, tick)
    at = {int(ms): bar - QUIET for bar, ms in enumerate(candles.open_ms)}
    return [
        Said(
            at[event.known_ms - candles.timeframe.ms],
            event.event.name,
            event.side,
            at[event.origin_ms],
            {name: round(value, 4) for name, value in event.payload.items()},
            event.layer,
        )
        for event in series.events(int(candles.close_ms[QUIET - 1]), int(candles.close_ms[-1]))
        if event.kind is kind
    ]


def seen(bars: list[Bar] | Candles, rules: SmcRules = RULES, tick: float = TICK) -> TimeframeStructure:
    """What a trader sees at the last close."""
    return SmcSeries(bars if isinstance(bars, Candles) else drawn(bars), rules, tick).snapshot()


def story(log: EventLog, kind: Kind, *events: Event) -> list[tuple[int, str, int]]:
    """(bar counted from the first drawn one, event, side) of a kind, in log order."""
    return [
        (row[0] - QUIET, Event(row[2]).name, row[3])
        for row in log.ints.tolist()
        if row[1] == kind and row[0] >= QUIET and (not events or row[2] in events)
    ]


def look(bars: list[Bar], rules: SmcRules = RULES, tick: float = TICK, **holes: int) -> EventLog:
    """The log of drawn bars."""
    return detect(drawn(bars, **holes), rules, tick)
