"""Price tags at the right edge: every price of the trade with its name, apart from each other and joined to their level."""

from __future__ import annotations

from typing import Final

from bot.ui.chart_canvas import Sheet
from bot.ui.chart_layout import Rect, spread
from bot.ui.chart_plot import Plot
from bot.ui.chart_scene import ChartScene, Tag
from bot.ui.chart_theme import TAG_PX, Ink

SMALL_PX: Final = 17
LEADER_PX: Final = 22
PAD_PX: Final = 8
GAP_PX: Final = 5
OFF: Final = {True: "↑ ", False: "↓ "}
"""Before a price above, or below, the picture."""
DASHES: Final = {
    Ink.SOFT: (0, (1, 1.5)),
    Ink.NOW: (0, (2, 2)),
    Ink.INVALID: (0, (6, 3, 1, 3)),
    Ink.ENTRY: (0, (6, 3)),
}
QUIET: Final = frozenset({Ink.NOW, Ink.INVALID, Ink.SOFT})
"""Prices that are not orders: outlined, not filled."""


def tag_width(sheet: Sheet, scene: ChartScene) -> float:
    """Pixels that tags and their leaders need: the widest text decides, so that none is cut."""
    wide = [sheet.width(_text(tag, scene.span()), TAG_PX, "bold") for tag in scene.tags]
    wide += [sheet.width(tag.small, SMALL_PX) for tag in scene.tags]
    return max(wide, default=0.0) + LEADER_PX + 2 * PAD_PX


def paint_tags(plot: Plot) -> None:
    """Every tag at its price, shifted only as far as its neighbours ask for."""
    tags = sorted(plot.scene.tags, key=lambda tag: tag.price)
    levels = [min(max(plot.y(tag.price), plot.frame.low), plot.frame.high) for tag in tags]
    heights = [_height(tag) + GAP_PX for tag in tags]
    middles = spread(levels, heights, plot.floor, plot.frame.high + TAG_PX)
    for number, (tag, level, middle) in enumerate(zip(tags, levels, middles, strict=True)):
        _paint_level(plot, tag)
        left, half = plot.frame.right + LEADER_PX, _height(tag) / 2
        plot.sheet.stroke((plot.frame.right, left), (level, middle), tag.role, linewidth=1.6)
        wide = tag_width(plot.sheet, plot.scene) - LEADER_PX
        _paint_tag(plot, tag, Rect(left, middle - half, left + wide, middle + half), f"tag-{number}")


def _height(tag: Tag) -> float:
    return TAG_PX + PAD_PX + (SMALL_PX + 4 if tag.small else 0)


def _text(tag: Tag, span: tuple[float, float]) -> str:
    low, high = span
    return tag.text if low <= tag.price <= high else OFF[tag.price > high] + tag.text


def _paint_level(plot: Plot, tag: Tag) -> None:
    """The price itself, from the last close to the right edge."""
    ends = (plot.scene.bars, plot.ends[1])
    prices, style = (tag.price, tag.price), DASHES.get(tag.role, "-")
    plot.line(ends, prices, tag.role, linestyle=style, linewidth=2, zorder=6, gid=f"level-{tag.text}")


def _paint_tag(plot: Plot, tag: Tag, area: Rect, gid: str) -> None:
    quiet, sheet = tag.role in QUIET, plot.sheet
    ink, paper = sheet.palette[tag.role], sheet.palette[Ink.PAPER]
    sheet.block(
        area, facecolor=paper if quiet else ink, edgecolor=ink, linewidth=1.5, zorder=7, gid=f"{gid}-box"
    )
    on = tag.role if quiet else Ink.ON_TAG
    x, top = area.left + PAD_PX, area.high - PAD_PX / 2
    sheet.write((x, top), _text(tag, plot.span), TAG_PX, on, weight="bold", va="top", zorder=8, gid=gid)
    if tag.small:
        under = (x, area.low + PAD_PX / 2)
        sheet.write(under, tag.small, SMALL_PX, on, va="bottom", zorder=8, gid=f"{gid}-small")
