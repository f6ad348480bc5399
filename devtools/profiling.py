"""Where a symbol's time goes: a stopwatch hooked around every stage.

hooks, watch = Hooks(), StageWatch()
watch.attach(hooks)
run_scan(request, edges, hooks=hooks)
watch.seconds()   # {"indicators": 0.12, "smc": 0.80, …}
"""

from __future__ import annotations

import time
from collections import defaultdict
from functools import partial

from engine.hooks import STAGES, Hooks
from shared.models.context import SniperContext


class StageWatch:
    """Sums wall time per stage over all symbols decided in this process."""

    def __init__(self) -> None:
        """Start with nothing measured."""
        self._began: dict[str, float] = {}
        self._total: dict[str, float] = defaultdict(float)

    def attach(self, hooks: Hooks) -> None:
        """Register before and after every stage that takes one symbol at a time; risk judges all of them together."""
        for stage in STAGES[1:-1]:
            hooks.register(f"before_{stage}", partial(self._start, stage))
            hooks.register(f"after_{stage}", partial(self._stop, stage))

    def seconds(self) -> dict[str, float]:
        """Seconds per stage, in the order of the pipeline."""
        return {stage: self._total[stage] for stage in STAGES if stage in self._total}

    def _start(self, stage: str, context: SniperContext) -> SniperContext:
        self._began[stage] = time.perf_counter()
        return context

    def _stop(self, stage: str, context: SniperContext) -> SniperContext:
        self._total[stage] += time.perf_counter() - self._began[stage]
        return context
