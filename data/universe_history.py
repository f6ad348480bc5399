"""Which symbols a scan of the store would have looked at, at each of many instants: what ``data.universe.choose`` gives of each instant
by itself, without a universe before it.

1. 24-hour figures of every symbol, from its hours: they change with the hour, and are of an hour less between two full hours.
2. Each symbol through the gates of ``data.universe_gates``, all instants at once, to the first that it fails.
3. Where more pass than there are seats, those with the most 24h quote volume have them.

A coin that died later is in it for as long as it traded, if its candles are stored, whatever its market is now. What the store says of
a market's rules it says as of its last import: there is no history of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from data.universe_gates import ATR_BARS, RANK, UNIVERSE_GATES, Facts, Listing, Number, UniverseGate
from data.universe_known import DAY_HOURS, reach_ms
from shared.models.data import AnyInts, Bools, Candles, Floats, Ints, Market
from shared.models.profile import Profile
from shared.models.timeframe import DAY_MS, Timeframe

DROPS: Final = (*(gate.row for gate in UNIVERSE_GATES), RANK)
"""Every gate of the universe, in order."""
IN: Final = -1
BLOCK: Final = 16_384
"""Instants ranked at once."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a store holds of an exchange: the markets, candles by symbol and timeframe (1h, 1d and the profile's anchor) under the very
    name they are stored by, and when each symbol's first stored daily candle opens, whatever the instants are."""

    markets: Mapping[str, Market]
    candles: Mapping[str, Mapping[Timeframe, Candles]]
    first_days: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class UniverseHistory:
    """Who is in the universe at each instant. ``dropped`` has shape (symbols, n): the row in :data:`DROPS` of the gate that left a symbol
    out, −1 where it is in; symbols stand in order of their names. ``quote_volume``, 24h, in quote units, has shape (symbols, m): instant
    i has column ``figures[i]``."""

    symbols: tuple[str, ...]
    as_of_ms: Ints
    dropped: AnyInts
    quote_volume: Floats
    figures: Ints

    @property
    def members(self) -> Bools:
        """Who is in, shape (symbols, n)."""
        return np.equal(self.dropped, IN)

    def chosen(self, at: int) -> tuple[str, ...]:
        """The symbols to look at, at instant ``at``, most traded first."""
        volumes = self.quote_volume[:, self.figures[at]]
        seated = np.flatnonzero(self.dropped[:, at] == IN)
        return tuple(self.symbols[row] for row in sorted(seated, key=lambda row: (-volumes[row], row)))


@dataclass(frozen=True, slots=True, eq=False)
class DayFigures:
    """24-hour figures of one symbol at many instants, shape (n,) each, 0 where not known (:class:`data.universe_gates.Figures`)."""

    last: Floats
    quote_volume: Floats
    high: Floats
    low: Floats
    bid: float = 0.0
    ask: float = 0.0

    def at(self, places: Ints) -> DayFigures:
        """The figures at some of the instants, in any order."""
        return DayFigures(self.last[places], self.quote_volume[places], self.high[places], self.low[places])


def membership(
    stored: Stored, settings: Profile, as_of_ms: Ints, wanted: Sequence[str] = ()
) -> UniverseHistory:
    """Who is in at each of ``as_of_ms`` (shape (n,), ascending). ``wanted`` symbols, those of them that are listed, are only dropped by the
    gates that hold for symbols asked for by name. Where no symbol at all has hours a scan refuses to look; here nobody is in.
    """
    names = sorted(set(wanted or stored.markets) & stored.markets.keys())
    gates = {place: gate for place, gate in enumerate(UNIVERSE_GATES) if gate.by_name or not wanted}
    listing = Listing(frozenset(market.base for market in stored.markets.values()), {})
    changes = _figures_change(as_of_ms)
    figures = np.cumsum(changes) - 1
    dropped = np.full((len(names), as_of_ms.size), IN, np.int8)
    volumes = np.zeros((len(names), int(changes.sum())))
    for row, name in enumerate(names):
        candles = stored.candles.get(name, {})
        day = day_figures(candles.get(Timeframe.H1, Candles.empty(Timeframe.H1)), as_of_ms[changes])
        volumes[row] = day.quote_volume
        facts = Facts(
            stored.markets[name],
            day.at(figures),
            settings,
            as_of_ms,
            listing,
            stored.first_days.get(name, 0),
            True,
            partial(_mean_range, candles, as_of_ms),
        )
        dropped[row] = _first_failed(facts, gates, as_of_ms.size)
    if not wanted:
        _rank(dropped, volumes, figures, settings.universe.size)
    return UniverseHistory(tuple(names), as_of_ms, dropped, volumes, figures)


