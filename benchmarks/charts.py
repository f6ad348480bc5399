"""Charts of a plan: CPU time of one after the first, its size, and what a thousand in one process leave behind."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import snipersight as ss
from benchmarks.walk import cpu_s
from bot.ui.chart_theme import Theme
from bot.ui.charts import png

MANY: Final = 1000
PAGES: Final = 4096


def run() -> None:
    """Print both."""
    result = ss.scan(exchange="demo")
    scenes = [shown.scene for shown in result]
    first = cpu_s(lambda: png(scenes[0]), 1)
    for theme in Theme:
        times = [cpu_s(lambda scene=scene, theme=theme: png(scene, theme), 15) for scene in scenes]  # type: ignore[misc]
        sizes = [len(png(scene, theme)) for scene in scenes]
        print(
            f"{theme}: {min(times) * 1e3:.0f} to {max(times) * 1e3:.0f} ms CPU a chart, {max(sizes) / 1000:.0f} kB at most"
        )
    print(f"the first one: {first * 1e3:.0f} ms CPU, matplotlib's import included")
    for number in range(100):
        png(scenes[number % len(scenes)])
    before = resident_mb()
    for number in range(MANY):
        png(scenes[number % len(scenes)], tuple(Theme)[number % 2])
    print(f"{MANY:,} charts in one process: {resident_mb() - before:+.1f} MB")


def resident_mb() -> float:
    """Memory of this process that is in use now, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGES / 1e6
