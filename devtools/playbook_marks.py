"""What a picture of the playbook shows, as data: every mark is read off the log and carries the object it stands for.

Bars count from the first one of the picture. A mark is drawn from ``left``, where the object has its origin; ``known`` is the
bar at whose close it could first be acted on; it ends at ``right``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from devtools.playbook_scenes import Scene
from shared.models.events import Event, Kind, StructureEvent
from shared.models.smc import DealingRange, RangeSide, Side, Trend

ZONES: Final = {
    Kind.FAIR_VALUE_GAP: "FVG",
    Kind.INVERSE_GAP: "inverse FVG",
    Kind.ORDER_BLOCK: "order block",
    Kind.BREAKER: "breaker",
    Kind.MITIGATION_BLOCK: "mitigation block",
    Kind.SESSION: "Asia",
}
LABELS: Final = {0.0: "INIT", 1.0: "BOS", -1.0: "CHoCH"}
HIGHS: Final = {2.0: "first high", 1.0: "HH", -1.0: "LH", 0.0: "EQ"}
LOWS: Final = {2.0: "first low", 1.0: "HL", -1.0: "LL", 0.0: "EQ"}
ENDS: Final = frozenset(
    {Event.INVALIDATED, Event.EXPIRED, Event.SWEPT_WICK, Event.SWEPT_RECLAIM, Event.BROKEN, Event.DISTRIBUTED}
)
FILLS: Final = {
    Event.FILLED_25: "25 %",
    Event.FILLED_50: "50 %",
    Event.FILLED_75: "75 %",
    Event.FILLED_100: "100 %",
}
NAMED: Final = {
    Event.INVALIDATED: "closed beyond",
    Event.TAKEN: "taken",
    Event.SWEPT_WICK: "swept, {a:.2g} ATR deep",
    Event.SWEPT_RECLAIM: "back inside after {b:.0f}",
    Event.BROKEN: "broken after {b:.0f}",
    Event.DISPLACED_AWAY: "away, {a:.2g} ATR",
    Event.MANIPULATED: "manipulated",
    Event.DISTRIBUTED: "distributed",
}
LEAVES: Final = frozenset({Event.DISPLACED_AWAY, Event.DISTRIBUTED})
"""What happens on the far side of the candle: price comes to a zone or pool from one side and leaves to the other."""
LAST_WINS: Final = (*FILLS, *NAMED)
"""Of several things that happen to an object at one bar the latest in this list is written."""


@dataclass(frozen=True, slots=True)
class Box:
    """A zone, or the range of a session."""

    object_id: str
    kind: Kind
    side: int
    left: int
    known: int
    right: int
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A level: of a break, a pool or a swing. ``solid`` is the swing layer's."""

    object_id: str
    kind: Kind
    side: int
    left: int
    known: int
    right: int
    price: float
    solid: bool
    text: str


