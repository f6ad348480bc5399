"""The gates of the universe, as one table: what is measured of a symbol before any of its candles is fetched.

A measure that cannot be taken is NaN: its gate is not applied to that symbol, and the universe says so. Nothing is
guessed: ranges of days come from stored candles where there are enough, spreads from a book of the same moment.

The measures take numbers, as of one instant, or arrays, as of many (``data.universe_history``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from math import isnan, nan
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from shared.models.data import Bools, Floats, Ints, Market
from shared.models.gates import Comparison, Gate, GateResult
from shared.models.profile import Profile, UniverseRules
from shared.models.timeframe import DAY_MS, Timeframe

MILLION: Final = 1e6
BPS: Final = 1e4
ATR_BARS: Final = 14
Number = float | npt.NDArray[np.floating[Any]]
"""A measure as of one instant, or of many: shape (n,)."""


@dataclass(frozen=True)
class Listing:
    """What is known of the exchange as a whole: every base it lists, and the market id by symbol under which each was last
    looked at."""

    bases: frozenset[str]
    known_ids: Mapping[str, str]


class Figures(Protocol):
    """24-hour figures as :class:`contracts.data_contract.Ticker` has them, 0 where not known; no book of many instants is kept."""

    @property
    def last(self) -> Number:
        """Last price."""
        ...

    @property
    def quote_volume(self) -> Number:
        """Volume in quote currency."""
        ...

    @property
    def bid(self) -> float:
        """Best bid."""
        ...

    @property
    def ask(self) -> float:
        """Best ask."""
        ...

    @property
    def high(self) -> Number:
        """Highest price."""
        ...

    @property
    def low(self) -> Number:
        """Lowest price."""
        ...


@dataclass(frozen=True)
class Facts:
    """One symbol at ``as_of_ms``, or at each of many instants. ``first_day_ms`` is when its first stored daily candle opens, 0 if there
    is none; ``all_there_is`` says that nothing can be fetched, so that the store's beginning counts as the symbol's: of many instants
    nothing can. ``mean_range`` gives the mean true range of the newest ``ATR_BARS`` stored candles of a timeframe, in price, NaN where
    there are too few or they are damaged."""

    market: Market
    ticker: Figures
    settings: Profile
    as_of_ms: int | Ints
    listing: Listing
    first_day_ms: int
    all_there_is: bool
    mean_range: Callable[[Timeframe], Number]

    @property
    def rules(self) -> UniverseRules:
        """The profile's part on the universe."""
        return self.settings.universe

    @cached_property
    def day_range(self) -> Number:
        """Mean true range of the last 14 days, in price; NaN where not known."""
        return self.mean_range(Timeframe.D1)

    @property
    def anchor_range(self) -> Number:
        """Mean true range of the last 14 anchor candles, in price; NaN where not known."""
        return self.mean_range(self.settings.timeframes.anchor)


Measure = Callable[[Facts], Number]
Words = Callable[[Facts], str]


def _nothing_more(_facts: Facts) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class UniverseGate:
    """A gate with how it is measured. ``unknown`` says why a measure may be missing; ``detail`` gives words about this symbol.
    ``by_name`` gates also hold for symbols asked for by name."""

    row: Gate
    measure: Measure
    unknown: str = ""
    detail: Words = _nothing_more
    by_name: bool = False

    def result(self, facts: Facts) -> tuple[GateResult, ...]:
        """The gate evaluated; empty where its measure is not known."""
        measured = float(self.measure(facts))
        if isnan(measured):
            return ()
        more = self.detail(facts)
        what = f"{self.row.what} ({more})" if more else self.row.what
        found = self.row.result(measured, facts.settings, what=what)
        return (replace(found, unit=found.unit.replace("quote", facts.market.quote)),)


def renamed(facts: Facts) -> float:
    """1 if its market id is not the one it was looked at under, and no map leads from that one to it."""
    known, seen = facts.listing.known_ids.get(facts.market.symbol, ""), set[str]()
    while known and known != facts.market.market_id and known not in seen:
        seen.add(known)
        known = facts.rules.successors.get(known, known)
    return float(bool(known) and known != facts.market.market_id)


