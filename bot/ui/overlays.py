"""What is drawn over the candles: zones, breaks, sweeps, pools and the trade's areas, each with its words.

Order blocks are blue (demand) and red (supply) with a solid border, gaps green and magenta with a dotted one; a break of the swing layer
is solid, one of the internal layer dashed. What is drawn back to its origin is hatched or thin; a diamond stands at the close at which it became
known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bot.ui.chart_layout import Rect, Wish, place
from bot.ui.chart_plot import Plot
from bot.ui.chart_scene import GAPS, Box, Line, LineKind
from bot.ui.chart_theme import TEXT_PX, Ink
from shared.models.data import Floats
from shared.models.smc import Side

LINE_LOOKS: Final[dict[LineKind, tuple[Ink, Any, float]]] = {
    LineKind.SWING_BREAK: (Ink.LEVEL, "-", 2.2),
    LineKind.INTERNAL_BREAK: (Ink.LEVEL, (0, (4, 2)), 2.0),
    LineKind.SWEEP: (Ink.SWEEP, (0, (1, 1.5)), 2.2),
    LineKind.POOL: (Ink.SOFT, (0, (1, 1.5)), 2.2),
}
"""Colour, dashes and width of each kind of level."""
DOWNWARD: Final = frozenset({LineKind.SWEEP, LineKind.POOL})
"""Levels whose side is the one they favour: a low is LONG and has its words below."""
CLEAR_PX: Final = 5
POINT_PX: Final = 7
POINT_WEIGHT: Final = 6
SHARES: Final = (0.0, 0.5, 1.0, 0.25, 0.75)
"""Where along a mark its words are tried."""


@dataclass(frozen=True, slots=True)
class Label:
    """Words, and where they would like to stand."""

    gid: str
    text: str
    ink: Ink
    wish: Wish


def paint_overlays(plot: Plot) -> None:
    """Everything over the candles; words last, so that they are on top and off each other."""
    scene = plot.scene
    _paint_bands(plot)
    for box in scene.boxes:
        _paint_box(plot, box)
    for line in scene.lines:
        _paint_line(plot, line)
    _paint_known(plot)
    labels = [_line_label(plot, line) for line in scene.lines]
    labels += [_box_label(plot, box) for box in scene.boxes]
    _paint_labels(plot, labels)


def _area(plot: Plot, ends: tuple[float, float], prices: tuple[float, float], **how: Any) -> None:
    from matplotlib.patches import Rectangle

    corner = (ends[0], min(prices))
    area = Rectangle(corner, ends[1] - ends[0], abs(prices[1] - prices[0]), **how)
    plot.add(area)


def _paint_bands(plot: Plot) -> None:
    """Right of the last close: what may be won, what may be lost, and the entry zone across both."""
    ends = (plot.scene.bars, plot.ends[1])
    for band in plot.scene.bands:
        for ink, prices, share in (
            (Ink.TARGET, (band.entry, band.target), 0.16),
            (Ink.STOP, (band.entry, band.stop), 0.2),
            (Ink.ENTRY, (band.low, band.high), 0.3),
        ):
            _area(
                plot,
                ends,
                prices,
                color=plot.sheet.palette[ink],
                alpha=share,
                linewidth=0,
                zorder=1,
                gid=f"band-{ink}",
            )


def _paint_box(plot: Plot, box: Box) -> None:
    """Hatched from its origin to the close it was known at, filled from there on."""
    scene, ink = plot.scene, plot.sheet.palette[box.ink]
    known = scene.bar(box.known_ms)
    prices = (box.low, box.high)
    style = ":" if box.kind in GAPS else "-"
    ends = (known, plot.ends[1])
    _area(plot, ends, prices, facecolor=ink, alpha=0.2, linewidth=0, zorder=1, gid=box.object_id)
    _area(
        plot,
        ends,
        prices,
        fill=False,
        edgecolor=ink,
        linestyle=style,
        linewidth=1.5,
        zorder=2,
        gid=f"{box.object_id}-border",
    )
    early = (scene.bar(box.origin_ms), known)
    if known > 0:
        _area(plot, early, prices, facecolor="none", edgecolor=ink, hatch="////", alpha=0.45, linewidth=0, zorder=1, gid=f"{box.object_id}-early")  # fmt: skip


def _paint_line(plot: Plot, line: Line) -> None:
    scene, (ink, style, width) = plot.scene, LINE_LOOKS[line.kind]
    ends = (scene.bar(line.origin_ms), scene.bar(line.until_ms))
    prices = (line.price, line.price)
    plot.line(ends, prices, ink, linestyle=style, linewidth=width, zorder=5, gid=line.object_id)
    if line.kind is LineKind.SWEEP:
        bar = scene.bar(line.known_ms) - 0.5
        _paint_points(
            plot, [(bar, line.tip)], ink, marker="X", markersize=13, zorder=6, gid=f"{line.object_id}-tip"
        )


def _paint_points(plot: Plot, points: list[tuple[float, float]], ink: Ink, **how: Any) -> None:
    """Signs at a bar and price, with a rim so that they read on anything."""
    bars, prices = zip(*points, strict=True)
    plot.line(bars, prices, ink, linestyle="none", markeredgecolor=plot.sheet.palette[Ink.PAPER], **how)


def _known(plot: Plot) -> list[tuple[float, float]]:
    """The bar and price of every mark's diamond."""
    scene = plot.scene
    points = [(scene.bar(line.known_ms), line.price) for line in scene.lines]
    points += [
        (scene.bar(box.known_ms), box.high if box.side is Side.SHORT else box.low) for box in scene.boxes
    ]
    return points


