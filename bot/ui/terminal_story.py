"""What happened last, in plain words: one sentence an event, with its time, its price and what it means."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from bot.ui.look import Look
from bot.ui.numbers import measure_text, price_shown, time_shown
from shared.models.events import Event, Kind
from shared.models.scan import Explanation
from shared.models.smc import SHIFT_ATR
from shared.models.story import Happening
from shared.models.timeframe import Timeframe, iso

WIDEST: Final = 110
NARROWEST: Final = 24
SMALLEST: Final = 0.01
PERIODS: Final = {"week": Timeframe.W1, "day": Timeframe.D1}
"""Sources of a pool that are named by their period, the longest first."""

TURNS: Final = {
    (0.0, 1): "the first break here, and the trend is up",
    (0.0, -1): "the first break here, and the trend is down",
    (1.0, 1): "the up-trend goes on",
    (1.0, -1): "the down-trend goes on",
    (-1.0, 1): "the down-trend is over",
    (-1.0, -1): "the up-trend is over",
}
NAMES: Final = {0.0: "first break", 1.0: "break of structure", -1.0: "change of character"}


def story_lines(explanation: Explanation, look: Look) -> list[str]:
    """The section ``What happened``, newest first; nothing when there was nothing to read."""
    if not explanation.story:
        return []
    lines = ["", look.paint("What happened", "bold")]
    for happening in explanation.story:
        when = time_shown(happening.event.known_ms, look.zone)
        front = f"{when}  {happening.timeframe}  "
        lines += _hung(front, happening_text(happening), look)
    return lines


def happening_text(happening: Happening) -> str:
    """One event in words."""
    return SENTENCES[happening.event.kind, happening.event.event](happening)


def _broke(happening: Happening) -> str:
    event = happening.event
    label, meant = event.payload["c"], event.payload
    name = NAMES[label]
    if label < 0 and meant["b"] >= SHIFT_ATR:
        name = "market structure shift"
    swept = ", after a sweep of the other side" if meant["e"] else ""
    where = "above" if event.side > 0 else "below"
    return f"{name} ({event.layer}): {_atr(meant['a'])} {where} {_price(happening, happening.low)}{swept}; {TURNS[label, event.side]}"


def _gap(happening: Happening) -> str:
    way, side = ("up", "support") if happening.event.side > 0 else ("down", "resistance")
    return f"gap {way} {_edges(happening)}: a fast move left it untraded; it may act as {side}"


def _turned_gap(happening: Happening) -> str:
    where, side = ("above", "support") if happening.event.side > 0 else ("below", "resistance")
    return f"closed {where} the gap {_edges(happening)}: it may now act as {side}"


def _block(happening: Happening) -> str:
    name, who = _block_words(happening.event.side)
    left = happening.event.payload["b"]
    return f"{name} block {_edges(happening)}: a leg of {_atr(left)} began there; {who} may defend it"


def _half_filled(happening: Happening) -> str:
    name, _ = _block_words(happening.event.side)
    return f"{name} block {_edges(happening)} was traded to its middle: half of it is used up"


def _turned_block(happening: Happening) -> str:
    was, _ = _block_words(-happening.event.side)
    where, side = ("above", "demand") if happening.event.side > 0 else ("below", "supply")
    why = (
        "a breaker: its leg had swept liquidity"
        if happening.event.kind is Kind.BREAKER
        else "a mitigation block"
    )
    return f"closed {where} the {was} block {_edges(happening)}: it may now act as {side} ({why})"


def _swept_wick(happening: Happening) -> str:
    depth = _atr(happening.event.payload["a"])
    out, back = _over(happening.event.side)
    return f"swept liquidity: {out[0]} {depth} {out[1]} {pool_name(happening)} {_price(happening, happening.low)} and closed back {back}"


def _swept_reclaim(happening: Happening) -> str:
    meant = happening.event.payload
    out, back = _over(happening.event.side)
    bars = int(meant["b"])
    candles = "1 candle" if bars == 1 else f"{bars} candles"
    return (
        f"swept liquidity: closed {out[1]} {pool_name(happening)} {_price(happening, happening.low)}, "
        f"{_atr(meant['a'])} at most, and back {back} after {candles}"
    )


def _gone(happening: Happening) -> str:
    _, side = _over(-happening.event.side)
    bars = int(happening.event.payload["b"])
    return f"broke {pool_name(happening)} {_price(happening, happening.low)}: still {side} it {bars} candles later, that level is spent"


def _trapped(happening: Happening) -> str:
    where, then = ("below", "upwards") if happening.event.side > 0 else ("above", "downwards")
    return f"London looked {where} Asia's range {_edges(happening)} and closed back inside: the model then looks {then}"


def _delivered(happening: Happening) -> str:
    where = "above" if happening.event.side > 0 else "below"
    return f"closed {where} Asia's range {_edges(happening)}: the move the session model waits for"


SENTENCES: Final[dict[tuple[Kind, Event], Callable[[Happening], str]]] = {
    (Kind.BREAK, Event.FORMED): _broke,
    (Kind.FAIR_VALUE_GAP, Event.FORMED): _gap,
    (Kind.INVERSE_GAP, Event.FORMED): _turned_gap,
    (Kind.ORDER_BLOCK, Event.FORMED): _block,
    (Kind.ORDER_BLOCK, Event.FILLED_50): _half_filled,
    (Kind.BREAKER, Event.FORMED): _turned_block,
    (Kind.MITIGATION_BLOCK, Event.FORMED): _turned_block,
    (Kind.POOL, Event.SWEPT_WICK): _swept_wick,
    (Kind.POOL, Event.SWEPT_RECLAIM): _swept_reclaim,
    (Kind.POOL, Event.BROKEN): _gone,
    (Kind.SESSION, Event.MANIPULATED): _trapped,
    (Kind.SESSION, Event.DISTRIBUTED): _delivered,
}


def pool_name(happening: Happening) -> str:
    """What a pool rests on, the widest of its sources first: ``the previous day's low``, ``the equal highs``."""
    event = happening.event
    place = "low" if event.side > 0 else "high"
    for source, length in PERIODS.items():
        if source in happening.sources:
            return _period(happening, length, source, place)
    if happening.members > 1:
        return f"the equal {place}s"
    if "swing" in happening.sources:
        return f"the swing {place}"
    return f"a session's {place}" if "session" in happening.sources else f"the {place}"


