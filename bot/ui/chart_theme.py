"""How a chart looks: colours of both themes, sizes of letters, and what each kind of mark is drawn with.

Colour never stands alone: rising candles are hollow and falling ones filled, zones differ by border and hatching, breaks by
their dashes, and every mark has its words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

WIDTH_PX: Final = 1280
HEIGHT_PX: Final = 800
TITLE_PX: Final = 34
TAG_PX: Final = 22
TEXT_PX: Final = 20
FAMILY: Final = "DejaVu Sans"
"""The one family that comes with matplotlib, so that a chart looks the same everywhere."""


class Theme(StrEnum):
    """Which of the two palettes."""

    LIGHT = "light"
    DARK = "dark"


class Ink(StrEnum):
    """What a colour is for."""

    PAPER = "paper"
    TEXT = "text"
    SOFT = "soft"
    GRID = "grid"
    UP = "up"
    DOWN = "down"
    DEMAND = "demand"
    SUPPLY = "supply"
    GAP_UP = "gap_up"
    GAP_DOWN = "gap_down"
    LEVEL = "level"
    SWEEP = "sweep"
    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    INVALID = "invalid"
    NOW = "now"
    ON_TAG = "on_tag"


@dataclass(frozen=True, slots=True)
class Palette:
    """A colour, ``#rrggbb``, for every :class:`Ink`."""

    inks: Mapping[Ink, str]

    def __getitem__(self, ink: Ink) -> str:
        """The colour of ``ink``."""
        return self.inks[ink]


def _palette(**colours: str) -> Palette:
    return Palette(MappingProxyType({Ink(name): colour for name, colour in colours.items()}))


PALETTES: Final[Mapping[Theme, Palette]] = MappingProxyType(
    {
        Theme.LIGHT: _palette(
            paper="#ffffff", text="#16202b", soft="#4d5a67", grid="#e4e8ec", up="#00806a", down="#c8471b",
            demand="#1f5fbf", supply="#c02b3c", gap_up="#23803f", gap_down="#a8327d", level="#16202b",
            sweep="#8a5a00", entry="#1f5fbf", stop="#b3202f", target="#00735f", invalid="#8a5a00", now="#39444f",
            on_tag="#ffffff",
        ),
        Theme.DARK: _palette(
            paper="#131722", text="#eef2f6", soft="#a9b4c0", grid="#262d3a", up="#2cc4a4", down="#ff7a4d",
            demand="#5b9bff", supply="#ff6b78", gap_up="#58c474", gap_down="#e58ac8", level="#eef2f6",
            sweep="#f0b840", entry="#5b9bff", stop="#ff6b78", target="#2cc4a4", invalid="#f0b840", now="#c3ccd6",
            on_tag="#0c1018",
        ),
    }
)  # fmt: skip
