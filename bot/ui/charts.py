"""A chart as a picture: :func:`png` paints a scene, candles with volume under what :mod:`bot.ui.overlays` puts over them.

1. The words around the picture are measured: prices left, price tags right, heading above, legend below.
2. What they leave is the frame; data coordinates become pixels by one linear map, so that labels can be placed before
   anything is painted.
3. Candles, volume, axes and overlays are painted into it.

The same scene and theme give the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.ui.chart_axis import price_ticks, time_ticks
from bot.ui.chart_canvas import Sheet
from bot.ui.chart_key import key_rows, paint_key
from bot.ui.chart_layout import Rect
from bot.ui.chart_legend import legend_of
from bot.ui.chart_plot import Plot
from bot.ui.chart_scene import ChartScene
from bot.ui.chart_tags import paint_tags, tag_width
from bot.ui.chart_theme import HEIGHT_PX, TEXT_PX, TITLE_PX, WIDTH_PX, Ink, Theme
from bot.ui.overlays import paint_overlays
from shared.models.data import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EDGE_PX: Final = 16
LINE_PX: Final = 28
AXIS_PX: Final = 34
PRICES: Final = 8
TIMES: Final = 7
VOLUME: Final = "volume"
BODY: Final = 0.72


def png(scene: ChartScene, theme: Theme = Theme.LIGHT) -> bytes:
    """The picture of a scene: a PNG of 1280 by 800 pixels.

    Raises:
        ConfigFault: matplotlib is not installed.
    """
    return painted(scene, theme).png()


def figure(scene: ChartScene, theme: Theme = Theme.LIGHT) -> Figure:
    """The same picture as a matplotlib figure, for those who want to go on drawing. Raises as :func:`png`."""
    return painted(scene, theme).figure


def painted(scene: ChartScene, theme: Theme) -> Sheet:
    """The sheet with everything on it."""
    sheet = Sheet.blank(theme)
    low, high = scene.span()
    plot = Plot.of(sheet, scene, _frame(sheet, scene, (low, high)), (low, high))
    _paint_heading(sheet, scene)
    _paint_axes(plot)
    _paint_volume(plot)
    _paint_candles(plot)
    paint_overlays(plot)
    paint_tags(plot)
    paint_key(sheet, legend_of(scene), EDGE_PX)
    return sheet


def _heading(sheet: Sheet, scene: ChartScene) -> list[str]:
    """The lines under the title."""
    words = scene.heading
    return [
        line
        for text in (words.subtitle, words.note)
        for line in sheet.wrap(text, TEXT_PX, WIDTH_PX - 2 * EDGE_PX)
    ]


def _paint_heading(sheet: Sheet, scene: ChartScene) -> None:
    y = HEIGHT_PX - EDGE_PX - TITLE_PX
    sheet.write((EDGE_PX, y), scene.heading.title, TITLE_PX, Ink.TEXT, weight="bold", gid="title")
    for number, line in enumerate(_heading(sheet, scene), 1):
        sheet.write((EDGE_PX, y - number * LINE_PX - 4), line, TEXT_PX, Ink.SOFT, gid=f"heading-{number}")


def _frame(sheet: Sheet, scene: ChartScene, span: tuple[float, float]) -> Rect:
    """What the words around the picture leave of it."""
    prices = [text for _, text in price_ticks(*span, scene.tick, PRICES)]
    left = EDGE_PX + max(sheet.width(text, TEXT_PX) for text in (*prices, VOLUME)) + 10
    right = WIDTH_PX - EDGE_PX - tag_width(sheet, scene)
    rows = len(key_rows(sheet, legend_of(scene), WIDTH_PX - 2 * EDGE_PX))
    low = EDGE_PX + rows * LINE_PX + AXIS_PX
    top = HEIGHT_PX - EDGE_PX - TITLE_PX - len(_heading(sheet, scene)) * LINE_PX - 20
    return Rect(left, low, right, top)


def _paint_axes(plot: Plot) -> None:
    """Round prices and times with their grid."""
    scene, frame, sheet = plot.scene, plot.frame, plot.sheet
    from matplotlib.collections import LineCollection

    lines: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for number, (price, text) in enumerate(price_ticks(*plot.span, scene.tick, PRICES)):
        lines.append(((plot.ends[0], price), (plot.ends[1], price)))
        at = (frame.left - 10, plot.y(price))
        sheet.write(at, text, TEXT_PX, Ink.SOFT, ha="right", va="center_baseline", gid=f"price-{number}")
    last_ms = scene.first_ms + int(plot.ends[1] * scene.candles.timeframe.ms)
    for number, (time_ms, text) in enumerate(time_ticks(scene.first_ms, last_ms, TIMES)):
        bar = scene.bar(time_ms)
        half = sheet.width(text, TEXT_PX) / 2
        if frame.left + half < plot.x(bar) < frame.right - half:
            lines.append(((bar, plot.span[0]), (bar, plot.span[1])))
            at = (plot.x(bar), plot.floor - 8)
            sheet.write(at, text, TEXT_PX, Ink.SOFT, ha="center", va="top", gid=f"time-{number}")
    plot.add(LineCollection(lines, colors=sheet.palette[Ink.GRID], linewidths=1, gid="grid", zorder=0))


def _paint_volume(plot: Plot) -> None:
    """Filled bars under the candles, in the candle's colour."""
    from matplotlib.collections import PolyCollection

    at = (plot.frame.left - 10, (plot.floor + plot.frame.low) / 2)
    plot.sheet.write(at, VOLUME, TEXT_PX, Ink.SOFT, ha="right", va="center_baseline", gid="volume-name")
    volume = plot.scene.candles.volume
    bars = _blocks(plot.middles, np.zeros(len(volume)), volume)
    area = Rect(plot.frame.left, plot.floor, plot.frame.right, plot.frame.low - 6)
    shades = PolyCollection(bars, facecolors=plot.colours(), linewidths=0, alpha=0.45, gid="volume")
    plot.add(shades, (0.0, float(volume.max()) or 1.0), area)


def _paint_candles(plot: Plot) -> None:
    """Wicks behind bodies; rising bodies are hollow, falling ones filled."""
    from matplotlib.collections import LineCollection, PolyCollection

    candles, shades = plot.scene.candles, plot.colours()
    ends = [np.column_stack((plot.middles, side)) for side in (candles.low, candles.high)]
    wicks = LineCollection(list(np.stack(ends, 1)), colors=shades, linewidths=1.4, gid="wicks", zorder=3)
    rises, paper = candles.close >= candles.open, plot.sheet.palette[Ink.PAPER]
    fills = [paper if rise else shade for rise, shade in zip(rises, shades, strict=True)]
    low, high = np.minimum(candles.open, candles.close), np.maximum(candles.open, candles.close)
    bodies = PolyCollection(
        _blocks(plot.middles, low, high),
        facecolors=fills,
        edgecolors=shades,
        linewidths=1.4,
        gid="bodies",
        zorder=4,
    )
    plot.add(wicks)
    plot.add(bodies)


def _blocks(middles: Floats, low: Floats, high: Floats) -> list[Floats]:
    """Corners of rectangles around ``middles``, shape (n, 4, 2)."""
    left, right = middles - BODY / 2, middles + BODY / 2
    corners = ((left, low), (left, high), (right, high), (right, low))
    return list(np.stack([np.column_stack(corner) for corner in corners], 1))
