"""Where the paper broker and backtesting.py part: every rule of a limit entry, its stop and its target in which they differ.

Each parting is found in the orders and candles alone, by a walk of its own over prices in whole ticks, and says what it makes of
both trips. Written for a long; a short is the same on negated prices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

import numpy as np

from bot.executor.bars import Bars
from devtools.beside.players import Case, Trip


class Parting(Enum):
    """The first rule of a case in which the two differ."""

    FIRST_OPEN_BEYOND_STOP = "first_open_beyond_stop"
    LATER_OPEN_BEYOND_STOP = "later_open_beyond_stop"
    LATER_OPEN_BEYOND_LIMIT = "later_open_beyond_limit"
    LIMIT_TOUCHED = "limit_touched"
    TARGET_BEFORE_ENTRY = "target_before_entry"
    STOP_IN_ENTRY_CANDLE = "stop_in_entry_candle"
    TARGET_IN_ENTRY_CANDLE = "target_in_entry_candle"
    TARGET_TOUCHED = "target_touched"
    OPEN_BEYOND_TARGET = "open_beyond_target"
    OPEN_BEYOND_TARGET_THEN_STOP = "open_beyond_target_then_stop"
    OPEN_BEYOND_STOP_IN_TIME = "open_beyond_stop_in_time"


class Ticks(NamedTuple):
    """A candle in whole ticks, in the frame of the trade."""

    open: int
    high: int
    low: int


class Levels(NamedTuple):
    """The prices of the orders in whole ticks, in the frame of the trade."""

    entry: int
    stop: int
    target: int


def parting(case: Case) -> Parting | None:
    """The first rule in which the two differ on ``case``; None if there is none, and they must agree."""
    levels, candles = _levels(case), _candles(case)
    for bar, candle in candles:
        if bar >= case.expires_bar:
            return None
        differs = _differs_at_entry(levels, candle, first=bar == 0)
        if differs is not None:
            return differs
        from_the_open = bar == 0 and candle.open <= levels.entry
        if from_the_open or candle.low < levels.entry:
            differs = _differs_in_entry_candle(levels, candle, from_the_open=from_the_open)
            return differs or _differs_while_held(levels, candles, bar + case.hold_bars)
    return None


def _differs_at_entry(levels: Levels, candle: Ticks, *, first: bool) -> Parting | None:
    if first and candle.open <= levels.entry:
        return Parting.FIRST_OPEN_BEYOND_STOP if candle.open <= levels.stop else None
    if candle.open < levels.entry:
        return (
            Parting.LATER_OPEN_BEYOND_STOP if candle.open <= levels.stop else Parting.LATER_OPEN_BEYOND_LIMIT
        )
    if candle.low == levels.entry:
        return Parting.LIMIT_TOUCHED
    unfilled = candle.low > levels.entry
    return Parting.TARGET_BEFORE_ENTRY if unfilled and candle.high >= levels.target else None


def _differs_in_entry_candle(levels: Levels, candle: Ticks, *, from_the_open: bool) -> Parting | None:
    if candle.low <= levels.stop:
        return Parting.STOP_IN_ENTRY_CANDLE
    credited = from_the_open and candle.high > levels.target
    return Parting.TARGET_IN_ENTRY_CANDLE if credited else None


def _differs_while_held(levels: Levels, candles: Iterator[tuple[int, Ticks]], until: int) -> Parting | None:
    for bar, candle in candles:
        stopped = candle.low <= levels.stop
        if bar == until:
            return Parting.OPEN_BEYOND_STOP_IN_TIME if candle.open <= levels.stop else None
        if candle.open > levels.target:
            return Parting.OPEN_BEYOND_TARGET_THEN_STOP if stopped else Parting.OPEN_BEYOND_TARGET
        if stopped or candle.high > levels.target:
            return None
        if candle.high == levels.target:
            return Parting.TARGET_TOUCHED
    return None


def _levels(case: Case) -> Levels:
    terms = case.terms
    prices = (terms.entry, terms.stop, terms.legs[0].price)
    return Levels(*(int(price / terms.tick) * int(terms.side) for price in prices))


def _candles(case: Case) -> Iterator[tuple[int, Ticks]]:
    bars, tick = Bars.of(case.candles, case.terms.side), float(case.terms.tick)
    columns = (np.rint(column / tick).astype(int).tolist() for column in (bars.open, bars.high, bars.low))
    return iter([(bar, Ticks(*row)) for bar, row in enumerate(zip(*columns, strict=True))])


@dataclass(frozen=True, slots=True)
class Rule:
    """A parting in words: what happens, ``here`` and ``there``, drawn as candles (open, high, low, close) on a long of 1 at 100 with
    its stop at 95 and its target at 105, tick 0.1; and what it makes of the two trips of a case."""

    what: str
    here: str
    there: str
    candles: str
    shows: Callable[[Case, Trip, Trip], bool]
    hold_bars: int = 1000


def _never_entered(case: Case, here: Trip, there: Trip) -> bool:
    return here.how == "none" and there.how != "none"


def _entered_at_first_open(case: Case, here: Trip, there: Trip) -> bool:
    at_open = (there.entry_bar, there.entry) == (0, float(case.candles.open[0]))
    return at_open and _never_entered(case, here, there)


def _entered_cheaper(case: Case, here: Trip, there: Trip) -> bool:
    at_open = there.entry == float(case.candles.open[there.entry_bar])
    better = (here.entry - there.entry) * int(case.terms.side) > 0
    return here.entry == float(case.terms.entry) and here.entry_bar == there.entry_bar and at_open and better


def _stopped_at_once(case: Case, here: Trip, there: Trip) -> bool:
    at_once = here.how == "stop" and here.exit_bar == here.entry_bar
    return at_once and (there.how == "open" or there.exit_bar > there.entry_bar)


def _cheaper_and_not_stopped(case: Case, here: Trip, there: Trip) -> bool:
    return _entered_cheaper(case, here, there) and _stopped_at_once(case, here, there)


def _entered_earlier(case: Case, here: Trip, there: Trip) -> bool:
    later = here.how == "none" or here.entry_bar > there.entry_bar
    return there.how != "none" and there.entry == float(case.terms.entry) and later


def _held_past_stop(case: Case, here: Trip, there: Trip) -> bool:
    return _same_entry(here, there) and _stopped_at_once(case, here, there)


def _held_past_target(case: Case, here: Trip, there: Trip) -> bool:
    at_once = here.how == "target" and here.exit_bar == here.entry_bar
    later = there.how == "open" or there.exit_bar > there.entry_bar
    return _same_entry(here, there) and at_once and later


def _left_at_touch(case: Case, here: Trip, there: Trip) -> bool:
    at_target = there.how == "target" and there.exit == float(case.terms.legs[0].price)
    return _same_entry(here, there) and at_target and (here.how == "open" or here.exit_bar > there.exit_bar)


def _left_dearer(case: Case, here: Trip, there: Trip) -> bool:
    both = here.how == there.how == "target" and here.exit_bar == there.exit_bar
    at_prices = (here.exit, there.exit) == (
        float(case.terms.legs[0].price),
        float(case.candles.open[there.exit_bar]),
    )
    return _same_entry(here, there) and both and at_prices and there.net > here.net


def _target_here_stop_there(case: Case, here: Trip, there: Trip) -> bool:
    same_bar = here.exit_bar == there.exit_bar
    return _same_entry(here, there) and same_bar and (here.how, there.how) == ("target", "stop")


def _stop_here_time_there(case: Case, here: Trip, there: Trip) -> bool:
    same_bar = here.exit_bar == there.exit_bar
    named = (here.how, there.how) == ("stop", "time")
    return _same_entry(here, there) and same_bar and named and here.net < there.net


def _same_entry(here: Trip, there: Trip) -> bool:
    return (here.entry_bar, here.entry) == (there.entry_bar, there.entry) and "none" not in (
        here.how,
        there.how,
    )


RULES: Final[dict[Parting, Rule]] = {
    Parting.LIMIT_TOUCHED: Rule(
        "A limit entry is touched, not traded through",
        "not filled; later, or never",
        "filled at its price",
        "102 103 101 102, 102 102 100 101, 101 102 100.5 101",
        _entered_earlier,
    ),
    Parting.LATER_OPEN_BEYOND_LIMIT: Rule(
        "A later candle opens beyond the limit",
        "filled at the limit, where the order rested",
        "filled at the open, which is better",
        "102 103 101 102, 99 101 98 100.5",
        _entered_cheaper,
    ),
    Parting.LATER_OPEN_BEYOND_STOP: Rule(
        "A later candle opens beyond limit and stop",
        "filled at the limit and stopped at the open",
        "bought at the open beyond the stop, and held",
        "102 103 101 102, 94 96 93 95, 96 97 95.5 97",
        _cheaper_and_not_stopped,
    ),
    Parting.FIRST_OPEN_BEYOND_STOP: Rule(
        "The first open is beyond the stop already",
        "never filled",
        "bought at the open",
        "94 96 93 95, 96 97 95.5 97",
        _entered_at_first_open,
    ),
    Parting.TARGET_BEFORE_ENTRY: Rule(
        "The target prints before the entry",
        "the plan has ended",
        "the entry stays, and is filled later",
        "102 105 101 104, 104 104 99 100",
        _never_entered,
    ),
    Parting.STOP_IN_ENTRY_CANDLE: Rule(
        "The candle that fills the entry goes on to the stop",
        "stopped in it",
        "not before the next candle",
        "102 102 94.5 96, 96 99 95.5 98",
        _held_past_stop,
    ),
    Parting.TARGET_IN_ENTRY_CANDLE: Rule(
        "A candle that was held from its open on goes through the target",
        "the target in it",
        "not before the next candle",
        "99 105.1 98 103, 103 104 102 103",
        _held_past_target,
    ),
    Parting.TARGET_TOUCHED: Rule(
        "A target is touched, not traded through",
        "not filled; later, or never",
        "filled at its price",
        "102 102 99.9 101, 101 105 101 104",
        _left_at_touch,
    ),
    Parting.OPEN_BEYOND_TARGET: Rule(
        "A candle opens beyond the target",
        "filled at the target, where the order rested",
        "filled at the open, which is better",
        "102 102 99.9 101, 106 107 103 104",
        _left_dearer,
    ),
    Parting.OPEN_BEYOND_TARGET_THEN_STOP: Rule(
        "A candle opens beyond the target and comes down to the stop",
        "the target, at the open",
        "the stop",
        "102 102 99.9 101, 106 107 94 96",
        _target_here_stop_there,
    ),
    Parting.OPEN_BEYOND_STOP_IN_TIME: Rule(
        "The candle at whose open time is up opens beyond the stop",
        "a stop, with what a stop pays",
        "a close at the market",
        "102 102 99.9 101, 93 96 92 95",
        _stop_here_time_there,
        hold_bars=1,
    ),
}
"""All of them, in the order of a trade's life."""
