"""Spans of time in a series: which of it is stored, which the exchange has nothing of, which is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from shared.models.data import Candles, Ints
from shared.models.timeframe import Timeframe


class Span(NamedTuple):
    """Candles that open from ``first_ms`` up to, not including, ``end_ms``; both on the timeframe's grid."""

    first_ms: int
    end_ms: int


def on_grid(timeframe: Timeframe, since_ms: int, until_ms: int) -> Span:
    """The candles that open at or after ``since_ms`` and are closed at ``until_ms``."""
    return Span(timeframe.floor(since_ms + timeframe.ms - 1), timeframe.floor(until_ms))


def missing(held: Candles, window: Span, absent: Iterable[Span] = ()) -> list[Span]:
    """Parts of ``window`` that are neither ``held`` nor known to be ``absent`` on the exchange, oldest first."""
    length = held.timeframe.ms
    inside = held.between(*window).open_ms
    if len(inside) * length >= window.end_ms - window.first_ms:
        return []
    known = sorted(absent)
    spans = _holes(inside, length, window)
    return [part for span in spans for part in _without(span, known)]


def _holes(inside: Ints, length: int, window: Span) -> list[Span]:
    """Before, between and after the open times of candles of a ``length``; most series have none between."""
    if len(inside) and int(inside[-1] - inside[0]) == (len(inside) - 1) * length:
        ends = (Span(window.first_ms, int(inside[0])), Span(int(inside[-1]) + length, window.end_ms))
        return [span for span in ends if span.first_ms < span.end_ms]
    edges = np.concatenate(([window.first_ms - length], inside, [window.end_ms]))
    holes = np.flatnonzero(np.diff(edges) > length)
    return [Span(int(edges[hole]) + length, int(edges[hole + 1])) for hole in holes]


def _without(span: Span, known: Sequence[Span]) -> list[Span]:
    """What is left of a span."""
    parts, first = [], span.first_ms
    for one in known:
        if one.end_ms <= first or one.first_ms >= span.end_ms:
            continue
        if one.first_ms > first:
            parts.append(Span(first, one.first_ms))
        first = max(first, one.end_ms)
    return [*parts, Span(first, span.end_ms)] if first < span.end_ms else parts


def joined(spans: Sequence[Span], within_ms: int) -> list[Span]:
    """The same spans, those at most ``within_ms`` apart as one: asking for a few known candles again is cheaper than a request."""
    found: list[Span] = []
    for span in spans:
        if found and span.first_ms - found[-1].end_ms <= within_ms:
            found[-1] = Span(found[-1].first_ms, span.end_ms)
        else:
            found.append(span)
    return found


def united(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as spans that do not touch."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.first_ms <= found[-1].end_ms:
            found[-1] = Span(found[-1].first_ms, max(found[-1].end_ms, span.end_ms))
        else:
            found.append(span)
    return tuple(found)
