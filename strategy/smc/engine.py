"""Every detector over one series, in one compiled call, into one log. New candles continue it.

The detectors walk the bars once, together, and keep what they must remember between calls in a memory of their own, so that a
series fed bar by bar and one fed at once give the same log.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from shared.errors import ContractError, DataFault, NotFound
from shared.models.data import COLUMNS, Candles, Ints
from shared.models.events import INT_COLUMNS, EventLog, StructureEvent
from shared.models.profile import SmcRules
from shared.models.smc import TimeframeStructure
from shared.models.timeframe import DAY_MS
from strategy.smc.detectors import detect_all
from strategy.smc.emit import DETAILED, DETAILS, INTS, MADE
from strategy.smc.fold import read_structure
from strategy.smc.memory import memory_bars, most_rows, new_memory, widen_books
from strategy.smc.options import numbers_of, switches_of
from strategy.smc.records import known_between, of_object, records
from strategy.smc.sessions import clock_changes

CHUNK: Final = 8_192
"""Bars taken at once: after the first of them the log's size is foreseen."""
SPARE: Final = 1.12
"""Rows there is room for, over those foreseen."""
CLOCK_AHEAD_MS: Final = 90 * DAY_MS
STATE: Final = {"atr": (1, np.float64), "ranges": (4, np.float64), "trends": (2, np.int8)}
"""State at every bar: cells and their type; low and high of each layer's range, each layer's trend."""
TABLES: Final = {
    "ints": (INTS, np.int32, 5),
    "measures": (1, np.float64, 5),
    "details": (DETAILS, np.float64, 2),
}
"""Tables of the log: cells of a row, their type, and a first guess at the rows of a bar; later the series itself tells."""


