"""A made-up world for the loop of ``watch``: time passes only where somebody waits, and faults come as they are written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from data.slots import Taken
from engine.exchange_time import Reading
from engine.watching.loop import Watcher, World
from shared.errors import SniperError
from shared.models.scan import RunStatus, ScanResult
from shared.models.timeframe import Timeframe
from shared.models.watching import WatchEvent
from tests.fixtures.hand_scan import EMPTY

MINUTE = 60_000
QUARTER = 15 * MINUTE
START = 1_722_600_000_000
"""A close of every timeframe up to 15m."""


class VirtualTimes:
    """A machine's two clocks, moved by hand."""

    def __init__(self, wall_ms: int = START) -> None:
        self.wall_ms = wall_ms
        self.passed_s = 0.0

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_s(self) -> float:
        return self.passed_s

    def go(self, seconds: float) -> None:
        self.passed_s += seconds
        self.wall_ms += round(seconds * 1000)


@dataclass
class Stage:
    """The exchange is ``offset_ms`` ahead of us. ``answers`` are what turns end with, in order, the last for ever; an error is
    raised. ``silences`` the same for the time, where None is an answer."""

    times: VirtualTimes = field(default_factory=lambda: VirtualTimes(START + 7 * MINUTE))
    offset_ms: int = 0
    scan_s: float = 4.0
    answers: list[SniperError | RunStatus | Taken] = field(default_factory=lambda: [RunStatus.OK])
    silences: list[SniperError | None] = field(default_factory=list)
    turns: list[tuple[int, int]] = field(default_factory=list)
    told: list[WatchEvent] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    asked: int = 0
    on_wait: Callable[[Stage, float], None] = lambda stage, seconds: None
    stop_after: int = 10_000

    @property
    def exchange_ms(self) -> int:
        return self.times.wall_ms + self.offset_ms

    def read_time(self) -> Reading:
        self.asked += 1
        self.times.go(0.1)
        fault = self.silences.pop(0) if self.silences else None
        if fault:
            raise fault
        return Reading(self.exchange_ms, self.times.now_ms(), self.times.monotonic_s(), 100.0)

    def turn(self, boundary_ms: int) -> ScanResult | Taken:
        self.turns.append((boundary_ms, self.exchange_ms))
        self.times.go(self.scan_s)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, SniperError):
            raise answer
        return answer if isinstance(answer, Taken) else replace(EMPTY, status=answer, bar_ms=boundary_ms)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.times.go(seconds)
        self.on_wait(self, seconds)
        return len(self.waits) >= self.stop_after

    def run(self, rounds: int = 0, trigger: Timeframe = Timeframe.M15) -> Stage:
        world = World(self.times, self.read_time, self.turn, self.wait, self.told.append, lambda: 0.5)
        Watcher(trigger, world).run(rounds)
        return self

    @property
    def boundaries(self) -> list[int]:
        """Turns taken, in quarters of an hour after the start."""
        return [(boundary - START) // QUARTER for boundary, _ in self.turns]
