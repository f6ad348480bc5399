"""What happens while closes are watched, as values to be shown."""

from __future__ import annotations

from dataclasses import dataclass

from shared.models.scan import ScanResult


@dataclass(frozen=True, slots=True)
class Scanned:
    """A slot was decided by this run, ``late_s`` after its close by the exchange's clock when the scan began."""

    boundary_ms: int
    result: ScanResult
    late_s: float
    took_s: float


@dataclass(frozen=True, slots=True)
class Overlapped:
    """Another run decided the slot; ``run_id`` says which."""

    boundary_ms: int
    run_id: str


@dataclass(frozen=True, slots=True)
class Troubled:
    """Something failed; it is tried again after ``retry_s``, or, where that is 0, at the next close."""

    boundary_ms: int
    problem: str
    action: str
    retry_s: float


@dataclass(frozen=True, slots=True)
class Missed:
    """Slots that nobody will decide: ``count`` from ``first_ms`` to ``last_ms``, and why."""

    first_ms: int
    last_ms: int
    count: int
    why: str


WatchEvent = Scanned | Overlapped | Troubled | Missed
