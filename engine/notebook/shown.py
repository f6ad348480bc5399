"""Results as a notebook is given them: the same values, which show themselves as tables where they are printed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from bot.ui.chart_scene import ChartScene
from bot.ui.look import Look
from bot.ui.structure_table import structure_html, structure_lines
from bot.ui.terminal import scan_lines
from engine.charting import charted_plan
from engine.notebook.pictures import ShownSetup
from shared.models.context import SniperContext
from shared.models.scan import ScanResult
from shared.models.smc import TimeframeStructure

LOOK = Look(columns=120)


@dataclass(frozen=True, slots=True, repr=False)
class ShownStructure(TimeframeStructure):
    """The structure of one timeframe that prints as tables; ``tick`` is the step its prices are shown on."""

    tick: float = 0.0

    @classmethod
    def of(cls, structure: TimeframeStructure, tick: float) -> Self:
        """``structure``, shown."""
        return cls(**_values(structure), tick=tick)

    def __repr__(self) -> str:
        """The tables as text."""
        return "\n".join(structure_lines(self, self.tick, LOOK))

    def _repr_html_(self) -> str:
        return structure_html(self, self.tick)


@dataclass(frozen=True, slots=True, repr=False)
class ShownScan(ScanResult):
    """A scan that prints as the terminal's table; ``scan[0]`` is its best setup, which can be drawn. ``scenes`` are the charts of its
    setups, in their order."""

    scenes: tuple[ChartScene, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, result: ScanResult, contexts: Iterable[SniperContext] = ()) -> Self:
        """``result``, shown; ``contexts`` are those its plans were made in."""
        seen = {context.symbol: context for context in contexts}
        scenes = tuple(charted_plan(seen[setup.plan.symbol]) for setup in result.setups)
        return cls(**_values(result), scenes=scenes)

    def __getitem__(self, place: int) -> ShownSetup:
        """A setup by its place, the best first."""
        return ShownSetup.of(self.setups[place], self.scenes[place])

    def __iter__(self) -> Iterator[ShownSetup]:
        """The setups, the best first."""
        return map(ShownSetup.of, self.setups, self.scenes)

    def __repr__(self) -> str:
        """What a terminal shows."""
        return "\n".join(scan_lines(self, LOOK))


def _values(value: Any) -> dict[str, Any]:
    return {spec.name: getattr(value, spec.name) for spec in dataclasses.fields(value)}
