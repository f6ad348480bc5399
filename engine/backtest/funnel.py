"""The funnel of a backtest: how many decisions reached each stage, and what stopped the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from data.universe_history import DROPS, IN
from engine.backtest.around import Around
from engine.backtest.portfolio import TAKEN, Book
from engine.funnel import ROWS
from shared.models.data import AnyInts, Ints
from shared.models.scan import FunnelRow
from strategy.columns.span import Decisions
from strategy.gates import GATES

Codes = Counter[tuple[str, str]]


def closes_each(as_of_ms: Ints, closes_ms: Ints) -> Ints:
    """How many closes each of the ascending instants stands for: itself and those before the next one; shape as ``as_of_ms``."""
    places = np.searchsorted(closes_ms, as_of_ms)
    return np.diff(np.append(places, len(closes_ms)))


def drops_at(around: Around, symbol: str, as_of_ms: Ints) -> AnyInts:
    """By which gate of the universe a symbol is left out at each instant, ``IN`` where it is not; shape as given."""
    row = around.universe.symbols.index(symbol)
    dropped: AnyInts = around.universe.dropped[row, np.searchsorted(around.closes_ms, as_of_ms)]
    return dropped


def funnel_of(
    around: Around, decisions: Mapping[str, Decisions], stood_for: Mapping[str, Ints], book: Book
) -> tuple[FunnelRow, ...]:
    """Rows from all decisions down to those that were taken: what a row stops never reaches the next. At risk, plans of setups that were
    taken before stop too."""
    codes: Codes = Counter()
    for symbol, table in decisions.items():
        _count(codes, symbol, table, stood_for[symbol], drops_at(around, symbol, table.as_of_ms), book)
    rows, reached = [], int(sum(weights.sum() for weights in stood_for.values()))
    for stage in ROWS:
        own = {code: count for (where, code), count in codes.items() if where == stage}
        ordered = tuple(sorted(own.items(), key=lambda item: (-item[1], item[0])))
        rows.append(FunnelRow(stage, reached, sum(own.values()), 0, ordered))
        reached -= sum(own.values())
    return tuple(rows)


def _count(codes: Codes, symbol: str, table: Decisions, weights: Ints, dropped: AnyInts, book: Book) -> None:
    inside = dropped == IN
    for place in np.unique(dropped[~inside]).tolist():
        gate = DROPS[place]
        codes[gate.stage, gate.code] += int(weights[dropped == place].sum())
    for place in np.unique(table.place[inside & (table.place >= 0)]).tolist():
        gate = GATES[place]
        codes[gate.stage, gate.code] += int(weights[inside & (table.place == place)].sum())
    for row in table.planned[inside[table.planned]].tolist():
        end = book.ends.get((symbol, int(table.as_of_ms[row])), TAKEN)
        if end != TAKEN:
            codes["risk", end] += int(weights[row])
