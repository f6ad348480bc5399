"""The laws that hold for a whole decision: what is decided at an instant is the same, byte for byte, whatever comes after it.

1. Instants are drawn, at closes and in between, and decided on with all the candles there are: some have a plan, some have none.
2. Truncated: the same with every series ended at the instant.
3. Poisoned: the same with every candle that is not closed then at absurd prices and volumes.
4. Running: the same with only the candles that are open then altered, one of each timeframe.

Who decides is handed in: the scan's own way, or any other that is to say the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np

from engine.border import Border
from engine.edges import Progress, silent
from engine.verification.futures import closed_at, ended, is_running, poisoned, with_running_poisoned
from engine.verification.ledger import Ledger
from engine.verification.stock import Stock
from engine.verification.suspects import Decide, Decided
from shared.models.data import Candles
from shared.models.lookahead import Law, Sighting, Subject, SubjectKind
from shared.models.timeframe import DAY_MS, Timeframe, iso

DRAWS, LONG_DRAWS, FEW_PLANS = 4, 12, 5
"""Instants drawn, at most, for each that is wanted of a kind: four, and while fewer than five plans are found, twelve. Plans are rare."""
NEAR, BESIDE = 3, 12
"""Every third draw is beside an instant that has a plan, at most twelve candles away."""
LEFT_MS: Final = DAY_MS
"""Candles go on for at least this long after an instant."""
LEAST_MS: Final = 3 * DAY_MS
"""Instants are drawn from at least so long a time, however few candles are looked at."""
NAMES: Final = {True: "with a plan", False: "without a plan"}
FINGERPRINTS: Final = ("run_id", "data_digest")
"""Fields that say that something differs, not what."""


@dataclass(frozen=True, slots=True)
class Court:
    """Who decides, on what; ``trigger`` is the timeframe that a difference is told under which is no one's own."""

    decide: Decide
    stock: Stock
    trigger: Timeframe

    def on(self, symbol: str, as_of_ms: int, stock: Stock) -> Decided:
        """The decision from ``stock``, its failure named."""
        with Border("verify", f"the decision at {iso(as_of_ms)}", symbol, "Leave the symbol out"):
            return self.decide(stock, symbol, as_of_ms)


@dataclass(frozen=True, slots=True)
class Instant:
    """When a symbol was decided on, and what came of it with all the candles there are."""

    symbol: str
    as_of_ms: int
    decided: Decided


@dataclass(frozen=True, slots=True)
class Span:
    """When a symbol may be decided on: from its first instant to its last, and how long a candle of its trigger timeframe is."""

    symbol: str
    first_ms: int
    last_ms: int
    trigger: Timeframe

    @classmethod
    def of(cls, symbol: str, candles: Candles, bars: int) -> tuple[Span, ...]:
        """The newest ``bars`` candles of the trigger timeframe without the last day; nothing where that is all there is."""
        if not len(candles):
            return ()
        last_ms = int(candles.close_ms[-1]) - LEFT_MS
        first_ms = min(int(candles.open_ms[-min(bars, len(candles))]), last_ms + LEFT_MS - LEAST_MS)
        first_ms = max(first_ms, int(candles.open_ms[0]))
        return (cls(symbol, first_ms, last_ms, candles.timeframe),) if first_ms < last_ms else ()


def find_instants(
    court: Court, spans: Sequence[Span], count: int, seed: int, progress: Progress = silent
) -> tuple[Instant, ...]:
    """Instants drawn at random: at most ``count`` with a plan and ``count`` without.

    The same stock, spans, count and seed give the same.
    """
    draw, kept = np.random.default_rng(seed), dict.fromkeys(NAMES, 0)
    by_symbol, found = {span.symbol: span for span in spans}, list[Instant]()
    for place in range(LONG_DRAWS * count if spans else 0):
        near = [instant for instant in found if instant.decided.is_plan] if place % NEAR == 0 else []
        symbol, as_of_ms = _beside(near, by_symbol, draw) if near else _anywhere(spans, draw)
        decided = court.on(symbol, as_of_ms, court.stock)
        if kept[decided.is_plan] < count:
            kept[decided.is_plan] += 1
            found.append(Instant(symbol, as_of_ms, decided))
        progress("instants", place + 1, LONG_DRAWS * count)
        few = kept[True] < min(FEW_PLANS, count)
        if min(kept.values()) == count or (place + 1 >= DRAWS * count and not few):
            break
    return tuple(found)


