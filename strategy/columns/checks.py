"""The gates on candles and indicators at every instant: which one fails first, and what it measured.

What a gate measures of a timeframe changes only with its last closed candle, so it is a column over the candles; only how late the
newest candle is follows the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from shared.models.data import AnyInts, Bools, Candles, Floats, Ints
from shared.models.gates import Gate
from shared.models.profile import Profile
from strategy.columns.span import Frame, Span, at_bars
from strategy.confluence.evidence import READ_COLUMNS
from strategy.gates import GATES
from strategy.gates.data_gates import ATR_BARS, COVERAGE, GAPS, HISTORY, RECENCY, TICK
from strategy.gates.indicator_gates import BOUNDS, FINITE, LIMITS, RECENT_BARS, with_slack

PASSES: Final = -1


def check_columns(span: Span, settings: Profile) -> tuple[AnyInts, Floats]:
    """The row in ``strategy.gates.GATES`` of the first gate on data or indicators that fails at each instant, −1 where all pass, and
    what it measured, 0 where all pass; shape (n,) each.
    """
    place = np.full(span.as_of_ms.size, PASSES, np.int64)
    measured = np.zeros(span.as_of_ms.size)
    for gate, found, limit in _measures(span, settings):
        stopped = (place == PASSES) & gate.fails(found, limit)
        place[stopped] = GATES.index(gate)
        measured[stopped] = found[stopped]
    return place, measured


def _measures(span: Span, settings: Profile) -> Iterator[tuple[Gate, Floats, float]]:
    """Every gate in the order in which a symbol meets them, with what it measures at each instant (NaN where it is not asked) and its
    limit.
    """
    rules, parts = settings.data, settings.timeframes
    frames = {name: span.frames[name] for name in parts.required if name in span.frames}
    bars = {name: frame.last_bars(span.as_of_ms) for name, frame in frames.items()}
    missing = np.full(span.as_of_ms.size, float(len(parts.required) - len(frames)))
    for held in bars.values():
        missing += held < 0
    yield COVERAGE, missing, COVERAGE.threshold(settings)
    if len(frames) < len(parts.required):
        return
    for name, held in bars.items():
        yield HISTORY, (held + 1).astype(np.float64), float(settings.min_bars(name))
    late = _bars_late(frames[parts.trigger].candles, bars[parts.trigger], span.as_of_ms)
    yield RECENCY, late, RECENCY.threshold(settings)
    for name, held in bars.items():
        share = missing_pcts(frames[name].candles, rules.gap_window_bars)
        yield GAPS, at_bars(share, held, np.nan), GAPS.threshold(settings)
    anchor, held = frames[parts.anchor], bars[parts.anchor]
    ranges = at_bars(anchor.candles.mean_true_ranges(ATR_BARS), held, np.nan)
    yield TICK, ranges / float(span.market.tick), TICK.threshold(settings)
    yield FINITE, at_bars(_lost(anchor), held, np.nan), FINITE.threshold(settings)
    yield BOUNDS, at_bars(_outside(anchor), held, np.nan), BOUNDS.threshold(settings)


def _bars_late(trigger: Candles, bars: Ints, as_of_ms: Ints) -> Floats:
    """Bars between the newest candle and the one that should have closed last, at each instant."""
    length = trigger.timeframe.ms
    last_closed = as_of_ms - (as_of_ms - trigger.timeframe.anchor_ms) % length - length
    late = (last_closed - at_bars(trigger.open_ms, bars, 0)) // length
    return np.where(bars < 0, np.nan, late)


def missing_pcts(candles: Candles, window_bars: int) -> Floats:
    """``strategy.gates.data_gates.missing_pct`` as of every candle, shape (n,), %."""
    opens, length = candles.open_ms, candles.timeframe.ms
    first_ms = np.maximum(opens[:1], opens - (window_bars - 1) * length)
    wanted = (opens - first_ms) // length + 1
    held = np.arange(1, opens.size + 1) - np.searchsorted(opens, first_ms, "left")
    share: Floats = 100.0 * (wanted - held) / wanted
    return share


def _lost(frame: Frame) -> Floats:
    """Values missing in the last ``RECENT_BARS`` bars, of all columns that are read."""
    held = np.zeros(len(frame.candles))
    for name in frame.columns.keys() & set(READ_COLUMNS):
        held += _recent(np.isfinite(frame.columns[name]))
    return len(READ_COLUMNS) * float(RECENT_BARS) - held


def _outside(frame: Frame) -> Floats:
    """Values beyond their bounds in the last ``RECENT_BARS`` bars."""
    beyond = np.zeros(len(frame.candles))
    for name in frame.columns.keys() & set(LIMITS):
        column, (low, high) = frame.columns[name], with_slack(*LIMITS[name])
        beyond += _recent(np.isfinite(column) & ((column < low) | (column > high)))
    return beyond


def _recent(marks: Bools) -> Ints:
    """How many of the last ``RECENT_BARS`` are marked, at each bar."""
    total = np.concatenate(([0], np.cumsum(marks)))
    bar = np.arange(1, total.size)
    return total[bar] - total[np.maximum(bar - RECENT_BARS, 0)]