def _period(happening: Happening, length: Timeframe, name: str, place: str) -> str:
    """``the previous day's low``, or of which day it is when another has passed since."""
    event = happening.event
    began, now = length.floor(event.origin_ms), length.floor(event.known_ms - 1)
    if now - began == length.ms:
        return f"the previous {name}'s {place}"
    day = iso(began)[:10]
    return f"the {place} of {day}" if length is Timeframe.D1 else f"the {place} of the week of {day}"


def _price(happening: Happening, value: float) -> str:
    return price_shown(Decimal(repr(value)), happening.tick)


def _atr(value: float) -> str:
    """A distance to two decimals."""
    return f"{measure_text(round(value, 2))} ATR" if value >= SMALLEST else f"less than {SMALLEST} ATR"


def _over(side: int) -> tuple[tuple[str, str], str]:
    """How price passes a pool that favours ``side`` and where it comes back to."""
    return (("dipped", "under"), "above") if side > 0 else (("rose", "over"), "below")


def _block_words(side: int) -> tuple[str, str]:
    return ("demand", "buyers") if side > 0 else ("supply", "sellers")


def _edges(happening: Happening) -> str:
    return f"{_price(happening, happening.low)} – {_price(happening, happening.high)}"


def _hung(front: str, text: str, look: Look) -> list[str]:
    """The sentence beside its time, wrapped under itself; under its time where the terminal is too narrow."""
    width = min(look.columns or WIDEST, WIDEST)
    room = width - len(front)
    if room < NARROWEST:
        return [front.rstrip(), *(f"  {part}" for part in textwrap.wrap(text, width - 2))]
    first, *rest = textwrap.wrap(text, room)
    return [front + first, *(" " * len(front) + part for part in rest)]
