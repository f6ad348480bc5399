"""Seeded orders on seeded candles played by both brokers, and the table of where they part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np

from bot.executor.terms import Leg, Terms
from devtools.beside.partings import RULES, Parting, Rule, parting
from devtools.beside.players import Case, Trip, played_here, played_there
from devtools.fill_examples import EXAMPLES, LIVE_MS, VOLUME, candles_of, terms_for
from shared.models.data import Candles
from shared.models.fills import Outcome
from shared.models.profile import CostRules
from shared.models.smc import Side
from shared.models.timeframe import Timeframe

FEES_BPS: Final = (0.0, 10.0)
"""What a fill costs; as many cases are played at each."""
CASES: Final = 1000
"""Cases at each fee."""
BARS: Final = 60
"""Candles of a case."""
SEED: Final = 7
ENTRY: Final = 100.0


@dataclass(frozen=True, slots=True)
class Compared:
    """A case as both played it, what the paper broker says of it, and the first rule in which they differ."""

    case: Case
    here: Trip
    there: Trip
    outcome: Outcome
    parting: Parting | None

    @property
    def agree(self) -> bool:
        """Whether both did the same."""
        return self.here.agrees(self.there)

    @property
    def difference_r(self) -> float:
        """By how much the result of backtesting.py is the better one, in R."""
        return (self.there.net - self.here.net) / float(self.case.terms.risk)


def compared(cases: Sequence[Case], fee_bps: float) -> list[Compared]:
    """``cases``, whose fees are ``fee_bps``, played by both.

    Raises:
        ModuleNotFoundError: backtesting.py is not installed.
    """
    found = []
    for case, there in zip(cases, played_there(cases, fee_bps / 10_000), strict=True):
        here, outcome = played_here(case)
        found.append(Compared(case, here, there, outcome, parting(case)))
    return found


def seeded_run(count: int = CASES, seed: int = SEED) -> list[Compared]:
    """``count`` seeded cases at each of the fees, played by both; the same for the same arguments."""
    return [
        one
        for fee_bps in FEES_BPS
        for one in compared([_case(number, seed, fee_bps) for number in range(count)], fee_bps)
    ]


def _case(number: int, seed: int, fee_bps: float) -> Case:
    """Orders of either side about 100, and candles on the tick that begin where the entry is still to come, or just not."""
    random = np.random.default_rng((seed, number, round(fee_bps)))
    side = (Side.LONG, Side.SHORT)[number % 2]
    stop, target = random.integers(5, 50) / 10, random.integers(5, 70) / 10
    terms = _terms(side, stop=stop, target=target, quantity=int(random.integers(1, 50)), fee_bps=fee_bps)
    terms = replace(
        terms,
        expires_ms=LIVE_MS + int(random.integers(5, BARS + 10)) * Timeframe.M5.ms,
        hold_ms=int(random.integers(1, 50)) * Timeframe.M5.ms,
    )
    start = ENTRY + int(side) * random.normal(0.5, 0.7)
    return Case(terms, _candles(random, start, float(random.choice((0.2, 0.5, 1.0, 2.0)))))


def _candles(random: np.random.Generator, start: float, size: float) -> Candles:
    """A walk of typical step ``size``, in which every third candle opens away from the last close."""
    close = start + np.cumsum(random.normal(0, size, BARS))
    jumps = (random.random(BARS) < 1 / 3) * random.normal(0, size, BARS)
    opened = np.append(start, close[:-1]) + jumps
    high = np.maximum(opened, close) + random.exponential(size / 2, BARS)
    low = np.minimum(opened, close) - random.exponential(size / 2, BARS)
    times = LIVE_MS + Timeframe.M5.ms * np.arange(BARS, dtype=np.int64)
    prices = [np.round(column, 1) for column in (opened, high, low, close)]
    return Candles.known(Timeframe.M5, [times, *prices, np.full(BARS, VOLUME)])


def _terms(side: Side, *, stop: float, target: float, quantity: int, fee_bps: float) -> Terms:
    """``stop`` and ``target`` so far from the entry; nothing ends the entry but fill, target, expiry and first open."""
    way, size = int(side), Decimal(quantity)
    at = [Decimal(str(round(ENTRY + way * distance, 1))) for distance in (0, -stop, target)]
    return replace(
        terms_for(EXAMPLES[0]),
        side=side,
        entry=at[0],
        stop=at[1],
        legs=(Leg(1, at[2], size),),
        quantity=size,
        invalidation=at[0] - way * 1000,
        break_even=None,
        costs=replace(CostRules(), maker_bps=fee_bps, taker_bps=fee_bps, slippage_bps=0.0),
    )


def drawn(rule: Rule) -> Compared:
    """The drawn example of a rule, played by both."""
    terms = _terms(Side.LONG, stop=5.0, target=5.0, quantity=1, fee_bps=0.0)
    terms = replace(terms, hold_ms=rule.hold_bars * Timeframe.M5.ms)
    return compared([Case(terms, candles_of(rule.candles))], 0.0)[0]


def told(trip: Trip) -> str:
    """A trip in a few words, candles counted from 1."""
    if trip.how == "none":
        return "not filled"
    entry = f"{trip.entry:g} in {trip.entry_bar + 1}"
    return (
        f"{entry}, open"
        if trip.how == "open"
        else f"{entry}, {trip.how} {trip.exit:g} in {trip.exit_bar + 1}"
    )


def beside_table() -> str:
    """What the seeded run found, in a paragraph and a table of every parting."""
    run = seeded_run()
    lines = [
        _agreement(run),
        "",
        "| where they part | here | backtesting.py | cases | R theirs − ours | candles (open high low close) | here | theirs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, rule in RULES.items():
        gains = [one.difference_r for one in run if one.parting is name and not one.agree]
        example = drawn(rule)
        trips = told(example.here), told(example.there)
        what = rule.what, rule.here, rule.there
        cells = (*what, f"{len(gains)}", f"{np.mean(gains):+.2f}", rule.candles, *trips)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _agreement(run: Sequence[Compared]) -> str:
    same = [one for one in run if one.agree]
    ends = Counter(one.here.how for one in same)
    washed = sum(one.parting is not None for one in same)
    marked = sum(one.outcome.ambiguous for one in same)
    gains = [one.difference_r for one in run if not one.agree]
    kinder, harder = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    return (
        f"{len(run):,} cases, half of them without fees and half at {FEES_BPS[-1]:g} bps a fill. {len(same):,} agree in candle, "
        f"price, order and net result: {ends['stop']} left at the stop, {ends['target']} at the target, {ends['time']} by time, "
        f"{ends['open']} still open, {ends['none']} never filled. In {washed} of these the rules part and it made no difference; "
        f"{marked} are marked `ambiguous` here. In the other {len(gains)} the first rule in which the two part is one of those "
        f"below; backtesting.py has the better result in {kinder} of them, the worse in {harder}; over all "
        f"{len(run):,} it says {sum(gains) / len(run):+.2f} R a case more than ours."
    )
