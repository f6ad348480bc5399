"""An event loop whose time is made up: sleeping takes none of ours, and what is due happens in order."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

START_MS = 1_722_600_000_000


class _Jump(selectors.SelectSelector):
    """Where the loop would wait, time moves on instead."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            self.now_s += timeout or 0.0
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """``now_ms`` is the wall clock of everything in it; ``jump_ms`` sets it forward or back."""

    def __init__(self) -> None:
        self._jump = _Jump()
        self.jump_ms = 0
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now_s

    def now_ms(self) -> int:
        return START_MS + int(self.time() * 1000 + 1e-6) + self.jump_ms


def run(loop: VirtualLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run to the end and close the loop."""
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
