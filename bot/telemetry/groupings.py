"""What trades that have something in common are worth: one table says what, by which words, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from bot.telemetry.analytics import expectancy, results_of
from bot.telemetry.sample import Sample
from shared.models.backtest import Trade
from shared.models.planner import EntryKind, Style
from shared.models.regime import RegimeState
from shared.models.risk_rules import DAYS
from shared.models.smc import Side
from shared.models.statistics import Group
from shared.models.timeframe import DAY_MS, MONDAY_MS, Timeframe, iso

Word = Callable[[Trade], str]

SESSIONS: Final = ("asia", "london", "new_york")
SESSION_HOURS: Final = (*["asia"] * 7, *["london"] * 6, *["new_york"] * 9, *["asia"] * 2)
"""Session of each UTC hour: Asia 22–07, London 07–13, New York 13–22. Fixed hours: no summer time, no holidays."""


def weekday(trade: Trade) -> str:
    """UTC weekday of the decision."""
    return DAYS[(trade.decided_ms - MONDAY_MS) // DAY_MS % 7]


def session(trade: Trade) -> str:
    """Session of the decision's UTC hour."""
    return SESSION_HOURS[trade.decided_ms // Timeframe.H1.ms % 24]


DIMENSIONS: Final[tuple[tuple[str, Word, Sequence[str]], ...]] = (
    ("regime", lambda trade: trade.setup.regime.state, tuple(RegimeState)),
    ("market regime", lambda trade: trade.setup.regime.market.state, tuple(RegimeState)),
    ("style", lambda trade: trade.setup.plan.style, tuple(Style)),
    ("side", lambda trade: trade.side.word, tuple(side.word for side in Side)),
    ("symbol", lambda trade: trade.symbol, ()),
    ("weekday", weekday, DAYS),
    ("session", session, SESSIONS),
    ("grade", lambda trade: trade.setup.plan.grade, ()),
    ("month", lambda trade: iso(trade.decided_ms)[:7], ()),
    ("entry", lambda trade: trade.setup.plan.entry.kind, tuple(EntryKind)),
)
"""What trades are told apart by, the word for each, and the order of the words: as listed, else by the alphabet."""


def groups_of(sample: Sample) -> tuple[Group, ...]:
    """Every group that has a finished trade, dimension by dimension; a trade stands once in each dimension but ``factor``."""
    return (
        *(
            _group(dimension, name, [trade for trade in sample.trades if word(trade) == name])
            for dimension, word, order in DIMENSIONS
            for name in _names(sample.trades, word, order)
        ),
        *(_group("factor", name, trades) for name, trades in _factor_halves(sample.trades)),
    )


def _group(dimension: str, name: str, trades: Sequence[Trade]) -> Group:
    return Group(dimension, str(name), expectancy(results_of(trades)))


def _names(trades: Sequence[Trade], word: Word, order: Sequence[str]) -> list[str]:
    present = {word(trade) for trade in trades}
    return [name for name in order if name in present] + sorted(present - set(order))


def _factor_halves(trades: Sequence[Trade]) -> Iterator[tuple[str, list[Trade]]]:
    """Of every factor the trades at or above the median of its values and those below; none where all have the same."""
    values = [trade.factors for trade in trades]
    for name in dict.fromkeys(name for factors in values for name in factors):
        valued = [(trade, of[name]) for trade, of in zip(trades, values, strict=True) if name in of]
        middle = float(np.median([value for _, value in valued]))
        high = [trade for trade, value in valued if value >= middle]
        low = [trade for trade, value in valued if value < middle]
        if high and low:
            yield f"{name} high", high
            yield f"{name} low", low
