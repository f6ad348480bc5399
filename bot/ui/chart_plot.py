"""The frame in which candles are drawn: one linear map from bars and prices to pixels.

Artists keep their data coordinates and are given the map as their transform. There are no ``Axes``: all they would add is ticks, spines and
limits that are not drawn, and they take time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from bot.ui.chart_canvas import Sheet
from bot.ui.chart_layout import Rect
from bot.ui.chart_scene import ChartScene
from bot.ui.chart_theme import Ink
from shared.models.data import Floats

if TYPE_CHECKING:
    from matplotlib.artist import Artist

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
    frame: Rect
    floor: float
    ends: tuple[float, float]
    span: tuple[float, float]

    @classmethod
    def of(cls, sheet: Sheet, scene: ChartScene, whole: Rect, span: tuple[float, float]) -> Self:
        """Prices in the upper part of ``whole``, room for volume in the lower."""
        ahead = AHEAD if scene.bands else AHEAD_UNTRADED
        ends = (-BEFORE, scene.bars * (1 + ahead) + BEFORE)
        frame = Rect(whole.left, whole.low + VOLUME_SHARE * whole.height, whole.right, whole.high)
        return cls(sheet, scene, frame, whole.low, ends, span)

    def add(
        self, artist: Artist, values: tuple[float, float] | None = None, area: Rect | None = None
    ) -> None:
        """Put on an artist whose data are bars and prices, cut off at the frame; or bars and ``values`` of another ``area``."""
        from matplotlib.transforms import Affine2D, Bbox

        frame, (low, high), (first, last) = area or self.frame, values or self.span, self.ends
        to_pixels = Affine2D().translate(-first, -low)
        to_pixels.scale(frame.width / (last - first), frame.height / (high - low))
        artist.set_transform(to_pixels.translate(frame.left, frame.low))
        artist.set_clip_box(Bbox.from_extents(frame.left, frame.low, frame.right, frame.high))
        self.sheet.figure.add_artist(artist)

    def line(self, bars: Sequence[float], prices: Sequence[float], ink: Ink, **how: Any) -> None:
        """A line, or points, in the colour of ``ink``."""
        from matplotlib.lines import Line2D

        self.add(Line2D(bars, prices, color=self.sheet.palette[ink], **how))

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
