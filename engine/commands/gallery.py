"""Charts as files: one for every plan of a scan, or one that was asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from shared.errors import SniperError, StorageFault
from shared.models.scan import RunStatus, ScanResult

if TYPE_CHECKING:
    from bot.ui.chart_scene import ChartScene
    from engine.edges import Edges
    from shared.models.context import SniperContext

UNDRAWN: Final = "charts_failed"
"""The flag of a scan whose charts could not be drawn."""
UNSAFE: Final = re.compile(r"[^\w.]+")


@dataclass(frozen=True, slots=True)
class Gallery:
    """Where the charts of a scan go, if anywhere: it keeps the contexts of the plans until the scan has ended."""

    folders: tuple[Path, ...]
    contexts: list[SniperContext] = field(default_factory=list)

    @classmethod
    def of(cls, folder: str | None) -> Self:
        """The gallery in ``folder``, which is made, or one that shows nothing.

        Raises:
            ConfigFault: matplotlib is not installed.
            StorageFault: the folder cannot be made.
        """
        if folder is None:
            return cls(())
        from bot.ui.chart_canvas import insist_on_matplotlib

        insist_on_matplotlib()
        path = Path(folder)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFault(
                f"--chart: cannot make the folder {folder}: {error.strerror}", "Name another"
            ) from error
        return cls((path,))

    def watching(self, edges: Edges) -> Edges:
        """Edges that keep what is to be drawn."""
        return replace(edges, on_judged=self._keep) if self.folders else edges

    def _keep(self, contexts: tuple[SniperContext, ...]) -> None:
        from shared.models.planner import TradePlan

        self.contexts.extend(context for context in contexts if isinstance(context.plan, TradePlan))

    def hung(self, result: ScanResult) -> ScanResult:
        """``result``, its plans drawn. What could not be drawn is said in a flag, and the scan is degraded: its plans stand."""
        from engine.charting import charted_plan

        plans = {setup.plan.symbol for setup in result.setups}
        try:
            for folder in self.folders:
                for context in self.contexts:
                    if context.symbol in plans:
                        scene = charted_plan(context)
                        write_chart(scene, folder / file_name(context.symbol, scene))
        except SniperError as fault:
            status = RunStatus.DEGRADED if result.status is RunStatus.OK else result.status
            return replace(result, status=status, flags=(*result.flags, f"{UNDRAWN}: {fault}"))
        return result


def hung_lines(folder: str | None, result: ScanResult) -> Iterator[str]:
    """Where the charts of a scan are, if there are any."""
    from bot.ui.numbers import counted

    failed = any(flag.startswith(UNDRAWN) for flag in result.flags)
    if folder is not None and result.setups and not failed:
        yield f"{counted(len(result.setups), 'chart')} in {folder}"


def file_name(symbol: str, scene: ChartScene) -> str:
    """``BTC-USDT-1h.png``: the symbol with everything that is no letter or digit as a dash, and the timeframe."""
    return f"{UNSAFE.sub('-', symbol)}-{scene.candles.timeframe}.png"


def write_chart(scene: ChartScene, path: Path, theme: str = "light") -> None:
    """Draw a scene into a file, whole or not at all; an older file of that name is replaced.

    Raises:
        ConfigFault: matplotlib is not installed.
        StorageFault: the file cannot be written.
    """
    from bot.ui.chart_theme import Theme
    from bot.ui.charts import png

    picture = png(scene, Theme(theme))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(picture)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageFault(
            f"the chart {path} cannot be written: {error.strerror}", "Name another place with room"
        ) from error