def _paint_known(plot: Plot) -> None:
    """A diamond at every close at which a mark became known."""
    if points := _known(plot):
        _paint_points(plot, points, Ink.TEXT, marker="D", markersize=9, zorder=7, gid="known")


def _in_the_way(plot: Plot) -> Floats:
    """Pixels that words should leave free, shape (n, 4): candles, and points several times over, since a covered one says nothing."""
    scene = plot.scene
    tips = [(scene.bar(line.known_ms) - 0.5, line.tip) for line in scene.lines if line.kind is LineKind.SWEEP]
    points = [(plot.x(bar), plot.y(price)) for bar, price in (*_known(plot), *tips)]
    rows = [(x - POINT_PX, y - POINT_PX, x + POINT_PX, y + POINT_PX) for x, y in points]
    return np.vstack((plot.covered(), *([row] for row in rows * POINT_WEIGHT)))


def _line_label(plot: Plot, line: Line) -> Label:
    """Along what is seen of a level: over one that lies above price, under one below; the other side if there is no room."""
    scene = plot.scene
    left = max(scene.bar(line.origin_ms), 0.0)
    mark = Rect(
        plot.x(left), plot.y(line.price), plot.x(max(scene.bar(line.until_ms), left)), plot.y(line.price)
    )
    above = (line.side is Side.SHORT) is (line.kind in DOWNWARD)
    wide, tall = _size(plot, line.text)
    lows = (mark.low + CLEAR_PX, mark.low - CLEAR_PX - tall)
    wanted = _along(plot, mark, (wide, tall), lows if above else lows[::-1])
    return Label(line.object_id, line.text, LINE_LOOKS[line.kind][0], Wish(wanted, mark))


def _box_label(plot: Plot, box: Box) -> Label:
    """Along what is seen of a zone: inside a high one, else beyond an edge, first the one that price comes to last."""
    wide, tall = _size(plot, box.text)
    left = plot.x(max(plot.scene.bar(box.origin_ms), 0.0))
    mark = Rect(left, plot.y(box.low), _room(plot).right, plot.y(box.high))
    inside = [(mark.low + mark.high - tall) / 2] if mark.height > tall else []
    edges = [mark.high + CLEAR_PX, mark.low - CLEAR_PX - tall]
    lows = (*inside, *(edges if box.side is Side.SHORT else reversed(edges)))
    return Label(box.object_id, box.text, box.ink, Wish(_along(plot, mark, (wide, tall), lows), mark))


def _along(plot: Plot, mark: Rect, size: tuple[float, float], lows: tuple[float, ...]) -> tuple[Rect, ...]:
    """Places along a mark at each of the heights ``lows``, inside the frame."""
    wide, tall = size
    spots = []
    for low in lows:
        for share in SHARES:
            left = mark.left + share * mark.width - share * wide
            left = min(max(left, plot.frame.left), _room(plot).right - wide)
            spots.append(Rect(left, low, left + wide, low + tall))
    return tuple(spots)


def _room(plot: Plot) -> Rect:
    """Where words may stand: not over the trade's areas, whose prices must be seen."""
    frame = plot.frame
    right = plot.x(plot.scene.bars) if plot.scene.bands else frame.right
    return Rect(frame.left, frame.low, right, frame.high)


def _size(plot: Plot, text: str) -> tuple[float, float]:
    return plot.sheet.width(text, TEXT_PX) + 2 * CLEAR_PX, TEXT_PX + CLEAR_PX


def _paint_labels(plot: Plot, labels: list[Label]) -> None:
    """One after the other, each where it covers least; one that finds no place at all is told by the legend alone."""
    candles = _in_the_way(plot)
    taken: list[Rect] = []
    for label in labels:
        for spot in place(label.wish, taken, candles, _room(plot)):
            taken.append(spot)
            _paint_label(plot, label, spot)


def _paint_label(plot: Plot, label: Label, spot: Rect) -> None:
    """The words; a leader to the nearest point of the mark where they stand away from it."""
    sheet, mark = plot.sheet, label.wish.mark
    x, y = (spot.left + spot.right) / 2, (spot.low + spot.high) / 2
    near = (min(max(x, mark.left), mark.right), min(max(y, mark.low), mark.high))
    if spot not in label.wish.places:
        start = (min(max(near[0], spot.left), spot.right), min(max(near[1], spot.low), spot.high))
        sheet.stroke((start[0], near[0]), (start[1], near[1]), label.ink, linewidth=1.2, zorder=6)
    sheet.block(
        spot,
        facecolor=sheet.palette[Ink.PAPER],
        alpha=0.8,
        linewidth=0,
        zorder=7,
        gid=f"label-{label.gid}-box",
    )
    sheet.write(
        (x, y), label.text, TEXT_PX, label.ink, ha="center", va="center", zorder=8, gid=f"label-{label.gid}"
    )
