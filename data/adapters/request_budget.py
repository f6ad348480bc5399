"""The request budget: all processes of a machine together stay within a venue's allowance, and stop when it says so.

Requests burst while there is room in the rolling window; when it is full each waits once, for a computed time. The venue's
own count corrects ours where it is higher, so that we slow down for other programs at the same address.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from data.adapters.budget_ledger import Ledger
from data.adapters.spending import Allowance, Spending
from data.patience import uncounted
from shared.errors import RateLimited, VenueDown
from shared.models.timeframe import iso

PATIENCE_S: Final = 90.0
"""The longest wait for a request to go out, more than a window of a minute; a longer one is refused at once."""
LONGEST_STOP_S: Final = 7 * 86_400.0
"""More than any ban: an absurd wish must not stop us for good."""
MOST_DIGITS: Final = 12
STOPS: Final[Mapping[int, tuple[type[RateLimited], str]]] = MappingProxyType(
    {
        0: (RateLimited, "the request budget is used up"),
        403: (RateLimited, "this address is banned"),
        418: (RateLimited, "this address is banned"),
        429: (RateLimited, "too many requests"),
        503: (VenueDown, "down for maintenance"),
    }
)
"""What a wait is called, by the HTTP status that asked for it; 0: our own budget."""


def wall_ms() -> int:
    """Milliseconds since the epoch, UTC: what separate processes have in common."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class RequestBudget:
    """One exchange's budget. Keys are what the venue counts by: a host, and the proxy that leads there."""

    exchange: str
    allowance: Allowance
    ledger: Ledger
    now_ms: Callable[[], int] = wall_ms
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    patience_s: float = PATIENCE_S
    _known: dict[str, int] = field(default_factory=dict)
    """What the ledger held at the last booking: a count of the venue that is not above it teaches nothing."""
    _queues: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """One request of a process books ahead, the others wait behind it: processes take turns, and one that is killed leaves at
    most one request's weight booked."""

    async def spend(self, key: str, weight: int) -> None:
        """Wait until a request of ``weight`` may go, and count it. A reader's deadline stands still meanwhile.

        Raises:
            RateLimited: that is longer than ``patience_s``; VenueDown where the venue is under maintenance.
            StorageFault: the ledger cannot be read or written.
        """
        async with uncounted(), self._queues[key]:
            while (at_ms := await self._wait_for_turn(key, weight)) and not self._is_due(key, at_ms, weight):
                pass

    async def _wait_for_turn(self, key: str, weight: int) -> int:
        """Book, and wait until then; the instant waited for, 0 where there was no wait."""
        at_ms, wait_s = self._book(key, weight)
        if wait_s <= 0:
            return 0
        try:
            await self.sleep(wait_s)
        except asyncio.CancelledError:
            self._change(key, lambda spending: self._without(spending, at_ms, weight))
            raise
        return at_ms

    def learn(self, key: str, used: int) -> None:
        """The venue counts ``used`` in its window that is open now."""
        if used > self._known.get(key, 0):
            self._change(key, lambda spending: spending.corrected(used, self.allowance))

    def stop(self, key: str, wait_s: float, status: int) -> RateLimited:
        """The venue asked to wait: no request of any process goes there until then. The fault to raise for this one."""
        wait_s = min(wait_s, LONGEST_STOP_S)
        wait_ms = int(wait_s * 1000)
        self._change(key, lambda spending: spending.stopped(spending.seen_ms + wait_ms, status))
        return self._fault(status, self.now_ms() + wait_ms, wait_s)

    def _book(self, key: str, weight: int) -> tuple[int, float]:
        """When the request may go, and how many seconds away that is."""

        def step(kept: Spending) -> tuple[Spending, tuple[int, float]]:
            spending = kept.as_of(self.now_ms(), self.allowance)
            at_ms = spending.earliest(weight, self.allowance)
            wait_s = (at_ms - spending.seen_ms) / 1000
            if wait_s > self.patience_s:
                stopped = spending.stopped_until_ms > spending.seen_ms
                raise self._fault(spending.stopped_by if stopped else 0, at_ms, wait_s)
            after = spending.booked(at_ms, weight, self.allowance)
            self._known[key] = after.used(after.seen_ms)
            return after, (at_ms, wait_s)

        return self.ledger.change(key, step)

    def _is_due(self, key: str, at_ms: int, weight: int) -> bool:
        """Whether a booking may be used; one that may not is given back."""

        def step(kept: Spending) -> tuple[Spending, bool]:
            spending = kept.as_of(self.now_ms(), self.allowance)
            if spending.is_due(at_ms, self.allowance):
                self._known[key] = spending.used(spending.seen_ms)
                return spending, True
            return self._without(spending, at_ms, weight), False

        return self.ledger.change(key, step)

    def _without(self, spending: Spending, at_ms: int, weight: int) -> Spending:
        return spending.booked(at_ms, -weight, self.allowance)

    def _change(self, key: str, change: Callable[[Spending], Spending]) -> None:
        self.ledger.change(key, lambda kept: (change(kept.as_of(self.now_ms(), self.allowance)), None))

    def _fault(self, status: int, until_ms: int, wait_s: float) -> RateLimited:
        kind, problem = STOPS[status]
        said = f" (HTTP {status})" if status else ""
        return kind(
            f"{self.exchange}: {problem} until {iso(until_ms)}{said}",
            f"Wait {wait_s:.0f} s, then scan again",
            wait_s,
        )


def used_weight(headers: Mapping[str, str]) -> int:
    """The venue's own count in its open window, 0 where it does not say: Binance gives it, Bybit what is left of a limit."""
    limit = _count(headers.get("X-Bapi-Limit", ""))
    left = _count(headers.get("X-Bapi-Limit-Status", ""), limit)
    return max(_count(headers.get("X-MBX-USED-WEIGHT-1M", "")), limit - left)


def _count(text: str, otherwise: int = 0) -> int:
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else otherwise