def over(part: Number, whole: Number) -> Number:
    """``part`` over ``whole``, NaN where that is not above 0."""
    if isinstance(whole, np.ndarray):
        found: Floats = np.divide(part, whole, out=np.full(whole.shape, nan), where=whole > 0)
        return found
    return part / whole if whole > 0 else nan


def trading(facts: Facts) -> Number:
    """1 if its market is open and traded in the last 24 hours. Of the past a store knows the trades alone: that a market was closed
    since must not take it out of the time in which it traded."""
    traded: Number = 1.0 * (facts.ticker.quote_volume > 0)
    return traded if facts.market.active or facts.all_there_is else 0.0


def days_left(facts: Facts) -> Number:
    """Days until its delivery."""
    until = facts.market.delivery_ms
    return (until - facts.as_of_ms) / DAY_MS if until else nan


def age_days(facts: Facts) -> Number:
    """Days since it was listed, or else since its first stored daily candle, once that is closed: before, nobody has it. Where
    more can be fetched a store that begins late proves nothing: then only an age that is enough counts."""
    since = facts.market.onboard_ms or facts.first_day_ms
    age: Number = (facts.as_of_ms - since) / DAY_MS if since else nan
    if not facts.market.onboard_ms:
        age = np.where(np.greater_equal(age, 1), age, nan)[()]
    proven = facts.market.onboard_ms or facts.all_there_is or bool(age >= facts.rules.min_age_days)
    return age if proven else nan


def spread_bps(facts: Facts) -> float:
    """Best ask above best bid, over their middle."""
    bid, ask = facts.ticker.bid, facts.ticker.ask
    return (ask - bid) / ((ask + bid) / 2) * BPS if 0 < bid <= ask else nan


def tick_bps(facts: Facts) -> Number:
    """The price step over the last price."""
    return over(float(facts.market.tick), facts.ticker.last) * BPS


def range_pct(facts: Facts) -> Number:
    """Highest less lowest price of 24 hours, over the last price."""
    ticker = facts.ticker
    known: bool | Bools = (ticker.low > 0) & (ticker.low <= ticker.high)
    return over(100.0 * (ticker.high - ticker.low), ticker.last * known)


def atr_pct(facts: Facts) -> Number:
    """Mean true range of a day, over the last price."""
    return over(100.0 * facts.day_range, facts.ticker.last)


def atr_ticks(facts: Facts) -> Number:
    """Mean true range of the anchor timeframe, in price steps."""
    return facts.anchor_range / float(facts.market.tick)


def matching(patterns: Sequence[str], *names: str) -> tuple[str, ...]:
    """The patterns that match one of the names, whatever the case."""
    upper = [name.upper() for name in names]
    return tuple(pattern for pattern in patterns if any(fnmatchcase(name, pattern.upper()) for name in upper))


def leveraged_of(facts: Facts) -> tuple[str, ...]:
    """The listed bases of which its base is a leveraged token: ``BTCUP`` of ``BTC``, but ``SYRUP`` of none."""
    base = facts.market.base
    cut = (base.removesuffix(ending) for ending in facts.rules.leveraged if base.endswith(ending))
    return tuple(other for other in cut if other in facts.listing.bases)


def _included(facts: Facts) -> tuple[str, ...]:
    rules = facts.rules
    return matching(rules.include, facts.market.symbol, facts.market.base) if rules.include else ("*",)


def _excluded(facts: Facts) -> tuple[str, ...]:
    return matching(facts.rules.exclude, facts.market.symbol, facts.market.base)


def _pegged(facts: Facts) -> tuple[str, ...]:
    return matching(facts.rules.pegged, facts.market.base)


def _number(found: Callable[[Facts], tuple[str, ...]]) -> Measure:
    return lambda facts: float(len(found(facts)))


def _named(found: Callable[[Facts], tuple[str, ...]]) -> Words:
    return lambda facts: ", ".join(found(facts))


def _row(code: str, what: str, unit: str, comparison: Comparison, field: str) -> Gate:
    return Gate("universe", f"universe.{code}", what, unit, comparison, field)


