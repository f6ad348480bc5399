"""A deadline that counts work, not queueing: while a request waits for its turn in the budget, the clock stands still.

What waits is bounded by itself: the budget refuses a wait that is longer than its patience.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

_DEADLINE: Final[ContextVar[asyncio.Timeout | None]] = ContextVar("deadline", default=None)


@asynccontextmanager
async def working_time(seconds: float) -> AsyncIterator[None]:
    """End the block with TimeoutError after so many ``seconds``, those in :func:`uncounted` left out."""
    async with asyncio.timeout(seconds) as deadline:
        token = _DEADLINE.set(deadline)
        try:
            yield
        finally:
            _DEADLINE.reset(token)


@asynccontextmanager
async def uncounted() -> AsyncIterator[None]:
    """Stop the clock of the deadline we are in, if there is one and it is running."""
    deadline = _DEADLINE.get()
    ends_s = None if deadline is None else deadline.when()
    if deadline is None or ends_s is None or deadline.expired():
        yield
        return
    now_s = asyncio.get_running_loop().time
    left_s = ends_s - now_s()
    deadline.reschedule(None)
    try:
        yield
    finally:
        deadline.reschedule(now_s() + left_s)
