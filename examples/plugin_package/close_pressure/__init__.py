"""Where candles close inside their range, as an indicator, a detector, a factor and a hook of SniperSight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from shared.models.context import SniperContext
from shared.models.data import Candles, Floats
from shared.models.extensions import Column, FactorView, OfferedDetector, OfferedFactor, OfferedIndicator
from shared.models.smc import PluginEvent, Side

name: Final = "close_pressure"
BARS: Final = 20
"""Candles over which closes are averaged."""


def close_place(candles: Candles) -> Mapping[str, Floats]:
    """Mean place of the close in its candle over the last 20, 0 at the low to 1 at the high; shape (n,)."""
    span = candles.high - candles.low
    place = np.where(span > 0, (candles.close - candles.low) / np.where(span > 0, span, 1.0), 0.5)
    mean = np.full(len(candles), np.nan)
    if len(candles) >= BARS:
        rows = len(candles) - BARS + 1
        mean[BARS - 1 :] = np.clip(sum(place[start : start + rows] for start in range(BARS)) / BARS, 0.0, 1.0)
    return {"close_place": mean}


def inside_breaks(candles: Candles) -> tuple[PluginEvent, ...]:
    """A candle inside the one before it, then a close beyond that one; stronger the further it closes."""
    events = []
    for bar in range(2, len(candles)):
        high, low, close = candles.high[bar - 2], candles.low[bar - 2], candles.close[bar]
        inside = candles.high[bar - 1] <= high and candles.low[bar - 1] >= low and high > low
        if inside and not low <= close <= high:
            side = Side.LONG if close > high else Side.SHORT
            level = float(high if side is Side.LONG else low)
            strength = min(1.0, float((close - level) * side / (high - low)))
            origin, known = int(candles.open_ms[bar - 2]), int(candles.close_ms[bar])
            events.append(PluginEvent("inside_break", side, level, strength, origin, known))
    return tuple(events)


def pressure(view: FactorView) -> float:
    """Full where every candle closed at its end in the side's direction."""
    place = view.indicators.last("close_place")
    return place if view.side is Side.LONG else 1.0 - place


def pressure_words(view: FactorView) -> str:
    """The mean, and the newest break out of an inside candle."""
    events = view.anchor.plugin_events
    newest = (
        f"last inside break {events[0].side.word} at {events[0].price:g}" if events else "no inside break"
    )
    return f"closes at {view.indicators.last('close_place'):.2f} of their candles; {newest}"


def note(context: SniperContext) -> SniperContext:
    """Remark how many breaks out of inside candles the anchor timeframe had."""
    shot, anchor = context.smc_snapshot, context.settings.timeframes.anchor
    if shot is None or anchor not in shot.timeframes:
        return context
    count = len(shot.timeframes[anchor].plugin_events)
    return replace(context, metadata={**context.metadata, "inside_breaks": str(count)})


def indicators() -> tuple[OfferedIndicator, ...]:
    """Offered to SniperSight."""
    return (OfferedIndicator("close_place", (Column("close_place", BARS - 1, 0.0, 1.0),), close_place),)


def detectors() -> tuple[OfferedDetector, ...]:
    """Offered to SniperSight."""
    return (OfferedDetector("inside_break", inside_breaks),)


def factors() -> tuple[OfferedFactor, ...]:
    """Offered to SniperSight."""
    return (OfferedFactor("close_pressure", pressure, pressure_words),)


def hooks() -> Mapping[str, Callable[[SniperContext], SniperContext]]:
    """Offered to SniperSight."""
    return {"after_smc": note}
