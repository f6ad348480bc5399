"""Every detector over one series, in one compiled call, merged into one log. New candles continue it.

Each detector walks the bars once and keeps what it must remember between calls in memory of its own, so that a series fed
bar by bar and one fed at once give the same log.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from shared.errors import ContractError, DataFault, NotFound
from shared.models.data import COLUMNS, AnyInts, Candles, Floats, Ints
from shared.models.events import INT_COLUMNS, EventLog, StructureEvent
from shared.models.profile import SmcRules
from shared.models.smc import TimeframeStructure
from shared.models.timeframe import DAY_MS
from strategy.smc.detectors import detect_all
from strategy.smc.emit import DETAILED, DETAILS, MADE
from strategy.smc.emit import INTS as RAW_INTS
from strategy.smc.fold import read_structure
from strategy.smc.log import RANK_TABLE, merge_rows
from strategy.smc.memory import (
    BOOKS,
    LEVELS_A_BAR,
    ZONES_A_BAR,
    Memory,
    Rooms,
    memory_bars,
    moved,
    new_memory,
    numbers_of,
    switches_of,
)
from strategy.smc.records import known_between, of_object, records
from strategy.smc.sessions import ENDS_A_BAR, LEVEL_CELLS, clock_changes

ROWS_A_BAR: Final = 5
"""First guess at the room the log needs; a run that needs more is repeated with enough."""
CHUNK: Final = 16_384
"""Bars taken at once: what a run needs beside the log stays small however long the series is."""
FEW_BARS: Final = 64
CLOCK_AHEAD_MS: Final = 90 * DAY_MS
ROWS_AN_OBJECT: Final = 6
"""More rows than one object can make at one bar: touched, four fills, invalidated."""
FLOAT_STATE: Final = ("atr", "up", "down", "internal_low", "swing_low", "internal_high", "swing_high")
INT_STATE: Final = (
    *("legs", "whole", "internal_pivots", "swing_pivots", "swept", "gaps"),
    *("internal", "internal_origins", "swing", "swing_origins", "internal_trend", "swing_trend"),
)
WIDE_STATE: Final = {"members": 2, "blocks": 2}
"""Integer state with several cells a bar."""


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
        self._rows = 0
        self._detailed = 0
        self._columns = {name: np.empty(0) for name in (*COLUMNS, *FLOAT_STATE)}
        self._numbers = {name: np.empty(0, np.int64) for name in ("open_ms", *INT_STATE, *WIDE_STATE)}
        self._ints = np.empty(0, np.int32)
        self._measures = np.empty(0)
        self._details = np.empty(0)
        self._detail = np.empty(0, np.int32)
        self._formed = np.empty(0, np.int32)
        self._order = np.empty(0, np.int32)
        self._clock_ms, self._clock = -1, (np.empty(0, np.int64), np.empty(0, np.int64))
        self._rooms = Rooms.of(options, len(candles))
        self._memory = new_memory(self._rooms)
        self._take(candles)

    @property
    def candles(self) -> Candles:
        """All candles fed so far."""
        if len(self._parts) > 1:
            columns = (self._columns[name][: self._count].copy() for name in COLUMNS)
            whole = Candles(
                self._parts[0].timeframe, self._numbers["open_ms"][: self._count].copy(), *columns
            )
            self._parts = [whole]
        return self._parts[0]

    @property
    def log(self) -> EventLog:
        """Everything that happened up to the last candle."""
        n, width = self._count, len(INT_COLUMNS)

        def floats(name: str) -> Floats:
            return self._columns[name][:n]

        return EventLog(
            self._ints[: self._rows * width].reshape(-1, width),
            self._measures[: self._rows],
            self._detail[: self._rows],
            self._details[: self._detailed * DETAILS].reshape(-1, DETAILS),
            self._formed[: self._rows],
            floats("atr"),
            (self._numbers["internal_trend"][:n], self._numbers["swing_trend"][:n]),
            (floats("internal_low"), floats("swing_low")),
            (floats("internal_high"), floats("swing_high")),
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
        last = int(self._numbers["open_ms"][self._count - 1]) if self._count else -1
        if candles.timeframe is not timeframe or int(candles.open_ms[0]) <= last:
            raise DataFault(
                f"structure: {timeframe} candles cannot be continued by {candles.timeframe} ones from {int(candles.open_ms[0])} ms",
                "Give closed candles of the same timeframe that open after the last one",
            )
        self._parts.append(candles)
        self._take(candles)

    def _take(self, candles: Candles) -> None:
        start, stop = self._count, self._count + len(candles)
        self._make_room(stop)
        for name in COLUMNS:
            self._columns[name][start:stop] = getattr(candles, name)
        self._numbers["open_ms"][start:stop] = candles.open_ms
        for first in range(start, stop, CHUNK):
            self._advance(first, min(stop, first + CHUNK), candles.timeframe.ms)
        self._count = stop

    def _advance(self, start: int, n: int, length_ms: int) -> None:
        """Take the memory from bar ``start`` to ``n``. A run that needs more rows than guessed is repeated from what was remembered
        before it, marks on earlier bars included."""
        few = n - start <= FEW_BARS
        rows = self._most_rows(n - start) if few else ROWS_A_BAR * (n - start) + 64
        memory, marks = ({}, {}) if few or not start else self._remembered(start)
        while (needed := self._run(start, n, rows, length_ms)) > rows:
            if few and start:
                raise ContractError(
                    f"structure: bars {start} to {n} made {needed} rows, at most {rows} can be"
                )
            rows = needed
            self._memory = {name: cells.copy() for name, cells in memory.items()} or new_memory(self._rooms)
            for name, cells in marks.items():
                self._numbers[name][: cells.size] = cells

    def _remembered(self, start: int) -> tuple[Memory, Memory]:
        """Copies of the memory, and of the marks on bars before ``start``."""
        memory = {name: cells.copy() for name, cells in self._memory.items()}
        marks = {name: self._numbers[name][: start * cells].copy() for name, cells in WIDE_STATE.items()}
        return memory, marks

    def _most_rows(self, bars: int) -> int:
        """More rows than ``bars`` bars can make, from what is alive: so that feeding a few bars copies no memory."""
        halves = [half for name in BOOKS for half in np.split(self._memory[name], 2)]
        alive = int(sum(half[0] for half in halves)) + bars * (2 * ZONES_A_BAR + 2 * LEVELS_A_BAR)
        return bars * (ROWS_AN_OBJECT * alive + 64)

    def _make_room(self, n: int) -> None:
        """Columns for ``n`` bars; twice as many when they grow, so that growing stays cheap."""
        have = self._columns["close"].size
        if n <= have:
            return
        room = n if not have else max(n, 2 * have)
        self._columns = {name: _grown(column, room) for name, column in self._columns.items()}
        self._numbers = {
            name: _grown(column, room * WIDE_STATE.get(name, 1)) for name, column in self._numbers.items()
        }
        rooms = Rooms.of(self.options, room)
        if rooms != self._rooms:
            self._rooms, self._memory = rooms, moved(self._memory, rooms)

    def _run(self, start: int, n: int, room: int, length_ms: int) -> int:
        """Run the detectors over bars ``start`` to ``n``; how many rows they made. With enough room the rows join the log."""
        options, memory = self.options, self._memory
        columns = {name: column[:n] for name, column in self._columns.items()}
        numbers = {name: column[: n * WIDE_STATE.get(name, 1)] for name, column in self._numbers.items()}
        raw_ints = np.empty(room * RAW_INTS, np.int32)
        raw_floats = np.empty(room * (1 + DETAILS))
        times = numbers["open_ms"]
        changes = self._clock_until(int(times[0]), int(times[-1]) + length_ms, length_ms)
        rows = np.array([0, self._rows, 0, self._detailed, room], np.int64)
        detect_all(
            start, times, length_ms, *(columns[name] for name in COLUMNS), self.tick, *changes, numbers_of(options),
            switches_of(options, self._rooms), *(columns[name] for name in FLOAT_STATE), *(numbers[name] for name in INT_STATE),
            *(numbers[name] for name in WIDE_STATE), *memory.values(),
            np.empty(1 + (n - start) * ENDS_A_BAR * LEVEL_CELLS, np.int64), raw_ints, raw_floats, rows,
        )  # fmt: skip
        made, detailed = int(rows[MADE]), int(rows[DETAILED])
        if made <= room:
            self._join(start, n, made, raw_ints, raw_floats)
            self._keep_details(raw_floats[room : room + detailed * DETAILS])
        return made

    def _clock_until(self, first_ms: int, last_ms: int, length_ms: int) -> tuple[Ints, Ints]:
        """Clock changes up to ``last_ms`` at least; looked up some months ahead, so that feeding bars does not ask each time."""
        if last_ms > self._clock_ms:
            self._clock_ms = last_ms + CLOCK_AHEAD_MS
            self._clock = clock_changes(first_ms, self._clock_ms, self.options.sessions, length_ms)
        return self._clock

    def _join(self, start: int, n: int, made: int, raw_ints: AnyInts, raw_measures: Floats) -> None:
        """Put new rows into their order at the end of the log."""
        total = self._rows + made
        if total > self._formed.size:
            room = total if not self._rows else max(total, 2 * self._rows)
            self._ints = _grown(self._ints, room * len(INT_COLUMNS))
            self._measures = _grown(self._measures, room)
            self._formed = _grown(self._formed, room)
            self._detail = _grown(self._detail, room)
            self._order = _grown(self._order, room)
        counts = np.empty((n - start) * (int(RANK_TABLE.max()) + 1) + 1, np.int64)
        merge_rows(
            start, made, self._rows, raw_ints, raw_measures, RANK_TABLE.ravel(), counts, self._order,
            self._ints, self._measures, self._formed, self._detail,
        )  # fmt: skip
        self._rows = total

    def _keep_details(self, made: Floats) -> None:
        """Put new details at the end of theirs."""
        start, stop = self._detailed * DETAILS, self._detailed * DETAILS + made.size
        if stop > self._details.size:
            self._details = _grown(self._details, stop if not start else max(stop, 2 * start))
        self._details[start:stop] = made
        self._detailed = stop // DETAILS


def detect(candles: Candles, options: SmcRules, tick: float) -> EventLog:
    """The event log of a series. ``tick`` is the market's price step.

    Causal: the log of ``candles.head(n)`` is the log of ``candles`` until bar n − 1, bit for bit.
    """
    return SmcSeries(candles, options, tick).log


def _grown(column: np.ndarray[Any, Any], room: int) -> np.ndarray[Any, Any]:
    wider = np.empty(room, column.dtype)
    wider[: column.size] = column
    return wider
