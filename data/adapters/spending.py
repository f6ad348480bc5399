"""What was spent of a venue's request allowance, as a value: pure functions, the instant handed in.

1. A request is booked for the earliest instant at which it fits beside all that is booked already: first come, first served.
2. A booking fills a slot, a two-hundredth of the window, and counts until no window that began with it is open any more.
3. Booking ahead is how to wait: nothing is locked meanwhile, and a booking whose process died runs out by itself.
4. A venue's "wait" stops every booking until then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from shared.errors import ContractError

SLOTS: Final = 200
LATE_MS: Final = 1_000
LATE_SHARE: Final = 20
"""A request may reach the venue this much after it was booked: a second, or a twentieth of a short window."""

Slots = tuple[tuple[int, int], ...]
"""Start (UTC ms) and weight, oldest first; those that lie ahead are booked."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """``weight`` that may be spent in any ``window_ms``: the share of the venue's limit that we allow ourselves."""

    window_ms: int
    weight: int

    def __post_init__(self) -> None:
        """Refuse what allows nothing."""
        if self.window_ms < 1 or self.weight < 1:
            raise ContractError(
                f"an allowance has a window and a weight above 0, found {self}", "Mend the venue's table"
            )

    @property
    def slot_ms(self) -> int:
        """How finely spends are told apart."""
        return max(1, self.window_ms // SLOTS)

    @property
    def late_ms(self) -> int:
        """How late after its booking a request may reach the venue."""
        return min(LATE_MS, self.window_ms // LATE_SHARE)

    @property
    def hold_ms(self) -> int:
        """How long a slot counts, from its start."""
        return self.window_ms + self.late_ms + self.slot_ms


@dataclass(frozen=True, slots=True)
class Spending:
    """A venue's slots, until when it asked us to wait and by which HTTP status, and the latest instant this was looked at."""

    slots: Slots = ()
    stopped_until_ms: int = 0
    stopped_by: int = 0
    seen_ms: int = 0

    def as_of(self, now_ms: int, allowance: Allowance) -> Spending:
        """The same at ``now_ms``, without what no longer counts. Where the clock was set back, everything moves back with it:
        ages and waits stay as they were when last seen."""
        back = max(0, self.seen_ms - now_ms)
        first = now_ms - allowance.hold_ms
        slots = self.slots
        if back or (slots and slots[0][0] <= first):
            slots = tuple((start - back, weight) for start, weight in slots if start - back > first)
        return replace(
            self, slots=slots, stopped_until_ms=max(0, self.stopped_until_ms - back), seen_ms=now_ms
        )

    def used(self, at_ms: int) -> int:
        """Weight of the slots that have begun."""
        return sum(weight for start, weight in self.slots if start <= at_ms)

    def earliest(self, weight: int, allowance: Allowance) -> int:
        """When ``weight`` more fits. It never overtakes: where a booked one did not fit, this one and that together do not.

        Raises:
            ContractError: it is more than the whole allowance.
        """
        if weight > allowance.weight:
            raise ContractError(f"a request weighs {weight}, all of {allowance} is less", "Mend the table")
        at, hold_ms = max(self.seen_ms, self.stopped_until_ms), allowance.hold_ms
        counted = [(start + hold_ms, spent) for start, spent in self.slots if start + hold_ms > at]
        total = sum(spent for _, spent in counted)
        for end, spent in counted:
            if total + weight <= allowance.weight:
                break
            at, total = end, total - spent
        return at

    def booked(self, at_ms: int, weight: int, allowance: Allowance) -> Spending:
        """With ``weight`` more in the slot of ``at_ms``; what it takes is left out where it is negative."""
        start = at_ms - at_ms % allowance.slot_ms
        slots = dict(self.slots)
        slots[start] = max(0, slots.get(start, 0) + weight)
        return replace(self, slots=tuple(sorted((at, spent) for at, spent in slots.items() if spent)))

    def is_due(self, at_ms: int, allowance: Allowance) -> bool:
        """Whether a request booked for ``at_ms`` may go now: on time, not stopped meanwhile, and still within the allowance."""
        on_time = at_ms - allowance.slot_ms <= self.seen_ms <= at_ms + allowance.late_ms
        first = at_ms - allowance.hold_ms
        window = (weight for start, weight in self.slots if first < start <= at_ms)
        fits = sum(window) <= allowance.weight
        return on_time and fits and self.stopped_until_ms <= self.seen_ms

    def corrected(self, used: int, allowance: Allowance) -> Spending:
        """With what the venue counted beyond what we know of: other programs at the same address."""
        unknown = used - self.used(self.seen_ms)
        return self.booked(self.seen_ms, unknown, allowance) if unknown > 0 else self

    def stopped(self, until_ms: int, status: int) -> Spending:
        """Stopped until then, if not for longer already."""
        if until_ms <= self.stopped_until_ms:
            return self
        return replace(self, stopped_until_ms=until_ms, stopped_by=status)
