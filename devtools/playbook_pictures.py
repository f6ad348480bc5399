"""Draw the pictures of the playbook: ``python -m devtools.playbook_pictures`` (or ``make pictures``).

Candles are the hand-made ones the tests use, marks are what the log says of them. Solid lines are the swing layer, dashed
ones the internal layer; order blocks are blue (demand) and red (supply), gaps green and red. What is drawn back to its
origin is hatched; a black dot stands at the close at which it became known.
"""

from __future__ import annotations

import sys
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devtools.playbook_marks import NAMED, Band, Box, Leg, Line, Mark, Note, marks_of
from devtools.playbook_scenes import SCENES, Scene
from shared.models.events import Event, Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PICTURES: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures"
INCHES: Final = (6.4, 3.5)
DPI: Final = 100
INK, SOFT = "#22303c", "#6b7885"
GREEN, RED, BLUE, GREY = "#2e9e5b", "#d0453e", "#2f6fd0", "#8793a0"
DEMAND_SUPPLY: Final = {1: BLUE, -1: RED, 0: GREY}
GAP_COLOURS: Final = {1: GREEN, -1: RED}
BANDS: Final = {"discount": GREEN, "premium": RED, "equilibrium": GREY, "optimal entry": BLUE}
LEGEND: Final = "● known at this close    hatched or dotted: drawn back to its origin"
HEIRS: Final = frozenset({Kind.INVERSE_GAP, Kind.BREAKER, Kind.MITIGATION_BLOCK})
"""Zones another zone left behind: there is nothing to see of them before."""
BODY: Final = 0.6
BAND_LABEL: Final = 2.5
"""Bars of room for the names of the dealing range's parts, left of the candles."""
TEXT: Final = 8
ASIDE: Final = {"left": -1, "center": 0, "right": 1}
"""Edge of the candle at which a note begins, or ends."""


