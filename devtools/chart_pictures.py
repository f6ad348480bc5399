"""Draw the charts of the documentation: ``python -m devtools.chart_pictures`` (or ``make pictures``).

All of them are of the demo market, as of where it stands: two plans, and a symbol without one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import snipersight as ss
from bot.ui.chart_scene import ChartScene
from bot.ui.chart_theme import Theme
from bot.ui.charts import png

PICTURES: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures"
CHARTS: Final = (
    ("chart_plan_light", "XRP/USDT", Theme.LIGHT),
    ("chart_plan_dark", "WIF/USDT", Theme.DARK),
    ("chart_no_plan_light", "BTC/USDT", Theme.LIGHT),
)
"""File, symbol and theme of each."""


def scene(symbol: str) -> ChartScene:
    """The chart of a symbol of the demo market."""
    return ss.chart(symbol, exchange="demo").scene


def write(folder: Path = PICTURES) -> list[Path]:
    """Draw every chart into ``folder``; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, symbol, theme in CHARTS:
        files.append(folder / f"{name}.png")
        files[-1].write_bytes(png(scene(symbol), theme))
    return files


if __name__ == "__main__":
    for file in write(*(Path(word) for word in sys.argv[1:2])):
        print(file)
