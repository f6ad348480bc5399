"""The legend under the picture: as many rows as its words need, never over the candles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from bot.ui.chart_canvas import Sheet
from bot.ui.chart_layout import Rect
from bot.ui.chart_legend import Entry, Swatch
from bot.ui.chart_theme import TEXT_PX, WIDTH_PX, Ink

SWATCH_PX: Final = 30
GAP_PX: Final = 8
APART_PX: Final = 24
ROW_PX: Final = 28


def key_rows(sheet: Sheet, entries: Sequence[Entry], room: float) -> tuple[tuple[Entry, ...], ...]:
    """Entries in rows no wider than ``room`` pixels."""
    rows: list[list[Entry]] = [[]]
    used = 0.0
    for entry in entries:
        wide = _wide(sheet, entry)
        if rows[-1] and used + wide > room:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += wide + APART_PX
    return tuple(tuple(row) for row in rows)


def paint_key(sheet: Sheet, entries: Sequence[Entry], edge: float) -> None:
    """Every entry with its swatch, ``edge`` pixels from the borders of the picture."""
    rows = key_rows(sheet, entries, WIDTH_PX - 2 * edge)
    for number, row in enumerate(rows):
        x, low = edge, edge + (len(rows) - 1 - number) * ROW_PX
        for entry in row:
            area = Rect(x, low + 3, x + SWATCH_PX, low + ROW_PX - 7)
            _SWATCHES[entry.swatch](sheet, area, entry)
            at = (area.right + GAP_PX if entry.swatch is not Swatch.NOTHING else x, low + ROW_PX / 2 - 2)
            sheet.write(at, entry.words, TEXT_PX, Ink.SOFT, va="center_baseline", gid=f"key-{entry.words}")
            x += _wide(sheet, entry) + APART_PX


def _wide(sheet: Sheet, entry: Entry) -> float:
    swatch = 0 if entry.swatch is Swatch.NOTHING else SWATCH_PX + GAP_PX
    return swatch + sheet.width(entry.words, TEXT_PX)


def _candle(sheet: Sheet, area: Rect, entry: Entry) -> None:
    ink = sheet.palette[entry.ink]
    middle = (area.left + area.right) / 2
    sheet.stroke((middle, middle), (area.low - 2, area.high + 2), entry.ink, linewidth=1.6)
    fill = ink if entry.swatch is Swatch.FALLING else sheet.palette[Ink.PAPER]
    body = Rect(middle - 6, area.low + 3, middle + 6, area.high - 3)
    sheet.block(body, facecolor=fill, edgecolor=ink, linewidth=1.6, zorder=3)


def _zone(**how: Any) -> Callable[[Sheet, Rect, Entry], None]:
    def paint(sheet: Sheet, area: Rect, entry: Entry) -> None:
        from matplotlib.colors import to_rgba

        ink = sheet.palette[entry.ink]
        fill = to_rgba(ink, how["fill"])
        sheet.block(
            area,
            facecolor=fill,
            edgecolor=ink,
            linewidth=how["line"],
            linestyle=how["style"],
            hatch=how["hatch"],
        )

    return paint


def _stroke(style: Any) -> Callable[[Sheet, Rect, Entry], None]:
    def paint(sheet: Sheet, area: Rect, entry: Entry) -> None:
        middle = (area.low + area.high) / 2
        sheet.stroke((area.left, area.right), (middle, middle), entry.ink, linestyle=style, linewidth=2.2)

    return paint


def _point(marker: str, size: float) -> Callable[[Sheet, Rect, Entry], None]:
    def paint(sheet: Sheet, area: Rect, entry: Entry) -> None:
        middle = ((area.left + area.right) / 2,), ((area.low + area.high) / 2,)
        sheet.stroke(*middle, entry.ink, marker=marker, markersize=size, linestyle="none")

    return paint


def _nothing(sheet: Sheet, area: Rect, entry: Entry) -> None:
    """Words alone."""


_SWATCHES: Final[dict[Swatch, Callable[[Sheet, Rect, Entry], None]]] = {
    Swatch.RISING: _candle,
    Swatch.FALLING: _candle,
    Swatch.BLOCK: _zone(fill=0.25, line=1.6, style="-", hatch=None),
    Swatch.GAP: _zone(fill=0.18, line=1.6, style=":", hatch=None),
    Swatch.EARLY: _zone(fill=0.0, line=0.0, style="-", hatch="////"),
    Swatch.AREA: _zone(fill=0.3, line=0.0, style="-", hatch=None),
    Swatch.SOLID: _stroke("-"),
    Swatch.DASHED: _stroke((0, (4, 2))),
    Swatch.DOTTED: _stroke(":"),
    Swatch.SWEEP: _point("X", 13),
    Swatch.KNOWN: _point("D", 9),
    Swatch.NOTHING: _nothing,
}
