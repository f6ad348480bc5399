"""The prefix law on candles of one's own: what was said of the past must never be said differently later.

1. Detect over the whole series.
2. For each cut of n candles, detect over the first n alone.
3. The rows of 2 must be the rows of 1 known by the close of the n-th candle, bit for bit and in order; so must the ATR, the trend
   and the range of every bar. Every row that is not is a rewrite.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from engine.edges import Progress, silent
from engine.verification.offered import check_offered
from engine.verification.tallies import Tally, choose_cuts, summed
from shared.models.data import Candles, Floats
from shared.models.events import Event, EventLog, Kind
from shared.models.extensions import OfferedDetector
from shared.models.profile import SmcRules
from shared.models.verification import DetectorCheck, Series
from strategy.smc.engine import detect

Detect = Callable[[Candles, SmcRules, float], EventLog]
"""A detector: candles, options and price step in, a log out."""
Row = tuple[int, ...]
"""A row's integer columns and how many rows alike stand before it: what makes it the same row in two logs."""
Finding = tuple[str, str, Row]
"""Detector, what became of the row, the row."""

STATE: Final = "state"
"""The detector that the columns by bar are counted under: ATR, trend and range of each layer."""
DETECTORS: Final = (*(kind.name.lower() for kind in Kind), STATE)
OPENING: Final = (Event.FORMED, Event.ACCUMULATED)
"""Events with which an object begins; the lag is theirs, since later events keep their object's origin."""


def verify_repaint(
    series: Sequence[Series],
    rules: SmcRules,
    *,
    cuts: int,
    seed: int,
    find: Detect = detect,
    offered: Sequence[OfferedDetector] = (),
    progress: Progress = silent,
) -> tuple[DetectorCheck, ...]:
    """Hold ``find`` and what plugins offered to the prefix law at ``cuts`` random prefixes of each series; one result a detector,
    in the order of kinds, plugins' last.

    The same candles, rules, cuts and seed give the same result.
    """
    tallies: dict[str, list[Tally]] = defaultdict(list)
    for done, one in enumerate(series, 1):
        lengths = choose_cuts(len(one.candles), cuts, seed)
        for detector, tally in check_series(one, rules, lengths, find).items():
            tallies[detector].append(tally)
        for other in offered:
            tallies[other.name].append(check_offered(one.candles, other, lengths))
        progress("prefixes", done, len(series))
    return tuple(
        summed(detector, tallies[detector]) for detector in (*DETECTORS, *(one.name for one in offered))
    )


def check_series(one: Series, rules: SmcRules, lengths: Sequence[int], find: Detect) -> dict[str, Tally]:
    """One series against its prefixes of the given lengths, by detector."""
    whole = find(one.candles, rules, one.tick)
    rewritten: set[Finding] = set()
    shown: set[Row] = set()
    longest = 0
    for length in lengths:
        then = find(one.candles.head(length), rules, one.tick)
        told = told_otherwise(then, whole.until(length - 1))
        if told:
            rewritten.update(told)
            shown.update(_rows(then))
        else:
            longest = max(longest, length)
    shown.update(_rows(whole.until(longest - 1)))
    counts = Counter((detector, what) for detector, what, _ in rewritten)
    return {
        detector: Tally(
            events=events,
            cuts=len(lengths),
            shown=seen,
            changed=counts[detector, "changed"],
            vanished=counts[detector, "vanished"],
            backdated=counts[detector, "backdated"],
            lags=lags,
        )
        for detector, events, seen, lags in _sizes(whole, shown, lengths)
    }


def _sizes(
    whole: EventLog, shown: set[Row], lengths: Sequence[int]
) -> Iterator[tuple[str, int, int, tuple[int, ...]]]:
    """Per detector: events of the whole, distinct events shown, lags."""
    kinds, events = whole.column("kind"), whole.column("event")
    bars = whole.column("known") - whole.column("origin")
    seen = Counter(row[1] for row in shown)
    opening = np.isin(events, OPENING)
    for kind in Kind:
        lags = bars[(kinds == kind) & opening].astype(int).tolist()
        yield kind.name.lower(), int((kinds == kind).sum()), seen[kind], tuple(lags)
    yield STATE, len(whole.atr), max(lengths, default=0), ()


def told_otherwise(then: EventLog, later: EventLog) -> tuple[Finding, ...]:
    """:func:`differences`, without looking for them where there are none."""
    return () if _same(then, later) else tuple(differences(then, later))


def differences(then: EventLog, later: EventLog) -> Iterator[Finding]:
    """What the log of a prefix says otherwise than ``later``, the rows of the whole known by then."""
    before, after = _rows(then), _rows(later)
    for row in before.keys() | after.keys():
        if row not in after:
            yield _detector(row), "vanished", row
        elif row not in before:
            yield _detector(row), "backdated", row
        elif before[row] != after[row]:
            yield _detector(row), "changed", row
    if before.keys() == after.keys():
        for earlier, row in zip(before, after, strict=True):
            if earlier != row:
                yield _detector(row), "changed", row
    yield from ((STATE, "changed", (bar,)) for bar in _changed_bars(then, later))


def _rows(log: EventLog) -> dict[Row, bytes]:
    """Every row by what makes it itself, with its payload, in the log's order."""
    times: Counter[Row] = Counter()
    rows = {}
    for ints, floats in zip(log.ints.tolist(), np.ascontiguousarray(log.floats), strict=True):
        alike = tuple(ints)
        rows[*alike, times[alike]] = floats.tobytes()
        times[alike] += 1
    return rows


def _detector(row: Row) -> str:
    return Kind(row[1]).name.lower()


def _same(then: EventLog, later: EventLog) -> bool:
    return (
        np.array_equal(then.ints, later.ints)
        and (_same_columns(then, later) or np.array_equal(then.floats, later.floats))
        and not _changed_bars(then, later)
    )


def _same_columns(then: EventLog, later: EventLog) -> bool:
    """Whether the columns are the same of which the payload of every row is made, without making it."""
    rows = int(then.detail.max(initial=-1)) + 1
    return (
        np.array_equal(then.detail, later.detail)
        and np.array_equal(then.formed, later.formed)
        and np.array_equal(then.measures, later.measures)
        and np.array_equal(then.details[:rows], later.details[:rows])
    )


def _changed_bars(then: EventLog, later: EventLog) -> list[int]:
    """Bars whose ATR, trend or range differ."""
    changed = np.zeros(len(then.atr), bool)
    for one, other in zip(_states(then), _states(later), strict=True):
        changed |= (one != other) & ~(np.isnan(one) & np.isnan(other))
    return np.flatnonzero(changed).tolist()


def _states(log: EventLog) -> tuple[Floats, ...]:
    trends = (column.astype(np.float64) for column in log.trend)
    return (log.atr, *trends, *log.range_low, *log.range_high)
