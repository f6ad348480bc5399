"""How a run that lasts is stopped: the first signal lets it finish its step for a moment, then it is interrupted."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from engine.commands.failures import hush
from shared.errors import EXIT_INTERRUPTED, EXIT_OK

FINISH_S: Final = 3.0
"""A step that has not ended by then is interrupted; what it was about to write is rolled back."""
LOOK_S: Final = 0.25


class Stop:
    """Whether to stop, and by which signal."""

    def __init__(self) -> None:
        """Nobody asked yet."""
        self.signal = 0

    def wait(self, seconds: float) -> bool:
        """Wait, by the monotonic clock, unless asked to stop; whether to stop."""
        ends_s = time.monotonic() + seconds
        while not self.signal and (left_s := ends_s - time.monotonic()) > 0:
            time.sleep(min(left_s, LOOK_S))
        return bool(self.signal)

    @property
    def exit_code(self) -> int:
        """130 after Ctrl-C; a service manager's SIGTERM ends as it should."""
        return EXIT_INTERRUPTED if self.signal == signal.SIGINT else EXIT_OK

    def heard(self, number: int, _frame: FrameType | None) -> None:
        """A signal: the first is remembered, a second interrupts at once."""
        if self.signal:
            hush()
            raise KeyboardInterrupt
        self.signal = number
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, FINISH_S)


@contextmanager
def stopping() -> Iterator[Stop]:
    """Listen for SIGINT and SIGTERM; at the end as before. To be called in the main thread."""
    stop = Stop()
    names = [name for name in ("SIGINT", "SIGTERM", "SIGALRM") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), stop.heard) for name in names}
    try:
        yield stop
    except KeyboardInterrupt:
        if not stop.signal:
            raise
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