def _figures_change(as_of_ms: Ints) -> Bools:
    """Where other hours are read than at the instant before: in another hour, or just after a full one."""
    hour, past = np.divmod(as_of_ms, Timeframe.H1.ms)
    spans = 2 * hour + (past > 0)
    return np.append(np.full(min(1, spans.size), True), np.diff(spans) != 0)


def day_figures(hours: Candles, as_of_ms: Ints) -> DayFigures:
    """24-hour figures from stored hours at each instant: of those that open and close within the day before it."""
    first = np.searchsorted(hours.open_ms, as_of_ms - DAY_MS, "left")
    stop = np.searchsorted(hours.close_ms, as_of_ms, "right")
    held = stop - first
    last, turnover, high, low = np.zeros((4, as_of_ms.size))
    traded = hours.close * hours.volume
    for count in np.unique(held[held > 0]).tolist():
        at = np.flatnonzero(held == count)
        rows = first[at][:, None] + np.arange(count)
        last[at] = hours.close[stop[at] - 1]
        turnover[at] = traded[rows].sum(axis=1)
        if count >= DAY_HOURS:
            high[at], low[at] = hours.high[rows].max(axis=1), hours.low[rows].min(axis=1)
    return DayFigures(last, turnover, high, low)


def _mean_range(candles: Mapping[Timeframe, Candles], as_of_ms: Ints, timeframe: Timeframe) -> Number:
    return mean_ranges(candles.get(timeframe, Candles.empty(timeframe)), as_of_ms)


def mean_ranges(candles: Candles, as_of_ms: Ints) -> Floats:
    """Mean true range of the newest ``ATR_BARS`` candles at each instant, in price; NaN where too few of them are recent."""
    bars = np.searchsorted(candles.close_ms, as_of_ms, "right") - 1
    ranges = np.append(candles.mean_true_ranges(ATR_BARS), np.nan)[bars]
    oldest_ms = candles.open_ms[np.maximum(bars - ATR_BARS, 0)] if len(candles) else np.zeros_like(as_of_ms)
    recent = oldest_ms >= as_of_ms - reach_ms(candles.timeframe)
    return np.where(recent, ranges, np.nan)


def _first_failed(facts: Facts, gates: Mapping[int, UniverseGate], count: int) -> AnyInts:
    """The row of the first gate that fails at each of ``count`` instants, −1 where none does."""
    found = np.full(count, IN, np.int8)
    for place, gate in gates.items():
        measured = np.asarray(gate.measure(facts), np.float64)
        failed = gate.row.fails(measured, gate.row.threshold(facts.settings))
        found[(found == IN) & failed] = place
    return found


def _rank(dropped: AnyInts, volumes: Floats, figures: Ints, size: int) -> None:
    """Drop those whose rank by volume is beyond ``size``, where more have passed; equal volumes rank by name."""
    crowded = np.flatnonzero((dropped == IN).sum(axis=0) > size)
    for start in range(0, crowded.size, BLOCK):
        at = crowded[start : start + BLOCK]
        passed = dropped[:, at] == IN
        behind = np.where(passed, -volumes[:, figures[at]], np.inf)
        beyond = np.argsort(behind, axis=0, kind="stable")[size:]
        out = np.zeros_like(passed)
        np.put_along_axis(out, beyond, True, axis=0)
        dropped[:, at] = np.where(passed & out, len(DROPS) - 1, dropped[:, at])
