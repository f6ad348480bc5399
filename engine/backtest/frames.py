"""Windows over history: where each timeframe is read from at each close, and what is computed of a window once, to be read at any bar.

A decision reads each timeframe from its window's start (:meth:`shared.models.timeframe.Timeframe.window_start`), which moves on at
calendar boundaries only. Between two of them indicators and structure are computed once, and every close reads them as of its last
bar: both are causal, so this is what a scan computes of the candles it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

import numpy as np

from indicators.registry import measure
from shared.models.computing import Compute, anew
from shared.models.data import Candles, Floats, Ints, Market
from shared.models.profile import SmcRules
from shared.models.smc import TimeframeStructure
from shared.models.timeframe import Timeframe
from strategy.columns.span import Frame, Span
from strategy.smc.engine import detect
from strategy.smc.fold import read_structure
from strategy.smc.snapshot import structure_of

Result = TypeVar("Result")
How = TypeVarTuple("How")


class Run(NamedTuple):
    """Closes ``first`` up to, not including, ``stop`` read from ``start_ms``."""

    first: int
    stop: int
    start_ms: int


def window_runs(as_of_ms: Ints, timeframe: Timeframe, bars: int) -> tuple[Run, ...]:
    """Where ``timeframe`` is read from at each of the ascending instants, as runs of equal starts."""
    return tuple(_runs(as_of_ms, lambda instant: timeframe.window_start(instant, bars), 0, len(as_of_ms)))


def _runs(as_of_ms: Ints, start: Callable[[int], int], first: int, stop: int) -> Iterator[Run]:
    """Starts never go back, so that equal ends mean an unbroken run."""
    while first < stop:
        here, end = start(int(as_of_ms[first])), stop
        low = first + 1
        while low < end:
            middle = (low + end) // 2
            low, end = (middle + 1, end) if start(int(as_of_ms[middle])) == here else (low, middle)
        yield Run(first, low, here)
        first = low


@dataclass(slots=True)
class Shelf:
    """One series of a symbol: its candles, from the earliest window's start on, and the frame that was asked for last."""

    candles: Candles
    options: SmcRules
    tick: float
    onboard_ms: int = 0
    kept: dict[int, Frame] = field(default_factory=dict)

    def frame(self, start_ms: int, until_ms: int) -> Frame:
        """What is computed of the candles from a window's start, those closed by ``until_ms`` at least."""
        held = self.kept.get(start_ms)
        if held is None or self._grows(held, until_ms):
            since_ms = max(start_ms, self.candles.timeframe.floor(self.onboard_ms))
            candles = self.candles.between(since_ms, until_ms)
            held = Frame(candles, measure(candles, ()), detect(candles, self.options, self.tick))
            self.kept = {start_ms: held}
        return held

    def _grows(self, held: Frame, until_ms: int) -> bool:
        """Whether there are candles by ``until_ms`` that the frame lacks."""
        last_ms = int(held.candles.open_ms[-1]) if len(held.candles) else -1
        return len(self.candles.between(last_ms + 1, until_ms)) > 0


@dataclass(frozen=True, slots=True)
class Shelves:
    """Every timeframe of a symbol, finest first, and how many bars back each is read."""

    market: Market
    history_bars: int
    held: Mapping[Timeframe, Shelf]

    @classmethod
    def of(
        cls, market: Market, candles: Mapping[Timeframe, Candles], options: SmcRules, history_bars: int
    ) -> Shelves:
        """Shelves of a symbol's candles."""
        held = {
            name: Shelf(series, options, float(market.tick), market.onboard_ms)
            for name, series in candles.items()
        }
        return cls(market, history_bars, held)

    def spans(self, as_of_ms: Ints) -> Iterator[Span]:
        """The ascending instants, cut where any timeframe's window moves on; oldest first."""
        runs = {name: window_runs(as_of_ms, name, self.history_bars) for name in self.held}
        cuts = sorted({run.first for found in runs.values() for run in found} | {len(as_of_ms)})
        for first, stop in pairwise(cuts):
            frames = {}
            for name, shelf in self.held.items():
                run = next(run for run in runs[name] if run.first <= first < run.stop)
                frames[name] = shelf.frame(run.start_ms, int(as_of_ms[run.stop - 1]))
            yield Span(self.market, frames, as_of_ms[first:stop])

    def frames_at(self, as_of_ms: int, until_ms: int) -> Mapping[Timeframe, Frame]:
        """Frames that hold everything of a decision at ``as_of_ms``. Where a frame is made, it reaches up to ``until_ms`` if its window
        does: later instants of the same window then find it made."""
        return {name: self._frame_at(name, as_of_ms, until_ms) for name in self.held}

    def _frame_at(self, name: Timeframe, as_of_ms: int, until_ms: int) -> Frame:
        start_ms = name.window_start(as_of_ms, self.history_bars)
        end_ms = until_ms
        if name.window_start(until_ms, self.history_bars) != start_ms:
            instants = np.arange(as_of_ms, until_ms + 1, name.ms, dtype=np.int64)
            run = next(iter(window_runs(instants, name, self.history_bars)))
            end_ms = int(instants[run.stop - 1])
        return self.held[name].frame(start_ms, end_ms)


@dataclass(slots=True)
class FrameReader:
    """A :class:`shared.models.computing.Compute` that reads what frames hold. What they do not hold (a plugin's indicators and
    detectors, other options) is computed."""

    frames: Mapping[Timeframe, Frame]
    options: SmcRules
    tick: float
    folded: dict[Timeframe, tuple[Frame, int, TimeframeStructure]] = field(default_factory=dict)

    def __call__(self, work: Callable[[Candles, *How], Result], candles: Candles, *how: *How) -> Result:
        """The result of ``work`` on candles that are the beginning of a frame."""
        frame = self.frames.get(candles.timeframe)
        if frame is None or not _begins(frame, candles):
            return work(candles, *how)
        known: Any = None
        if work is measure and how == ((),):  # type: ignore[comparison-overlap]
            known = _columns(frame, len(candles))
        elif work is structure_of and how == (self.options, self.tick, ()):  # type: ignore[comparison-overlap]
            known = self._structure(frame, len(candles))
        return work(candles, *how) if known is None else known

    def _structure(self, frame: Frame, count: int) -> TimeframeStructure:
        timeframe = frame.candles.timeframe
        held = self.folded.get(timeframe)
        if held is None or held[0] is not frame or held[1] != count:
            held = self.folded[timeframe] = (
                frame,
                count,
                read_structure(frame.candles, frame.log, count - 1),
            )
        return held[2]

    def __reduce__(self) -> tuple[Callable[[], Compute], tuple[()]]:
        """Another process gets none of it."""
        return _without, ()


def _without() -> Compute:
    return anew


def _begins(frame: Frame, candles: Candles) -> bool:
    """Whether ``candles`` are the frame's first ones: views of the same memory."""
    count = len(candles)
    return 0 < count <= len(frame.candles) and np.shares_memory(candles.open_ms, frame.candles.open_ms[:1])


def _columns(frame: Frame, count: int) -> Mapping[str, Floats]:
    columns = {name: column[:count] for name, column in frame.columns.items()}
    for column in columns.values():
        column.flags.writeable = False
    return columns


def windows(frames: Mapping[Timeframe, Frame], as_of_ms: int) -> Mapping[Timeframe, Candles]:
    """What a decision reads of frames: the candles of each that are closed."""
    return {
        name: frame.candles.head(int(frame.candles.close_ms.searchsorted(as_of_ms, "right")))
        for name, frame in frames.items()
    }