@dataclass(frozen=True, slots=True)
class Leg:
    """A displacement from the open of its first candle to the close of its last."""

    object_id: str
    side: int
    left: int
    known: int
    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """What happened to an object at a bar; ``above`` says on which side of the candle it is written."""

    object_id: str
    bar: int
    text: str
    above: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the dealing range."""

    low: float
    high: float
    text: str


Mark = Box | Line | Leg | Note | Band


def marks_of(scene: Scene) -> tuple[Mark, ...]:
    """Everything the picture of ``scene`` shows besides its candles."""
    lives = list(_lives(scene))
    marks: list[Mark] = []
    for life in lives:
        marks += _object(scene, life)
        marks += _notes(scene, life)
    if scene.bands:
        marks += _bands(scene)
    return tuple(marks)


def _lives(scene: Scene) -> Iterator[list[StructureEvent]]:
    """The events of every object to show, object by object."""
    series = scene.series()
    lives: dict[tuple[Kind, str], list[StructureEvent]] = {}
    for event in series.events(0, int(series.candles.close_ms[-1])):
        if event.kind in scene.kinds:
            lives.setdefault((event.kind, event.object_id), []).append(event)
    for life in lives.values():
        origin, born = scene.bar(life[0].origin_ms), scene.bar(life[0].known_ms) - 1
        wanted = (life[0].kind, origin - scene.lead) in scene.only if scene.only else origin >= scene.lead
        if born >= 0 and wanted:
            yield life


def _object(scene: Scene, life: list[StructureEvent]) -> Iterator[Mark]:
    born = life[0]
    kind = born.kind
    if kind in ZONES:
        yield _box(scene, life)
    elif kind is Kind.BREAK:
        yield _broken(scene, born)
    elif kind is Kind.SWING:
        yield _swing(scene, born)
    elif kind is Kind.POOL:
        yield _pool(scene, life)
    else:
        yield _leg(scene, born)


def _span(scene: Scene, life: list[StructureEvent]) -> tuple[int, int, int]:
    """Origin, known and last bar of an object."""
    ends = [scene.bar(event.known_ms) - 1 for event in life if event.event in ENDS]
    last = min(ends) if ends else scene.count - 1
    return scene.bar(life[0].origin_ms), scene.bar(life[0].known_ms) - 1, last


def _box(scene: Scene, life: list[StructureEvent]) -> Box:
    born = life[0]
    left, known, right = _span(scene, life)
    low, high = born.payload["low"], born.payload["high"]
    return Box(born.object_id, born.kind, born.side, left, known, right, low, high, ZONES[born.kind])


def _broken(scene: Scene, born: StructureEvent) -> Line:
    known, price = scene.bar(born.known_ms) - 1, born.payload["low"]
    text = LABELS[born.payload["c"]]
    if text == "CHoCH" and Kind.DISPLACEMENT in scene.kinds:
        text = "CHoCH = MSS"
    solid = born.layer == "swing"
    return Line(
        born.object_id, born.kind, born.side, scene.bar(born.origin_ms), known, known, price, solid, text
    )


def _swing(scene: Scene, born: StructureEvent) -> Line:
    known, words = scene.bar(born.known_ms) - 1, HIGHS if born.side < 0 else LOWS
    text = words[born.payload["b"]]
    left, solid = scene.bar(born.origin_ms), born.layer == "swing"
    return Line(born.object_id, born.kind, born.side, left, known, known, born.payload["low"], solid, text)


def _pool(scene: Scene, life: list[StructureEvent]) -> Line:
    born = life[0]
    left, known, right = _span(scene, life)
    level = [event.payload["low"] for event in life if event.event in (Event.FORMED, Event.JOINED)][-1]
    members = max(event.payload["a"] for event in life if event.event in (Event.FORMED, Event.JOINED))
    text = _pool_text(born, members)
    return Line(born.object_id, born.kind, born.side, left, known, right, level, False, text)


def _pool_text(born: StructureEvent, members: float) -> str:
    place = "high" if born.side < 0 else "low"
    if born.layer == "day":
        return f"yesterday's {place}"
    if members > 1:
        return f"equal {place}s, {members:.0f}"
    return f"pool of a {place}"


def _leg(scene: Scene, born: StructureEvent) -> Leg:
    left, known = scene.bar(born.origin_ms), scene.bar(born.known_ms) - 1
    candles, first = scene.candles, scene.first
    start, end = float(candles.open[first + left]), float(candles.close[first + known])
    return Leg(born.object_id, born.side, left, known, start, end, f"{born.payload['a']:.3g} ATR")


def _notes(scene: Scene, life: list[StructureEvent]) -> Iterator[Note]:
    """One note a bar: what matters most of what happened to the object there."""
    by_bar: dict[int, StructureEvent] = {}
    for event in life:
        bar = scene.bar(event.known_ms) - 1
        if event.event in LAST_WINS:
            have = by_bar.get(bar, event)
            by_bar[bar] = max(have, event, key=lambda one: LAST_WINS.index(one.event))
    for bar, event in by_bar.items():
        words = NAMED.get(event.event) or FILLS[event.event]
        above = (event.side < 0) is not (event.event in LEAVES)
        yield Note(event.object_id, bar, words.format(**event.payload), above)


def _bands(scene: Scene) -> Iterator[Band]:
    layer = scene.series().snapshot().internal
    (dealing,) = layer.ranges
    side = Side.LONG if layer.trend is Trend.UP else Side.SHORT
    yield Band(dealing.low, _price(dealing, 0.45), RangeSide.DISCOUNT.value)
    yield Band(_price(dealing, 0.45), _price(dealing, 0.55), RangeSide.EQUILIBRIUM.value)
    yield Band(_price(dealing, 0.55), dealing.high, RangeSide.PREMIUM.value)
    shallow, _, deep = dealing.ote(side)
    yield Band(min(shallow, deep), max(shallow, deep), "optimal entry")


def _price(dealing: DealingRange, position: float) -> float:
    return dealing.low + position * (dealing.high - dealing.low)
