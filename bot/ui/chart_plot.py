"""The frame in which candles are drawn: one linear map from bars and prices to pixels, and the axes that carry it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from bot.ui.chart_canvas import Sheet
from bot.ui.chart_layout import Rect
from bot.ui.chart_scene import ChartScene
from bot.ui.chart_theme import HEIGHT_PX, WIDTH_PX, Ink
from shared.models.data import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VOLUME_SHARE: Final = 0.12
"""Height of the volume under the prices."""
BEFORE: Final = 0.8
AHEAD: Final = 0.16
"""Room right of the last candle for the trade, in candles shown; less where there is none."""
AHEAD_UNTRADED: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """``frame`` is where prices are drawn, in pixels; volume lies from ``floor`` up to it. ``ends`` are the first and last bar of
    the axis, ``span`` the lowest and highest price."""

    sheet: Sheet
    scene: ChartScene
    prices: Axes
    volumes: Axes
    frame: Rect
    floor: float
    ends: tuple[float, float]
    span: tuple[float, float]

    @classmethod
    def of(cls, sheet: Sheet, scene: ChartScene, whole: Rect, span: tuple[float, float]) -> Self:
        """Axes in the lower and upper part of ``whole``."""
        ahead = AHEAD if scene.bands else AHEAD_UNTRADED
        ends = (-BEFORE, scene.bars * (1 + ahead) + BEFORE)
        frame = Rect(whole.left, whole.low + VOLUME_SHARE * whole.height, whole.right, whole.high)
        prices = _axes(sheet, frame, ends, span)
        most = float(scene.candles.volume.max()) or 1.0
        below = Rect(whole.left, whole.low, whole.right, frame.low - 6)
        return cls(sheet, scene, prices, _axes(sheet, below, ends, (0.0, most)), frame, whole.low, ends, span)

    def x(self, bar: float) -> float:
        """The pixel of a place on the axis of bars."""
        first, last = self.ends
        return self.frame.left + (bar - first) / (last - first) * self.frame.width

    def y(self, price: float) -> float:
        """The pixel of a price."""
        low, high = self.span
        return self.frame.low + (price - low) / (high - low) * self.frame.height

    @property
    def middles(self) -> Floats:
        """The middle of every candle, in bars, shape (n,)."""
        opens = self.scene.candles.open_ms - self.scene.first_ms
        return opens / self.scene.candles.timeframe.ms + 0.5

    def colours(self) -> list[str]:
        """The colour of every candle."""
        candles, palette = self.scene.candles, self.sheet.palette
        rises = (candles.close >= candles.open).tolist()
        return [palette[Ink.UP if rise else Ink.DOWN] for rise in rises]

    def covered(self) -> Floats:
        """The pixels every candle covers, shape (n, 4): left, low, right, high."""
        candles, half = self.scene.candles, 0.5
        first, last = self.ends
        wide = self.frame.width / (last - first)
        middle = self.frame.left + (self.middles - first) * wide
        low, high = self.span
        tall = self.frame.height / (high - low)
        rows = [self.frame.low + (prices - low) * tall for prices in (candles.low, candles.high)]
        return np.column_stack((middle - half * wide, rows[0], middle + half * wide, rows[1]))


def _axes(sheet: Sheet, area: Rect, bars: tuple[float, float], values: tuple[float, float]) -> Axes:
    share = (
        area.left / WIDTH_PX,
        area.low / HEIGHT_PX,
        area.width / WIDTH_PX,
        area.height / HEIGHT_PX,
    )
    axes = sheet.figure.add_axes(share)
    axes.set_axis_off()
    axes.set(xlim=bars, ylim=values)
    return axes
