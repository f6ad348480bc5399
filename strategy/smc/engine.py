"""Every detector over one series, in one compiled call, merged into one log. New candles continue it.

Each detector walks the bars once and keeps what it must remember between calls in memory of its own, so that a series fed
bar by bar and one fed at once give the same log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from indicators.volatility import extend_atr
from shared.errors import DataFault, NotFound
from shared.models.data import COLUMNS, AnyInts, Candles, Floats, Ints
from shared.models.events import INT_COLUMNS, EventLog, StructureEvent
from shared.models.profile import SmcRules
from shared.models.smc import TimeframeStructure
from shared.models.timeframe import DAY_MS
from shared.utils.kernels import kernel
from strategy.smc.bos_choch import find_breaks, new_structure
from strategy.smc.displacement import find_displacements
from strategy.smc.emit import DETAILED, DETAILS, MADE
from strategy.smc.emit import INTS as RAW_INTS
from strategy.smc.fold import read_structure
from strategy.smc.liquidity_sweeps import AWAY_BARS, find_sweeps
from strategy.smc.liquidity_sweeps import FIELDS as POOL_FIELDS
from strategy.smc.liquidity_sweeps import HEAD as POOL_HEAD
from strategy.smc.log import RANK_TABLE, merge_rows
from strategy.smc.records import known_between, of_object, records
from strategy.smc.sessions import ENDS_A_BAR, LEVEL_CELLS, clock_changes, find_periods, new_periods
from strategy.smc.sessions import MEMORY as PERIOD_MEMORY
from strategy.smc.swings import find_swings
from strategy.smc.zone_lives import find_zones
from strategy.smc.zones import FIELDS as ZONE_FIELDS
from strategy.smc.zones import HEAD as ZONE_HEAD

ROWS_A_BAR: Final = 5
"""First guess at the room the log needs; a run that needs more is repeated with enough."""
CHUNK: Final = 16_384
"""Bars taken at once: what a run needs beside the log stays small however long the series is."""
FEW_BARS: Final = 64
CLOCK_AHEAD_MS: Final = 90 * DAY_MS
ROWS_AN_OBJECT: Final = 6
"""More rows than one object can make at one bar: touched, four fills, invalidated."""
ZONES_A_BAR: Final = 3
"""Zones of one side that can form at one bar: a gap and a block of each layer."""
LEVELS_A_BAR: Final = 7
"""Pools of one side that can form at one bar: a pivot and six period ends."""
BOOKS: Final = ("zones", "heirs", "pools")

FLOAT_STATE: Final = ("atr", "up", "down", "internal_low", "swing_low", "internal_high", "swing_high")
INT_STATE: Final = (
    "legs",
    *(
        "whole",
        "internal_pivots",
        "swing_pivots",
        "swept",
        "gaps",
        "internal",
        "internal_origins",
        "swing",
        "swing_origins",
    ),
    *("internal_trend", "swing_trend"),
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
        self._memory = _new_memory(self._rooms)
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
            _memory_bars(self.options),
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
        """Take the memory from bar ``start`` to ``n``. A run that needs more rows than guessed is repeated from the memory before it."""
        few = n - start <= FEW_BARS
        rows = self._most_rows(n - start) if few else ROWS_A_BAR * (n - start) + 64
        before = {} if few or not start else {name: cells.copy() for name, cells in self._memory.items()}
        while (needed := self._run(start, n, rows, length_ms)) > rows:
            rows = needed
            self._memory = {name: cells.copy() for name, cells in before.items()} or _new_memory(self._rooms)

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
            self._rooms, self._memory = rooms, _moved(self._memory, rooms)

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
        _detect_all(
            start, times, length_ms, *(columns[name] for name in COLUMNS), self.tick, *changes, _numbers_of(options),
            _switches_of(options, self._rooms), *(columns[name] for name in FLOAT_STATE), *(numbers[name] for name in INT_STATE),
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


Memory = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Rooms:
    """Rows each half of a book may need: never more than can live at once, nor than the bars there are can make."""

    zones: int
    heirs: int
    pools: int

    @classmethod
    def of(cls, options: SmcRules, bars: int) -> Rooms:
        """For a series of up to ``bars``."""
        zones = ZONES_A_BAR * min(bars, options.zone_expiry_bars + 1)
        heirs = ZONES_A_BAR * min(bars, options.zone_expiry_bars + options.spawn_expiry_bars + 2)
        pools = LEVELS_A_BAR * min(bars, options.pool_expiry_bars + options.reclaim_bars + AWAY_BARS + 2)
        return cls(zones, heirs, pools)


def _new_memory(rooms: Rooms) -> Memory:
    """What the detectors remember, before the first bar, in the order ``_detect_all`` takes it."""
    memory: Memory = {
        "internal_pivots": np.full(4, -1, np.int64),
        "swing_pivots": np.full(4, -1, np.int64),
        "periods": np.empty(PERIOD_MEMORY, np.int64),
        "internal": np.empty(7, np.int64),
        "swing": np.empty(7, np.int64),
        "internal_range": np.empty(2),
        "swing_range": np.empty(2),
        "zones": _new_book(ZONE_HEAD + ZONE_FIELDS * rooms.zones),
        "heirs": _new_book(ZONE_HEAD + ZONE_FIELDS * rooms.heirs),
        "pools": _new_book(POOL_HEAD + POOL_FIELDS * rooms.pools),
    }
    new_periods(memory["periods"])
    new_structure(memory["internal"], memory["internal_range"])
    new_structure(memory["swing"], memory["swing_range"])
    return memory


def _new_book(half: int) -> Floats:
    """An empty book of two halves: nothing in a half is read while it holds no rows."""
    book = np.empty(2 * half)
    book[0] = book[half] = 0.0
    return book


def _moved(memory: Memory, rooms: Rooms) -> Memory:
    """The same memory with books of more room."""
    wider = _new_memory(rooms)
    for name, cells in memory.items():
        halves = 2 if name in BOOKS else 1
        for old, new in zip(np.split(cells, halves), np.split(wider[name], halves), strict=True):
            new[: old.size] = old
    return wider


def _memory_bars(options: SmcRules) -> int:
    """Bars after which nothing that formed is alive."""
    pools = options.pool_expiry_bars + options.reclaim_bars
    return max(options.zone_expiry_bars, options.spawn_expiry_bars, pools) + 1


def _numbers_of(options: SmcRules) -> Floats:
    """Options that are distances, in the order the kernel reads them."""
    return np.array(
        [options.break_buffer_atr, options.min_gap_atr, options.displacement_atr, options.equal_atr]
    )


def _switches_of(options: SmcRules, rooms: Rooms) -> Ints:
    """Options that are counts or choices, in the order the kernel reads them."""
    return np.array(
        [
            options.internal_reach, options.swing_reach, options.reclaim_bars, options.zone_expiry_bars,
            options.spawn_expiry_bars, options.pool_expiry_bars, options.zone_body_only, options.break_on == "wick",
            options.block_candle == "extreme", options.invalidate_on == "wick",
            rooms.zones, rooms.heirs, rooms.pools,
        ],
        np.int64,
    )  # fmt: skip


@kernel
def _detect_all(
    start: int,
    open_ms: Ints,
    length_ms: int,
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    tick: float,
    change_ms: Ints,
    shift_ms: Ints,
    numbers: Floats,
    switches: Ints,
    atr_out: Floats,
    up_out: Floats,
    down_out: Floats,
    internal_low_out: Floats,
    swing_low_out: Floats,
    internal_high_out: Floats,
    swing_high_out: Floats,
    legs_out: Ints,
    whole_out: Ints,
    internal_pivots_out: Ints,
    swing_pivots_out: Ints,
    swept_out: Ints,
    gaps_out: Ints,
    internal_out: Ints,
    internal_origins_out: Ints,
    swing_out: Ints,
    swing_origins_out: Ints,
    internal_trend_out: Ints,
    swing_trend_out: Ints,
    members_out: Ints,
    blocks_out: Ints,
    internal_memo_out: Ints,
    swing_memo_out: Ints,
    periods_out: Ints,
    internal_state_out: Ints,
    swing_state_out: Ints,
    internal_range_out: Floats,
    swing_range_out: Floats,
    zones_out: Floats,
    heirs_out: Floats,
    pools_out: Floats,
    levels_out: Ints,
    ints_out: Ints,
    floats_out: Floats,
    rows_out: Ints,
) -> None:
    """Run the detectors over the bars from ``start`` on, in the order in which they need each other."""
    buffer_atr, gap_atr, displaced, equal_atr = numbers[0], numbers[1], numbers[2], numbers[3]
    internal_reach, swing_reach, reclaim = switches[0], switches[1], switches[2]
    zone_expiry, spawn_expiry, pool_expiry = switches[3], switches[4], switches[5]
    body_only, break_by_wick, at_extreme, lost_by_wick = switches[6], switches[7], switches[8], switches[9]
    zone_room, heir_room, pool_room = switches[10], switches[11], switches[12]
    find_whole(start, open_ms, length_ms, volume, whole_out)
    extend_atr(start, high, low, close, 14, atr_out)
    find_displacements(
        start, open_, high, low, close, volume, atr_out, whole_out, displaced, up_out, down_out, legs_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_swings(
        start, high, low, atr_out, internal_reach, 0, equal_atr, tick, internal_pivots_out, internal_memo_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_swings(
        start, high, low, atr_out, swing_reach, 1, equal_atr, tick, swing_pivots_out, swing_memo_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_periods(
        start, open_ms, length_ms, high, low, close, atr_out, change_ms, shift_ms, levels_out,
        periods_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_sweeps(
        start, open_, high, low, close, volume, atr_out, internal_pivots_out, internal_reach, swing_pivots_out, swing_reach,
        levels_out, up_out, down_out, displaced, equal_atr, tick, reclaim, pool_expiry, pool_room,
        swept_out, members_out, pools_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_breaks(
        start, high, low, close, atr_out, internal_pivots_out, internal_reach, 0, buffer_atr, break_by_wick, up_out, down_out,
        swept_out, internal_out, internal_origins_out, internal_trend_out, internal_low_out, internal_high_out,
        internal_state_out, internal_range_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_breaks(
        start, high, low, close, atr_out, swing_pivots_out, swing_reach, 1, buffer_atr, break_by_wick, up_out, down_out,
        swept_out, swing_out, swing_origins_out, swing_trend_out, swing_low_out, swing_high_out,
        swing_state_out, swing_range_out, ints_out, floats_out, rows_out,
    )  # fmt: skip
    find_zones(
        start, open_, high, low, close, volume, atr_out, whole_out, tick, gap_atr, displaced, body_only, at_extreme,
        lost_by_wick, zone_expiry, zone_room, spawn_expiry, heir_room, up_out, down_out, legs_out, swept_out,
        internal_out, internal_origins_out, swing_out, swing_origins_out, gaps_out, blocks_out, zones_out, heirs_out,
        ints_out, floats_out, rows_out,
    )  # fmt: skip


def find_whole(start: int, open_ms: Ints, length_ms: int, volume: Floats, whole_out: Ints) -> None:
    """``whole_out[t]``: how many traded bars without a hole end at t; 0 at an untraded one."""
    for t in range(start, len(volume)):
        if not volume[t] > 0.0:
            whole_out[t] = 0
        elif t > 0 and open_ms[t] - open_ms[t - 1] == length_ms:
            whole_out[t] = whole_out[t - 1] + 1
        else:
            whole_out[t] = 1
