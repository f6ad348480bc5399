"""The legend: what the marks of this chart mean, in words; nothing that is not on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.ui.chart_scene import GAPS, ChartScene, LineKind
from bot.ui.chart_theme import Ink
from shared.models.smc import Side
from shared.version import VERSION


class Swatch(StrEnum):
    """What stands before the words."""

    RISING = "rising"
    FALLING = "falling"
    BLOCK = "block"
    GAP = "gap"
    EARLY = "early"
    KNOWN = "known"
    SOLID = "solid"
    DASHED = "dashed"
    DOTTED = "dotted"
    SWEEP = "sweep"
    AREA = "area"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the legend."""

    swatch: Swatch
    ink: Ink
    words: str


CLOSING: Final = Entry(Swatch.NOTHING, Ink.SOFT, f"times in UTC · SniperSight {VERSION} · not advice")


def legend_of(scene: ChartScene) -> tuple[Entry, ...]:
    """Entries for what ``scene`` shows, in the order in which a chart is read."""
    return (*(entry for entry, shown in _ENTRIES if shown(scene)), CLOSING)


def _box(side: Side, *, gap: bool) -> Callable[[ChartScene], bool]:
    return lambda scene: any(box.side is side and (box.kind in GAPS) is gap for box in scene.boxes)


def _line(kind: LineKind) -> Callable[[ChartScene], bool]:
    return lambda scene: any(line.kind is kind for line in scene.lines)


def _early(scene: ChartScene) -> bool:
    return any(box.known_ms > scene.first_ms for box in scene.boxes)


def _marks(scene: ChartScene) -> bool:
    return bool(scene.boxes or scene.lines)


def _traded(scene: ChartScene) -> bool:
    return bool(scene.bands)


def _entries() -> Iterator[tuple[Entry, Callable[[ChartScene], bool]]]:
    yield Entry(Swatch.RISING, Ink.UP, "candle up"), lambda scene: True
    yield Entry(Swatch.FALLING, Ink.DOWN, "down"), lambda scene: True
    yield Entry(Swatch.BLOCK, Ink.DEMAND, "demand block"), _box(Side.LONG, gap=False)
    yield Entry(Swatch.BLOCK, Ink.SUPPLY, "supply block"), _box(Side.SHORT, gap=False)
    yield Entry(Swatch.GAP, Ink.GAP_UP, "gap (demand)"), _box(Side.LONG, gap=True)
    yield Entry(Swatch.GAP, Ink.GAP_DOWN, "gap (supply)"), _box(Side.SHORT, gap=True)
    yield Entry(Swatch.EARLY, Ink.SOFT, "before it was known"), _early
    yield Entry(Swatch.KNOWN, Ink.TEXT, "known at this close"), _marks
    yield Entry(Swatch.SOLID, Ink.LEVEL, "swing break (BOS, CHoCH)"), _line(LineKind.SWING_BREAK)
    yield Entry(Swatch.DASHED, Ink.LEVEL, "internal break (BOS, CHoCH)"), _line(LineKind.INTERNAL_BREAK)
    yield Entry(Swatch.SWEEP, Ink.SWEEP, "sweep: beyond and back"), _line(LineKind.SWEEP)
    yield Entry(Swatch.DOTTED, Ink.SOFT, "resting liquidity"), _line(LineKind.POOL)
    yield Entry(Swatch.AREA, Ink.ENTRY, "entry zone"), _traded
    yield Entry(Swatch.AREA, Ink.TARGET, "to the targets, R after costs"), _traded
    yield Entry(Swatch.AREA, Ink.STOP, "to the stop"), _traded


_ENTRIES: Final = tuple(_entries())
