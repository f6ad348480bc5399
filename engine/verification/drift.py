"""Warm-up: what the last bar of a series says when the series starts later. Nothing looks ahead here; how much history a reading
needs is a matter of taste, and this is what it rests on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Final

from engine.verification.suspects import Suspects
from shared.models.data import Candles
from shared.models.lookahead import Drift
from shared.models.smc import TimeframeStructure
from shared.models.verification import Series
from strategy.smc.fold import read_structure

STARTS: Final = (300, 600, 1180, 2000)
"""Candles from a later start to the last bar; the profile's own stand beside them."""
LONGEST: Final = 4000
"""Candles that are looked back further than, where there are as many: the longest reading the later starts are held against."""


def measure_drift(series: Sequence[Series], suspects: Suspects, history_bars: int) -> tuple[Drift, ...]:
    """One row a start, over the series that have candles before it."""
    return tuple(
        _drift([one for one in series if len(one.candles) > bars], suspects, bars, history_bars)
        for bars in sorted({*STARTS, history_bars})
    )


def _drift(series: Sequence[Series], suspects: Suspects, bars: int, history_bars: int) -> Drift:
    largest: dict[str, float] = {}
    standing = agreeing = 0
    for one in series:
        late = one.candles.rows(len(one.candles) - bars, len(one.candles))
        for name, far in _columns_apart(one.candles, late, suspects):
            largest[name] = max(largest.get(name, 0.0), far)
        before, after = (_objects(_structure(one, candles, suspects)) for candles in (one.candles, late))
        standing, agreeing = standing + len(before | after), agreeing + len(before & after)
    return Drift(bars, bars == history_bars, len(series), tuple(largest.items()), standing, agreeing)


def _columns_apart(whole: Candles, late: Candles, suspects: Suspects) -> Iterator[tuple[str, float]]:
    for measure in (suspects.measure, *(indicator.compute for indicator in suspects.offered.indicators)):
        before, after = measure(whole), measure(late)
        yield from ((name, relative(float(before[name][-1]), float(after[name][-1]))) for name in before)


def relative(one: float, other: float) -> float:
    """How far two values lie apart, as a share of the larger: 0 of the same bits or two that are missing, 1 where one is missing."""
    if one == other or (one != one and other != other):
        return 0.0
    if one != one or other != other:
        return 1.0
    return abs(one - other) / max(abs(one), abs(other))


def _structure(one: Series, candles: Candles, suspects: Suspects) -> TimeframeStructure:
    return read_structure(candles, suspects.find(candles, suspects.rules, one.tick))


def _objects(value: object) -> frozenset[str]:
    """Ids of everything that stands in a structure."""
    return frozenset(_ids(value))


def _ids(value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        for part in value:
            yield from _ids(part)
    elif is_dataclass(value) and not isinstance(value, type):
        for spec in fields(value):
            held = getattr(value, spec.name)
            if spec.name == "object_id":
                yield str(held)
            else:
                yield from _ids(held)
