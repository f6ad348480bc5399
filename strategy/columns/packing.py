"""Logs and instants laid out for the kernel: rows of zones and pools, what happened once, what stands at each instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.models.data import AnyInts, Candles, Floats, Ints
from shared.models.events import Event, EventLog, Kind, object_numbers
from shared.models.profile import Profile
from shared.models.regime import RegimeState
from shared.models.smc import Layer, Trend, ZoneKind
from shared.models.timeframe import Timeframe
from strategy.columns.happenings import HAPPENED, STRENGTHS
from strategy.columns.life import ROW_FLOATS, ROW_INTS
from strategy.columns.points import UNKNOWN
from strategy.columns.span import Climate, Frame, Span
from strategy.confluence.evidence import ALONG, context_share
from strategy.smc.alignment import bias_layer, lean
from strategy.smc.fold import LAYERS

LIVING: Final = (
    Kind.FAIR_VALUE_GAP,
    Kind.ORDER_BLOCK,
    Kind.POOL,
    Kind.INVERSE_GAP,
    Kind.BREAKER,
    Kind.MITIGATION_BLOCK,
)
"""What lives on shelves."""
NAMED: Final = {Kind.FAIR_VALUE_GAP: ZoneKind.FAIR_VALUE_GAP, Kind.ORDER_BLOCK: ZoneKind.ORDER_BLOCK}
"""What can be entered, and is told apart by its id."""
STATES: Final = tuple(RegimeState)
OSCILLATORS: Final = ("rsi", "stoch_rsi_k", "stoch_rsi_d", "mfi", "bb_percent", "zscore", "obv_slope")
"""In the order of the floats of an instant."""
DETAIL_LEG, DETAIL_VOLUME, DETAIL_LABEL, DETAIL_FLAGS, DETAIL_EARLY = 2, 3, 3, 5, 6
"""Columns of ``details``: of a block its leg, volume, flags and touches before it was known; of a break its leg and label."""
ABSENT: Final = 2
"""Stands for the trend of a timeframe without a candle."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of zones and pools of one timeframe; the numbers in ``ints`` count from 0. ``room`` is the most that formed of one shelf."""

    ints: Ints
    floats: Floats
    room: int
    most_touches: int


def living_rows(frame: Frame, trigger: Candles) -> Rows:
    """The rows of a timeframe's log that speak of zones and pools."""
    log, candles = frame.log, frame.candles
    kept = np.isin(log.ints[:, 1], LIVING)
    known, kind, event, side, _, _, origin = (column[kept].astype(np.int64) for column in log.ints.T)
    births = (np.cumsum(kept) - 1)[log.formed[kept]]
    detail, share = log.detail[kept], log.measures[kept]
    told = np.where((detail >= 0)[:, None], log.details[detail], 0.0)
    formed, block = event == Event.FORMED, kind == Kind.ORDER_BLOCK
    early = np.where(formed & block, told[:, DETAIL_EARLY], 0.0)
    touches = early.astype(np.int64)
    known_ms, origin_ms = candles.close_ms[known], candles.open_ms[origin]
    names = np.zeros(known.size, np.int64)
    for what, word in NAMED.items():
        for way in (1, -1):
            ours = formed & (kind == what) & (side == way)
            names[ours] = object_numbers(word.value, way, origin_ms[ours])
    height = np.divide(
        told[:, 1] - told[:, 0], share, out=np.zeros(known.size), where=formed & (kind != Kind.POOL)
    )
    from_bar = np.searchsorted(trigger.close_ms, known_ms, "left")
    flags = told[:, DETAIL_FLAGS].astype(np.int64)
    ints = (known, kind, event, side, births, touches, flags, origin_ms, known_ms, names, from_bar)
    floats = (told[:, 0], told[:, 1], height, told[:, DETAIL_LEG], told[:, DETAIL_VOLUME], 2.0 * (early - touches), share)  # fmt: skip
    touched = np.bincount(births[event == Event.TOUCHED], minlength=1)
    return Rows(
        np.column_stack(ints).reshape(-1, ROW_INTS),
        np.column_stack(floats).reshape(-1, ROW_FLOATS),
        int(formed.sum()),
        int(touched.max() + touches.max(initial=0)) + 2,
    )


def stacked(parts: Iterable[Rows]) -> tuple[Ints, Floats, Ints]:
    """The rows of several timeframes one after the other, flat, and where each begins."""
    held = tuple(parts)
    starts = np.cumsum([0, *(len(part.ints) for part in held)])
    ints = np.concatenate([part.ints for part in held])
    for start, stop in pairwise(starts):
        ints[start:stop, 4] += start
    return ints.ravel(), np.concatenate([part.floats for part in held]).ravel(), starts