def _anywhere(spans: Sequence[Span], draw: np.random.Generator) -> tuple[str, int]:
    """A symbol and an instant, as often at a close as in between."""
    span = spans[int(draw.integers(len(spans)))]
    as_of_ms = int(draw.integers(span.first_ms, span.last_ms)) // 1000 * 1000
    return span.symbol, span.trigger.floor(as_of_ms) if draw.random() < 0.5 else as_of_ms


def _beside(near: Sequence[Instant], spans: Mapping[str, Span], draw: np.random.Generator) -> tuple[str, int]:
    """A few candles beside an instant that has a plan: where one is, others are, and where it begins and ends is worth a look."""
    instant = near[int(draw.integers(len(near)))]
    span = spans[instant.symbol]
    as_of_ms = instant.as_of_ms + int(draw.integers(-BESIDE, BESIDE + 1)) * span.trigger.ms
    return span.symbol, min(max(as_of_ms, span.first_ms), span.last_ms)


def hold_decisions(
    court: Court, instants: Sequence[Instant], ledger: Ledger, progress: Progress = silent
) -> None:
    """Every instant under every law, into ``ledger``."""
    for law in LAWS:
        for name in NAMES.values():
            ledger.take(Subject(law, SubjectKind.DECISION, name), (), 0)
    for done, instant in enumerate(instants, 1):
        for law, hold in LAWS.items():
            for seen in hold(court, instant):
                ledger.take(Subject(law, SubjectKind.DECISION, NAMES[instant.decided.is_plan]), seen)
        progress("decisions", done, len(instants))


Seen = tuple[Sighting, ...]
"""Where a case differs; nothing where it does not."""


def _truncated(court: Court, at: Instant) -> Iterator[Seen]:
    cut = court.stock.changed(lambda candles: ended(candles, closed_at(candles, at.as_of_ms)))
    yield _apart(cut, at, court)


def _poisoned(court: Court, at: Instant) -> Iterator[Seen]:
    spoiled = court.stock.changed(lambda candles: poisoned(candles, closed_at(candles, at.as_of_ms)))
    yield _apart(spoiled, at, court)


def _running(court: Court, at: Instant) -> Iterator[Seen]:
    """All running candles at once, and one timeframe at a time only to name the one that is read; no case where none runs."""
    frames = {
        frame
        for held in court.stock.held.values()
        for frame, candles in held.items()
        if is_running(candles, at.as_of_ms)
    }
    if not frames:
        return
    seen = _apart(court.stock.changed(partial(with_running_poisoned, as_of_ms=at.as_of_ms)), at, court)
    for frame in sorted(frames, key=lambda frame: frame.ms) if seen else ():
        alone = court.stock.changed(partial(_running_of, frame=frame, as_of_ms=at.as_of_ms))
        own = _apart(alone, at, court, frame)
        if own:
            yield own
            return
    yield seen


def _running_of(candles: Candles, frame: Timeframe, as_of_ms: int) -> Candles:
    return with_running_poisoned(candles, as_of_ms) if candles.timeframe is frame else candles


LAWS: Final[Mapping[Law, Callable[[Court, Instant], Iterator[Seen]]]] = {
    Law.TRUNCATED: _truncated,
    Law.POISONED: _poisoned,
    Law.RUNNING: _running,
}


def _apart(stock: Stock, at: Instant, court: Court, told_under: Timeframe | None = None) -> Seen:
    found = court.on(at.symbol, at.as_of_ms, stock).document
    if found == at.decided.document:
        return ()
    what = told_apart(at.decided.document, found)
    return (Sighting(at.symbol, told_under or court.trigger, at.as_of_ms, what),)


def told_apart(whole: bytes, found: bytes) -> str:
    """The first field in which two documents differ, with both values; a digest only where nothing else does."""
    apart = list(_fields_apart(json.loads(whole), json.loads(found), ""))
    telling = [line for name, line in apart if name.rpartition(".")[2] not in FINGERPRINTS]
    return (telling or [line for _, line in apart] or ["the bytes"])[0]


def _fields_apart(whole: Any, found: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(whole, dict) and isinstance(found, dict):
        for key in dict.fromkeys((*whole, *found)):
            yield from _fields_apart(whole.get(key), found.get(key), f"{name}.{key}" if name else key)
    elif isinstance(whole, list) and isinstance(found, list) and len(whole) == len(found):
        for place, (one, other) in enumerate(zip(whole, found, strict=True)):
            yield from _fields_apart(one, other, f"{name}[{place}]")
    elif whole != found:
        yield name, f"{name}: {_short(whole)}, else {_short(found)}"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} entries"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