NO_BOOK: Final = "no best bid and ask of that time"
NO_RANGE: Final = "no 24h high and low of that time"
NO_DAYS: Final = "fewer than 15 recent daily candles stored"

UNIVERSE_GATES: Final[tuple[UniverseGate, ...]] = (
    UniverseGate(
        _row("not_trading", "market open, with trades in the last 24 h", "", ">=", "1"), trading, by_name=True
    ),
    UniverseGate(
        _row("quote", "quoted in the profile's currency", "", ">=", "1"),
        lambda facts: float(facts.market.quote == facts.rules.quote),
        detail=lambda facts: facts.rules.quote,
        by_name=True,
    ),
    UniverseGate(
        _row("renamed", "market ids it changed to that no renaming explains", "", "<=", "0"),
        renamed,
        detail=lambda facts: (
            f"{facts.listing.known_ids.get(facts.market.symbol, '')} to {facts.market.market_id}"
        ),
        by_name=True,
    ),
    UniverseGate(
        _row("delisting", "time until it is delivered or delisted", "days", ">=", "universe.min_days_left"),
        days_left,
        "no delivery announced",
        by_name=True,
    ),
    UniverseGate(
        _row("kind", "market of the profile's kind", "", ">=", "1"),
        lambda facts: float(facts.rules.kind in ("any", facts.market.kind)),
        detail=lambda facts: facts.market.kind,
    ),
    UniverseGate(_row("include", "include patterns that match it", "", ">=", "1"), _number(_included)),
    UniverseGate(
        _row("exclude", "exclude patterns that match it", "", "<=", "0"),
        _number(_excluded),
        "",
        _named(_excluded),
    ),
    UniverseGate(
        _row("pegged", "patterns of pegged tokens that match it", "", "<=", "0"),
        _number(_pegged),
        detail=_named(_pegged),
    ),
    UniverseGate(
        _row("leveraged", "listed bases it is a leveraged token of", "", "<=", "0"),
        _number(leveraged_of),
        detail=_named(leveraged_of),
    ),
    UniverseGate(
        _row("volume", "24h quote volume", "M quote", ">=", "universe.min_quote_volume_musd"),
        lambda facts: facts.ticker.quote_volume / MILLION,
    ),
    UniverseGate(
        _row("age", "time since it was listed", "days", ">=", "universe.min_age_days"),
        age_days,
        "no time of listing, and no stored daily candle old enough",
    ),
    UniverseGate(
        _row("spread", "best ask above best bid", "bps", "<=", "universe.max_spread_bps"), spread_bps, NO_BOOK
    ),
    UniverseGate(
        _row("tick_price", "price step over price", "bps", "<=", "universe.max_tick_bps"),
        tick_bps,
        "no last price",
    ),
    UniverseGate(
        _row("range_low", "24h range over price", "%", ">=", "universe.min_range_pct"), range_pct, NO_RANGE
    ),
    UniverseGate(
        _row("range_high", "24h range over price", "%", "<=", "universe.max_range_pct"), range_pct, NO_RANGE
    ),
    UniverseGate(
        _row("volatility_low", "mean true range of 14 days over price", "%", ">=", "universe.min_atr_pct"),
        atr_pct,
        NO_DAYS,
    ),
    UniverseGate(
        _row("volatility_high", "mean true range of 14 days over price", "%", "<=", "universe.max_atr_pct"),
        atr_pct,
        NO_DAYS,
    ),
    UniverseGate(
        _row("stop_precision", "mean true range of 14 anchor candles", "ticks", ">=", "data.min_atr_ticks"),
        atr_ticks,
        "fewer than 15 recent anchor candles stored",
    ),
)
"""In the order in which a symbol meets them: what costs nothing to know first, what is read from the store last."""

RANK: Final = _row("rank", "rank by 24h quote volume", "", "<=", "universe.size")
"""The last gate: it compares the symbols that passed all others."""

NOT_LISTED: Final = _row("not_listed", "listed by the exchange", "", ">=", "1")
"""Of symbols that were in the universe and are gone: renamed or delisted, never silently."""
