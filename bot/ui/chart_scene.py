"""What a chart shows, as one value in data coordinates: times in UTC milliseconds, prices in quote currency.

A scene is assembled without drawing anything; :mod:`bot.ui.charts` paints it. A mark is drawn from ``origin_ms``, where the
pattern began, and says by ``known_ms`` at which close it could first be acted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final, Self

from bot.ui.chart_theme import Ink
from shared.errors import DataFault
from shared.models.data import Candles
from shared.models.smc import Side, ZoneKind

GAPS: Final = frozenset({ZoneKind.FAIR_VALUE_GAP, ZoneKind.INVERSE_GAP})


class LineKind(StrEnum):
    """What a level is: a break of either layer, a pool that was swept, one that still rests."""

    SWING_BREAK = "swing_break"
    INTERNAL_BREAK = "internal_break"
    SWEEP = "sweep"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class Box:
    """A zone that still stands, drawn on to the right edge."""

    object_id: str
    kind: ZoneKind
    side: Side
    low: float
    high: float
    origin_ms: int
    known_ms: int
    text: str

    @property
    def ink(self) -> Ink:
        """Blue and red for blocks, green and magenta for gaps."""
        if self.kind in GAPS:
            return Ink.GAP_UP if self.side is Side.LONG else Ink.GAP_DOWN
        return Ink.DEMAND if self.side is Side.LONG else Ink.SUPPLY


@dataclass(frozen=True, slots=True)
class Line:
    """A level from where it began to ``until_ms``. ``tip`` is the price a sweep went to, else the level itself."""

    object_id: str
    kind: LineKind
    side: Side
    price: float
    tip: float
    origin_ms: int
    known_ms: int
    until_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A price named at the right edge; ``off`` the picture it stands at the edge that is nearer to it."""

    role: Ink
    price: float
    text: str
    small: str = ""


@dataclass(frozen=True, slots=True)
class Bands:
    """The trade as areas right of the last candle: the entry zone, and what may be won and lost from ``entry``."""

    low: float
    high: float
    entry: float
    stop: float
    target: float


@dataclass(frozen=True, slots=True)
class Heading:
    """The words over the picture. ``note`` says why there is no plan, or is empty."""

    title: str
    subtitle: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChartScene:
    """A whole chart. ``candles`` are those shown, oldest first; ``bands`` holds the trade's areas, or none.

    Raises:
        DataFault: there are no candles to show.
    """

    heading: Heading
    candles: Candles
    tick: Decimal
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    tags: tuple[Tag, ...]
    bands: tuple[Bands, ...]

    def __post_init__(self) -> None:
        """Refuse an empty chart."""
        if not len(self.candles):
            raise DataFault(
                f"chart {self.heading.title}: no candles to draw", "Fetch or import candles first"
            )

    @property
    def first_ms(self) -> int:
        """Open of the first candle shown."""
        return int(self.candles.open_ms[0])

    @property
    def last_ms(self) -> int:
        """Close of the last candle shown."""
        return int(self.candles.close_ms[-1])

    def bar(self, time_ms: int) -> float:
        """Where a time lies on the axis: 0 at the first candle's open, 1 a candle later; missing candles leave room."""
        return (time_ms - self.first_ms) / self.candles.timeframe.ms

    @property
    def bars(self) -> float:
        """The last candle's close on that axis."""
        return self.bar(self.last_ms)

    def span(self) -> tuple[float, float]:
        """Lowest and highest price of the picture: candles, the trade and its targets. Targets that would flatten the candles
        to under two fifths of the height are left to the edge."""
        low, high = float(self.candles.low.min()), float(self.candles.high.max())
        low, high = _reach(low, high, self._near())
        room = MOST_HEIGHTS * (high - low) or float(self.tick)
        far = [tag.price for tag in self.tags if low - room <= tag.price <= high + room]
        low, high = _reach(low, high, far)
        margin = MARGIN * (high - low) or float(self.tick) * 5
        return low - margin, high + margin

    def cropped(self) -> Self:
        """The same without the marks of which nothing would be seen: above, below or left of the picture."""
        low, high = self.span()
        boxes = (box for box in self.boxes if box.low < high and box.high > low)
        lines = (line for line in self.lines if low < line.price < high and line.until_ms > self.first_ms)
        return replace(self, boxes=tuple(boxes), lines=tuple(lines))

    def _near(self) -> Iterator[float]:
        for band in self.bands:
            yield from (band.low, band.high, band.stop)
        yield from (tag.price for tag in self.tags if tag.role is Ink.NOW)


MARGIN: Final = 0.08
MOST_HEIGHTS: Final = 0.75
"""How far beyond candles, entry and stop a target may lie, in their height."""


def _reach(low: float, high: float, prices: Iterable[float]) -> tuple[float, float]:
    found = (low, high, *prices)
    return min(found), max(found)