@dataclass(frozen=True, slots=True, eq=False)
class Happenings:
    """One section of what happened once: its bars, ascending, the packed numbers, and which of its own fields they are."""

    bars: Ints
    ints: Ints
    floats: Floats


def _happenings(
    candles: Candles,
    log: EventLog,
    rows: Ints,
    sort: AnyInts,
    detail: AnyInts,
    sizes: Floats,
    volumes: Floats,
) -> Happenings:
    known = log.ints[rows, 0].astype(np.int64)
    ints = np.column_stack((known, log.ints[rows, 3], sort, detail, candles.close_ms[known]))
    return Happenings(
        known,
        ints.astype(np.int64).reshape(-1, HAPPENED),
        np.column_stack((sizes, volumes)).reshape(-1, STRENGTHS),
    )


def breaks_of(frame: Frame) -> Happenings:
    """Every break of structure."""
    log = frame.log
    rows = np.flatnonzero((log.ints[:, 1] == Kind.BREAK) & (log.ints[:, 2] == Event.FORMED))
    told = log.details[log.detail[rows]]
    label = told[:, DETAIL_LABEL].astype(np.int64)
    leg = told[:, DETAIL_LEG]
    return _happenings(frame.candles, log, rows, log.ints[rows, 4], label, leg, np.zeros(rows.size))


def sweeps_of(frame: Frame) -> Happenings:
    """Every sweep of a pool."""
    log = frame.log
    event = log.ints[:, 2]
    rows = np.flatnonzero((event == Event.SWEPT_WICK) | (event == Event.SWEPT_RECLAIM))
    sort = event[rows] == Event.SWEPT_RECLAIM
    born = log.ints[log.formed[rows], 0]
    return _happenings(frame.candles, log, rows, sort.astype(np.int64), born, log.measures[rows], np.zeros(rows.size))  # fmt: skip


def legs_of(frame: Frame) -> Happenings:
    """Every displacement."""
    log = frame.log
    rows = np.flatnonzero((log.ints[:, 1] == Kind.DISPLACEMENT) & (log.ints[:, 2] == Event.FORMED))
    origin_ms = frame.candles.open_ms[log.ints[rows, 6]]
    volume_z = log.details[log.detail[rows], DETAIL_LEG]
    return _happenings(frame.candles, log, rows, np.zeros(rows.size, np.int64), origin_ms, log.measures[rows], volume_z)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The timeframes whose zones count, the anchor first, then the context above it, finest first; and which of them closed a candle
    at each instant: ``bars`` has shape (frames, n), −1 where none did."""

    trigger: Frame
    anchor: Frame
    coarser: tuple[tuple[Timeframe, Frame], ...]
    trigger_bars: Ints
    bars: Ints

    @classmethod
    def of(cls, span: Span, settings: Profile, as_of_ms: Ints) -> Frames:
        """The frames of a span that a profile reads, at some of its instants."""
        names = settings.timeframes
        above = tuple(
            (name, span.frames[name])
            for name in Timeframe
            if name in names.context and name.ms > names.anchor.ms and name in span.frames
        )
        trigger, anchor = span.frames[names.trigger], span.frames[names.anchor]
        bars = np.stack([frame.last_bars(as_of_ms) for frame in (anchor, *(frame for _, frame in above))])
        return cls(trigger, anchor, above, trigger.last_bars(as_of_ms), bars)

    @property
    def all(self) -> tuple[Frame, ...]:
        """The anchor, then what is coarser."""
        return (self.anchor, *(frame for _, frame in self.coarser))


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What happened once in the trigger and the anchor, flat: the sections of :mod:`strategy.columns.happenings`, where each begins, and
    where it ends for every instant."""

    ints: Ints
    floats: Floats
    begins: Ints
    ends: tuple[Ints, ...]

    @classmethod
    def of(cls, frames: Frames) -> Past:
        """The sections of the frames' logs."""
        sections = (
            breaks_of(frames.trigger),
            breaks_of(frames.anchor),
            sweeps_of(frames.anchor),
            legs_of(frames.anchor),
        )
        begins = np.cumsum([0, *(section.bars.size for section in sections)])
        read_at = (frames.trigger_bars, *(frames.bars[0],) * 3)
        ends = (
            begin + np.searchsorted(section.bars, bars, "right")
            for begin, section, bars in zip(begins[:-1], sections, read_at, strict=True)
        )
        ints = np.concatenate([section.ints for section in sections]).ravel()
        return cls(
            ints, np.concatenate([section.floats for section in sections]).ravel(), begins, tuple(ends)
        )


