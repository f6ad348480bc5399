"""Every detector over one series, in one compiled call, into one log. New candles continue it.

The detectors walk the bars once, together, and keep what they must remember between calls in a memory of their own, so that a
series fed bar by bar and one fed at once give the same log.
"""

from __future__ import annotations

from typing import Final

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
from strategy.smc.table import Table

MARKET: Final = ("open_ms", *COLUMNS)
CHUNK: Final = 8_192
"""Bars taken at once: after the first of them the log's size is foreseen."""
SPARE: Final = 1.12
"""Rows there is room for, over those foreseen."""
CLOCK_AHEAD_MS: Final = 90 * DAY_MS
ROWS_A_BAR, DETAILS_A_BAR = 5, 2
"""First guess at the room the log needs; later the series itself tells."""


class SmcSeries:
    """One series and the log of its structure, which grows with it.

    Laws: causal — the log after n candles is, bit for bit, the rows known by the n-th close of any longer log; feeding candles
    in any pieces gives the same log; a log handed out is never changed by later candles.
    """

    def __init__(self, candles: Candles, options: SmcRules, tick: float) -> None:
        """Detect over ``candles``; ``tick`` is the market's price step, 0 where nothing shall be measured by it."""
        self.options = options
        self.tick = tick
        self._parts = [candles]
        self._count = 0
        self._numbers, self._switches = numbers_of(options, tick), switches_of(options)
        columns = {name: np.require(getattr(candles, name), requirements=("C", "A")) for name in MARKET}
        self._market = Table.holding(**columns)
        self._state = Table(atr=(1, np.float64), ranges=(4, np.float64), trends=(2, np.int8))
        self._events = Table(ints=(INTS, np.int32), measures=(1, np.float64))
        self._details = Table(details=(DETAILS, np.float64))
        self._rows = np.zeros(2, np.int64)
        self._clock_ms, self._clock = -1, (np.empty(0, np.int64), np.empty(0, np.int64))
        self._memory = new_memory()
        self._take(len(candles))

    @property
    def candles(self) -> Candles:
        """All candles fed so far."""
        if len(self._parts) > 1:
            times, *columns = (column.copy() for column in self._market.head(self._count))
            self._parts = [Candles(self._parts[0].timeframe, times, *columns)]
        return self._parts[0]

    @property
    def log(self) -> EventLog:
        """Everything that happened up to the last candle."""
        ints, measures = self._events.head(int(self._rows[MADE]))
        (details,) = self._details.head(int(self._rows[DETAILED]))
        atr, ranges, trends = self._state.head(self._count)
        rows, spans, ways = ints.reshape(-1, INTS), ranges.reshape(-1, 4), trends.reshape(-1, 2)
        return EventLog(
            rows[:, : len(INT_COLUMNS)],
            measures,
            rows[:, len(INT_COLUMNS) + 1],
            details.reshape(-1, DETAILS),
            rows[:, len(INT_COLUMNS)],
            atr,
            (ways[:, 0], ways[:, 1]),
            (spans[:, 0], spans[:, 2]),
            (spans[:, 1], spans[:, 3]),
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
        last = int(self._market.columns["open_ms"][self._count - 1]) if self._count else -1
        if candles.timeframe is not timeframe or int(candles.open_ms[0]) <= last:
            raise DataFault(
                f"structure: {timeframe} candles cannot be continued by {candles.timeframe} ones from {int(candles.open_ms[0])} ms",
                "Give closed candles of the same timeframe that open after the last one",
            )
        self._parts.append(candles)
        stop = self._count + len(candles)
        self._grow(self._market, stop)
        for name, column in self._market.columns.items():
            column[self._count : stop] = getattr(candles, name)
        self._take(stop)

    def _take(self, stop: int) -> None:
        """Take the memory to bar ``stop``."""
        self._grow(self._state, stop)
        bar = self._count
        while bar < stop:
            self._make_room(bar, stop)
            bar = self._run(bar, min(stop, bar + CHUNK))
        self._count = stop

    def _grow(self, table: Table, stop: int) -> None:
        """Room for ``stop`` bars; for twice those there are when they grow in number, so that growing stays cheap."""
        if stop > table.room:
            table.make_room(max(stop, 2 * self._count), self._count)

    def _run(self, start: int, n: int) -> int:
        """Run the detectors over bars ``start`` to ``n``; how far they came before they wanted room."""
        length_ms = self._parts[0].timeframe.ms
        times, *prices = self._market.head(n)
        changes = self._clock_until(int(times[0]), int(times[-1]) + length_ms, length_ms)
        bar = detect_all(
            start, times, length_ms, *prices, *changes, self._numbers, self._switches, *self._state.head(n),
            *self._memory.values(), *self._events.columns.values(), *self._details.columns.values(), self._rows,
        )  # fmt: skip
        if self._rows[MADE] > self._events.room or self._rows[DETAILED] > self._details.room:
            raise ContractError(
                f"structure: bars {start} to {bar} made {self._rows[MADE]} rows, more than can be"
            )
        return bar

    def _make_room(self, bar: int, stop: int) -> None:
        """Make room where bar ``bar`` may need more than there is: in the log for what is foreseen until ``stop``."""
        widen_books(self._memory)
        least = most_rows(self._memory["facts"], self._memory["pools"])
        for table, count, guess in (
            (self._events, MADE, ROWS_A_BAR),
            (self._details, DETAILED, DETAILS_A_BAR),
        ):
            made = int(self._rows[count])
            if made + least > table.room:
                foreseen = SPARE * made * stop / bar if bar else guess * min(stop, CHUNK)
                table.make_room(int(foreseen) + 2 * least, made)

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
