"""Where words go, in pixels: price tags apart from each other, labels beside their marks and off the candles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final

import numpy as np

from shared.models.data import Floats

STEPS: Final = (0, 1, -1, 2, -2, 3, -3, 5, -5, 8, -8, 12, -12)
"""How far off its first place a label is tried, in its own heights and half widths."""
NEXT_COST: Final = 0.2
AWAY_COST: Final = 1.5
"""What it costs, in candles covered, to take the next of the places a label wishes for, and to leave them all."""
LEADER_PX: Final = 25.0
"""A leader so long costs as much as a candle covered."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in pixels from the lower left corner of the picture."""

    left: float
    low: float
    right: float
    high: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from low to high."""
        return self.high - self.low

    def meets(self, other: Rect) -> bool:
        """Whether they have any area in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.low < other.high
            and other.low < self.high
        )

    def holds(self, other: Rect) -> bool:
        """Whether ``other`` lies inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.low <= other.low
            and other.high <= self.high
        )

    def distance(self, other: Rect) -> float:
        """Pixels between the nearest points of both."""
        aside = max(self.left - other.right, other.left - self.right, 0.0)
        over = max(self.low - other.high, other.low - self.high, 0.0)
        return hypot(aside, over)

    def moved(self, right: float, up: float) -> Rect:
        """The same size elsewhere."""
        return Rect(self.left + right, self.low + up, self.right + right, self.high + up)


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> tuple[float, ...]:
    """Middles of boxes of ``heights`` as near to the ``wanted`` ones as they can be without meeting, within [low, high].

    Boxes keep the order of what they want; those that would meet share their room around their common middle. Where all of
    them do not fit, they stand evenly over the whole height.
    """
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    groups: list[list[int]] = []
    middles: list[float] = []
    for place in order:
        groups.append([place])
        middles.append(_held(wanted[place], heights[place], low, high))
        while len(groups) > 1 and _bottom(groups[-1], middles[-1], heights) < _top(
            groups[-2], middles[-2], heights
        ):
            late, _ = groups.pop(), middles.pop()
            groups[-1] += late
            tall = sum(heights[member] for member in groups[-1])
            middles[-1] = _held(_common(groups[-1], wanted, heights), tall, low, high)
    return _unpacked(groups, middles, heights)


def _common(group: Sequence[int], wanted: Sequence[float], heights: Sequence[float]) -> float:
    """The middle of a stack whose boxes lie as near as they can to where they want to be."""
    tall, below, shifts = sum(heights[place] for place in group), 0.0, []
    for place in group:
        shifts.append(wanted[place] - (below + heights[place] / 2) + tall / 2)
        below += heights[place]
    return sum(shifts) / len(shifts)


def _held(middle: float, height: float, low: float, high: float) -> float:
    if height >= high - low:
        return (low + high) / 2
    return min(max(middle, low + height / 2), high - height / 2)


def _top(group: Sequence[int], middle: float, heights: Sequence[float]) -> float:
    return middle + sum(heights[place] for place in group) / 2


def _bottom(group: Sequence[int], middle: float, heights: Sequence[float]) -> float:
    return middle - sum(heights[place] for place in group) / 2


def _unpacked(
    groups: Sequence[Sequence[int]], middles: Sequence[float], heights: Sequence[float]
) -> tuple[float, ...]:
    placed = dict[int, float]()
    for group, middle in zip(groups, middles, strict=True):
        edge = _bottom(group, middle, heights)
        for place in group:
            placed[place] = edge + heights[place] / 2
            edge += heights[place]
    return tuple(placed[place] for place in range(len(heights)))


@dataclass(frozen=True, slots=True)
class Wish:
    """Places a label would like to have, best first, and the ``mark`` it speaks of."""

    places: tuple[Rect, ...]
    mark: Rect


def place(wish: Wish, taken: Sequence[Rect], candles: Floats, frame: Rect) -> tuple[Rect, ...]:
    """Where a label goes: to one of the places it wishes for, else near its mark; inside ``frame``, on no rectangle of ``taken`` and
    on as few ``candles`` as can be. Nowhere, if there is no such place.

    ``candles`` has shape (n, 4): left, low, right, high of each.
    """
    free = [
        (cost, spot)
        for cost, spot in _spots(wish)
        if frame.holds(spot) and not any(spot.meets(other) for other in taken)
    ]
    costs = [(cost + _covered(spot, candles), number) for number, (cost, spot) in enumerate(free)]
    return (free[min(costs)[1]][1],) if costs else ()


def _spots(wish: Wish) -> Iterator[tuple[float, Rect]]:
    """The places wished for, then those around the first of them; a leader costs by its length."""
    for number, spot in enumerate(wish.places):
        yield NEXT_COST * number, spot
    for spot in wish.places[:1]:
        for up in STEPS:
            for right in STEPS:
                moved = spot.moved(right * spot.width / 2, up * spot.height)
                yield AWAY_COST + moved.distance(wish.mark) / LEADER_PX, moved


def _covered(spot: Rect, candles: Floats) -> int:
    left, low, right, high = candles.T
    return int(
        np.count_nonzero((left < spot.right) & (right > spot.left) & (low < spot.high) & (high > spot.low))
    )