class SmcSeries:
    """One series and the log of its structure, which grows with it.

    Laws: causal — the log after n candles is, bit for bit, the rows known by the n-th close of any longer log; feeding candles
    in any pieces gives the same log; a log handed out is never changed by later candles.
    """

    def __init__(self, candles: Candles, options: SmcRules, tick: float) -> None:
        """Detect over ``candles``; ``tick`` is the market's price step."""
        self.options = options
        self.tick = tick
        self._parts = [candles]
        self._count = 0
        self._numbers, self._switches = numbers_of(options, tick), switches_of(options)
        self._market = {
            name: np.require(getattr(candles, name), requirements=("C", "A"))
            for name in ("open_ms", *COLUMNS)
        }
        self._state = {name: np.empty(0, kind) for name, (_, kind) in STATE.items()}
        self._log = {name: np.empty(0, kind) for name, (_, kind, _) in TABLES.items()}
        self._rows = np.zeros(2, np.int64)
        self._clock_ms, self._clock = -1, (np.empty(0, np.int64), np.empty(0, np.int64))
        self._memory = new_memory()
        self._take(len(candles))

    @property
    def candles(self) -> Candles:
        """All candles fed so far."""
        if len(self._parts) > 1:
            times, *columns = (column[: self._count].copy() for column in self._market.values())
            self._parts = [Candles(self._parts[0].timeframe, times, *columns)]
        return self._parts[0]

    @property
    def log(self) -> EventLog:
        """Everything that happened up to the last candle."""
        n, made, detailed = self._count, int(self._rows[MADE]), int(self._rows[DETAILED])
        ints = self._log["ints"][: made * INTS].reshape(-1, INTS)
        trends = self._state["trends"][: 2 * n].reshape(-1, 2)
        ranges = self._state["ranges"][: 4 * n].reshape(-1, 4)
        return EventLog(
            ints[:, : len(INT_COLUMNS)],
            self._log["measures"][:made],
            ints[:, len(INT_COLUMNS) + 1],
            self._log["details"][: detailed * DETAILS].reshape(-1, DETAILS),
            ints[:, len(INT_COLUMNS)],
            self._state["atr"][:n],
            (trends[:, 0], trends[:, 1]),
            (ranges[:, 0], ranges[:, 2]),
            (ranges[:, 1], ranges[:, 3]),
            memory_bars(self.options),
        )

    def snapshot(self, bar: int = -1) -> TimeframeStructure:
        """What a trader would see at the close of ``bar`` (default: the last): living zones and pools with their state, structure per
        layer, ranges, recent sweeps. Costs no more the longer the series is.

        Raises:
            DataFault: there is no such bar.
        """
        if not -1 <= bar < self._count or not self._count:
            raise DataFault(
                f"structure: no bar {bar} in a series of {self._count}", "Give a bar of the series"
            )
        return read_structure(self.candles, self.log, bar)

    def events(self, since_ms: int, until_ms: int) -> tuple[StructureEvent, ...]:
        """What became known after ``since_ms`` and not after ``until_ms``, in order."""
        candles, log = self.candles, self.log
        return tuple(records(candles, log, known_between(candles, log, since_ms, until_ms)))

    def history(self, object_id: str) -> tuple[StructureEvent, ...]:
        """The life of one object, from where it formed on.

        Raises:
            NotFound: the series has no such object.
        """
        candles, log = self.candles, self.log
        rows = of_object(candles, log, object_id)
        if not rows.size:
            raise NotFound(
                f"structure: no object {object_id!r} in these candles",
                "Take an id from a snapshot or from events",
            )
        return tuple(records(candles, log, rows))

    def extend(self, candles: Candles) -> None:
        """Go on with newer closed candles of the same timeframe. Costs no more than they do.

        Raises:
            DataFault: another timeframe, or candles that do not open after the last one.
        """
        if not len(candles):
            return
        timeframe = self._parts[0].timeframe
        last = int(self._market["open_ms"][self._count - 1]) if self._count else -1
        if candles.timeframe is not timeframe or int(candles.open_ms[0]) <= last:
            raise DataFault(
                f"structure: {timeframe} candles cannot be continued by {candles.timeframe} ones from {int(candles.open_ms[0])} ms",
                "Give closed candles of the same timeframe that open after the last one",
            )
        self._parts.append(candles)
        stop = self._count + len(candles)
        for name, column in self._market.items():
            self._market[name] = _roomy(column, stop, self._count, 1)
            self._market[name][self._count : stop] = getattr(candles, name)
        self._take(stop)

    def _take(self, stop: int) -> None:
        """Take the memory to bar ``stop``."""
        for name, (cells, _) in STATE.items():
            self._state[name] = _roomy(self._state[name], stop, self._count, cells)
        bar = self._count
        while bar < stop:
            self._make_room(bar, stop)
            bar = self._run(bar, min(stop, bar + CHUNK))
        self._count = stop

    def _run(self, start: int, n: int) -> int:
        """Run the detectors over bars ``start`` to ``n``; how far they came before they wanted room."""
        length_ms = self._parts[0].timeframe.ms
        times, *prices = (column[:n] for column in self._market.values())
        changes = self._clock_until(int(times[0]), int(times[-1]) + length_ms, length_ms)
        state = (self._state[name][: n * cells] for name, (cells, _) in STATE.items())
        bar = detect_all(
            start, times, length_ms, *prices, *changes, self._numbers, self._switches, *state, *self._memory.values(),
            *self._log.values(), self._rows,
        )  # fmt: skip
        if self._rows[MADE] > self._log["measures"].size:
            raise ContractError(
                f"structure: bars {start} to {bar} made {self._rows[MADE]} rows, more than can be"
            )
        return bar

    def _make_room(self, bar: int, stop: int) -> None:
        """Make room where bar ``bar`` may need more than there is: in the log for what is foreseen until ``stop``."""
        widen_books(self._memory)
        least = most_rows(self._memory["facts"], self._memory["pools"])
        for name, (cells, _, guess) in TABLES.items():
            made = int(self._rows[DETAILED if name == "details" else MADE])
            if (made + least) * cells > self._log[name].size:
                foreseen = SPARE * made * stop / bar if bar else guess * min(stop, CHUNK)
                self._log[name] = _moved(
                    self._log[name], max(int(foreseen), made + least) * cells, made * cells
                )

    def _clock_until(self, first_ms: int, last_ms: int, length_ms: int) -> tuple[Ints, Ints]:
        """Clock changes up to ``last_ms`` at least; looked up some months ahead, so that feeding bars does not ask each time."""
        if last_ms > self._clock_ms:
            self._clock_ms = last_ms + CLOCK_AHEAD_MS
            self._clock = clock_changes(first_ms, self._clock_ms, self.options.sessions, length_ms)
        return self._clock


def detect(candles: Candles, options: SmcRules, tick: float) -> EventLog:
    """The event log of a series. ``tick`` is the market's price step.

    Causal: the log of ``candles.head(n)`` is the log of ``candles`` until bar n − 1, bit for bit.
    """
    return SmcSeries(candles, options, tick).log


def _roomy(column: np.ndarray[Any, Any], bars: int, used: int, cells: int) -> np.ndarray[Any, Any]:
    """A column with room for ``bars`` bars; twice as many when it grows, so that growing stays cheap."""
    if bars * cells <= column.size:
        return column
    return _moved(column, max(bars, 2 * used) * cells, used * cells)


def _moved(column: np.ndarray[Any, Any], room: int, used: int) -> np.ndarray[Any, Any]:
    """A column of ``room`` cells with the ``used`` first."""
    wider = np.empty(room, column.dtype)
    wider[:used] = column[:used]
    return wider
