"""Charts as a notebook is given them: values that show themselves as pictures where they are printed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bot.ui.chart_scene import ChartScene
from bot.ui.chart_theme import Theme
from shared.errors import ConfigFault, StorageFault
from shared.models.scan import Setup
from shared.utils.suggest import suggest

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A chart: inline in a notebook, ``.save(file)`` elsewhere. ``scene`` is what it shows, in data coordinates.

    Drawing raises ``ConfigFault`` where matplotlib is not installed.
    """

    scene: ChartScene
    theme: Theme = Theme.LIGHT

    def png(self) -> bytes:
        """The picture, 1280 by 800 pixels; the same scene and theme give the same bytes."""
        from bot.ui.charts import png

        return png(self.scene, self.theme)

    def figure(self) -> Figure:
        """A matplotlib figure with everything on it, to go on drawing."""
        from bot.ui.charts import figure

        return figure(self.scene, self.theme)

    def save(self, file: str | Path) -> Path:
        """Write it into a PNG file, which is replaced if it is there.

        Raises:
            StorageFault: it cannot be written.
        """
        path = Path(file)
        try:
            path.write_bytes(self.png())
        except OSError as error:
            raise StorageFault(
                f"the chart {path} cannot be written: {error.strerror}", "Name another place"
            ) from error
        return path

    def __repr__(self) -> str:
        """What it shows, in words."""
        return f"<Picture {self.scene.heading.title}: {self.scene.heading.subtitle}>"

    def _repr_png_(self) -> bytes:
        return self.png()


@dataclass(frozen=True, slots=True)
class ShownSetup(Setup):
    """A setup that can be drawn."""

    scene: ChartScene = dataclasses.field(kw_only=True, repr=False, compare=False)

    @classmethod
    def of(cls, setup: Setup, scene: ChartScene) -> Self:
        """``setup``, with its chart."""
        values = {spec.name: getattr(setup, spec.name) for spec in dataclasses.fields(Setup)}
        return cls(**values, scene=scene)

    def chart(self, theme: str = "light") -> Picture:
        """The plan's picture: its prices, and what it cites.

        Raises:
            ConfigFault: an unknown theme.
        """
        return Picture(self.scene, theme_of(theme))


def theme_of(name: str) -> Theme:
    """The theme of a name.

    Raises:
        ConfigFault: there is no such theme.
    """
    if name not in tuple(Theme):
        raise ConfigFault(
            f"theme: unknown theme {name!r}", suggest(name, tuple(theme.value for theme in Theme))
        )
    return Theme(name)
