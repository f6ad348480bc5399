"""The paper broker: what became of a plan on later candles.

One pure function for the track record of alerts, dry runs and backtests: it passes over the candles in which nothing can happen
and hands the others to the rules of :mod:`bot.executor.working`. A candle that can be read in several ways is looked into with
finer ones where they are stored; what they cannot tell apart either is read against the trade, and the result is marked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bot.executor.bars import Bars
from bot.executor.funding import FundingRates, pay_funding
from bot.executor.terms import Terms
from bot.executor.working import Bar, Working
from shared.models.data import Candles
from shared.models.fills import ALIVE, Ending, Outcome
from shared.models.orders import OrderKind

Flags = npt.NDArray[np.bool_]


def play(
    terms: Terms, candles: Candles, finer: Candles | None = None, rates: FundingRates | None = None
) -> Outcome:
    """The outcome of ``terms`` on ``candles``, which may begin before the orders live and end while they still do.

    ``finer`` are stored candles of a smaller timeframe, ``rates`` the funding that is on record; both may cover a part.
    """
    bars = _lifetime(terms, Bars.of(candles, terms.side))
    inner = Bars.of(finer, terms.side) if finer is not None else None
    read, ambiguous, last = _run(Working(terms), bars, inner)
    best = _run(Working(terms, lucky=True), bars, inner)[0] if ambiguous else read
    funding = pay_funding(terms, read.fills, bars, last, rates)
    result = _result(read, bars) - funding.paid
    best_result = max(result, _result(best, bars) - funding.paid)
    risk = float(terms.risk)
    worst, peak = _excursions(read, bars, last)
    return Outcome(
        fingerprint=terms.fingerprint,
        ending=read.phase,
        fills=tuple(read.fills),
        filled_ms=read.filled_ms,
        ended_ms=_ended_ms(read, bars, last),
        result=result,
        result_r=result / risk,
        best_r=best_result / risk,
        worst_r=worst * float(terms.quantity) / risk,
        peak_r=peak * float(terms.quantity) / risk,
        ambiguous=ambiguous,
        funding=funding,
    )


def _lifetime(terms: Terms, bars: Bars) -> Bars:
    """The candles that the orders can live to see: up to the first one past the latest time stop."""
    latest = max(terms.expires_ms, terms.live_ms + bars.bar_ms) + terms.hold_ms
    return bars.rows(bars.start(terms.live_ms), bars.start(latest) + 1)


def _run(trade: Working, bars: Bars, finer: Bars | None) -> tuple[Working, bool, int]:
    """The trade when it is over or the candles are, whether any reading was in doubt, and the last candle it saw."""
    anchor_ends = _anchor_ends(trade.terms, bars)
    ambiguous, index = False, 0
    while trade.phase in ALIVE and index < len(bars):
        waits = index + _quiet(trade, bars.rows(index, len(bars)), anchor_ends[index:])
        if waits == len(bars):
            break
        trade = _pass(trade, bars, waits, finer)
        ambiguous = ambiguous or trade.doubt
        if trade.phase in ALIVE:
            trade.rest(float(bars.close[waits]), anchor_closed=bool(anchor_ends[waits]))
        index = waits + 1
    return trade, ambiguous, min(index, len(bars)) - 1 if trade.phase not in ALIVE else len(bars) - 1


def _pass(trade: Working, bars: Bars, index: int, finer: Bars | None) -> Working:
    """Let candle ``index`` pass; if it leaves a doubt, let those inside it pass instead."""
    before = trade.copied()
    trade.see(_bar(bars, index))
    inside = finer.within(bars, index) if trade.doubt and finer is not None else None
    if inside is None:
        return trade
    doubt = False
    for part in range(len(inside)):
        if before.phase in ALIVE:
            before.see(_bar(inside, part))
            doubt = doubt or before.doubt
    before.doubt = doubt
    return before


def _bar(bars: Bars, index: int) -> Bar:
    return Bar(
        int(bars.open_ms[index]),
        float(bars.open[index]),
        float(bars.high[index]),
        float(bars.low[index]),
        float(bars.close[index]),
        float(bars.volume[index]),
    )


def _quiet(trade: Working, bars: Bars, anchor_ends: Flags) -> int:
    """How many candles pass before the next one in which something can happen."""
    if not trade.seen:
        return 0
    eventful = (
        _pending_events(trade, bars, anchor_ends)
        if trade.phase is Ending.PENDING
        else _held_events(trade, bars)
    )
    return int(eventful.argmax()) if eventful.any() else len(bars)


def _pending_events(trade: Working, bars: Bars, anchor_ends: Flags) -> Flags:
    terms = trade.terms
    entry = trade.level(terms.entry)
    fills = bars.high >= entry if terms.kind is OrderKind.STOP else bars.low < entry
    left = bars.high >= trade.level(terms.legs[0].price)
    ends = (bars.open_ms >= terms.expires_ms) | (anchor_ends & (bars.close < trade.level(terms.invalidation)))
    events: Flags = fills | left | ends
    return events


def _held_events(trade: Working, bars: Bars) -> Flags:
    level = max(trade.stop, trade.liquidation)
    events: Flags = (
        (bars.low <= level)
        | (bars.high >= trade.level(trade.legs[0].price))
        | (bars.open_ms >= trade.until_ms)
    )
    return events


def _anchor_ends(terms: Terms, bars: Bars) -> Flags:
    """Whether each candle is the last one of its anchor candle, as far as the candles show."""
    window = (bars.open_ms - terms.anchor.anchor_ms) // terms.anchor.ms
    on_grid = (bars.open_ms + bars.bar_ms - terms.anchor.anchor_ms) % terms.anchor.ms == 0
    followed = np.append(window[1:] != window[:-1], False) if len(bars) else np.empty(0, np.bool_)
    ends: Flags = on_grid | followed
    return ends


def _result(trade: Working, bars: Bars) -> float:
    """Quote currency won or lost net of fees; what is still open counts at the last close."""
    way = int(trade.terms.side)
    flow = -sum(fill.fee for fill in trade.fills)
    for fill in trade.fills:
        flow += (-way if fill.leg == "entry" else way) * fill.price * float(fill.quantity)
    if trade.remaining:
        flow += float(bars.close[-1]) * float(trade.remaining)
    return flow


def _excursions(trade: Working, bars: Bars, last: int) -> tuple[float, float]:
    """Largest move against and for the position while it was open, in quote currency per unit: of the candle that filled it
    only what came after the fill for certain, of the one that ended it only its fill."""
    if not trade.fills:
        return 0.0, 0.0
    way = int(trade.terms.side)
    entry, exits = trade.fills[0].price * way, [fill.price * way for fill in trade.fills[1:]]
    first = bars.start(trade.filled_ms)
    over = trade.phase not in ALIVE
    inside = slice(first + 1, last if over else last + 1)
    marks = [entry, *exits, *([] if over and first == last else [float(bars.low[first])])]
    lows = float(bars.low[inside].min()) if len(bars.low[inside]) else entry
    highs = float(bars.high[inside].max()) if len(bars.high[inside]) else entry
    return min(lows, *marks) - entry, max(highs, entry, *exits) - entry


def _ended_ms(trade: Working, bars: Bars, last: int) -> int:
    if trade.phase is Ending.EXPIRED:
        return trade.terms.expires_ms
    return int(bars.open_ms[last]) + bars.bar_ms if len(bars) else trade.terms.live_ms
