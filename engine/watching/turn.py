"""One slot's turn: lease it, scan, finish it. Only the run that finished has decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from data.slots import Lease, Slot, SqliteSlots, Taken
from engine.edges import ScanRequest
from engine.exchange_time import Times
from shared.config.digest import config_digest
from shared.errors import ClockFault
from shared.models.scan import RunStatus, ScanResult
from shared.models.timeframe import Timeframe, iso

GRACE_MS: Final = 5_000
"""A slot is due this long after its close by the exchange's clock: its candle is given out by then."""
LEASE_MS: Final = 120_000
"""Longer than the longest wait for the request budget: a run that lives renews in time."""
RENEW_S: Final = 15.0
DIGITS: Final = 8

Beat = Callable[[], None]
"""Called as a scan goes on."""


def schedule_of(request: ScanRequest) -> str:
    """What makes two runs the same schedule: exchange, profile and trigger in words, then everything asked as a digest."""
    asked = config_digest(request.profile, request.account, list(request.symbols), request.top or 0)
    trigger = request.profile.timeframes.trigger
    return f"{request.exchange} {request.profile.name} {trigger} {asked[:DIGITS]}"


def due_boundary(trigger: Timeframe, exchange_ms: int) -> int:
    """The newest close that is due."""
    return trigger.floor(exchange_ms - GRACE_MS)


@dataclass(slots=True)
class Turn:
    """The turns of one run in a schedule."""

    slots: SqliteSlots
    schedule: str
    owner: str
    times: Times

    def take(self, boundary_ms: int, scan: Callable[[Beat], ScanResult]) -> ScanResult | Taken:
        """Scan in a slot, unless it is another run's. A scan that refused or failed decides nothing: the slot is given back.

        Raises:
            StorageFault: the slots cannot be read or written.
            ClockFault: the scan came too late and read the next slot's candles.
            SniperError: as the scan.
        """
        claimed = self.slots.claim(
            Slot(self.schedule, boundary_ms), self.owner, self.times.now_ms(), LEASE_MS
        )
        if isinstance(claimed, Taken):
            return claimed
        try:
            result = scan(self._beat(claimed))
        except BaseException:
            self.slots.give_back(claimed)
            raise
        if result.status is RunStatus.REFUSED:
            self.slots.give_back(claimed)
            return result
        if result.bar_ms != boundary_ms:
            self.slots.give_back(claimed)
            raise _too_late(boundary_ms, result.bar_ms)
        if self.slots.finish(claimed, result.run_id):
            return result
        return self._of_another(claimed)

    def _of_another(self, lost: Lease) -> Taken:
        """Who has the slot that this run overslept; what this run found is dropped."""
        found = self.slots.claim(lost.slot, self.owner, self.times.now_ms(), LEASE_MS)
        if isinstance(found, Lease):
            self.slots.give_back(found)
            return Taken("", 0)
        return found

    def _beat(self, lease: Lease) -> Beat:
        """Renews the lease, at most every so often."""
        renewed_s = self.times.monotonic_s()

        def beat() -> None:
            nonlocal renewed_s
            now_s = self.times.monotonic_s()
            if now_s - renewed_s >= RENEW_S:
                renewed_s = now_s
                self.slots.renew(lease, self.times.now_ms(), LEASE_MS)

        return beat


def _too_late(boundary_ms: int, bar_ms: int) -> ClockFault:
    return ClockFault(
        f"the slot of {iso(boundary_ms)} was due, but the scan read candles up to {iso(bar_ms)}",
        "The next slot decides on those",
    )
