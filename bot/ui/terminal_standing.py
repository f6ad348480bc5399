"""Where price stands among the coarser timeframes: which zones hold it, where in their ranges it is, whether it is a weekend."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bot.ui.look import Look
from bot.ui.numbers import price_shown
from shared.models.scan import Explanation
from shared.models.smc import Standing, Zone

WEEKEND = "it is a weekend on the sessions' clock"


def standing_lines(explanation: Explanation, look: Look) -> list[str]:
    """The section ``Where price stands``; nothing without structure."""
    context = explanation.context
    if not explanation.standing or context is None or context.multi_tf_data is None:
        return []
    tick = context.multi_tf_data.market.tick
    texts = [text for place in explanation.standing for text in _texts(place, tick)]
    title = look.paint("Where price stands", "bold")
    return ["", title, *(line for text in texts for line in look.wrap(f"  {text}", "    "))]


def _texts(place: Standing, tick: Decimal) -> Iterator[str]:
    for zone in place.inside:
        yield f"inside {_zone_words(zone, tick)}"
    if not place.inside:
        yield "inside no zone of a coarser timeframe"
    for timeframe, dealing in place.ranges:
        edges = f"{_price(dealing.low, tick)} – {_price(dealing.high, tick)}"
        yield f"at {dealing.position:.2f} of the {timeframe} range {edges}: {dealing.side.value}"
    if place.weekend:
        yield WEEKEND


def _zone_words(zone: Zone, tick: Decimal) -> str:
    kind = zone.kind.value.replace("_", " ")
    return f"a {zone.timeframe} {kind} for {zone.side.word}s {_price(zone.low, tick)} – {_price(zone.high, tick)}"


def _price(price: float, tick: Decimal) -> str:
    return price_shown(Decimal(repr(price)), tick)