def leanings(span: Span, settings: Profile, as_of_ms: Ints) -> tuple[Floats, Floats]:
    """Alignment seen from a long, and the share of the context's weight that has a trend, at every instant: each combination of
    trends is weighed once."""
    names = sorted(set(settings.timeframes.context) & set(span.frames), key=lambda name: -name.ms)
    weights = settings.confluence.alignment
    columns = [_trends(span.frames[name], bias_layer(name), as_of_ms) for name in names]
    codes = np.zeros(as_of_ms.size, np.int64)
    for column in columns:
        codes = codes * (ABSENT + 2) + column + 1
    _, firsts, places = np.unique(codes, return_index=True, return_inverse=True)
    found = []
    for first in firsts:
        parts = tuple(
            (name, bias_layer(name), Trend(int(column[first])), weights[name])
            for name, column in zip(names, columns, strict=True)
            if column[first] != ABSENT and weights.get(name, 0.0) > 0
        )
        alignment = lean(parts, weights)
        found.append((alignment.score, context_share(alignment.weight, settings)))
    scores, shares = np.array(found).reshape(-1, 2).T
    return scores[places], shares[places]


def _trends(frame: Frame, layer: Layer, as_of_ms: Ints) -> Ints:
    bars = frame.last_bars(as_of_ms)
    trends = frame.log.trend[LAYERS.index(layer)].astype(np.int64)
    return np.where(bars >= 0, trends[bars], ABSENT)


def moment_ints(frames: Frames, ends: Iterable[Ints], climate: Climate, rows: Ints, decided_ms: Ints) -> Ints:
    """The whole numbers of every instant, one row each; ``rows`` are the instants' rows in the climate."""
    count = rows.size
    swing = frames.anchor.log.trend[1].astype(np.int64)[frames.bars[0]]
    above = np.zeros(count, np.int64)
    for place in range(len(frames.coarser), 0, -1):
        above = np.where(frames.bars[place] >= 0, place, above)
    along = np.array([int(ALONG.get(state, UNKNOWN)) for state in STATES])
    known = np.array([state is not RegimeState.UNKNOWN for state in STATES])
    columns = [
        frames.trigger_bars, decided_ms, *ends, above, swing, along[climate.state[rows]], climate.appetite[rows],
        known[climate.market[rows]], climate.veto_long[rows], climate.veto_short[rows],
    ]  # fmt: skip
    for bars, frame in zip(frames.bars, frames.all, strict=True):
        later = np.searchsorted(frames.trigger.candles.close_ms, frame.candles.close_ms[bars], "right")
        columns += [bars, later]
    return np.column_stack(columns).astype(np.int64)


def moment_floats(frames: Frames, leaning: tuple[Floats, Floats], climate: Climate, rows: Ints) -> Floats:
    """The floats of every instant, one row each."""
    anchor, bars = frames.anchor, frames.bars[0]
    pull = np.maximum(-1.0, np.minimum(1.0, climate.beta[rows]))
    market = np.array([ALONG.get(state, 0.0) for state in STATES])[climate.market[rows]] * pull
    columns = [
        frames.trigger.candles.close[frames.trigger_bars], anchor.log.atr[bars], *leaning, climate.efficiency[rows],
        climate.percentile[rows], market, *_range(anchor, Layer.SWING, bars), *_bias_range(frames),
        *(anchor.columns[name][bars] for name in OSCILLATORS), *(frame.candles.close[at] for at, frame in zip(frames.bars, frames.all, strict=True)),
    ]  # fmt: skip
    return np.column_stack(columns).astype(np.float64)


def _range(frame: Frame, layer: Layer, bars: Ints) -> tuple[Floats, Floats]:
    place = LAYERS.index(layer)
    return frame.log.range_low[place][bars], frame.log.range_high[place][bars]


def _bias_range(frames: Frames) -> tuple[Floats, Floats]:
    """The dealing range of the finest coarser timeframe that is there, else the anchor's."""
    low, high = _range(frames.anchor, Layer.SWING, frames.bars[0])
    for (name, frame), bars in zip(reversed(frames.coarser), frames.bars[:0:-1], strict=True):
        lower, higher = _range(frame, bias_layer(name), bars)
        low, high = np.where(bars >= 0, lower, low), np.where(bars >= 0, higher, high)
    return low, high


def news(ints: Ints, floats: Floats) -> npt.NDArray[np.bool_]:
    """Which instants differ from the one before: of the others the same is decided."""
    differ = np.ones(len(ints), np.bool_)
    bits = floats.view(np.int64)
    differ[1:] = (ints[1:] != ints[:-1]).any(axis=1) | (bits[1:] != bits[:-1]).any(axis=1)
    return differ
