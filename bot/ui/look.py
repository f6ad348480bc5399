"""How output may look on a stream: how wide, in colour or not, with which signs."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import Final, TextIO

from shared.errors import ConfigFault

WIDE: Final = 104
MIDDLE: Final = 72
USUAL_COLUMNS: Final = 80
ZONE: Final = "SNIPERSIGHT_TZ"
GLUE: Final = "\u00a0"
"""A space at which no line is broken."""

ASCII: Final = str.maketrans(
    {
        "·": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "→": "->",
        "×": "x",
        "≥": ">=",
        "≤": "<=",
        "±": "+/-",
        "…": "...",
        "°": " deg",
    }
)
"""Stand-ins for signs that a terminal without UTF-8 cannot print."""

CODES: Final[Mapping[str, str]] = {"green": "32", "red": "31", "yellow": "33", "bold": "1", "dim": "2"}


class Layout(StrEnum):
    """What fits: the full table, the short one, cards, or tab-separated values for machines."""

    FULL = "full"
    SHORT = "short"
    CARDS = "cards"
    TSV = "tsv"


@dataclass(frozen=True, slots=True)
class Look:
    """``columns`` of the terminal, 0 where there is none; whether colour and signs beyond ASCII may be used; the zone
    in which people are shown times.
    """

    columns: int
    colour: bool = False
    unicode: bool = True
    zone: tzinfo = UTC

    @property
    def layout(self) -> Layout:
        """The widest layout that fits; values for machines where there is no terminal."""
        if not self.columns:
            return Layout.TSV
        if self.columns >= WIDE:
            return Layout.FULL
        return Layout.SHORT if self.columns >= MIDDLE else Layout.CARDS

    def paint(self, text: str, style: str) -> str:
        """``text`` in a style, if colour is on. Never the only sign of anything: words stand beside it."""
        return f"\x1b[{CODES[style]}m{text}\x1b[0m" if self.colour else text

    def wrap(self, text: str, indent: str = "") -> list[str]:
        """``text`` as lines that fit the terminal, those after the first behind ``indent``; whole where there is none. Words, and
        so prices, are never cut."""
        if not self.columns or len(text) <= self.columns:
            return [text]
        return textwrap.wrap(
            text, self.columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )

    def flow(self, text: str) -> list[str]:
        """``text`` of parts joined by ``·``, wrapped between parts only where that is enough."""
        whole = text.replace(" ", GLUE).replace(f"{GLUE}·{GLUE}", f"{GLUE}· ")
        lines = [line.replace(GLUE, " ") for line in self.wrap(whole, GLUE * 2)]
        return [part for line in lines for part in self.wrap(line, "    ")]

    def signs(self, text: str) -> str:
        """``text`` with signs the stream can print."""
        return text if self.unicode else text.translate(ASCII).encode("ascii", "replace").decode()


def look_at(
    stream: TextIO, environ: Mapping[str, str], *, plain: bool = False, no_color: bool = False
) -> Look:
    """The look of a stream. ``plain`` and ``no_color`` are the flags of that name.

    Raises:
        ConfigFault: ``SNIPERSIGHT_TZ`` names no time zone.
    """
    terminal = stream.isatty() and not plain
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
    colour = _colour(environ, terminal=terminal) and not no_color and not plain
    columns = _columns(stream, environ) if terminal else 0
    return Look(columns, colour, encoding.startswith("utf"), _zone(environ.get(ZONE, "")))


def _zone(name: str) -> tzinfo:
    if not name:
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigFault(f"{ZONE}: unknown time zone {name!r}", "Write it like Europe/Berlin") from None


def _colour(environ: Mapping[str, str], *, terminal: bool) -> bool:
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return terminal and environ.get("TERM") != "dumb"


def _columns(stream: TextIO, environ: Mapping[str, str]) -> int:
    told = environ.get("COLUMNS", "")
    if told.isdecimal() and int(told) > 0:
        return int(told)
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_COLUMNS
    except OSError:
        return USUAL_COLUMNS
