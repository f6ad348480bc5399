"""One reading of an exchange's clock, with the way it took."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from contracts.data_contract import CandleFeed
from shared.errors import TransportFault

DEADLINE_S: Final = 20.0
"""For one reading, its repeats and waits included."""


class Times(Protocol):
    """The machine's two clocks: one that people set, one that only goes forward."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC; may jump."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since some moment; never goes back."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What the exchange said, when the answer was here by both our clocks, and how long it took."""

    exchange_ms: int
    wall_ms: int
    monotonic_s: float
    latency_ms: float

    @property
    def offset_ms(self) -> float:
        """Exchange's clock less ours, as if the answer had been given half-way."""
        return self.exchange_ms + self.latency_ms / 2 - self.wall_ms


async def read_exchange_time(open_feed: Callable[[], CandleFeed], times: Times) -> Reading:
    """Ask for the time, on a connection of its own.

    Raises:
        TransportFault: no answer in time, or none that is well-formed; every other fault of the feed as it is.
    """
    feed = open_feed()
    try:
        async with asyncio.timeout(DEADLINE_S):
            began_s = times.monotonic_s()
            exchange_ms = await feed.time_ms()
            ended_s = times.monotonic_s()
    except TimeoutError as error:
        raise TransportFault(
            f"{feed.exchange}: no time within {DEADLINE_S:g} s", "Check the network, or try later"
        ) from error
    finally:
        await feed.close()
    return Reading(exchange_ms, times.now_ms(), ended_s, (ended_s - began_s) * 1000)
