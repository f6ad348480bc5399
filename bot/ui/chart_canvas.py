"""The sheet a chart is painted on: a figure of fixed pixels, its palette, measured words, and where the parts of the picture lie.

One point is one pixel. Only matplotlib's objects are used, never pyplot, so that nothing of a chart outlives it. matplotlib is
imported here when the first chart is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bot.ui.chart_layout import Rect
from bot.ui.chart_theme import FAMILY, HEIGHT_PX, PALETTES, WIDTH_PX, Ink, Palette, Theme
from shared.errors import ConfigFault

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

DPI: Final = 72
COMPRESSION: Final = 3
"""Of zlib's nine: quicker than its usual six by a third, and four hundredths larger."""
ABSENT: Final = "?"
"""Stands for a letter the font does not have."""


def insist_on_matplotlib() -> None:
    """Say so before anything is read where charts cannot be drawn.

    Raises:
        ConfigFault: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ConfigFault(
            "charts need matplotlib, which is not installed", "pip install 'matplotlib>=3.9'"
        ) from None


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A figure with its canvas and colours."""

    figure: Figure
    canvas: FigureCanvasAgg
    palette: Palette
    widths: dict[tuple[str, float, str], float]

    @classmethod
    def blank(cls, theme: Theme) -> Sheet:
        """An empty picture.

        Raises:
            ConfigFault: matplotlib is not installed.
        """
        insist_on_matplotlib()
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        palette = PALETTES[theme]
        figure = Figure((WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=palette[Ink.PAPER])
        return cls(figure, FigureCanvasAgg(figure), palette, {})

    def width(self, text: str, size: float, weight: str = "normal") -> float:
        """How wide ``text`` is, in pixels."""
        named = (text, size, weight)
        if named not in self.widths:
            font, renderer = _font(size, weight), self.canvas.get_renderer()  # type: ignore[no-untyped-call]
            wide, _, _ = renderer.get_text_width_height_descent(drawable(text), font, False)
            self.widths[named] = float(wide)
        return self.widths[named]

    def png(self) -> bytes:
        """The picture as PNG bytes: nothing in them but the picture, so that the same one has the same bytes."""
        from PIL import Image

        self.canvas.draw()  # type: ignore[no-untyped-call]
        shown = np.asarray(self.canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
        out = BytesIO()
        Image.fromarray(np.ascontiguousarray(shown)).save(out, "PNG", compress_level=COMPRESSION)
        return out.getvalue()

    def wrap(self, text: str, size: float, room: float) -> list[str]:
        """``text`` in lines no wider than ``room`` pixels, broken between words."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer, size) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def write(self, at: tuple[float, float], text: str, size: float, ink: Ink, **how: Any) -> Text:
        """Words at a pixel; ``how`` goes to matplotlib's ``Text``, with ``weight`` taken for the font."""
        from matplotlib.transforms import IdentityTransform

        font = _font(size, how.pop("weight", "normal"))
        words = self.figure.text(
            *at,
            drawable(text),
            transform=IdentityTransform(),
            color=self.palette[ink],
            parse_math=False,
            **how,
        )
        words.set_fontproperties(font)
        return words

    def stroke(self, xs: tuple[float, ...], ys: tuple[float, ...], ink: Ink, **how: Any) -> None:
        """A line through pixels."""
        from matplotlib.lines import Line2D
        from matplotlib.transforms import IdentityTransform

        line = Line2D(xs, ys, transform=IdentityTransform(), color=self.palette[ink], **how)
        self.figure.add_artist(line)

    def block(self, area: Rect, **how: Any) -> None:
        """A rectangle of pixels."""
        from matplotlib.patches import Rectangle
        from matplotlib.transforms import IdentityTransform

        corner = (area.left, area.low)
        self.figure.add_artist(
            Rectangle(corner, area.width, area.height, transform=IdentityTransform(), **how)
        )


def drawable(text: str) -> str:
    """``text`` with a question mark for every letter that the font does not have."""
    has = _letters()
    return "".join(letter if ord(letter) in has else ABSENT for letter in text)


@cache
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family=FAMILY))).get_charmap())


@cache
def _font(size: float, weight: str) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=FAMILY, size=size, weight=weight)
