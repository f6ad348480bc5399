"""The loop of ``watch``: at every close of a timeframe, by the exchange's clock, one turn.

1. Ask the exchange for its time; where that fails, again after a growing pause.
2. Closes that went by since the last one dealt with are missed, and said to be, with the reason.
3. A close whose candle is about to be given out is waited for. Take the turn of the newest close. What fails and may pass is tried again after a growing pause, until the next close.
4. Wait for the next close by the monotonic clock. Where the wall clock does not go along (it was set, or the machine
   slept), ask for the time at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from data.slots import Taken
from engine.exchange_time import Reading, Times
from engine.watching.turn import GRACE_MS, due_boundary
from shared.errors import EXIT_USAGE, ContractError, DataFault, RateLimited, SecurityFault, SniperError
from shared.models.scan import RunStatus, ScanResult
from shared.models.timeframe import Timeframe
from shared.models.watching import Missed, Overlapped, Scanned, Troubled, WatchEvent

FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 120.0
JITTER: Final = 0.25
"""Share of a pause by which it is drawn longer, so that many machines do not come back at once."""
LOOK_S: Final = 30.0
"""While waiting, the two clocks are compared this often."""
JUMP_MS: Final = 2_000
PASSING: Final = ("retry_read", "wait", "degrade")
"""Policies of faults that may pass before the next close; an answer that breaks a rule may too."""
SLEPT: Final = "this machine slept, or its clock was set"


@dataclass(frozen=True, slots=True)
class World:
    """What the loop is handed. ``wait`` takes seconds and says whether to stop; ``draw`` gives a number in [0, 1)."""

    times: Times
    read_time: Callable[[], Reading]
    turn: Callable[[int], ScanResult | Taken]
    wait: Callable[[float], bool]
    tell: Callable[[WatchEvent], None]
    draw: Callable[[], float]


class Watcher:
    """Watches the closes of ``trigger``. What it remembers does not grow."""

    def __init__(self, trigger: Timeframe, world: World) -> None:
        """Nothing is asked yet."""
        self._trigger = trigger
        self._world = world
        self._last_ms = 0
        self._why = SLEPT
        self._stopped = False

    def run(self, rounds: int = 0) -> None:
        """Until ``wait`` says stop, or for so many closes.

        Raises:
            SniperError: what no later close can mend: wrong usage, a host that is not allowed, a defect of ours.
        """
        done = 0
        while not self._stopped and (not rounds or done < rounds):
            reading = self._read()
            if self._stopped:
                return
            now_ms = self._now_ms(reading)
            boundary_ms, closed_ms = due_boundary(self._trigger, now_ms), self._trigger.floor(now_ms)
            if closed_ms > boundary_ms:
                self._wait_until(closed_ms + GRACE_MS, reading)
            elif boundary_ms > self._last_ms:
                self._tell_missed(boundary_ms)
                self._why = SLEPT
                self._last_ms = boundary_ms
                self._take(boundary_ms, reading)
                done += 1
            else:
                self._wait_until(self._last_ms + self._trigger.ms + GRACE_MS, reading)

    def _read(self) -> Reading:
        """The exchange's time, asked until it is answered."""
        attempt = 0
        while True:
            try:
                return self._world.read_time()
            except SniperError as fault:
                pause_s = self._pause_s(fault, attempt)
                self._trouble(fault, pause_s)
            attempt += 1
            if self._wait(pause_s):
                return Reading(0, 0, 0.0, 0.0)

    def _take(self, boundary_ms: int, reading: Reading) -> None:
        """The turn of a close, again after what may pass, until the next close is due."""
        ends_ms = boundary_ms + self._trigger.ms + GRACE_MS
        attempt = 0
        while not self._stopped:
            pause_s = self._once(boundary_ms, reading, attempt, ends_ms)
            attempt += 1
            if not pause_s or self._wait(pause_s):
                return

    def _once(self, boundary_ms: int, reading: Reading, attempt: int, ends_ms: int) -> float:
        """One attempt; the seconds after which to try again, 0 for not any more."""
        began_s, late_s = self._world.times.monotonic_s(), (self._now_ms(reading) - boundary_ms) / 1000
        try:
            end = self._world.turn(boundary_ms)
        except SniperError as fault:
            pause_s = self._within(self._pause_s(fault, attempt), reading, ends_ms)
            pause_s = pause_s if fault.policy in PASSING or isinstance(fault, DataFault) else 0.0
            self._trouble(fault, pause_s)
            return pause_s
        took_s = self._world.times.monotonic_s() - began_s
        if took_s * 1000 > self._trigger.ms:
            self._why = f"the scan before took {took_s:,.0f} s"
        if isinstance(end, Taken):
            return self._overlapped(boundary_ms, end, reading, ends_ms)
        self._world.tell(Scanned(boundary_ms, end, late_s, took_s))
        refused = end.status is RunStatus.REFUSED
        return self._within(self._backoff_s(attempt), reading, ends_ms) if refused else 0.0

    def _overlapped(self, boundary_ms: int, taken: Taken, reading: Reading, ends_ms: int) -> float:
        """Where another run is at it, look again when its lease has run out: it may have died."""
        left_s = max(1.0, (taken.until_ms - self._world.times.now_ms()) / 1000)
        pause_s = 0.0 if taken.is_decided else self._within(left_s, reading, ends_ms)
        if not pause_s:
            self._world.tell(Overlapped(boundary_ms, taken.run_id))
        return pause_s

    def _pause_s(self, fault: SniperError, attempt: int) -> float:
        """How long to leave it alone.

        Raises:
            SniperError: the fault, where nothing that passes causes it.
        """
        if fault.exit_code == EXIT_USAGE or isinstance(fault, SecurityFault | ContractError):
            raise fault
        asked_s = fault.wait_s if isinstance(fault, RateLimited) else 0.0
        return max(self._backoff_s(attempt), asked_s)

    def _backoff_s(self, attempt: int) -> float:
        pause_s: float = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(attempt, 10))
        return pause_s * (1 + JITTER * self._world.draw())

    def _within(self, pause_s: float, reading: Reading, ends_ms: int) -> float:
        """The pause, or 0 where the next close comes first."""
        return pause_s if self._now_ms(reading) + pause_s * 1000 < ends_ms else 0.0

    def _wait_until(self, exchange_ms: int, reading: Reading) -> None:
        while (left_s := (exchange_ms - self._now_ms(reading)) / 1000) > 0:
            if self._wait(min(left_s, LOOK_S)) or abs(self._drift_ms(reading)) > JUMP_MS:
                return

    def _wait(self, seconds: float) -> bool:
        self._stopped = self._world.wait(seconds)
        return self._stopped

    def _now_ms(self, reading: Reading) -> int:
        """The exchange's time now, by how long ago it was read."""
        return reading.exchange_ms + int((self._world.times.monotonic_s() - reading.monotonic_s) * 1000)

    def _drift_ms(self, reading: Reading) -> float:
        """How much further the wall clock went since the reading than time passed."""
        passed_ms = (self._world.times.monotonic_s() - reading.monotonic_s) * 1000
        return self._world.times.now_ms() - reading.wall_ms - passed_ms

    def _trouble(self, fault: SniperError, retry_s: float) -> None:
        self._why = fault.problem
        self._world.tell(Troubled(self._last_ms, fault.problem, fault.action, retry_s))

    def _tell_missed(self, boundary_ms: int) -> None:
        first_ms, last_ms = self._last_ms + self._trigger.ms, boundary_ms - self._trigger.ms
        if self._last_ms and first_ms <= last_ms:
            count = (last_ms - first_ms) // self._trigger.ms + 1
            self._world.tell(Missed(first_ms, last_ms, count, self._why))
