"""Thousands of closes of one symbol decided in one compiled call, to the very outcome of score and plan on objects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.models.data import AnyInts, Candles, Floats, Ints
from shared.models.profile import Profile
from shared.models.smc import ZoneKind
from strategy.columns.entries import NOBODY, NOTES, WAY_FLOATS, WAY_INTS
from strategy.columns.life import (
    AS_OF,
    CURSOR,
    DEPTHS,
    HEAD,
    KIND,
    LIFE,
    ORIGIN_MS,
    ROW_INTS,
    SEEN,
    SHELVES,
    SPAN_CELLS,
)  # fmt: skip
from strategy.columns.numbers import ROOM, Rates, Tick, counts_of, limits_of, powers
from strategy.columns.packing import (
    NAMED,
    Frames,
    Past,
    leanings,
    living_rows,
    moment_floats,
    moment_ints,
    news,
    stacked,
)  # fmt: skip
from strategy.columns.span import Climate, Decisions, Span
from strategy.columns.verdicts import CODES, PASSED, judge_closes
from strategy.confluence.scorer import check_names
from strategy.gates import GATES, TIE
from strategy.smc.fold_state import RECENT_BARS

FIRST_GATE: Final = [gate.code for gate in GATES].index(CODES[0])
"""The row in ``GATES`` of the first gate on a direction."""
WAYS_HELD, LEVELS_HELD = 4096, 8192
"""Ways in and levels of one side at one instant that there is room for; beyond, objects decide."""
KINDS: Final = {kind.value: tuple(ZoneKind).index(zone) for kind, zone in NAMED.items()}
"""Place of a zone's kind in ``tuple(ZoneKind)``, by its kind in the log."""
powers_of = lru_cache(maxsize=8)(powers)


def decide_span(
    span: Span, climate: Climate, settings: Profile, open_place: AnyInts, open_measured: Floats
) -> Decisions:
    """What is decided at every instant of ``span``. Where ``open_place`` is 0 or above, gates on data or indicators have turned the
    instant down: that is taken over.

    Raises:
        ConfigFault: the profile weighs, adds or takes points for a name that does not exist, or leaves one out.
    """
    check_names(settings)
    given = _taken_over(span, open_place, open_measured)
    rows = np.flatnonzero(open_place < 0)
    if not rows.size:
        return given
    highest = 2.0 * max(float(frame.candles.high.max(initial=0.0)) for frame in span.frames.values())
    if not Tick.of(span.market.tick).holds(highest, Rates.of(settings.costs).unit):
        return _filled(given, rows, _nothing(rows.size), doubtful=rows)
    verdicts = _judge(span, climate, settings, rows)
    return _filled(given, rows, verdicts, doubtful=rows[verdicts.doubts > 0])


@dataclass(frozen=True, slots=True, eq=False)
class _Verdicts:
    """Both sides of every open instant, long then short: the row in ``SIDE_GATES`` that failed (−1 none), what it measured, the score,
    the origin and kind of the zone; and of every instant whether it is in doubt."""

    failed: Ints
    measured: Floats
    tenths: Ints
    zone_ms: Ints
    zone_kind: Ints
    doubts: Ints

    @classmethod
    def of(
        cls, rows: Ints, traded: Ints, failed: Ints, measured: Floats, tenths: Ints, doubts: Ints
    ) -> _Verdicts:
        """The kernel's outputs; ``traded`` are the rows of zones in ``rows``, −1 none."""
        zone_ms, zone_kind = np.zeros(traded.size, np.int64), np.full(traded.size, NOBODY)
        there = traded >= 0
        zone_ms[there] = rows[traded[there], ORIGIN_MS]
        for kind, place in KINDS.items():
            zone_kind[np.flatnonzero(there)[rows[traded[there], KIND] == kind]] = place
        pair = (-1, 2)
        return cls(
            failed.reshape(pair),
            measured.reshape(pair),
            tenths.reshape(pair),
            zone_ms.reshape(pair),
            zone_kind.reshape(pair),
            doubts,
        )

    def at(self, places: Ints) -> _Verdicts:
        """The verdicts at some places."""
        return _Verdicts(
            self.failed[places],
            self.measured[places],
            self.tenths[places],
            self.zone_ms[places],
            self.zone_kind[places],
            self.doubts[places],
        )


def _taken_over(span: Span, open_place: AnyInts, open_measured: Floats) -> Decisions:
    nil = np.zeros((2, span.as_of_ms.size), np.int64)
    none = np.full((3, span.as_of_ms.size), NOBODY, np.int64)
    place, measured = open_place.astype(np.int64), open_measured.astype(np.float64)
    return Decisions(span.as_of_ms, place, measured, nil[0], none[0], none[1], nil[1], none[2])


def _nothing(count: int) -> _Verdicts:
    nil = np.zeros((count, 2), np.int64)
    return _Verdicts(nil, np.zeros((count, 2)), nil - 1, nil, nil - 1, np.ones(count, np.int64))


