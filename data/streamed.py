"""What a run makes of a stream: which candles it takes without asking the exchange, and which it holds against its answer.

A symbol's candles are taken if they join what is stored and reach the close without a hole, and nothing speaks against them. At
every close a share of the symbols is asked for all the same, in turn, and so is every symbol in doubt; the exchange's answer
is what counts, and a stream that said something else is subscribed to anew. What was taken and not yet asked for is noted
beside the series, so that whoever reads it next from the exchange asks for it, whatever became of this run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.data_contract import JUST_SUBSCRIBED, NOT_FOLLOWED, CandleStream
from data.spans import Span
from shared.models.data import Candles, Market
from shared.models.timeframe import Timeframe

SHARE: Final = 8
"""One symbol of so many, and at least one, is asked for at a close though its stream is in order; after so many closes each was."""
SETTLED_MS: Final = 2_000
"""A candle that closed less than this ago is not taken; the exchange gives none out either."""
TOO_LATE: Final = "no candle up to the close"
IN_TURN: Final = "in turn"
UNNOTED: Final = "it could not be noted"
ORDINARY: Final = frozenset({IN_TURN, JUST_SUBSCRIBED})
NAMES: Final = 3


@dataclass(slots=True)
class StreamTurn:
    """The use one run makes of ``stream``: ``asked`` says by symbol why the exchange was asked, ``taken`` which were not. ``due``
    are asked for in turn, ``new`` are followed from this run on."""

    stream: CandleStream
    as_of_ms: int
    due: frozenset[str]
    new: frozenset[str]
    asked: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def offer(self, symbol: str, timeframe: Timeframe, wanted: Span) -> tuple[Candles, bool]:
        """The stream's candles of ``wanted``, and whether they may be taken unasked."""
        streamed = self.stream.closed(symbol, timeframe, wanted.first_ms)
        run = streamed.candles.between(*wanted)
        is_whole = len(run) * timeframe.ms == wanted.end_ms - wanted.first_ms
        is_settled = self.as_of_ms - wanted.end_ms >= SETTLED_MS
        why = streamed.doubt
        if not (is_whole and is_settled) and symbol not in self.new and why in ("", JUST_SUBSCRIBED):
            why = TOO_LATE
        why = why or (IN_TURN if symbol in self.due else "")
        if why:
            self.asked[symbol] = why
        else:
            self.taken.add(symbol)
        return run, not why

    def ask(self, symbol: str, why: str) -> None:
        """The exchange is asked, although its candles were good enough."""
        self.taken.discard(symbol)
        self.asked[symbol] = why

    def refuse(self, symbol: str, timeframe: Timeframe, why: str) -> None:
        """The candles contradict what is known."""
        self.ask(symbol, why)
        self.stream.distrust(symbol, timeframe, why)

    def settle(self, symbol: str, timeframe: Timeframe, *, same: bool) -> None:
        """The exchange answered: the same, or something else."""
        if same:
            self.stream.believe(symbol, timeframe)
        else:
            self.stream.distrust(symbol, timeframe, "the exchange's answer differed")

    def flags(self) -> tuple[str, ...]:
        """For every reason that is not the ordinary course, how many symbols the exchange was asked for, and the first of them."""
        by_why: dict[str, list[str]] = {}
        for symbol, why in sorted(self.asked.items()):
            by_why.setdefault(why, []).append(symbol)
        of = len(self.asked) + len(self.taken)
        return tuple(
            f"stream: {len(symbols)} of {of} asked over REST, {why}: {_listed(symbols)}"
            for why, symbols in sorted(by_why.items())
            if why not in ORDINARY
        )


def begin_turn(
    stream: CandleStream | None,
    markets: Mapping[str, Market],
    base: Timeframe,
    trigger: Timeframe,
    as_of_ms: int,
) -> StreamTurn | None:
    """Follow these markets from now on, and use what came of them so far."""
    if stream is None:
        return None
    new = {symbol for symbol in markets if stream.closed(symbol, base, 0).doubt == NOT_FOLLOWED}
    stream.follow(markets.values(), base, as_of_ms)
    return StreamTurn(stream, as_of_ms, in_turn(markets, as_of_ms // trigger.ms), frozenset(new))


def in_turn(symbols: Collection[str], close: int) -> frozenset[str]:
    """Whose turn it is at the ``close`` of that number."""
    ordered = sorted(symbols)
    size = -(-len(ordered) // SHARE)
    return frozenset(ordered[(close * size + step) % len(ordered)] for step in range(size))


def _listed(symbols: list[str]) -> str:
    more = len(symbols) - NAMES
    return ", ".join(symbols[:NAMES]) + (f" and {more} more" if more > 0 else "")