def picture(scene: Scene) -> Figure:
    """The picture of a scene; every artist of a mark has the object's id as its gid."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DPI, facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    _candles(axes, scene)
    marks = marks_of(scene)
    _frame(axes, scene, marks)
    for mark in marks:
        draw(mark, axes, scene)
    figure.supxlabel(LEGEND, fontsize=TEXT, color=SOFT)
    return figure


def _frame(axes: Axes, scene: Scene, marks: tuple[Mark, ...]) -> None:
    """Room for labels on the right, notes above and below, and nothing else."""
    candles = scene.candles
    low, high = float(candles.low[scene.first :].min()), float(candles.high[scene.first :].max())
    room = 0.14 * (high - low)
    axes.set_ylim(low - room, high + room)
    axes.set_xlim(-0.9 - scene.bands * BAND_LABEL, scene.count - 0.3 + 0.2 * scene.count)
    axes.set_title(scene.title, fontsize=TEXT + 2, color=INK, loc="left")
    axes.tick_params(labelsize=TEXT - 1, colors=SOFT, length=0)
    shown = range(scene.lead, scene.count, 1 if scene.count < 22 else 4)
    axes.set_xticks(list(shown), [str(bar - scene.lead) for bar in shown])
    axes.grid(visible=True, axis="y", color="#e8ecf0", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _candles(axes: Axes, scene: Scene) -> None:
    """White candles rise, dark ones fall."""
    from matplotlib.patches import Rectangle

    candles, first = scene.candles, scene.first
    for bar in range(scene.count):
        row = first + bar
        opened, closed = float(candles.open[row]), float(candles.close[row])
        shade = INK if bar >= scene.lead else GREY
        axes.vlines(
            bar, float(candles.low[row]), float(candles.high[row]), color=shade, linewidth=1, zorder=3
        )
        body = Rectangle(
            (bar - BODY / 2, min(opened, closed)), BODY, abs(closed - opened), linewidth=1, zorder=4,
            edgecolor=shade, facecolor=shade if closed < opened else "white", gid=f"candle-{bar}",
        )  # fmt: skip
        axes.add_patch(body)


@singledispatch
def draw(mark: object, axes: Axes, scene: Scene) -> None:
    """Put one mark on the picture.

    Raises:
        TypeError: it is no mark.
    """
    raise TypeError(f"{type(mark).__name__} cannot be drawn")


@draw.register(Box)
def _box(mark: Box, axes: Axes, scene: Scene) -> None:
    from matplotlib.patches import Rectangle

    gap = mark.kind in (Kind.FAIR_VALUE_GAP, Kind.INVERSE_GAP)
    colour = (GAP_COLOURS if gap else DEMAND_SUPPLY)[mark.side]
    height = mark.high - mark.low
    left, known, right = mark.left - 0.5, mark.known + BODY / 2, max(mark.right, mark.known) + 0.5
    alive = Rectangle((known, mark.low), right - known, height, facecolor=colour, alpha=0.22, linewidth=0, zorder=1, gid=mark.object_id)  # fmt: skip
    axes.add_patch(alive)
    if mark.kind not in HEIRS:
        early = Rectangle((left, mark.low), known - left, height, facecolor="none", edgecolor=colour, hatch="////", alpha=0.35, linewidth=0, zorder=1)  # fmt: skip
        axes.add_patch(early)
    if mark.right < scene.count - 1:
        _write(axes, mark.text, (left, mark.high), (0, 3), ("left", "bottom"), colour)
    else:
        _write(axes, mark.text, (right, mark.low + height / 2), (4, 0), ("left", "center"), colour)
    _known(axes, mark.known, mark.high if mark.side > 0 else mark.low)


@draw.register(Line)
def _line(mark: Line, axes: Axes, scene: Scene) -> None:
    pool = mark.kind is Kind.POOL
    colour = DEMAND_SUPPLY[mark.side] if pool else INK
    style = "-" if mark.solid else "--"
    if mark.kind is Kind.SWING or pool:
        axes.hlines(mark.price, mark.left, mark.known, color=colour, linestyle=":", linewidth=1, zorder=5)
    if mark.kind is not Kind.SWING:
        left = mark.known if pool else mark.left
        axes.plot([left, max(mark.right, left)], [mark.price] * 2, style, color=colour, linewidth=1.3, zorder=5, gid=mark.object_id)  # fmt: skip
    else:
        marker = "v" if mark.side < 0 else "^"
        axes.plot([mark.left], [mark.price], marker, color=colour, markersize=5, zorder=6, gid=mark.object_id)
    _known(axes, mark.known, mark.price)
    _line_text(mark, axes, colour)


def _line_text(mark: Line, axes: Axes, colour: str) -> None:
    """Above a line that lies over price, below one that lies under it."""
    highs = mark.side < 0 if mark.kind in (Kind.POOL, Kind.SWING) else mark.side > 0
    ends = {Kind.SWING: mark.left, Kind.POOL: mark.known}
    middle = (mark.left + ends.get(mark.kind, mark.right)) / 2
    shift, anchor = (5, "bottom") if highs else (-5, "top")
    _write(axes, mark.text, (middle, mark.price), (0, shift), ("center", anchor), colour)


def _write(axes: Axes, text: str, at: tuple[float, float], shift: tuple[int, int], anchor: tuple[str, str], colour: str, gid: str = "") -> None:  # fmt: skip
    """Text beside a point, with a white rim so that it reads on candles too; ``shift`` in points."""
    from matplotlib.patheffects import withStroke

    axes.annotate(
        text, at, xytext=shift, textcoords="offset points", ha=anchor[0], va=anchor[1], fontsize=TEXT, color=colour,
        zorder=9, gid=gid, path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip


@draw.register(Leg)
def _leg(mark: Leg, axes: Axes, scene: Scene) -> None:
    colour = GAP_COLOURS[mark.side]
    beside = mark.known + 0.55
    axes.annotate(
        "", (beside, mark.end), xytext=(beside, mark.start), zorder=5,
        arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.5}, gid=mark.object_id,
    )  # fmt: skip
    _write(axes, mark.text, (beside, (mark.start + mark.end) / 2), (4, 0), ("left", "center"), colour)
    _known(axes, mark.known, mark.end)


@draw.register(Note)
def _note(mark: Note, axes: Axes, scene: Scene) -> None:
    row = scene.first + mark.bar
    price = float((scene.candles.high if mark.above else scene.candles.low)[row])
    shift, anchor = (4, "bottom") if mark.above else (-4, "top")
    side = (
        "left"
        if mark.bar == scene.count - 1
        else "right"
        if mark.text == NAMED[Event.INVALIDATED]
        else "center"
    )
    place = (mark.bar + ASIDE[side] * BODY / 2, price)
    gid = f"note-{mark.object_id}-{mark.bar}"
    _write(axes, mark.text, place, (0, shift), (side, anchor), INK, gid)


@draw.register(Band)
def _band(mark: Band, axes: Axes, scene: Scene) -> None:
    from matplotlib.patches import Rectangle

    entry = mark.text == "optimal entry"
    first = -0.5 - BAND_LABEL
    left, width = (scene.count - 0.3, 0.5) if entry else (first, scene.count + BAND_LABEL)
    shade = Rectangle((left, mark.low), width, mark.high - mark.low, facecolor=BANDS[mark.text], alpha=0.6 if entry else 0.12, linewidth=0, zorder=0, gid=mark.text)  # fmt: skip
    axes.add_patch(shade)
    at = (left + width if entry else first, (mark.low + mark.high) / 2)
    _write(axes, mark.text, at, (4, 0), ("left", "center"), BANDS[mark.text])


def _known(axes: Axes, bar: int, price: float) -> None:
    axes.plot([bar + BODY / 2], [price], "o", color="black", markersize=4, zorder=8)


def write(folder: Path = PICTURES) -> list[Path]:
    """Draw every scene into ``folder``; the files written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for scene in SCENES:
        figure = picture(scene)
        FigureCanvasAgg(figure)
        files.append(folder / f"{scene.name}.png")
        figure.savefig(files[-1], metadata={"Software": None})
    return files


if __name__ == "__main__":
    for file in write(*(Path(word) for word in sys.argv[1:2])):
        print(file)