def _judge(span: Span, climate: Climate, settings: Profile, rows: Ints) -> _Verdicts:
    """Lay everything out and run the kernel over the open instants, those that are as the one before left out."""
    as_of_ms, clock = span.as_of_ms[rows], settings.timeframes.trigger
    frames = Frames.of(span, settings, as_of_ms)
    past, parts = Past.of(frames), [living_rows(frame, frames.trigger.candles) for frame in frames.all]
    decided_ms = as_of_ms - (as_of_ms - clock.anchor_ms) % clock.ms
    moments = moment_ints(frames, past.ends, climate, rows, decided_ms)
    states = moment_floats(frames, leanings(span, settings, as_of_ms), climate, rows)
    new = news(moments, states)
    window = max(frames.anchor.log.memory_bars, RECENT_BARS)
    ages = max(window + 2, *(part.most_touches for part in parts))
    room = max(1, *(part.room for part in parts))
    counts = counts_of(settings, span.market.tick, len(parts), (room, WAYS_HELD, LEVELS_HELD), (window, ages))
    numbers = (
        limits_of(settings, span.market.tick),
        counts,
        powers_of(ages, settings.confluence.synergy_bars),
    )
    verdicts = _run(frames.trigger.candles, past, stacked(parts), moments[new], states[new], numbers)
    return verdicts.at(np.cumsum(new) - 1)


def _run(
    trigger: Candles,
    past: Past,
    living: tuple[Ints, Floats, Ints],
    moments: Ints,
    states: Floats,
    numbers: tuple[Floats, Ints, Floats],
) -> _Verdicts:
    """Call the kernel with the memory it needs. ``numbers`` are limits, counts and powers."""
    (rows, shapes, starts), (limits, counts, tables) = living, numbers
    count, held, frames, room = len(moments), rows.size // ROW_INTS, starts.size - 1, int(counts[ROOM])
    failed, tenths, traded = (np.full(2 * count, NOBODY, np.int64) for _ in range(3))
    measured, doubts = np.zeros(2 * count), np.zeros(count, np.int64)
    shelves = np.zeros((frames, HEAD + SHELVES * room), np.int64)
    shelves[:, CURSOR], shelves[:, AS_OF], shelves[:, SEEN] = starts[:-1], NOBODY, NOBODY
    judge_closes(
        count, limits, counts, past.begins, starts, tables, rows, shapes, past.ints, past.floats, moments.ravel(), states.ravel(),
        trigger.close_ms, trigger.high, trigger.low, trigger.close, np.zeros(held * LIFE, np.int64), np.zeros(held * DEPTHS),
        shelves.ravel(), np.zeros(frames * SPAN_CELLS), np.zeros(WAYS_HELD * WAY_INTS, np.int64), np.zeros(WAYS_HELD * WAY_FLOATS),
        np.zeros(LEVELS_HELD), np.full(NOTES, NOBODY, np.int64), failed, measured, tenths, traded, doubts,
    )  # fmt: skip
    return _Verdicts.of(rows.reshape(-1, ROW_INTS), traded, failed, measured, tenths, doubts)


def _filled(given: Decisions, rows: Ints, verdicts: _Verdicts, doubtful: Ints) -> Decisions:
    """Both directions weighed against each other, as the plan stage does, and entered at their rows."""
    failed, tenths = verdicts.failed, verdicts.tenths
    passed = failed == PASSED
    both, neither = passed.all(axis=1), ~passed.any(axis=1)
    short = np.where(
        both, tenths[:, 1] > tenths[:, 0],
        np.where(neither, _is_shorts(failed, tenths), passed[:, 1]),
    ).astype(np.int64)  # fmt: skip
    tie = both & (tenths[:, 0] == tenths[:, 1])
    told = np.arange(rows.size), short
    place = np.where(failed[told] == PASSED, PASSED, failed[told] + FIRST_GATE)
    planned = (place == PASSED) & ~tie
    given.place[rows] = np.where(tie, GATES.index(TIE), place)
    given.measured[rows] = np.where(place == PASSED, 0.0, verdicts.measured[told])
    given.side[rows] = np.where(tie, 0, 1 - 2 * short)
    given.long_tenths[rows], given.short_tenths[rows] = tenths.T
    given.zone_ms[rows] = np.where(planned, verdicts.zone_ms[told], 0)
    given.zone_kind[rows] = np.where(planned, verdicts.zone_kind[told], -1)
    return replace(given, doubtful=doubtful)


def _is_shorts(failed: Ints, tenths: Ints) -> npt.NDArray[np.bool_]:
    """Whose rejection is told where both fail: that of the later gate, of two at one gate the better-scoring side's, then the long one."""
    later = failed[:, 1] > failed[:, 0]
    better = (failed[:, 1] == failed[:, 0]) & (tenths[:, 1] > tenths[:, 0])
    return np.asarray(later | better)
