"""Work beside the event loop that nothing has to wait for at the end: a process that is stopped does not sit it out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class _Outcome(Generic[T]):
    """What came of the work: a block that ends with an error hands that error on to whoever waits."""

    result: T
    error: BaseException | None = None

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """Keep the error."""
        self.error = error
        return True

    def settle(self, done: asyncio.Future[T]) -> None:
        """Give it to who waits, if anybody still does."""
        if done.done():
            return
        if self.error is None:
            done.set_result(self.result)
        else:
            done.set_exception(self.error)


def aside(work: Callable[[], T]) -> asyncio.Future[T]:
    """The coming result of ``work``, which is done in a thread of its own; what it raises is raised to who waits."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        outcome: _Outcome[T] = _Outcome()
        with outcome:
            outcome.result = work()
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(outcome.settle, done)

    threading.Thread(target=run, name="bot-work", daemon=True).start()
    return done
