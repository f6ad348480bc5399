"""Thousands of closes of one symbol decided in one compiled call, to the very outcome of score and plan on objects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.models.data import AnyInts, Floats, Ints
from shared.models.profile import Profile
from shared.models.smc import ZoneKind
from strategy.columns.entries import NOTES, WAY_FLOATS, WAY_INTS
from strategy.columns.life import DEPTHS, HEAD, KIND, LIFE, ORIGIN_MS, ROW_INTS, SHELVES, SPAN_CELLS
from strategy.columns.numbers import Rates, Tick, counts_of, limits_of, powers
from strategy.columns.packing import (
    NAMED,
    Frames,
    breaks_of,
    leanings,
    legs_of,
    living_rows,
    moment_floats,
    moment_ints,
    stacked,
    sweeps_of,
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


def _taken_over(span: Span, open_place: AnyInts, open_measured: Floats) -> Decisions:
    count = span.as_of_ms.size
    none = np.full(count, -1, np.int64)
    nil = np.zeros(count, np.int64)
    return Decisions(
        span.as_of_ms,
        open_place.astype(np.int64),
        open_measured.astype(np.float64),
        nil,
        none,
        none.copy(),
        nil.copy(),
        none.copy(),
    )


def _nothing(count: int) -> _Verdicts:
    nil = np.zeros((count, 2), np.int64)
    return _Verdicts(nil, np.zeros((count, 2)), nil - 1, nil, nil - 1, np.ones(count, np.int64))


def _judge(span: Span, climate: Climate, settings: Profile, rows: Ints) -> _Verdicts:
    """Lay everything out and run the kernel over the open instants."""
    as_of_ms = span.as_of_ms[rows]
    frames = Frames.of(span, settings, as_of_ms)
    trigger = frames.trigger.candles
    parts = [living_rows(frame, trigger) for frame in frames.all]
    ints, floats, starts = stacked(parts)
    sections = (
        breaks_of(frames.trigger),
        breaks_of(frames.anchor),
        sweeps_of(frames.anchor),
        legs_of(frames.anchor),
    )
    begins = np.cumsum([0, *(section.bars.size for section in sections)])
    read_at = (frames.trigger_bars, frames.bars[0], frames.bars[0], frames.bars[0])
    ends = [
        begin + np.searchsorted(section.bars, bars, "right")
        for begin, section, bars in zip(begins[:-1], sections, read_at, strict=True)
    ]
    window = max(frames.anchor.log.memory_bars, RECENT_BARS)
    ages = max(window + 2, *(part.most_touches for part in parts))
    room = max(1, *(part.room for part in parts))
    counts = counts_of(settings, span.market.tick, len(parts), (room, WAYS_HELD, LEVELS_HELD), (window, ages))
    clock = settings.timeframes.trigger
    decided_ms = as_of_ms - (as_of_ms - clock.anchor_ms) % clock.ms
    count = rows.size
    failed, measured = np.full(2 * count, PASSED, np.int64), np.zeros(2 * count)
    tenths, traded, doubts = np.full(2 * count, -1, np.int64), np.full(2 * count, -1, np.int64), np.zeros(count, np.int64)  # fmt: skip
    shelves = np.zeros(len(parts) * (HEAD + SHELVES * room), np.int64)
    _unfold(shelves, starts, room)
    judge_closes(
        count, limits_of(settings, span.market.tick), counts, begins, starts, powers_of(ages, settings.confluence.synergy_bars),
        ints, floats, np.concatenate([section.ints for section in sections]).ravel(),
        np.concatenate([section.floats for section in sections]).ravel(), moment_ints(frames, ends, climate, rows, decided_ms),
        moment_floats(frames, leanings(span, settings, as_of_ms), climate, rows), trigger.close_ms, trigger.high, trigger.low,
        trigger.close, np.zeros(ints.size // ROW_INTS * LIFE, np.int64), np.zeros(ints.size // ROW_INTS * DEPTHS), shelves,
        np.zeros(len(parts) * SPAN_CELLS), np.zeros(WAYS_HELD * WAY_INTS, np.int64), np.zeros(WAYS_HELD * WAY_FLOATS),
        np.zeros(LEVELS_HELD), np.full(NOTES, -1, np.int64), failed, measured, tenths, traded, doubts,
    )  # fmt: skip
    return _read(ints.reshape(-1, ROW_INTS), failed, measured, tenths, traded, doubts)


def _unfold(shelves: Ints, starts: Ints, room: int) -> None:
    """Empty shelves, before the first row of every timeframe."""
    for frame, start in enumerate(starts[:-1]):
        base = frame * (HEAD + SHELVES * room)
        shelves[base : base + 3] = start, -1, -1


def _read(ints: Ints, failed: Ints, measured: Floats, tenths: Ints, traded: Ints, doubts: Ints) -> _Verdicts:
    """The kernel's outputs by instant and side."""
    kinds = np.full(len(NAMED) + 8, -1, np.int64)
    for kind, place in KINDS.items():
        kinds[kind] = place
    there = traded >= 0
    zone_ms = np.where(there, ints[traded, ORIGIN_MS] if len(ints) else 0, 0)
    zone_kind = np.where(there, kinds[ints[traded, KIND]] if len(ints) else -1, -1)
    return _Verdicts(
        failed.reshape(-1, 2),
        measured.reshape(-1, 2),
        tenths.reshape(-1, 2),
        zone_ms.reshape(-1, 2),
        zone_kind.reshape(-1, 2),
        doubts,
    )


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
